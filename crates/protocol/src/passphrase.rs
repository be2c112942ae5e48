use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// A passphrase that locks a stored key: the one secret that crosses between page and key worker. It is wiped when
/// dropped and never printed. Passphrases are case-sensitive, and compared in Unicode's composed form (NFC).
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Wraps a typed text.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_never_printed() {
        assert!(!format!("{:?}", Passphrase::new("correct horse".into())).contains("horse"));
    }
}
