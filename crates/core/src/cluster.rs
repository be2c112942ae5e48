use base64ct::{Base64, Encoding};
use serde::{Deserialize, Serialize};

use crate::{ClusterName, Error, Field, address, pem};

/// The cluster of a kubeconfig. A value exists only with fields that a kubeconfig can use.
///
/// An operator writes it into `config.json`, or it is read from `kube-public/cluster-info`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ClusterFields", into = "ClusterFields")]
pub struct Cluster {
    name: ClusterName,
    server: String,
    certificate_authority_data: Option<String>,
    tls_server_name: Option<String>,
    proxy_url: Option<String>,
    client_certificate_authority_data: Option<String>,
}

/// The fields of a [`Cluster`] before they are checked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterFields {
    /// The name that people see.
    pub name: String,
    /// The API server's address, `https://HOST[:PORT][/PATH]`.
    pub server: String,
    /// Base64 of the PEM of the certificate authorities that the API server's certificate is checked against; empty for
    /// the ones of the system.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub certificate_authority_data: String,
    /// The name that the API server's certificate carries, where it is not the host of `server`; empty for the host.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tls_server_name: String,
    /// The proxy on the way to the API server, `http://`, `https://` or `socks5://` with `HOST[:PORT]`; empty for what
    /// the person's system says.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub proxy_url: String,
    /// Base64 of the PEM of the certificate authorities that sign client certificates; empty where nobody has named
    /// them. They are often others than those of the API server's own certificate.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub client_certificate_authority_data: String,
}

impl Cluster {
    /// Parses the fields of a cluster.
    ///
    /// # Errors
    /// [`Error::Name`] for the name; [`Error::InvalidCluster`] for an address that is no `https:` URL with a host, for
    /// authorities that are not base64 of PEM certificates, for a TLS server name with other characters than a host
    /// has, and for a proxy that is none.
    pub fn parse(fields: ClusterFields) -> Result<Self, Error> {
        let ClusterFields {
            name,
            server,
            certificate_authority_data,
            tls_server_name,
            proxy_url,
            client_certificate_authority_data,
        } = fields;
        let name = ClusterName::parse(&name).map_err(|error| error.at(Field::Cluster))?;
        if address::parse_https(&server).is_none() {
            return Err(Error::InvalidCluster {
                field: "server",
                found: server.chars().take(100).collect(),
                expected: "https://HOST[:PORT][/PATH]",
            });
        }
        let certificate_authority_data = certificates("certificateAuthorityData", &certificate_authority_data)?;
        let client_certificate_authority_data =
            certificates("clientCertificateAuthorityData", &client_certificate_authority_data)?;
        if !tls_server_name.is_empty() && !address::is_tls_server_name(&tls_server_name) {
            return Err(Error::InvalidCluster {
                field: "tlsServerName",
                found: tls_server_name.chars().take(100).collect(),
                expected: "a host name",
            });
        }
        if !proxy_url.is_empty() && !address::is_proxy(&proxy_url) {
            return Err(Error::InvalidCluster {
                field: "proxyUrl",
                // It may have a password.
                found: format!("{} characters", proxy_url.len()),
                expected: "http://, https:// or socks5:// with HOST[:PORT], and no password",
            });
        }
        Ok(Self {
            name,
            server,
            certificate_authority_data,
            tls_server_name: Some(tls_server_name).filter(|name| !name.is_empty()),
            proxy_url: Some(proxy_url).filter(|url| !url.is_empty()),
            client_certificate_authority_data,
        })
    }

    /// Returns the name that people see.
    pub fn name(&self) -> &ClusterName {
        &self.name
    }

    /// Returns the API server's address.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Returns base64 of the PEM of the certificate authorities, or `None` for those of the system.
    pub fn certificate_authority_data(&self) -> Option<&str> {
        self.certificate_authority_data.as_deref()
    }

    /// Returns the name that the API server's certificate carries, or `None` for the host of its address.
    pub fn tls_server_name(&self) -> Option<&str> {
        self.tls_server_name.as_deref()
    }

    /// Returns the proxy on the way to the API server, or `None` for what the person's system says.
    pub fn proxy_url(&self) -> Option<&str> {
        self.proxy_url.as_deref()
    }

    /// Returns whether the address means the machine on which it is used, so that others cannot reach it.
    pub fn is_local(&self) -> bool {
        address::parse_https(&self.server).is_some_and(|(host, _)| address::is_this_machine(host))
    }

    /// Returns the DER of the certificate authorities, in their order; none for those of the system.
    pub fn authorities(&self) -> Vec<Vec<u8>> {
        pem::blocks(&decode(self.certificate_authority_data().unwrap_or_default()), pem::CERTIFICATE)
    }

    /// Returns the DER of the certificate authorities that sign client certificates, or `None` where nobody has named
    /// them.
    pub fn client_authorities(&self) -> Option<Vec<Vec<u8>>> {
        let data = self.client_certificate_authority_data.as_deref()?;
        Some(pem::blocks(&decode(data), pem::CERTIFICATE))
    }

    /// Removes the authorities that sign client certificates: they are a setting of the page, and neither stored with a
    /// key nor written into a kubeconfig.
    #[must_use]
    pub fn without_client_authorities(mut self) -> Self {
        self.client_certificate_authority_data = None;
        self
    }

    /// Returns whether this cluster, as it was, and a present one are the same: at least one certificate authority is
    /// in both, by its DER, since a cluster changes them one after the other; or, where this one has none, the address
    /// is the same. Whatever else has changed, [`ClusterChange`] says.
    pub fn is_same_as(&self, present: &Self) -> bool {
        match self.authorities() {
            known if known.is_empty() => self.server == present.server,
            known => present.authorities().iter().any(|authority| known.contains(authority)),
        }
    }
}

/// The changes of a cluster since a key was stored for it. A person sees them before a kubeconfig is saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterChange {
    /// The cluster that is bound to the key.
    pub before: Cluster,
    /// SHA-256 of each present certificate authority that was not there, as `openssl x509 -fingerprint -sha256` prints
    /// it.
    pub new_authorities: Vec<String>,
}

impl TryFrom<ClusterFields> for Cluster {
    type Error = Error;

    fn try_from(fields: ClusterFields) -> Result<Self, Error> {
        Self::parse(fields)
    }
}

impl From<Cluster> for ClusterFields {
    fn from(cluster: Cluster) -> Self {
        Self {
            name: cluster.name.into(),
            server: cluster.server,
            certificate_authority_data: cluster.certificate_authority_data.unwrap_or_default(),
            tls_server_name: cluster.tls_server_name.unwrap_or_default(),
            proxy_url: cluster.proxy_url.unwrap_or_default(),
            client_certificate_authority_data: cluster.client_certificate_authority_data.unwrap_or_default(),
        }
    }
}

/// Parses base64 of PEM certificates, and writes them anew: other programs might read a text that is not in order in
/// another way, and trust an authority that was not seen here. Returns `None` for an empty text.
fn certificates(field: &'static str, data: &str) -> Result<Option<String>, Error> {
    if data.is_empty() {
        return Ok(None);
    }
    let text = decode(data);
    let Some(certificates) = pem::all_blocks(&text, pem::CERTIFICATE) else {
        let found = format!("{} characters", data.len());
        return Err(Error::InvalidCluster { field, found, expected: "base64 of PEM certificates" });
    };
    let pem: String = certificates.iter().map(|der| pem::encode(pem::CERTIFICATE, der)).collect();
    Ok(Some(Base64::encode_string(pem.as_bytes())))
}

/// Decodes base64 of a text; anything else is no text.
fn decode(base64: &str) -> String {
    String::from_utf8_lossy(&Base64::decode_vec(base64).unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> ClusterFields {
        ClusterFields {
            name: "dev".into(),
            server: "https://api.example.com:6443".into(),
            certificate_authority_data: Base64::encode_string(pem::encode(pem::CERTIFICATE, b"authority").as_bytes()),
            ..ClusterFields::default()
        }
    }

    #[test]
    fn refuses_clusters_that_no_kubeconfig_could_use() {
        assert!(Cluster::parse(fields()).is_ok());
        for server in [
            "",
            "http://a",
            "https://",
            "https://a b",
            "https://a\n",
            "a",
            "https://u@h",
            "https:///x",
            "https://a?b",
            "https://:6443",
            "https://a:x",
            "https://[::1",
        ] {
            assert!(Cluster::parse(ClusterFields { server: server.into(), ..fields() }).is_err(), "{server:?}");
        }
        assert!(Cluster::parse(ClusterFields { name: String::new(), ..fields() }).is_err());
        assert!(Cluster::parse(ClusterFields { certificate_authority_data: "AAAA".into(), ..fields() }).is_err());
        assert!(Cluster::parse(ClusterFields { tls_server_name: "a\nb".into(), ..fields() }).is_err());
        for proxy in ["proxy:3128", "ftp://a", "http://", "http://u:p@a", "http://a\n", "http://a/b", "http://a b"] {
            assert!(Cluster::parse(ClusterFields { proxy_url: proxy.into(), ..fields() }).is_err(), "{proxy}");
        }
        for proxy in ["http://proxy:3128", "https://proxy.example.com/", "socks5://[::1]:1080", "socks5://localhost"] {
            assert!(Cluster::parse(ClusterFields { proxy_url: proxy.into(), ..fields() }).is_ok(), "{proxy}");
        }
        assert!(
            Cluster::parse(ClusterFields { client_certificate_authority_data: "AAAA".into(), ..fields() }).is_err()
        );
    }

    #[test]
    fn writes_authorities_anew_so_that_nobody_reads_others_in_them() {
        let parse = |pem: &str| {
            let certificate_authority_data = Base64::encode_string(pem.as_bytes());
            Cluster::parse(ClusterFields { certificate_authority_data, ..fields() })
        };
        let own = pem::encode(pem::CERTIFICATE, b"own");
        // Go's decoder ignores what is in the last bits, takes a beginning for one only on a line of its own, and goes
        // on after a block that it cannot read.
        for other in ["b3RoZXJ=", "b3Ro*XIh", "b3RoZXIh\n-----BEGIN CERTIFICATE-----\nb3Ro"] {
            let bundle = format!("{own}-----BEGIN CERTIFICATE-----\n{other}\n-----END CERTIFICATE-----\n");
            assert!(parse(&bundle).is_err(), "{other}");
        }
        let cluster = parse(&format!("# ours\n {own}")).expect("a cluster");
        assert_eq!(cluster.certificate_authority_data(), Some(&*Base64::encode_string(own.as_bytes())));
        assert_eq!(cluster.authorities(), [b"own"]);
    }

    #[test]
    fn recognises_local_addresses() {
        for (server, local) in [
            ("https://127.0.0.1:6443", true),
            ("https://localhost", true),
            ("https://0.0.0.0:6443", true),
            ("https://[::1]:6443", true),
            ("https://[::ffff:127.0.0.1]:6443", true),
            ("https://kubernetes.docker.internal:6443", true),
            ("https://api.example.com:6443", false),
            ("https://10.0.0.1/k8s", false),
        ] {
            let cluster = Cluster::parse(ClusterFields { server: server.into(), ..fields() }).expect(server);
            assert_eq!(cluster.is_local(), local, "{server}");
        }
    }

    #[test]
    fn is_written_as_it_is_read_and_leaves_out_what_is_not_there() {
        let json = r#"{"name":"dev","server":"https://k"}"#;
        let cluster: Cluster = serde_json::from_str(json).expect("a cluster");
        assert_eq!(serde_json::to_string(&cluster).expect("JSON"), json);
    }

    #[test]
    fn is_the_same_while_its_authorities_change_one_after_the_other() {
        let with = |authorities: &[&str]| {
            let pem: String =
                authorities.iter().map(|authority| pem::encode(pem::CERTIFICATE, authority.as_bytes())).collect();
            let data = if pem.is_empty() { String::new() } else { Base64::encode_string(pem.as_bytes()) };
            Cluster::parse(ClusterFields { certificate_authority_data: data, ..fields() }).expect("a cluster")
        };
        let moved = |cluster: Cluster| {
            let fields = ClusterFields { server: "https://new.example.com".into(), ..cluster.into() };
            Cluster::parse(fields).expect("a cluster")
        };
        let old = with(&["old"]);
        assert!(old.is_same_as(&with(&["old", "new"])), "both, while it changes");
        assert!(old.is_same_as(&moved(with(&["new", "old"]))), "its address may be corrected");
        assert!(!old.is_same_as(&with(&["new"])));
        assert!(!old.is_same_as(&with(&[])));
        assert!(with(&[]).is_same_as(&with(&["new"])), "by its address");
        assert!(!with(&[]).is_same_as(&moved(with(&["new"]))));
        let pem = pem::encode(pem::CERTIFICATE, b"old");
        let one_more_newline = Base64::encode_string(format!("{pem}\n").as_bytes());
        let fields = ClusterFields { certificate_authority_data: one_more_newline, ..fields() };
        assert!(old.is_same_as(&Cluster::parse(fields).expect("a cluster")));
    }
}
