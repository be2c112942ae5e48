//! The cluster and the file that leads to it.

use base64ct::{Base64, Encoding};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{Error, Field, subject::parse_name};

/// The cluster that a kubeconfig leads to.
///
/// It is written by an operator into `config.json`, or read from `kube-public/cluster-info`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Cluster {
    /// The name that people see; it becomes part of the context's name.
    pub name: String,
    /// The API server's address, `https://HOST[:PORT][/PATH]`.
    pub server: String,
    /// Base64 of the PEM of the certificate authorities that the API server's certificate is checked against; empty means
    /// the ones of the system.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub certificate_authority_data: String,
    /// The name that the API server's certificate carries, where it is not the host of `server`; empty means the host.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tls_server_name: String,
}

impl Cluster {
    /// Checks that a kubeconfig with this cluster can work.
    ///
    /// # Errors
    /// The error of [`parse_name`] for the name; [`Error::InvalidCluster`] for an address that is no `https:` URL, for
    /// authorities that are not base64 of PEM certificates, and for a TLS server name with other characters than a host
    /// has.
    pub fn check(&self) -> Result<(), Error> {
        parse_name(&self.name, Field::Cluster)?;
        if !is_https_address(&self.server) {
            return Err(Error::InvalidCluster {
                field: "server",
                found: self.server.chars().take(100).collect(),
                expected: "https://HOST[:PORT][/PATH]",
            });
        }
        let pem = Base64::decode_vec(&self.certificate_authority_data).unwrap_or_default();
        if !self.certificate_authority_data.is_empty() && !contains(&pem, b"-----BEGIN CERTIFICATE-----") {
            return Err(Error::InvalidCluster {
                field: "certificateAuthorityData",
                found: format!("{} characters", self.certificate_authority_data.len()),
                expected: "base64 of PEM certificates",
            });
        }
        if !self.tls_server_name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:_".contains(&byte)) {
            return Err(Error::InvalidCluster {
                field: "tlsServerName",
                found: self.tls_server_name.chars().take(100).collect(),
                expected: "a host name",
            });
        }
        Ok(())
    }

    /// Tells whether the address leads only to the machine that it is used on: a person elsewhere cannot reach it.
    pub fn is_local(&self) -> bool {
        let host = host_of(&self.server);
        host == "localhost" || host == "[::1]" || host == "0.0.0.0" || host.starts_with("127.")
    }
}

/// A kubeconfig of one cluster, one user and one context, everything quoted and embedded
/// ([file format](https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/)).
///
/// User and context are named `USER@CLUSTER`, so that merging it into a person's own kubeconfig replaces nothing else.
#[derive(Clone, Copy)]
pub struct Kubeconfig<'a> {
    /// Where it leads; checked by [`Cluster::check`].
    pub cluster: &'a Cluster,
    /// The user, as in the certificate.
    pub user: &'a str,
    /// The namespace of the context; empty means none.
    pub namespace: &'a str,
    /// PEM of the chain, leaf first.
    pub certificate_pem: &'a str,
}

impl Kubeconfig<'_> {
    /// Returns the name of user and context.
    pub fn context(&self) -> String {
        context_name(self.user, &self.cluster.name)
    }

    /// Writes the file with the private key, PEM of PKCS#8, in it.
    pub fn to_yaml(&self, private_key_pem: &str) -> Zeroizing<String> {
        let key = Zeroizing::new(Base64::encode_string(private_key_pem.as_bytes()));
        self.write(&key)
    }

    /// Writes the file for showing: the key's place holds a sentence.
    pub fn preview(&self) -> String {
        std::mem::take(&mut *self.write("(the private key: in the file, not on this page)"))
    }

    fn write(&self, key: &str) -> Zeroizing<String> {
        let Cluster { name, server, certificate_authority_data, tls_server_name } = self.cluster;
        let context = self.context();
        // Reserved up front, so that no copy of the key is left behind by growing.
        let mut yaml = Zeroizing::new(String::with_capacity(
            2048 + server.len()
                + 4 * context.len()
                + certificate_authority_data.len()
                + 2 * self.certificate_pem.len()
                + key.len(),
        ));
        let mut line = |indent: &str, field: &str, value: &str| {
            yaml.push_str(indent);
            yaml.push_str(field);
            yaml.push_str(": ");
            push_quoted(&mut yaml, value);
            yaml.push('\n');
        };
        line("", "apiVersion", "v1");
        line("", "kind", "Config");
        line("", "current-context", &context);
        line("clusters:\n- ", "name", name);
        line("  cluster:\n    ", "server", server);
        if !tls_server_name.is_empty() {
            line("    ", "tls-server-name", tls_server_name);
        }
        if !certificate_authority_data.is_empty() {
            line("    ", "certificate-authority-data", certificate_authority_data);
        }
        line("contexts:\n- ", "name", &context);
        line("  context:\n    ", "cluster", name);
        line("    ", "user", &context);
        if !self.namespace.is_empty() {
            line("    ", "namespace", self.namespace);
        }
        line("users:\n- ", "name", &context);
        line("  user:\n    ", "client-certificate-data", &Base64::encode_string(self.certificate_pem.as_bytes()));
        line("    ", "client-key-data", key);
        yaml
    }
}

/// Returns `USER@CLUSTER`, the name of user and context.
pub fn context_name(user: &str, cluster: &str) -> String {
    format!("{user}@{cluster}")
}

/// Returns `USER@CLUSTER.kubeconfig`, made safe as a file name on every system: at most 120 characters; letters of any
/// script, digits, and `. _ - @ + =`, the rest as `-`; neither hidden nor a word of the shell.
pub fn file_name(user: &str, cluster: &str) -> String {
    let context = context_name(user, cluster);
    let mut safe: String = context
        .chars()
        .take(120)
        .map(|character| {
            if character.is_alphanumeric() || matches!(character, '.' | '_' | '-' | '@' | '+' | '=') {
                character
            } else {
                '-'
            }
        })
        .collect();
    // A leading dot hides a file, a leading dash makes it an option.
    if safe.starts_with(['.', '-', '=']) {
        safe.insert(0, '_');
    }
    safe.push_str(".kubeconfig");
    safe
}

/// Checks a name typed for the file: what [`file_name`] can return, and nothing that leads elsewhere.
pub fn is_file_name(name: &str) -> bool {
    !name.is_empty()
        && name.chars().count() <= 160
        && !name.starts_with(['.', '-', '='])
        && name.chars().all(|character| {
            character.is_alphanumeric() || matches!(character, '.' | '_' | '-' | '@' | '+' | '=' | ' ')
        })
}

/// Writes a YAML double-quoted scalar, the only form in which `no`, `0x10`, `~` and `#c` stay what they are.
fn push_quoted(yaml: &mut String, value: &str) {
    yaml.push('"');
    for character in value.chars() {
        match character {
            '"' | '\\' => {
                yaml.push('\\');
                yaml.push(character);
            }
            // Line breaks and controls, which YAML would fold or refuse; each below U+0100 or one of the two separators.
            character if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}' | '\u{FEFF}') => {
                yaml.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            character => yaml.push(character),
        }
    }
    yaml.push('"');
}

fn is_https_address(server: &str) -> bool {
    let Some(rest) = server.strip_prefix("https://") else { return false };
    let authority = rest.split('/').next().unwrap_or_default();
    !authority.is_empty()
        && server.len() <= 2048
        && !authority.bytes().any(|byte| byte == b'@')
        && rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"'\\<>`{}|^?#".contains(&byte))
}

fn host_of(server: &str) -> &str {
    let authority = server.strip_prefix("https://").unwrap_or(server).split('/').next().unwrap_or_default();
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster() -> Cluster {
        Cluster {
            name: "dev".into(),
            server: "https://api.example.com:6443".into(),
            certificate_authority_data: Base64::encode_string(b"-----BEGIN CERTIFICATE-----\n"),
            tls_server_name: String::new(),
        }
    }

    #[test]
    fn refuses_clusters_that_no_kubeconfig_could_use() {
        assert_eq!(cluster().check(), Ok(()));
        for server in
            ["", "http://a", "https://", "https://a b", "https://a\n", "a", "https://u@h", "https:///x", "https://a?b"]
        {
            assert!(Cluster { server: server.into(), ..cluster() }.check().is_err(), "{server:?}");
        }
        assert!(Cluster { name: String::new(), ..cluster() }.check().is_err());
        assert!(Cluster { certificate_authority_data: "AAAA".into(), ..cluster() }.check().is_err());
        assert!(Cluster { tls_server_name: "a\nb".into(), ..cluster() }.check().is_err());
    }

    #[test]
    fn tells_local_addresses() {
        for (server, local) in [
            ("https://127.0.0.1:6443", true),
            ("https://localhost", true),
            ("https://[::1]:6443", true),
            ("https://api.example.com:6443", false),
            ("https://10.0.0.1/k8s", false),
        ] {
            assert_eq!(Cluster { server: server.into(), ..cluster() }.is_local(), local, "{server}");
        }
    }

    #[test]
    fn writes_everything_quoted_and_the_key_only_into_the_file() {
        let cluster = cluster();
        let kubeconfig = Kubeconfig { cluster: &cluster, user: "no", namespace: "", certificate_pem: "C" };
        let yaml = kubeconfig.to_yaml("secret");
        assert!(yaml.contains("    client-key-data: \"c2VjcmV0\"\n"));
        assert!(yaml.contains("current-context: \"no@dev\"\n"));
        assert!(!kubeconfig.preview().contains("c2VjcmV0"));
        assert!(yaml.lines().filter(|line| line.contains(": ")).all(|line| line.ends_with('"')));
    }

    #[test]
    fn makes_file_names_that_are_safe_everywhere() {
        assert_eq!(file_name("jane", "dev"), "jane@dev.kubeconfig");
        assert_eq!(file_name("a:b/../c", "x y"), "a-b-..-c@x-y.kubeconfig");
        assert_eq!(file_name(".hidden", "dev"), "_.hidden@dev.kubeconfig");
        assert_eq!(file_name("ü", "dev"), "ü@dev.kubeconfig");
        assert!(is_file_name(&file_name("-x", "dev")));
        for name in ["", "a/b", "a\\b", "../a", "-a", "a\n", "a:b", "a;b"] {
            assert!(!is_file_name(name), "{name:?}");
        }
    }
}
