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

    /// Returns whether it has at least [`MIN_PASSPHRASE_CHARACTERS`], which a new key needs.
    pub fn is_long_enough(&self) -> bool {
        self.0.chars().count() >= MIN_PASSPHRASE_CHARACTERS
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

/// The minimum length of the passphrase of a new key, in characters: whoever has the disk can try any number.
pub const MIN_PASSPHRASE_CHARACTERS: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_never_printed() {
        assert!(!format!("{:?}", Passphrase::new("correct horse".into())).contains("horse"));
    }

    #[test]
    fn is_counted_in_characters() {
        assert!(Passphrase::new("ü".repeat(12)).is_long_enough());
        assert!(!Passphrase::new("ü".repeat(11)).is_long_enough());
    }
}
