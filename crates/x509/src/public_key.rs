mod small_scalar;
mod weak;

use der::asn1::ObjectIdentifier;
use kube_enroll_core::Algorithm;
use rsa::{pkcs1v15, traits::PublicKeyParts};
use sha2::{Digest, Sha256, Sha384, Sha512};
use signature::{Verifier, hazmat::PrehashVerifier};
use spki::{AlgorithmIdentifierOwned, DecodePublicKey, SubjectPublicKeyInfoOwned, der::Encode};

use self::oid::{EC_PUBLIC_KEY, ED25519, RSA_ENCRYPTION, SECP256R1, SECP384R1};
use crate::{Error, name::invalid};

/// A public key that satisfies the key rules.
#[derive(Clone, Debug)]
pub struct PublicKey(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Rsa(rsa::PublicKey, Algorithm),
    EcdsaP256(p256::ecdsa::VerifyingKey),
    EcdsaP384(p384::ecdsa::VerifyingKey),
    Ed25519(ed25519_dalek::VerifyingKey),
}

impl PublicKey {
    /// Parses a key.
    ///
    /// # Errors
    /// [`Error::WeakKey`] for a key that breaks the key rules.
    pub fn parse(spki: &SubjectPublicKeyInfoOwned) -> Result<Self, Error> {
        let der = spki.to_der().map_err(invalid("public key"))?;
        let refuse = |found: String| Error::WeakKey { found, expected: EXPECTED_KEY };
        let unreadable = |kind: &str| refuse(format!("an {kind} key that cannot be read"));
        let is_compressed = || matches!(spki.subject_public_key.raw_bytes().first(), Some(2 | 3));
        match spki.algorithm.oid {
            RSA_ENCRYPTION => {
                // The rsa crate reads at most 8192 bits and 2^33, so that a hostile key costs no time.
                let key = rsa::PublicKey::from_public_key_der(&der).map_err(|_| unreadable("RSA"))?;
                let bits = key.n().bit_width_vartime();
                let algorithm = match bits {
                    2048 => Algorithm::Rsa2048,
                    3072 => Algorithm::Rsa3072,
                    4096 => Algorithm::Rsa4096,
                    _ => return Err(refuse(format!("RSA of {bits} bits"))),
                };
                let exponent = key.e().to_be_bytes().iter().fold(0u128, |value, byte| value << 8 | u128::from(*byte));
                if !(65_537..=MAX_RSA_EXPONENT).contains(&exponent) || exponent % 2 == 0 {
                    return Err(refuse(format!("the RSA exponent {exponent}")));
                }
                Ok(Self(Kind::Rsa(key, algorithm)))
            }
            EC_PUBLIC_KEY => {
                let curve = spki.algorithm.parameters.as_ref().and_then(|any| any.decode_as::<ObjectIdentifier>().ok());
                match curve {
                    // The crates would read it, and Go, so the API server, does not.
                    Some(SECP256R1 | SECP384R1) if is_compressed() => Err(refuse("a compressed point".into())),
                    Some(SECP256R1) => p256::ecdsa::VerifyingKey::from_public_key_der(&der)
                        .map(|key| Self(Kind::EcdsaP256(key)))
                        .map_err(|_| unreadable("P-256")),
                    Some(SECP384R1) => p384::ecdsa::VerifyingKey::from_public_key_der(&der)
                        .map(|key| Self(Kind::EcdsaP384(key)))
                        .map_err(|_| unreadable("P-384")),
                    Some(other) => Err(refuse(format!("the elliptic curve {other}"))),
                    None => Err(refuse("an elliptic curve without a name".into())),
                }
            }
            ED25519 => {
                let key = ed25519_dalek::VerifyingKey::from_public_key_der(&der).map_err(|_| unreadable("Ed25519"))?;
                if key.is_weak() {
                    return Err(refuse("an Ed25519 key of small order".into()));
                }
                Ok(Self(Kind::Ed25519(key)))
            }
            other => Err(refuse(format!("the kind {other}"))),
        }
    }

    /// Refuses a key whose private part anybody can compute.
    ///
    /// # Errors
    /// [`Error::WeakKey`].
    pub fn check_known_weakness(&self) -> Result<(), Error> {
        let small = |is_small: bool| is_small.then_some("an elliptic curve key whose private key is a small number");
        let weakness = match &self.0 {
            Kind::Rsa(key, _) => weak::weakness(key.n()),
            Kind::EcdsaP256(key) => small(small_scalar::has_small_scalar::<p256::NistP256>(*key.as_affine())),
            Kind::EcdsaP384(key) => small(small_scalar::has_small_scalar::<p384::NistP384>(*key.as_affine())),
            // Its private key is a digest.
            Kind::Ed25519(_) => None,
        };
        match weakness {
            Some(found) => Err(Error::WeakKey {
                found: found.to_owned(),
                expected: "a new key, made with another program or device, since anybody can compute the private key of this one",
            }),
            None => Ok(()),
        }
    }

    /// Returns the key's kind.
    pub fn algorithm(&self) -> Algorithm {
        match &self.0 {
            Kind::Rsa(_, algorithm) => *algorithm,
            Kind::EcdsaP256(_) => Algorithm::EcdsaP256,
            Kind::EcdsaP384(_) => Algorithm::EcdsaP384,
            Kind::Ed25519(_) => Algorithm::Ed25519,
        }
    }

    /// Verifies a signature made with SHA-2 and the private part of this key.
    ///
    /// # Errors
    /// [`Error::UnexpectedSignatureAlgorithm`] for SHA-1, MD5, PSS or another kind of key; [`Error::BadSignature`].
    pub fn verify(&self, algorithm: &AlgorithmIdentifierOwned, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        let bad = |_| Error::BadSignature;
        let unexpected = || Error::UnexpectedSignatureAlgorithm { oid: algorithm.oid.to_string() };
        match &self.0 {
            Kind::Rsa(key, _) => {
                let signature = pkcs1v15::Signature::try_from(signature).map_err(bad)?;
                let key = key.clone();
                match algorithm.oid {
                    RSA_SHA256 => pkcs1v15::VerifyingKey::<Sha256>::new(key).verify(message, &signature),
                    RSA_SHA384 => pkcs1v15::VerifyingKey::<Sha384>::new(key).verify(message, &signature),
                    RSA_SHA512 => pkcs1v15::VerifyingKey::<Sha512>::new(key).verify(message, &signature),
                    _ => return Err(unexpected()),
                }
                .map_err(bad)
            }
            Kind::EcdsaP256(key) => {
                let hash = ecdsa_hash(algorithm.oid, message).ok_or_else(unexpected)?;
                let signature = p256::ecdsa::Signature::from_der(signature).map_err(bad)?;
                key.verify_prehash(&hash, &signature).map_err(bad)
            }
            Kind::EcdsaP384(key) => {
                let hash = ecdsa_hash(algorithm.oid, message).ok_or_else(unexpected)?;
                let signature = p384::ecdsa::Signature::from_der(signature).map_err(bad)?;
                key.verify_prehash(&hash, &signature).map_err(bad)
            }
            Kind::Ed25519(key) => {
                if algorithm.oid != ED25519 {
                    return Err(unexpected());
                }
                let signature = ed25519_dalek::Signature::from_slice(signature).map_err(bad)?;
                key.verify_strict(message, &signature).map_err(bad)
            }
        }
    }
}

/// Hashes a message with the hash of an ECDSA signature algorithm: it need not match the curve, since openssl signs
/// with SHA-256 for every curve.
fn ecdsa_hash(oid: ObjectIdentifier, message: &[u8]) -> Option<Vec<u8>> {
    match oid {
        ECDSA_SHA256 => Some(Sha256::digest(message).to_vec()),
        ECDSA_SHA384 => Some(Sha384::digest(message).to_vec()),
        ECDSA_SHA512 => Some(Sha512::digest(message).to_vec()),
        _ => None,
    }
}

/// The object identifiers of the kinds of keys.
pub mod oid {
    use der::asn1::ObjectIdentifier;

    /// `id-Ed25519` (RFC 8410, section 3).
    pub const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
    /// `rsaEncryption` (RFC 8017, appendix A).
    pub const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
    /// `id-ecPublicKey` (RFC 5480, section 2.1.1).
    pub const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
    /// `secp256r1`, P-256 (RFC 5480, section 2.1.1.1).
    pub const SECP256R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
    /// `secp384r1`, P-384 (RFC 5480, section 2.1.1.1).
    pub const SECP384R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
}

const RSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const RSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12");
const RSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13");
const ECDSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const ECDSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
const ECDSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4");

/// The largest exponent that Go, so the API server, computes with
/// ([crypto/rsa](https://pkg.go.dev/crypto/rsa#PublicKey), "public exponent too large").
const MAX_RSA_EXPONENT: u128 = (1 << 31) - 1;

/// The key rules: RSA of 2048, 3072 or 4096 bits with an odd public exponent from 65537 to [`MAX_RSA_EXPONENT`]; P-256
/// or P-384, the point in full; or Ed25519.
const EXPECTED_KEY: &str = "RSA of 2048, 3072 or 4096 bits with an odd exponent from 65537 to 2147483647, P-256 or P-384 \
                            with an uncompressed point, or Ed25519";
