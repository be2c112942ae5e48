use base64ct::{Base64, Encoding};
use kube_enroll_core::{CertificateSigningRequest, Cluster, Error, ObjectName};

use super::Options;

/// One request on its way: all that is needed to go on with it, except the key, which the room has.
#[derive(Debug, PartialEq)]
pub(crate) struct Enrollment {
    pub options: Options,
    /// PEM of the PKCS#10 request.
    pub request_pem: String,
    /// SHA-256 of the public key, as openssl prints it.
    pub fingerprint: String,
    /// The browser's clock when it was made.
    pub since_ms: f64,
    /// The object as the API server first answered it; nothing before that.
    pub object: Option<Pinned>,
}

/// What identifies the object that was created.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Pinned {
    pub uid: String,
    /// The account that created it.
    pub username: String,
    /// RFC 3339.
    pub creation_timestamp: String,
}

/// What somebody wrote into a decision: untrusted text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub reason: String,
    pub message: String,
}

impl Enrollment {
    pub(crate) fn name(&self) -> &ObjectName {
        &self.options.name
    }

    /// Builds the object that asks for the certificate.
    pub(crate) fn object(&self) -> CertificateSigningRequest {
        CertificateSigningRequest::new(self.name(), &self.request_pem, self.options.expiration_seconds)
    }

    /// Remembers which object was created.
    pub(crate) fn pin(&mut self, object: &CertificateSigningRequest) {
        self.object = Some(Pinned {
            uid: object.metadata.uid.clone(),
            username: object.spec.username.clone(),
            creation_timestamp: object.metadata.creation_timestamp.clone(),
        });
    }

    /// Tells whether this is the object that was created, and not another one under its name (attack 13).
    pub(crate) fn owns(&self, object: &CertificateSigningRequest) -> bool {
        self.object.as_ref().is_none_or(|pinned| pinned.uid == object.metadata.uid)
            && object.metadata.name == self.name().as_str()
            && object.is_for(&self.request_pem)
    }

    /// The account that made the request: what the approver should find as "Requesting User".
    pub(crate) fn requesting_user<'a>(&'a self, configured: &'a str) -> &'a str {
        if configured.is_empty() { self.object.as_ref().map_or("", |object| &object.username) } else { configured }
    }
}

/// A cluster as a person types it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ClusterForm {
    pub name: String,
    pub server: String,
    /// PEM, or base64 of PEM.
    pub authorities: String,
    /// Why it cannot be used, once tried.
    pub fault: Option<String>,
}

impl ClusterForm {
    pub(crate) fn parse(&self) -> Result<Cluster, Error> {
        let authorities = self.authorities.trim();
        let certificate_authority_data = if authorities.starts_with("-----BEGIN") {
            Base64::encode_string([authorities, "\n"].concat().as_bytes())
        } else {
            authorities.split_whitespace().collect()
        };
        let cluster = Cluster {
            name: self.name.trim().to_owned(),
            server: self.server.trim().to_owned(),
            certificate_authority_data,
            tls_server_name: String::new(),
        };
        cluster.check()?;
        Ok(cluster)
    }
}
