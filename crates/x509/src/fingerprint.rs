use std::fmt;

use der::Encode;
use sha2::{Digest, Sha256};
use spki::SubjectPublicKeyInfoOwned;

/// SHA-256 of a public key, for people to compare.
///
/// The input is the DER of the `SubjectPublicKeyInfo` (RFC 5280, section 4.1.2.7). `Display` has the format of
/// `openssl dgst -sha256 -c`: 32 bytes in lower-case hexadecimal, joined by colons.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Computes the fingerprint of a public key.
    ///
    /// # Errors
    /// [`crate::Error::InvalidDer`] where the key cannot be encoded, which a key that was decoded always can.
    pub fn of(public_key: &SubjectPublicKeyInfoOwned) -> Result<Self, crate::Error> {
        let der = public_key.to_der().map_err(crate::name::invalid("public key"))?;
        Ok(Self(Sha256::digest(der).into()))
    }

    /// Returns the 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(":")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}
