//! The sealed envelope in which a private key is stored: encrypted with a data key of its own, which a passphrase or
//! the browser wraps.
//!
//! ```text
//! dataKey    32 random bytes, of one envelope
//! bound      "kube-enroll" LF version LF id LF details
//! sealed     AES-256-GCM(dataKey, PKCS#8 of the private key, associated data: bound)
//! wrapped    AES-256-GCM(Argon2id(passphrase, salt), dataKey, associated data: bound)
//!            or AES-256-GCM by a non-extractable key of the browser, without associated data
//! ```
//!
//! Each AES-256-GCM output is stored as nonce (12 random bytes), ciphertext and tag (16 bytes), concatenated.
//!
//! The version, the id and the details are bound to the key. An attacker who can only write to the storage can neither
//! present the key as that of another enrollment nor make its kubeconfig point to another server. `bound` is parsed
//! unambiguously, since an id has 32 characters and the details come last. The exact text of the details is bound, not
//! its meaning: the record holds that text, and a later version that reads or writes details differently still opens
//! it.
//!
//! The progress is not bound, since it is written while the key is locked. An attacker who changes it can make the page
//! request another object or show another state, but not accept a certificate for another key, user or group, which is
//! checked against the request in the details.

mod argon2id;
mod bound;
mod data_key;

use rand_core::TryCryptoRng;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use zeroize::Zeroizing;

use argon2id::Argon2id;
pub use bound::{Bound, RECORD_VERSION};
pub use data_key::DataKey;

use crate::{Error, PrivateKey};

/// A private key as it is stored, with everything that its opening needs besides a passphrase or the browser's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    sealed: Vec<u8>,
    wrap: Wrap,
}

/// An encrypted private key whose data key is not wrapped yet.
#[must_use]
pub struct Unwrapped {
    sealed: Vec<u8>,
    data_key: DataKey,
}

/// The wrapped data key, with the parameters of its wrapping key. It is serialized as it lies in a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "WrapFields", into = "WrapFields")]
pub struct Wrap(WrapKind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum WrapKind {
    /// By a key that is derived from a passphrase.
    Passphrase { argon2id: Argon2id, wrapped: Vec<u8> },
    /// By a non-extractable key of the browser, which lies beside it.
    Browser { wrapped: Vec<u8> },
}

impl Envelope {
    /// Seals a private key with a passphrase, which takes about half a second in a browser.
    ///
    /// # Errors
    /// The errors of [`Unwrapped::seal`]; [`Error::NoMemory`].
    pub fn seal_with_passphrase<R: TryCryptoRng + ?Sized>(
        bound: &Bound,
        key: &PrivateKey,
        passphrase: &str,
        rng: &mut R,
    ) -> Result<Self, Error> {
        let Unwrapped { sealed, data_key } = Unwrapped::seal(bound, key, rng)?;
        let argon2id = Argon2id::new(rng)?;
        let wrapped = argon2id.derive(passphrase)?.seal(data_key.as_bytes(), &bound.associated_data(), rng)?;
        Ok(Self { sealed, wrap: Wrap(WrapKind::Passphrase { argon2id, wrapped }) })
    }

    /// Unwraps the data key with a passphrase, which takes about half a second in a browser.
    ///
    /// # Errors
    /// [`Error::PassphraseNeeded`] for an empty one; [`Error::WrongPassphrase`] for another one, or for a changed
    /// envelope or bound part; [`Error::NoMemory`]; [`Error::Damaged`] for an envelope of the browser's key.
    pub fn unwrap_with_passphrase(&self, bound: &Bound, passphrase: &str) -> Result<DataKey, Error> {
        let WrapKind::Passphrase { argon2id, wrapped } = &self.wrap.0 else { return Err(Error::Damaged) };
        if passphrase.is_empty() {
            return Err(Error::PassphraseNeeded);
        }
        let data_key = argon2id.derive(passphrase)?.open(wrapped, &bound.associated_data());
        DataKey::from_bytes(&data_key.ok_or(Error::WrongPassphrase)?)
    }

    /// Opens the private key with the unwrapped data key.
    ///
    /// # Errors
    /// [`Error::Damaged`] where anything is not as it was sealed; the errors of [`Bound::request`] and
    /// [`PrivateKey::check_request`].
    pub fn open(&self, bound: &Bound, data_key: &DataKey) -> Result<PrivateKey, Error> {
        let der = data_key.open(&self.sealed, &bound.associated_data()).ok_or(Error::Damaged)?;
        let key = PrivateKey::from_pkcs8_der(&der)?;
        key.check_request(&bound.request()?)?;
        Ok(key)
    }

    /// Returns whether a passphrase opens it.
    pub fn has_passphrase(&self) -> bool {
        matches!(self.wrap.0, WrapKind::Passphrase { .. })
    }

    /// Returns the data key as the browser has wrapped it, or `None` where a passphrase does.
    pub fn wrapped_by_browser(&self) -> Option<&[u8]> {
        match &self.wrap.0 {
            WrapKind::Passphrase { .. } => None,
            WrapKind::Browser { wrapped } => Some(wrapped),
        }
    }

    /// Joins the two parts of a record.
    pub(crate) fn from_parts(sealed: Vec<u8>, wrap: Wrap) -> Self {
        Self { sealed, wrap }
    }

    /// Returns the two parts of a record.
    pub(crate) fn into_parts(self) -> (Vec<u8>, Wrap) {
        (self.sealed, self.wrap)
    }

    /// Returns all values in it, in a fixed order, for a digest.
    pub(crate) fn values(&self) -> Vec<Vec<u8>> {
        let wrap = match &self.wrap.0 {
            WrapKind::Passphrase { argon2id: Argon2id { memory_kib, iterations, salt }, wrapped } => vec![
                b"passphrase".to_vec(),
                memory_kib.to_be_bytes().to_vec(),
                iterations.to_be_bytes().to_vec(),
                salt.clone(),
                wrapped.clone(),
            ],
            WrapKind::Browser { wrapped } => vec![b"browser".to_vec(), wrapped.clone()],
        };
        [vec![self.sealed.clone()], wrap].concat()
    }
}

impl Unwrapped {
    /// Seals a private key with a new data key.
    ///
    /// # Errors
    /// [`OtherKey`](kube_enroll_x509::Error::OtherKey) for a key that is not that of the request, so that no record is
    /// written that does not open; [`Error::NoRandomness`]; otherwise as [`Bound::request`].
    pub fn seal<R: TryCryptoRng + ?Sized>(bound: &Bound, key: &PrivateKey, rng: &mut R) -> Result<Self, Error> {
        key.check_request(&bound.request()?)?;
        let data_key = DataKey::generate(rng)?;
        let sealed = data_key.seal(&key.to_pkcs8_der()?, &bound.associated_data(), rng)?;
        Ok(Self { sealed, data_key })
    }

    /// Returns the key that the browser is to wrap.
    pub fn data_key(&self) -> &DataKey {
        &self.data_key
    }

    /// Returns the envelope, with the data key as the browser has wrapped it.
    pub fn wrapped_by_browser(self, wrapped: Vec<u8>) -> Envelope {
        Envelope { sealed: self.sealed, wrap: Wrap(WrapKind::Browser { wrapped }) }
    }
}

/// The fields of [`Wrap`] in a record. Those of Argon2id are absent where the browser wraps.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrapFields {
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    memory_kib: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    iterations: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    salt: Option<ByteBuf>,
    wrapped: ByteBuf,
}

impl TryFrom<WrapFields> for Wrap {
    type Error = Error;

    fn try_from(fields: WrapFields) -> Result<Self, Error> {
        let WrapFields { kind, memory_kib, iterations, salt, wrapped } = fields;
        let wrapped = wrapped.into_vec();
        Ok(Self(match (kind.as_str(), memory_kib, iterations, salt) {
            ("browser", None, None, None) => WrapKind::Browser { wrapped },
            ("passphrase", Some(memory_kib), Some(iterations), Some(salt)) => {
                let argon2id = Argon2id { memory_kib, iterations, salt: salt.into_vec() };
                WrapKind::Passphrase { argon2id, wrapped }
            }
            _ => return Err(Error::Damaged),
        }))
    }
}

impl From<Wrap> for WrapFields {
    fn from(wrap: Wrap) -> Self {
        match wrap.0 {
            WrapKind::Passphrase { argon2id: Argon2id { memory_kib, iterations, salt }, wrapped } => Self {
                kind: "passphrase".into(),
                memory_kib: Some(memory_kib),
                iterations: Some(iterations),
                salt: Some(salt.into()),
                wrapped: wrapped.into(),
            },
            WrapKind::Browser { wrapped } => {
                Self { kind: "browser".into(), memory_kib: None, iterations: None, salt: None, wrapped: wrapped.into() }
            }
        }
    }
}

fn random<const LENGTH: usize, R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Zeroizing<[u8; LENGTH]>, Error> {
    let mut bytes = Zeroizing::new([0; LENGTH]);
    rng.try_fill_bytes(&mut *bytes).map_err(|_| Error::NoRandomness)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use getrandom::SysRng;
    use kube_enroll_core::{Algorithm, Subject};
    use kube_enroll_x509::Error as X509Error;
    use serde_json::json;

    use super::*;

    fn made(algorithm: Algorithm) -> (PrivateKey, Bound) {
        let key = PrivateKey::generate(algorithm, &mut SysRng).expect("a key");
        let subject = Subject::parse("jane", &["dev"]).expect("good names");
        let request = key.request(&subject, &mut SysRng).expect("a request");
        let details = json!({ "user": "jane", "requestPem": request.to_pem() }).to_string();
        (key, Bound::new(details, &mut SysRng).expect("randomness"))
    }

    #[test]
    fn opens_a_key_of_any_kind_in_its_own_record() {
        for algorithm in Algorithm::ALL {
            let (key, bound) = made(algorithm);
            let unwrapped = Unwrapped::seal(&bound, &key, &mut SysRng).expect("sealed");
            let data_key = DataKey::from_bytes(unwrapped.data_key().as_bytes()).expect("32 bytes");
            let envelope = unwrapped.wrapped_by_browser(vec![1]);
            let opened = envelope.open(&bound, &data_key).expect("the key");
            assert_eq!(opened.to_pkcs8_der(), key.to_pkcs8_der(), "{algorithm:?}");
            assert_eq!(envelope.unwrap_with_passphrase(&bound, "x").err(), Some(Error::Damaged));
        }
    }

    #[test]
    fn opens_nothing_of_which_anything_bound_was_changed() {
        let (key, bound) = made(Algorithm::EcdsaP256);
        let unwrapped = Unwrapped::seal(&bound, &key, &mut SysRng).expect("sealed");
        let data_key = DataKey::from_bytes(unwrapped.data_key().as_bytes()).expect("32 bytes");
        let by_browser = unwrapped.wrapped_by_browser(vec![]);
        let by_passphrase = Envelope::seal_with_passphrase(&bound, &key, PASSPHRASE, &mut SysRng).expect("sealed");
        for other in [
            bound.with_version(1),
            bound.with_id("0".repeat(32)),
            bound.with_details(bound.details().replace("jane", "john")),
            bound.with_details(format!(" {}", bound.details())),
        ] {
            assert_eq!(by_browser.open(&other, &data_key).err(), Some(Error::Damaged), "{other:?}");
            let opened = by_passphrase.unwrap_with_passphrase(&other, PASSPHRASE);
            assert_eq!(opened.err(), Some(Error::WrongPassphrase), "{other:?}");
        }
    }

    #[test]
    fn opens_with_the_passphrase_and_with_no_other() {
        let (key, bound) = made(Algorithm::Ed25519);
        let seal = || Envelope::seal_with_passphrase(&bound, &key, PASSPHRASE, &mut SysRng).expect("sealed");
        let envelope = seal();
        let open = |passphrase: &str| {
            let data_key = envelope.unwrap_with_passphrase(&bound, passphrase)?;
            envelope.open(&bound, &data_key)?.to_pkcs8_der()
        };
        assert_eq!(open(PASSPHRASE), key.to_pkcs8_der());
        assert_eq!(open(&format!("{PASSPHRASE} ")), Err(Error::WrongPassphrase));
        assert_eq!(open(""), Err(Error::PassphraseNeeded));
        assert_ne!(seal(), envelope, "each has a data key, nonces and a salt of its own");
    }

    #[test]
    fn seals_no_key_for_the_request_of_another() {
        let ((key, _), (_, bound)) = (made(Algorithm::EcdsaP256), made(Algorithm::EcdsaP256));
        let sealed = Unwrapped::seal(&bound, &key, &mut SysRng).err();
        assert!(matches!(sealed, Some(Error::X509(X509Error::OtherKey { .. }))), "{sealed:?}");
    }

    #[test]
    fn opens_no_key_that_is_not_the_one_of_the_request() {
        let ((key, _), (_, bound)) = (made(Algorithm::EcdsaP256), made(Algorithm::EcdsaP256));
        let data_key = DataKey::generate(&mut SysRng).expect("randomness");
        let der = key.to_pkcs8_der().expect("DER");
        let sealed = data_key.seal(&der, &bound.associated_data(), &mut SysRng).expect("sealed");
        let envelope = Envelope { sealed, wrap: Wrap(WrapKind::Browser { wrapped: vec![] }) };
        assert!(matches!(envelope.open(&bound, &data_key), Err(Error::X509(X509Error::OtherKey { .. }))));
    }

    #[test]
    fn parses_no_wrap_of_mixed_fields() {
        let browser = json!({"kind": "browser", "wrapped": [2]});
        assert!(serde_json::from_value::<Wrap>(browser.clone()).is_ok());
        for (name, value) in [("iterations", json!(8)), ("kind", json!("passphrase")), ("kind", json!("other"))] {
            let mut mixed = browser.clone();
            mixed[name] = value;
            assert!(serde_json::from_value::<Wrap>(mixed).is_err(), "{name}");
        }
    }

    const PASSPHRASE: &str = "correct horse battery staple";
}
