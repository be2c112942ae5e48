//! The kubeconfig, and the name under which it is saved.

use base64ct::{Base64, Encoding};
use zeroize::Zeroizing;

use crate::{Cluster, Error, Namespace, UserName, name::is_mark};

/// A kubeconfig of one cluster, one user and one context, everything quoted and embedded
/// ([file format](https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/)).
///
/// User and context are named `USER@CLUSTER`, so that merging it into a person's own kubeconfig replaces nothing else.
#[derive(Clone, Copy)]
pub struct Kubeconfig<'a> {
    /// The cluster of the context.
    pub cluster: &'a Cluster,
    /// The user, as in the certificate.
    pub user: &'a UserName,
    /// The namespace of the context.
    pub namespace: Option<&'a Namespace>,
    /// PEM of the chain, leaf first.
    pub certificate_pem: &'a str,
}

impl Kubeconfig<'_> {
    /// Returns the name of user and context.
    pub fn context(&self) -> String {
        context_name(self.user, self.cluster)
    }

    /// Writes the file with the private key, PEM of PKCS#8, in it.
    pub fn to_yaml(&self, private_key_pem: &str) -> Zeroizing<String> {
        let key = Zeroizing::new(Base64::encode_string(private_key_pem.as_bytes()));
        self.write(&key)
    }

    /// Writes the file for display, with a sentence in place of the private key.
    pub fn preview(&self) -> String {
        std::mem::take(&mut *self.write("(the private key: in the file, not on this page)"))
    }

    fn write(&self, key: &str) -> Zeroizing<String> {
        let (name, server) = (self.cluster.name(), self.cluster.server());
        let certificate_authority_data = self.cluster.certificate_authority_data();
        let context = self.context();
        // Reserved up front, so that no copy of the key is left behind by growing.
        let mut yaml = Zeroizing::new(String::with_capacity(self.reserved(key)));
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
        if let Some(tls_server_name) = self.cluster.tls_server_name() {
            line("    ", "tls-server-name", tls_server_name);
        }
        if let Some(proxy_url) = self.cluster.proxy_url() {
            line("    ", "proxy-url", proxy_url);
        }
        if let Some(certificate_authority_data) = certificate_authority_data {
            line("    ", "certificate-authority-data", certificate_authority_data);
        }
        line("contexts:\n- ", "name", &context);
        line("  context:\n    ", "cluster", name);
        line("    ", "user", &context);
        if let Some(namespace) = self.namespace {
            line("    ", "namespace", namespace.as_str());
        }
        line("users:\n- ", "name", &context);
        line("  user:\n    ", "client-certificate-data", &Base64::encode_string(self.certificate_pem.as_bytes()));
        line("    ", "client-key-data", key);
        yaml
    }

    /// Returns at least as many bytes as the file has.
    fn reserved(&self, key: &str) -> usize {
        let optional = [
            self.cluster.tls_server_name(),
            self.cluster.proxy_url(),
            self.cluster.certificate_authority_data(),
            self.namespace.map(Namespace::as_str),
        ];
        let texts = 4 * self.context().len()
            + 2 * self.cluster.name().len()
            + self.cluster.server().len()
            + optional.into_iter().flatten().map(str::len).sum::<usize>();
        // No name has a character that is written as more bytes than it has, but for quotes, which are two.
        FIELDS_BYTES + 2 * texts + 2 * self.certificate_pem.len() + key.len()
    }
}

/// Returns `USER@CLUSTER`, the name of user and context.
pub(crate) fn context_name(user: &UserName, cluster: &Cluster) -> String {
    format!("{user}@{}", cluster.name())
}

/// The name under which a kubeconfig is saved, safe on every system: letters of any script, digits, spaces and
/// `. _ - @ + = ( )`, neither hidden nor a word of the shell, and at most [`MAX_FILE_NAME_BYTES`] long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileName(String);

impl FileName {
    /// Makes `USER@CLUSTER.kubeconfig`, with `-` for other characters, and cut where it is too long.
    pub fn new(user: &UserName, cluster: &Cluster) -> Self {
        let mut name = String::new();
        for character in context_name(user, cluster).chars() {
            if name.len() + character.len_utf8() + EXTENSION.len() >= MAX_FILE_NAME_BYTES {
                break;
            }
            name.push(if is_safe(character) && character != ' ' { character } else { '-' });
        }
        if name.starts_with(FORBIDDEN_FIRST) {
            name.insert(0, '_');
        }
        name.push_str(EXTENSION);
        Self(name)
    }

    /// Parses a name that a person has typed.
    ///
    /// # Errors
    /// [`Error::InvalidFileName`] for any other name, paths included.
    pub fn parse(name: &str) -> Result<Self, Error> {
        let is_good = !name.is_empty()
            && name.len() <= MAX_FILE_NAME_BYTES
            && !name.starts_with(FORBIDDEN_FIRST)
            && name.chars().all(is_safe);
        if is_good {
            Ok(Self(name.to_owned()))
        } else {
            Err(Error::InvalidFileName { found: name.chars().take(80).collect() })
        }
    }

    /// Makes the name of another file beside the one of this name, for example `jane@dev-2.kubeconfig` for the number
    /// 2: a browser does not overwrite a download, but gives it a name that nobody is told.
    #[must_use]
    pub fn numbered(&self, number: u32) -> Self {
        let ending = format!("-{number}{EXTENSION}");
        let mut stem = self.0.strip_suffix(EXTENSION).unwrap_or(&self.0).to_owned();
        while stem.len() + ending.len() > MAX_FILE_NAME_BYTES {
            stem.pop();
        }
        Self(stem + &ending)
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_safe(character: char) -> bool {
    character.is_alphanumeric()
        || is_mark(character)
        || matches!(character, '.' | '_' | '-' | '@' | '+' | '=' | '(' | ')' | ' ')
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
            // Line breaks and controls, which YAML would fold or refuse; each below U+0100 or one of the two
            // separators.
            character if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}' | '\u{FEFF}') => {
                yaml.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            character => yaml.push(character),
        }
    }
    yaml.push('"');
}

/// The longest name in bytes of UTF-8: file systems take 255, of which a browser needs some while it downloads, and
/// where there is a file of that name.
pub const MAX_FILE_NAME_BYTES: usize = 240;

/// More than the names of all fields have.
const FIELDS_BYTES: usize = 1_024;

const EXTENSION: &str = ".kubeconfig";

/// A leading dot hides a file, a leading dash makes it an option.
const FORBIDDEN_FIRST: [char; 3] = ['.', '-', '='];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ClusterFields;

    fn cluster(name: &str) -> Cluster {
        let server = "https://api.example.com:6443".into();
        Cluster::parse(ClusterFields { name: name.into(), server, ..ClusterFields::default() }).expect(name)
    }

    fn user(name: &str) -> UserName {
        UserName::parse(name).expect(name)
    }

    #[test]
    fn writes_everything_quoted_and_the_key_only_into_the_file() {
        let (cluster, user) = (cluster("dev"), user("no"));
        let kubeconfig = Kubeconfig { cluster: &cluster, user: &user, namespace: None, certificate_pem: "C" };
        let yaml = kubeconfig.to_yaml("secret");
        assert!(yaml.contains("    client-key-data: \"c2VjcmV0\"\n"));
        assert!(yaml.contains("current-context: \"no@dev\"\n"));
        assert!(!kubeconfig.preview().contains("c2VjcmV0"));
        assert!(yaml.lines().filter(|line| line.contains(": ")).all(|line| line.ends_with('"')));
    }

    #[test]
    fn makes_file_names_that_are_safe_everywhere() {
        let made = |name, named| FileName::new(&user(name), &cluster(named)).as_str().to_owned();
        assert_eq!(made("jane", "dev"), "jane@dev.kubeconfig");
        assert_eq!(made("a:b/../c", "x y"), "a-b-..-c@x-y.kubeconfig");
        assert_eq!(made(".hidden", "dev"), "_.hidden@dev.kubeconfig");
        assert_eq!(made("ü", "dev"), "ü@dev.kubeconfig");
        assert_eq!(made("प्रिया", "dev"), "प्रिया@dev.kubeconfig");
        for name in ["-x", &"田".repeat(200), &"x".repeat(200), &"𠀀".repeat(200)] {
            let made = FileName::new(&user(name), &cluster(&"田".repeat(200)));
            assert!(made.as_str().len() <= MAX_FILE_NAME_BYTES, "{} bytes", made.as_str().len());
            assert_eq!(FileName::parse(made.as_str()), Ok(made));
        }
    }

    #[test]
    fn numbers_the_files_of_one_name() {
        let second = |name: &str| FileName::parse(name).expect(name).numbered(2);
        for (name, numbered) in [
            ("jane@dev.kubeconfig", "jane@dev-2.kubeconfig"),
            // Not the file of another cluster.
            ("jane@us-east-1.kubeconfig", "jane@us-east-1-2.kubeconfig"),
            ("config", "config-2.kubeconfig"),
        ] {
            assert_eq!(second(name).as_str(), numbered);
        }
        let long = second(&format!("{}.kubeconfig", "ü".repeat(114)));
        assert_eq!(FileName::parse(long.as_str()), Ok(long.clone()));
        assert!(long.as_str().ends_with("ü-2.kubeconfig"), "{}", long.as_str());
    }

    #[test]
    fn takes_the_names_that_browsers_give_to_a_second_download() {
        for name in ["jane@dev (1).kubeconfig", "jane@dev(1).kubeconfig"] {
            assert!(FileName::parse(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn reserves_what_the_longest_file_needs() {
        let longest = "x".repeat(crate::MAX_NAME_CHARACTERS);
        let host = format!("https://{}/", "h".repeat(crate::address::MAX_ADDRESS_BYTES - 9));
        let cluster = Cluster::parse(ClusterFields {
            name: longest.clone(),
            server: host.clone(),
            tls_server_name: "t".repeat(253),
            proxy_url: host,
            ..ClusterFields::default()
        })
        .expect("a cluster");
        let (user, namespace) = (user(&longest), Namespace::parse(&"n".repeat(63)).expect("a namespace"));
        let certificate_pem = "C".repeat(10_000);
        let kubeconfig = Kubeconfig {
            cluster: &cluster,
            user: &user,
            namespace: Some(&namespace),
            certificate_pem: &certificate_pem,
        };
        let yaml = kubeconfig.to_yaml(&"K".repeat(5_000));
        assert!(yaml.len() <= kubeconfig.reserved(&"K".repeat(6_668)), "{} bytes", yaml.len());
    }

    #[test]
    fn refuses_file_names_that_lead_elsewhere_or_are_too_long() {
        let long = "田".repeat(120);
        for name in ["", "a/b", "a\\b", "../a", "-a", "a\n", "a:b", "a;b", &long] {
            assert!(FileName::parse(name).is_err(), "{name:?}");
        }
    }
}
