//! Access to the API server: by a kubeconfig, or by the pod's own account.

use std::{env, ffi::OsStr, io, path::Path};

use base64ct::{Base64, Encoding};
use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube_enroll_core::{ClusterFields, pem};

use crate::{ForwardProxies, ForwardProxy, NoAccess};

/// The way to the API server, and the cluster's details in it.
pub struct Access {
    /// For the client.
    pub endpoint: Endpoint,
    /// The cluster as it is in there; its name is empty where nobody has named it.
    pub cluster: ClusterFields,
    /// The address is for the inside of the cluster only.
    pub in_cluster: bool,
}

/// The address of the API server with the credentials for it, and the way to it.
pub struct Endpoint {
    /// Without a proxy, whatever the environment says.
    pub config: kube::Config,
    /// The proxies on the way.
    pub proxies: ForwardProxies,
}

impl Access {
    /// Loads the kubeconfig that is named, else the one that kubectl would use, else the pod's own account.
    ///
    /// # Errors
    /// [`NoAccess`] where there is none, or it cannot be used.
    pub async fn load(kubeconfig: Option<&Path>, context: Option<&str>) -> Result<Self, NoAccess> {
        let unusable = |error: KubeconfigError| NoAccess { source: error.into() };
        let mut kubeconfig = match kubeconfig {
            Some(path) => Kubeconfig::read_from(path).map_err(unusable)?,
            None => match read_default(env::var_os(KUBECONFIG).as_deref()) {
                Ok(kubeconfig) => kubeconfig,
                Err(error) => match kube::Config::incluster() {
                    Ok(in_pod) if context.is_none() && env::var_os(KUBECONFIG).is_none() => {
                        return Ok(Self::in_pod(in_pod));
                    }
                    _ => return Err(unusable(error)),
                },
            },
        };
        let (name, named) = named_cluster(&kubeconfig, context).unwrap_or_default();
        let proxies = proxies(&named)?;
        for cluster in kubeconfig.clusters.iter_mut().filter_map(|named| named.cluster.as_mut()) {
            // kube would read the environment by rules of its own, and end the start where it cannot.
            cluster.proxy_url = Some("http://chosen.elsewhere.invalid".into());
        }
        let options = KubeConfigOptions { context: context.map(ToOwned::to_owned), ..KubeConfigOptions::default() };
        let mut config = kube::Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(unusable)?;
        config.proxy_url = None;
        if let Some(cluster) = config.auth_info.exec.as_mut().and_then(|exec| exec.cluster.as_mut()) {
            // A plugin has to reach its cluster, too.
            cluster.proxy_url = named.proxy_url.clone();
        }
        let cluster = ClusterFields {
            name,
            server: named.server.clone().unwrap_or_default(),
            certificate_authority_data: authorities(&config),
            tls_server_name: named.tls_server_name.clone().unwrap_or_default(),
            ..ClusterFields::default()
        };
        Ok(Self { endpoint: Endpoint { config, proxies }, cluster, in_cluster: false })
    }

    fn in_pod(config: kube::Config) -> Self {
        let cluster = ClusterFields {
            server: config.cluster_url.to_string(),
            certificate_authority_data: authorities(&config),
            ..ClusterFields::default()
        };
        // The address is that of a Service: no proxy outside leads to it, and `NO_PROXY` mostly lacks it.
        let endpoint = Endpoint { config, proxies: ForwardProxies::default() };
        Self { endpoint, cluster, in_cluster: true }
    }
}

/// Reads the files of `KUBECONFIG`, or `~/.kube/config`. Files of the list that are not there are left out, as by
/// kubectl ([merging]).
///
/// [merging]: https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
fn read_default(list: Option<&OsStr>) -> Result<Kubeconfig, KubeconfigError> {
    let paths = list.into_iter().flat_map(env::split_paths).filter(|path| !path.as_os_str().is_empty());
    let mut merged = None;
    let mut missing = None;
    for path in paths {
        match Kubeconfig::read_from(&path) {
            Ok(mut kubeconfig) => {
                // `kubectl config unset current-context` leaves an empty one, which is none.
                kubeconfig.current_context = kubeconfig.current_context.filter(|context| !context.is_empty());
                merged = Some(Kubeconfig::merge(merged.unwrap_or_default(), kubeconfig)?);
            }
            Err(KubeconfigError::ReadConfig(error, path)) if error.kind() == io::ErrorKind::NotFound => {
                tracing::warn!(?path, "KUBECONFIG names a file that is not there; it is left out");
                missing = Some(KubeconfigError::ReadConfig(error, path));
            }
            Err(error) => return Err(error),
        }
    }
    match (merged, missing) {
        (Some(kubeconfig), _) => Ok(kubeconfig),
        (None, Some(error)) => Err(error),
        (None, None) => Kubeconfig::read(),
    }
}

/// Returns the proxies on the way to a cluster: its own, and otherwise those of the environment.
fn proxies(cluster: &kube::config::Cluster) -> Result<ForwardProxies, NoAccess> {
    let Some(url) = cluster.proxy_url.as_ref().filter(|url| !url.is_empty()) else {
        return Ok(ForwardProxies::from_environment());
    };
    let proxy = ForwardProxy::parse("the cluster's proxy-url", url);
    Ok(ForwardProxies::always(proxy.map_err(|error| NoAccess { source: error.into() })?))
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

/// The files that kubectl reads, too.
const KUBECONFIG: &str = "KUBECONFIG";

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
        assert!(matches!(Access::load(Some(&kubeconfig), Some("missing")).await, Err(NoAccess { .. })));
    }

    #[tokio::test]
    async fn hands_a_plugin_the_cluster_as_the_kubeconfig_has_it() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let kubeconfig = folder.path().join("kubeconfig");
        for (proxy, expected) in [("", None), ("    proxy-url: http://proxy.example\n", Some("http://proxy.example"))] {
            let text = format!(
                "apiVersion: v1\nkind: Config\ncurrent-context: this\n\
                 clusters:\n- name: prod\n  cluster:\n    server: https://api.example.com:6443\n{proxy}\
                 contexts:\n- name: this\n  context:\n    cluster: prod\n    user: us\n\
                 users:\n- name: us\n  user:\n    exec:\n      apiVersion: client.authentication.k8s.io/v1\n      \
                 command: never-run\n      provideClusterInfo: true\n"
            );
            std::fs::write(&kubeconfig, text).expect("a file");
            let config = Access::load(Some(&kubeconfig), None).await.expect("a way").endpoint.config;
            let cluster = config.auth_info.exec.and_then(|exec| exec.cluster).expect("the plugin wants it");
            assert_eq!(cluster.proxy_url.as_deref(), expected);
        }
    }

    #[test]
    fn leaves_out_files_of_the_list_that_are_not_there_and_no_others() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let write = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).expect("a file");
            folder.path().join(name)
        };
        let one = write("one", "apiVersion: v1\nkind: Config\ncurrent-context: one\n");
        let two = write("two", "apiVersion: v1\nkind: Config\ncurrent-context: two\ncontexts:\n- name: two\n");
        let broken = write("broken", "clusters: 5\n");
        let missing = folder.path().join("missing");
        let read = |paths: &[&std::path::PathBuf]| read_default(Some(&env::join_paths(paths).expect("paths")));
        let empty = std::path::PathBuf::new();
        let merged = read(&[&missing, &one, &empty, &two]).expect("two files");
        assert_eq!((merged.current_context.as_deref(), merged.contexts.len()), (Some("one"), 1));
        assert!(matches!(read(&[&missing]), Err(KubeconfigError::ReadConfig(..))));
        assert!(matches!(read(&[&one, &broken]), Err(KubeconfigError::Parse(_))));
    }
}
