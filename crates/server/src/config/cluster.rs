//! The cluster that people get access to: from flags, else from the kubeconfig, else from `kube-public/cluster-info`.

use std::path::Path;

use base64ct::{Base64, Encoding};
use kube::config::Kubeconfig;
use kube_enroll_core::{Cluster, ClusterFields, pem};

use super::ClusterFlags;
use crate::start::StartError;

/// The flags about the cluster, with the files of authorities read in.
#[derive(Debug)]
pub(crate) struct ClusterOverrides {
    flags: ClusterFlags,
    name: Option<String>,
    server: Option<String>,
    certificate_authority_data: Option<String>,
    tls_server_name: Option<String>,
    client_certificate_authority_data: Option<String>,
}

impl ClusterOverrides {
    /// Reads the files that the flags name.
    ///
    /// # Errors
    /// [`StartError::ReadFile`]; [`StartError::NoCertificates`].
    pub(crate) fn read(flags: &ClusterFlags) -> Result<Self, StartError> {
        let certificate_authority_data = match &flags.certificate_authority_file {
            // The roots of the person's own machine: nothing is written into the kubeconfig.
            Some(path) if path == Path::new(SYSTEM_AUTHORITIES) => Some(String::new()),
            Some(path) => Some(read_certificates(path)?),
            None => None,
        };
        let client_certificate_authority_data =
            flags.client_certificate_authority_file.as_deref().map(read_certificates).transpose()?;
        Ok(Self {
            name: flags.name.clone(),
            server: flags.server.clone(),
            certificate_authority_data,
            tls_server_name: flags.tls_server_name.clone(),
            client_certificate_authority_data,
            flags: flags.clone(),
        })
    }

    /// Reads the files again.
    ///
    /// # Errors
    /// Those of [`ClusterOverrides::read`].
    pub(crate) fn reread(&self) -> Result<Self, StartError> {
        Self::read(&self.flags)
    }

    /// Returns whether the flags have the address, so that it need not be discovered.
    pub(crate) fn has_server(&self) -> bool {
        self.server.is_some()
    }

    /// Replaces what was found by the flags, and parses the whole.
    ///
    /// # Errors
    /// [`StartError::Cluster`].
    pub(crate) fn apply(&self, found: ClusterFields) -> Result<Cluster, StartError> {
        Cluster::parse(ClusterFields {
            name: self.name.clone().or(Some(found.name).filter(|name| !name.is_empty())).unwrap_or("kubernetes".into()),
            server: self.server.clone().unwrap_or(found.server),
            certificate_authority_data: self
                .certificate_authority_data
                .clone()
                .unwrap_or(found.certificate_authority_data),
            tls_server_name: self.tls_server_name.clone().unwrap_or(found.tls_server_name),
            // The server's way to the API is not a person's.
            proxy_url: String::new(),
            client_certificate_authority_data: self.client_certificate_authority_data.clone().unwrap_or_default(),
        })
        .map_err(StartError::Cluster)
    }

    /// Replaces the content of `kube-public/cluster-info`, for a server that runs inside of the cluster, by the flags.
    ///
    /// # Errors
    /// [`StartError::NoPublicAddress`] where it says nothing of use; [`StartError::Cluster`].
    pub(crate) fn apply_to_cluster_info(
        &self,
        inside: ClusterFields,
        kubeconfig: Option<&str>,
    ) -> Result<Cluster, StartError> {
        let missing = |reason: &str| StartError::NoPublicAddress { reason: reason.into() };
        let kubeconfig = kubeconfig.ok_or_else(|| missing("there is no kube-public/cluster-info"))?;
        let parsed =
            Kubeconfig::from_yaml(kubeconfig).map_err(|_| missing("kube-public/cluster-info is no kubeconfig"))?;
        let found = parsed.clusters.into_iter().find_map(|named| named.cluster);
        let found = found.ok_or_else(|| missing("kube-public/cluster-info has no cluster"))?;
        let server = found.server.ok_or_else(|| missing("kube-public/cluster-info has no address"))?;
        if server.trim_end_matches('/') == inside.server.trim_end_matches('/') || is_service_name(&server) {
            return Err(missing("kube-public/cluster-info has the address inside of the cluster"));
        }
        self.apply(ClusterFields {
            name: inside.name,
            server,
            certificate_authority_data: found
                .certificate_authority_data
                .filter(|data| !data.is_empty())
                .unwrap_or(inside.certificate_authority_data),
            tls_server_name: found.tls_server_name.unwrap_or_default(),
            ..ClusterFields::default()
        })
    }
}

/// Reads the certificates of a file, as base64 of their PEM.
fn read_certificates(path: &Path) -> Result<String, StartError> {
    let text = std::fs::read_to_string(path).map_err(|source| StartError::ReadFile { path: path.into(), source })?;
    let certificates = pem::certificates(&text);
    if certificates.is_empty() {
        return Err(StartError::NoCertificates { path: path.into() });
    }
    Ok(Base64::encode_string(certificates.as_bytes()))
}

/// The value of `--cluster-ca-file` that is no file.
pub(super) const SYSTEM_AUTHORITIES: &str = "system";

fn is_service_name(server: &str) -> bool {
    let host = server.strip_prefix("https://").unwrap_or(server).split([':', '/']).next().unwrap_or_default();
    host == "kubernetes" || host.starts_with("kubernetes.default")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inside() -> ClusterFields {
        ClusterFields {
            server: "https://10.96.0.1:443".into(),
            certificate_authority_data: Base64::encode_string(pem::encode(pem::CERTIFICATE, b"inside").as_bytes()),
            ..ClusterFields::default()
        }
    }

    fn named(flags: ClusterFlags) -> ClusterOverrides {
        ClusterOverrides::read(&flags).expect("no file to read")
    }

    fn cluster_info(server: &str) -> String {
        format!("apiVersion: v1\nkind: Config\nclusters:\n- name: \"\"\n  cluster:\n    server: {server}\n")
    }

    #[test]
    fn puts_each_flag_over_what_was_found() {
        let flags = ClusterFlags {
            server: Some("https://api.example.com".into()),
            tls_server_name: Some("kubernetes".into()),
            ..ClusterFlags::default()
        };
        let cluster = named(flags).apply(inside()).expect("a cluster");
        assert_eq!((cluster.name().as_str(), cluster.server()), ("kubernetes", "https://api.example.com"));
        assert_eq!(cluster.tls_server_name(), Some("kubernetes"));
        assert_eq!(cluster.certificate_authority_data(), Some(&*inside().certificate_authority_data));
        let flags = ClusterFlags { certificate_authority_file: Some("system".into()), ..ClusterFlags::default() };
        assert_eq!(named(flags).apply(inside()).expect("a cluster").certificate_authority_data(), None);
    }

    #[test]
    fn publishes_only_the_certificates_of_a_file() {
        let file = "key\n-----BEGIN PRIVATE KEY-----\nSECRET\n-----END PRIVATE KEY-----\n\
                    -----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\nSECRET\n";
        assert_eq!(pem::certificates(file), "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n");
        // An empty file is no cluster's: base64 of nothing would mean the roots of the machine.
        let path = tempfile::NamedTempFile::new().expect("a file");
        let flags = ClusterFlags { certificate_authority_file: Some(path.path().into()), ..ClusterFlags::default() };
        assert!(matches!(ClusterOverrides::read(&flags), Err(StartError::NoCertificates { .. })));
    }

    #[test]
    fn takes_the_public_address_from_cluster_info() {
        let found = named(ClusterFlags::default())
            .apply_to_cluster_info(inside(), Some(&cluster_info("https://api.example.com:6443")))
            .expect("a cluster");
        assert_eq!(found.server(), "https://api.example.com:6443");
        assert_eq!(found.certificate_authority_data(), Some(&*inside().certificate_authority_data));
    }

    #[test]
    fn refuses_to_start_without_a_public_address() {
        let flags = named(ClusterFlags::default());
        for info in [
            None,
            Some("no kubeconfig".to_owned()),
            Some("apiVersion: v1\nkind: Config\n".to_owned()),
            Some(cluster_info("https://10.96.0.1:443/")),
            Some(cluster_info("https://kubernetes.default.svc")),
        ] {
            let error = flags.apply_to_cluster_info(inside(), info.as_deref()).expect_err("no address");
            assert!(error.to_string().contains("set --cluster-server=https://"), "{info:?}: {error}");
        }
    }

    #[test]
    fn names_the_flags_where_the_cluster_cannot_be_used() {
        let unusable = ClusterFields { server: "http://api.example.com".into(), ..inside() };
        let error = named(ClusterFlags::default()).apply(unusable).expect_err("no https");
        assert!(error.to_string().contains("--cluster-server"), "{error}");
    }
}
