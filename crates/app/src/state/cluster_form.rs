use base64ct::{Base64, Encoding};
use kube_enroll_core::{Cluster, ClusterFields, pem};

use super::{cluster_info::FoundCluster, form::sentence};

/// The form for a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ClusterForm {
    pub name: String,
    pub server: String,
    /// PEM, or base64 of PEM.
    pub authorities: String,
    pub tls_server_name: String,
    pub proxy_url: String,
    /// Sentences about the kubeconfig that was read.
    pub notes: Vec<String>,
    /// The reason why the authorities must be pasted, where the kubeconfig says that there are some elsewhere.
    pub lacks_authorities: Option<String>,
    /// The reason why the kubeconfig that was pasted last could not be read, or `None`.
    pub unreadable: Option<String>,
    /// The reason why the fields were refused, or `None` before that.
    pub fault: Option<String>,
}

impl ClusterForm {
    /// Parses the fields.
    ///
    /// # Errors
    /// The sentence that says what is missing, or of an error of [`Cluster::parse`].
    pub(super) fn parse(&self) -> Result<Cluster, String> {
        let authorities = self.authorities.trim();
        if let Some(reason) = self.lacking() {
            return Err(reason.to_owned());
        }
        let certificate_authority_data = if authorities.starts_with(pem::BEGIN) {
            Base64::encode_string(format!("{authorities}\n").as_bytes())
        } else {
            authorities.split_whitespace().collect()
        };
        Cluster::parse(ClusterFields {
            name: self.name.trim().to_owned(),
            server: self.server.trim().to_owned(),
            certificate_authority_data,
            tls_server_name: self.tls_server_name.clone(),
            proxy_url: self.proxy_url.clone(),
            ..ClusterFields::default()
        })
        .map_err(|error| sentence(error.to_string()))
    }

    /// Returns the reason why the authorities must be pasted, or `None` where they are, or need not be.
    pub(crate) fn lacking(&self) -> Option<&str> {
        self.lacks_authorities.as_deref().filter(|_| self.authorities.trim().is_empty())
    }

    /// Sets the address. What the kubeconfig says beside its own address does not hold for another one.
    pub(crate) fn set_server(&mut self, server: String) {
        let Self { name, authorities, .. } = std::mem::take(self);
        *self = Self { name, server, authorities, ..Self::default() };
    }

    /// Fills in the fields of a kubeconfig's cluster. Its text is dropped, since it may hold a key.
    pub(crate) fn fill_in(&mut self, kubeconfig: &str) {
        match FoundCluster::read(kubeconfig) {
            Ok(FoundCluster { fields, lacks_authorities, notes }) => {
                *self = Self {
                    name: fields.name,
                    server: fields.server,
                    authorities: fields.certificate_authority_data,
                    tls_server_name: fields.tls_server_name,
                    proxy_url: fields.proxy_url,
                    notes,
                    fault: lacks_authorities.clone(),
                    lacks_authorities,
                    unreadable: None,
                };
            }
            Err(reason) => (self.unreadable, self.fault) = (Some(reason), None),
        }
    }
}
