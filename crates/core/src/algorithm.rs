use serde::{Deserialize, Serialize};

use crate::Error;

/// The key types that are offered, each with its signature algorithm.
///
/// All of them are accepted by the API server, which verifies the request's self-signature with Go's `crypto/x509`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
pub enum Algorithm {
    /// RSA with a modulus of 2048 bits, PKCS#1 v1.5 with SHA-256 (RFC 8017).
    Rsa2048,
    /// RSA with a modulus of 3072 bits, PKCS#1 v1.5 with SHA-256 (RFC 8017).
    #[default]
    Rsa3072,
    /// RSA with a modulus of 4096 bits, PKCS#1 v1.5 with SHA-256 (RFC 8017).
    Rsa4096,
    /// ECDSA on P-256 with SHA-256 (FIPS 186-5, RFC 5758).
    EcdsaP256,
    /// ECDSA on P-384 with SHA-384 (FIPS 186-5, RFC 5758).
    EcdsaP384,
    /// Ed25519 (RFC 8032, RFC 8410).
    Ed25519,
}

impl Algorithm {
    /// All algorithms, in the order in which they are offered where an operator does not choose.
    pub const ALL: [Self; 6] =
        [Self::Rsa3072, Self::EcdsaP256, Self::EcdsaP384, Self::Ed25519, Self::Rsa2048, Self::Rsa4096];

    /// Returns the name that `config.json`, the page and the JavaScript API use, for example `RSA-3072`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rsa2048 => "RSA-2048",
            Self::Rsa3072 => "RSA-3072",
            Self::Rsa4096 => "RSA-4096",
            Self::EcdsaP256 => "ECDSA-P256",
            Self::EcdsaP384 => "ECDSA-P384",
            Self::Ed25519 => "Ed25519",
        }
    }

    /// Parses the name that [`Algorithm::name`] returns.
    ///
    /// # Errors
    /// [`Error::AlgorithmNotOffered`] for any other text.
    pub fn parse(name: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name).ok_or_else(|| Error::AlgorithmNotOffered {
            found: name.chars().take(40).collect(),
            offered: Self::ALL.iter().map(|algorithm| algorithm.name().to_owned()).collect(),
        })
    }

    /// Returns the size of the RSA modulus in bits, or `None` for the other key types.
    pub const fn modulus_bits(self) -> Option<usize> {
        match self {
            Self::Rsa2048 => Some(2048),
            Self::Rsa3072 => Some(3072),
            Self::Rsa4096 => Some(4096),
            Self::EcdsaP256 | Self::EcdsaP384 | Self::Ed25519 => None,
        }
    }
}

impl From<Algorithm> for &'static str {
    fn from(algorithm: Algorithm) -> Self {
        algorithm.name()
    }
}

impl TryFrom<String> for Algorithm {
    type Error = Error;

    fn try_from(name: String) -> Result<Self, Error> {
        Self::parse(&name)
    }
}
