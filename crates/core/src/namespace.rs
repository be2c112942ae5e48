use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Error;

/// A Kubernetes namespace: 1 to 63 of `a-z`, `0-9`, and `-` inside
/// ([RFC 1123 label names](https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Namespace(String);

impl Namespace {
    /// Parses a namespace.
    ///
    /// # Errors
    /// [`Error::InvalidNamespace`] for any other text.
    pub fn parse(namespace: &str) -> Result<Self, Error> {
        if namespace.is_empty() || namespace.len() > MAX_NAMESPACE_CHARACTERS || !is_dns_label(namespace) {
            return Err(Error::InvalidNamespace { found: namespace.chars().take(80).collect() });
        }
        Ok(Self(namespace.to_owned()))
    }

    /// Returns the namespace.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Namespace {
    type Error = Error;

    fn try_from(namespace: String) -> Result<Self, Error> {
        Self::parse(&namespace)
    }
}

impl From<Namespace> for String {
    fn from(namespace: Namespace) -> Self {
        namespace.0
    }
}

/// Returns whether a text follows the character rules of a DNS label (RFC 1123); its length is not checked.
pub(crate) fn is_dns_label(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

const MAX_NAMESPACE_CHARACTERS: usize = 63;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_what_kubernetes_takes_and_nothing_else() {
        for namespace in ["default", "a", "0", "a--b", &"x".repeat(63)] {
            assert!(Namespace::parse(namespace).is_ok(), "{namespace}");
        }
        for namespace in ["", "A", "-a", "a-", "a.b", "a b", "ü", &"x".repeat(64)] {
            assert!(Namespace::parse(namespace).is_err(), "{namespace}");
        }
    }
}
