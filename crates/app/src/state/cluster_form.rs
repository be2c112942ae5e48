use base64ct::{Base64, Encoding};
use kube_enroll_core::{Cluster, ClusterFields, Error, pem};

use super::cluster_of_kubeconfig;

/// The form for a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ClusterForm {
    pub name: String,
    pub server: String,
    /// PEM, or base64 of PEM.
    pub authorities: String,
    pub tls_server_name: String,
    /// The reason why the fields were refused, or `None` before that.
    pub fault: Option<String>,
}

impl ClusterForm {
    /// Parses the fields.
    ///
    /// # Errors
    /// Returns the errors of [`Cluster::parse`].
    pub(super) fn parse(&self) -> Result<Cluster, Error> {
        let authorities = self.authorities.trim();
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
            ..ClusterFields::default()
        })
    }

    /// Fills in the fields of a kubeconfig's cluster. Its text is dropped, since it may hold a key.
    pub(super) fn fill_in(&mut self, kubeconfig: &str) {
        match cluster_of_kubeconfig(kubeconfig) {
            Some(cluster) => {
                *self = Self {
                    name: cluster.name().to_string(),
                    server: cluster.server().to_owned(),
                    authorities: cluster.certificate_authority_data().unwrap_or_default().to_owned(),
                    tls_server_name: cluster.tls_server_name().unwrap_or_default().to_owned(),
                    fault: None,
                };
            }
            None => self.fault = Some(NOT_ONE_CLUSTER.into()),
        }
    }
}

const NOT_ONE_CLUSTER: &str =
    "This is not a kubeconfig of exactly one cluster. kubectl config view --minify --flatten prints one.";
