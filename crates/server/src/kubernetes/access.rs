//! Access to the API server: by a kubeconfig, or by the pod's own account.

use std::path::Path;

use base64ct::{Base64, Encoding};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube_enroll_core::{ClusterFields, address::is_loopback, pem};

use crate::start::StartError;

/// The way to the API server, and the cluster's details in it.
pub(crate) struct Access {
    /// For the client.
    pub(crate) config: kube::Config,
    /// The cluster as this server sees it; its name is empty where nobody has named it.
    pub(crate) cluster: ClusterFields,
    /// The address is for the inside of the cluster only.
    pub(crate) in_cluster: bool,
}

impl Access {
    /// Loads the kubeconfig that is named, else the one that kubectl would use, else the pod's own account.
    ///
    /// # Errors
    /// [`StartError::Kubeconfig`] where there is none, or it cannot be used.
    pub(crate) async fn load(kubeconfig: Option<&Path>, context: Option<&str>) -> Result<Self, StartError> {
        let unusable = |error: kube::config::KubeconfigError| StartError::Kubeconfig { source: error.into() };
        let kubeconfig = match kubeconfig {
            Some(path) => Kubeconfig::read_from(path).map_err(unusable)?,
            None => match Kubeconfig::read() {
                Ok(kubeconfig) => kubeconfig,
                Err(error) => match kube::Config::incluster() {
                    Ok(in_pod) if context.is_none() && std::env::var_os("KUBECONFIG").is_none() => {
                        return Ok(Self::in_pod(in_pod));
                    }
                    _ => return Err(unusable(error)),
                },
            },
        };
        let named = named_cluster(&kubeconfig, context);
        let options = KubeConfigOptions { context: context.map(ToOwned::to_owned), ..KubeConfigOptions::default() };
        let mut config = kube::Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(unusable)?;
        let (name, named) = named.unwrap_or_default();
        if named.proxy_url.is_none() && is_loopback(config.cluster_url.host().unwrap_or_default()) {
            // HTTPS_PROXY is for what lies outside; kube-rs would use it for this very machine.
            config.proxy_url = None;
        }
        if config.accept_invalid_certs {
            tracing::warn!("the kubeconfig says insecure-skip-tls-verify: people's kubeconfigs will not");
        }
        let cluster = ClusterFields {
            name,
            server: named.server.clone().unwrap_or_default(),
            certificate_authority_data: authorities(&config),
            tls_server_name: named.tls_server_name.clone().unwrap_or_default(),
            ..ClusterFields::default()
        };
        Ok(Self { config, cluster, in_cluster: false })
    }

    fn in_pod(config: kube::Config) -> Self {
        let cluster = ClusterFields {
            server: config.cluster_url.to_string(),
            certificate_authority_data: authorities(&config),
            ..ClusterFields::default()
        };
        Self { config, cluster, in_cluster: true }
    }
}

/// Writes the authorities of a kubeconfig, wherever they came from, as base64 of PEM. Read from the parsed
/// certificates: a file of authorities may hold private keys as well.
fn authorities(config: &kube::Config) -> String {
    let certificates = config.root_cert.iter().flatten().map(|der| pem::encode(pem::CERTIFICATE, der));
    Base64::encode_string(certificates.collect::<String>().as_bytes())
}

/// Finds name and entry of the cluster that the context leads to.
fn named_cluster(kubeconfig: &Kubeconfig, context: Option<&str>) -> Option<(String, kube::config::Cluster)> {
    let context = context.or(kubeconfig.current_context.as_deref())?;
    let context = kubeconfig.contexts.iter().find(|named| named.name == context)?.context.as_ref()?;
    let named = kubeconfig.clusters.iter().find(|named| named.name == context.cluster)?;
    Some((named.name.clone(), named.cluster.clone()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nAAEC\n-----END CERTIFICATE-----\n";

    #[tokio::test]
    async fn takes_the_cluster_from_the_kubeconfigs_context_and_the_files_beside_it() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let key = "-----BEGIN PRIVATE KEY-----\nSECRETSECRET\n-----END PRIVATE KEY-----\n";
        std::fs::write(folder.path().join("ca.crt"), format!("{CERTIFICATE}{key}")).expect("a file");
        let kubeconfig = folder.path().join("kubeconfig");
        let text = "apiVersion: v1\nkind: Config\ncurrent-context: other\n\
                    clusters:\n- name: prod\n  cluster:\n    server: https://api.example.com:6443\n    \
                    certificate-authority: ca.crt\n    tls-server-name: inside.example\n\
                    contexts:\n- name: this\n  context:\n    cluster: prod\n    user: us\n\
                    users:\n- name: us\n  user:\n    token: t\n";
        std::fs::write(&kubeconfig, text).expect("a file");
        let access = Access::load(Some(&kubeconfig), Some("this")).await.expect("a way");
        let expected = ClusterFields {
            name: "prod".into(),
            server: "https://api.example.com:6443".into(),
            certificate_authority_data: Base64::encode_string(CERTIFICATE.as_bytes()),
            tls_server_name: "inside.example".into(),
            ..ClusterFields::default()
        };
        assert_eq!((access.cluster, access.in_cluster), (expected, false));
        assert!(matches!(Access::load(Some(&kubeconfig), Some("missing")).await, Err(StartError::Kubeconfig { .. })));
    }
}
