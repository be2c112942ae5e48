use base64ct::{Base64, Encoding};
use kube_enroll_core::{
    CertificateSigningRequest, Cluster, Error, ObjectName, Subject, Timestamp,
    room::{Details, Kept, Progress, Stage},
};

use super::{Options, cluster_of_kubeconfig};

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
    /// Under which it is kept in the browser's storage; empty where it is not, so that it ends with this tab.
    pub id: String,
    /// Where it leads, as far as that was known when it was kept.
    pub cluster: Option<Cluster>,
    pub stage: Stage,
    /// What was issued, once it has been seen.
    pub certificate_pem: String,
    pub not_after: Option<Timestamp>,
}

/// What identifies the object that was created.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pinned {
    pub uid: String,
    /// The account that created it.
    pub username: String,
    /// RFC 3339.
    pub creation_timestamp: String,
}

/// What somebody wrote into a decision: untrusted text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    pub reason: String,
    pub message: String,
}

impl Enrollment {
    /// Begins with what the room has made.
    pub(crate) fn new(options: Options, request_pem: String, fingerprint: String, since_ms: f64) -> Self {
        Self {
            options,
            request_pem,
            fingerprint,
            since_ms,
            object: None,
            id: String::new(),
            cluster: None,
            stage: Stage::Prepared,
            certificate_pem: String::new(),
            not_after: None,
        }
    }

    /// Takes up what was kept.
    ///
    /// # Errors
    /// As [`Subject::parse`] and [`ObjectName::parse`], for a record that somebody has written into.
    pub(crate) fn resume(kept: &Kept) -> Result<Self, Error> {
        let Kept { id, details, progress, .. } = kept;
        if let Some(cluster) = &details.cluster {
            cluster.check()?;
        }
        let options = Options {
            subject: Subject::parse(&details.user, &details.groups)?,
            algorithm: details.algorithm,
            expiration_seconds: details.expiration_seconds,
            label: details.label.clone(),
            namespace: details.namespace.clone(),
            name: ObjectName::parse(&progress.name)?,
        };
        let pinned = || Pinned {
            uid: progress.uid.clone(),
            username: progress.username.clone(),
            creation_timestamp: progress.creation_timestamp.clone(),
        };
        Ok(Self {
            options,
            request_pem: details.request_pem.clone(),
            fingerprint: details.fingerprint.clone(),
            since_ms: milliseconds(details.created),
            object: (!progress.uid.is_empty()).then(pinned),
            id: id.clone(),
            cluster: details.cluster.clone(),
            stage: progress.stage,
            certificate_pem: progress.certificate_pem.clone(),
            not_after: progress.not_after,
        })
    }

    /// Says what is kept and does not change.
    pub(crate) fn details(&self) -> Details {
        let Options { subject, algorithm, expiration_seconds, label, namespace, .. } = &self.options;
        Details {
            created: seconds(self.since_ms),
            algorithm: *algorithm,
            user: subject.user().to_owned(),
            groups: subject.groups().to_vec(),
            expiration_seconds: *expiration_seconds,
            label: label.clone(),
            namespace: namespace.clone(),
            cluster: self.cluster.clone(),
            request_pem: self.request_pem.clone(),
            fingerprint: self.fingerprint.clone(),
        }
    }

    /// Says what is kept and changes.
    pub(crate) fn progress(&self, said: &Said) -> Progress {
        let Pinned { uid, username, creation_timestamp } = self.object.clone().unwrap_or_default();
        Progress {
            stage: self.stage,
            name: self.name().as_str().to_owned(),
            uid,
            username,
            creation_timestamp,
            reason: said.reason.clone(),
            message: said.message.clone(),
            certificate_pem: self.certificate_pem.clone(),
            not_after: self.not_after,
        }
    }

    pub(crate) fn is_kept(&self) -> bool {
        !self.id.is_empty()
    }

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
    pub tls_server_name: String,
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
            tls_server_name: self.tls_server_name.clone(),
        };
        cluster.check()?;
        Ok(cluster)
    }

    /// Fills in what a kubeconfig says. Its text is not kept: it may hold a key.
    pub(crate) fn take(&mut self, kubeconfig: &str) {
        self.fault = match cluster_of_kubeconfig(kubeconfig) {
            Some(cluster) => {
                *self = Self {
                    name: cluster.name,
                    server: cluster.server,
                    authorities: cluster.certificate_authority_data,
                    tls_server_name: cluster.tls_server_name,
                    fault: None,
                };
                None
            }
            None => Some(
                "This is not a kubeconfig of exactly one cluster. kubectl config view --minify --flatten prints one."
                    .into(),
            ),
        };
    }
}

#[allow(clippy::cast_precision_loss, reason = "seconds of our time fit")]
pub(crate) fn milliseconds(time: Timestamp) -> f64 {
    time.unix_seconds() as f64 * 1_000.0
}

#[allow(clippy::cast_possible_truncation, reason = "seconds of our time fit")]
pub(super) fn seconds(milliseconds: f64) -> Timestamp {
    Timestamp::from_unix_seconds((milliseconds / 1_000.0) as i64)
}
