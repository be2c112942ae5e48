use der::Decode;
use kube_enroll_core::{Algorithm, pem};
use kube_enroll_x509::{
    CertificationRequest, Error as X509Error, Fingerprint, PublicKey,
    oid::{EC_PUBLIC_KEY, ED25519, RSA_ENCRYPTION, SECP256R1, SECP384R1},
};
use p256::ecdsa as ecdsa_p256;
use p384::ecdsa as ecdsa_p384;
use pkcs8::{EncodePrivateKey, PrivateKeyInfoRef};
use rand_core::TryCryptoRng;
use rsa::{errors::Error as RsaError, pkcs1v15};
use sha2::Sha256;
use signature::{Keypair, RandomizedSigner, Signer};
use spki::{
    AlgorithmIdentifierOwned, DynSignatureAlgorithmIdentifier, EncodePublicKey, SignatureBitStringEncoding,
    SubjectPublicKeyInfoOwned,
};
use zeroize::{Zeroize, Zeroizing};

use crate::Error;

/// A private key. It has one owner, is wiped when dropped, and can be neither printed nor serialised.
pub struct PrivateKey(Kind);

enum Kind {
    Rsa(pkcs1v15::SigningKey<Sha256>),
    EcdsaP256(ecdsa_p256::SigningKey),
    EcdsaP384(ecdsa_p384::SigningKey),
    Ed25519(ed25519_dalek::SigningKey),
}

impl PrivateKey {
    /// Makes a key with the randomness of `rng`. RSA takes seconds, the other kinds milliseconds.
    ///
    /// # Errors
    /// [`Error::NoRandomness`] where `rng` fails; [`Error::PrivateKey`] where RSA key generation fails.
    pub fn generate<R: TryCryptoRng + ?Sized>(algorithm: Algorithm, rng: &mut R) -> Result<Self, Error> {
        use p256::elliptic_curve::Generate;
        let kind = match algorithm {
            Algorithm::Rsa2048 | Algorithm::Rsa3072 | Algorithm::Rsa4096 => {
                let modulus_bits = algorithm.modulus_bits().expect("RSA has a modulus");
                let key = rsa::PrivateKey::new(rng, modulus_bits).map_err(|error| match error {
                    RsaError::Rng => Error::NoRandomness,
                    _ => Error::PrivateKey { reason: "no RSA key came of the random numbers" },
                })?;
                Kind::Rsa(pkcs1v15::SigningKey::new(key))
            }
            Algorithm::EcdsaP256 => {
                Kind::EcdsaP256(ecdsa_p256::SigningKey::try_generate_from_rng(rng).map_err(|_| Error::NoRandomness)?)
            }
            Algorithm::EcdsaP384 => {
                Kind::EcdsaP384(ecdsa_p384::SigningKey::try_generate_from_rng(rng).map_err(|_| Error::NoRandomness)?)
            }
            Algorithm::Ed25519 => {
                let mut seed = Zeroizing::new([0; 32]);
                rng.try_fill_bytes(&mut *seed).map_err(|_| Error::NoRandomness)?;
                Kind::Ed25519(ed25519_dalek::SigningKey::from_bytes(&seed))
            }
        };
        Ok(Self(kind))
    }

    /// Writes the key as DER of PKCS#8 ([RFC 5958](https://www.rfc-editor.org/rfc/rfc5958#section-2)), unencrypted.
    ///
    /// # Errors
    /// [`Error::PrivateKey`] where it cannot be encoded.
    pub fn to_pkcs8_der(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        let document = match &self.0 {
            Kind::Rsa(key) => key.to_pkcs8_der(),
            Kind::EcdsaP256(key) => key.to_pkcs8_der(),
            Kind::EcdsaP384(key) => key.to_pkcs8_der(),
            Kind::Ed25519(key) => {
                // Without the public key, which makes it version 1: OpenSSL before 3.2 cannot read version 2.
                let mut keypair = ed25519_dalek::pkcs8::KeypairBytes { secret_key: key.to_bytes(), public_key: None };
                let document = keypair.to_pkcs8_der();
                keypair.secret_key.zeroize();
                document
            }
        };
        Ok(document.map_err(|_| Error::PrivateKey { reason: "it cannot be written as PKCS#8" })?.to_bytes())
    }

    /// Writes the key as one PEM block labelled `PRIVATE KEY`
    /// ([RFC 7468](https://www.rfc-editor.org/rfc/rfc7468#section-10)), unencrypted.
    ///
    /// # Errors
    /// [`Error::PrivateKey`] where it cannot be encoded.
    pub fn to_pkcs8_pem(&self) -> Result<Zeroizing<String>, Error> {
        Ok(Zeroizing::new(pem::encode(pem::PRIVATE_KEY, &self.to_pkcs8_der()?)))
    }

    /// Reads a key of any kind that [`PrivateKey::generate`] makes, as DER of PKCS#8 of version 1 or, with the public
    /// key beside it, version 2 ([RFC 5958](https://www.rfc-editor.org/rfc/rfc5958#section-2)), unencrypted.
    ///
    /// # Errors
    /// [`Error::PrivateKey`] for other bytes, for a key whose parts contradict each other, and for what the key rules
    /// refuse.
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, Error> {
        let unreadable = Error::PrivateKey { reason: "it is not PKCS#8 of a kind that is made here" };
        let info = PrivateKeyInfoRef::from_der(der).map_err(|_| unreadable.clone())?;
        let curve = || info.algorithm.parameters_oid().ok();
        let kind = match info.algorithm.oid {
            RSA_ENCRYPTION => rsa::PrivateKey::try_from(info).map(pkcs1v15::SigningKey::new).map(Kind::Rsa),
            EC_PUBLIC_KEY if curve() == Some(SECP256R1) => ecdsa_p256::SigningKey::try_from(info).map(Kind::EcdsaP256),
            EC_PUBLIC_KEY if curve() == Some(SECP384R1) => ecdsa_p384::SigningKey::try_from(info).map(Kind::EcdsaP384),
            ED25519 => ed25519_dalek::SigningKey::try_from(info).map(Kind::Ed25519),
            _ => return Err(unreadable),
        };
        let key = Self(kind.map_err(|_| Error::PrivateKey { reason: "its parts do not belong together" })?);
        PublicKey::parse(&key.public_key()?)
            .map_err(|_| Error::PrivateKey { reason: "it is weaker than what is made here" })?;
        Ok(key)
    }

    /// Signs a message: RSA PKCS#1 v1.5 with SHA-256, ECDSA with the curve's SHA-2, or Ed25519. `rng` blinds RSA.
    ///
    /// Returns the signature as X.509 puts it into a BIT STRING.
    ///
    /// # Errors
    /// [`Error::PrivateKey`] where it cannot sign or `rng` fails.
    pub fn sign<R: TryCryptoRng + ?Sized>(&self, message: &[u8], rng: &mut R) -> Result<Vec<u8>, Error> {
        let bits = match &self.0 {
            Kind::Rsa(key) => key.try_sign_with_rng(rng, message).and_then(|signature| bit_string(&signature)),
            Kind::EcdsaP256(key) => {
                key.try_sign(message).and_then(|signature: ecdsa_p256::DerSignature| bit_string(&signature))
            }
            Kind::EcdsaP384(key) => {
                key.try_sign(message).and_then(|signature: ecdsa_p384::DerSignature| bit_string(&signature))
            }
            Kind::Ed25519(key) => key.try_sign(message).and_then(|signature| bit_string(&signature)),
        };
        bits.map_err(|_| Error::PrivateKey { reason: "it cannot sign" })
    }

    /// Checks that `request` was made with this key.
    ///
    /// # Errors
    /// [`X509Error::OtherKey`] where it was not; [`Error::PrivateKey`] where the public part cannot be encoded.
    pub fn check_request(&self, request: &CertificationRequest) -> Result<(), Error> {
        let fingerprint = self.fingerprint()?;
        if request.fingerprint() == fingerprint {
            return Ok(());
        }
        Err(X509Error::OtherKey { found: request.fingerprint().to_string(), expected: fingerprint.to_string() }.into())
    }

    /// Returns the fingerprint of the public part.
    ///
    /// # Errors
    /// [`Error::PrivateKey`] where the public part cannot be encoded.
    pub fn fingerprint(&self) -> Result<Fingerprint, Error> {
        Ok(Fingerprint::of(&self.public_key()?)?)
    }

    /// Returns the algorithm of [`PrivateKey::sign`].
    pub(crate) fn signature_algorithm(&self) -> Result<AlgorithmIdentifierOwned, Error> {
        match &self.0 {
            Kind::Rsa(key) => key.signature_algorithm_identifier(),
            Kind::EcdsaP256(key) => key.signature_algorithm_identifier(),
            Kind::EcdsaP384(key) => key.signature_algorithm_identifier(),
            Kind::Ed25519(key) => key.signature_algorithm_identifier(),
        }
        .map_err(|_| UNENCODABLE)
    }

    /// Returns the public part.
    pub(crate) fn public_key(&self) -> Result<SubjectPublicKeyInfoOwned, Error> {
        let document = match &self.0 {
            Kind::Rsa(key) => key.verifying_key().to_public_key_der(),
            Kind::EcdsaP256(key) => key.verifying_key().to_public_key_der(),
            Kind::EcdsaP384(key) => key.verifying_key().to_public_key_der(),
            Kind::Ed25519(key) => key.verifying_key().to_public_key_der(),
        };
        let document = document.map_err(|_| UNENCODABLE)?;
        SubjectPublicKeyInfoOwned::from_der(document.as_bytes()).map_err(|_| UNENCODABLE)
    }
}

fn bit_string(signature: &impl SignatureBitStringEncoding) -> signature::Result<Vec<u8>> {
    signature.to_bitstring().map(|bits| bits.raw_bytes().to_vec()).map_err(|_| signature::Error::new())
}

const UNENCODABLE: Error = Error::PrivateKey { reason: "its public part cannot be encoded" };
