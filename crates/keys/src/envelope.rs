//! The sealed envelope in which an enrollment is stored: readable but for its private key, which is encrypted with a
//! data key of its own.
//!
//! ```text
//! dataKey    32 random bytes, of one record
//! bound      "kube-enroll" LF "1" LF id LF details
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
mod data_key;

use kube_enroll_core::Cluster;
use kube_enroll_x509::CertificationRequest;
use rand_core::TryCryptoRng;
use serde::Deserialize;
use zeroize::Zeroizing;

pub use argon2id::Argon2id;
pub use data_key::DataKey;

use crate::{Error, PrivateKey};

/// The readable part of a record that is bound to the key in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// [`RECORD_VERSION`] when it was written.
    pub version: u32,
    /// 32 hexadecimal digits, random.
    pub id: String,
    /// The exact JSON text of the immutable details of an enrollment, with its request in `requestPem` and its cluster
    /// in `cluster`.
    pub details: String,
}

impl Bound {
    /// Makes the bound part of a new record, with a random id.
    ///
    /// # Errors
    /// [`Error::NoRandomness`].
    pub fn new<R: TryCryptoRng + ?Sized>(details: String, rng: &mut R) -> Result<Self, Error> {
        let id = random::<16, R>(rng)?.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { version: RECORD_VERSION, id, details })
    }

    /// Returns the request that the details hold.
    ///
    /// # Errors
    /// [`Error::Locked`] for details without a `requestPem`; the errors of [`CertificationRequest::parse_pem`].
    pub fn request(&self) -> Result<CertificationRequest, Error> {
        Ok(CertificationRequest::parse_pem(&self.read()?.request_pem)?)
    }

    /// Checks that a kubeconfig is for the cluster of the details, if they name one: the page may have read another
    /// text than the one that is bound to the key.
    ///
    /// # Errors
    /// [`Error::Locked`] for another server, other certificate authorities or another TLS server name.
    pub fn check_cluster(&self, cluster: &Cluster) -> Result<(), Error> {
        match self.read()?.cluster {
            Some(stored) if !stored.has_same_endpoint(cluster) => {
                Err(Error::Locked { reason: "it was stored for another cluster" })
            }
            _ => Ok(()),
        }
    }

    fn read(&self) -> Result<BoundDetails, Error> {
        serde_json::from_str(&self.details).map_err(|_| DAMAGED)
    }

    /// Encrypts a private key.
    ///
    /// # Errors
    /// [`OtherKey`](kube_enroll_x509::Error::OtherKey) for a key that is not that of the request, so that no record is
    /// written that does not open; [`Error::NoRandomness`]; otherwise as [`Bound::request`].
    pub fn seal<R: TryCryptoRng + ?Sized>(
        &self,
        key: &PrivateKey,
        data_key: &DataKey,
        rng: &mut R,
    ) -> Result<Vec<u8>, Error> {
        key.check_request(&self.request()?)?;
        data_key.seal(&key.to_pkcs8_der()?, &self.associated_data()?, rng)
    }

    /// Decrypts the private key.
    ///
    /// # Errors
    /// [`Error::Locked`] where anything of the record is not as it was written, or is of a later version;
    /// [`OtherKey`](kube_enroll_x509::Error::OtherKey) for a key that is not that of the request; otherwise as
    /// [`Bound::request`].
    pub fn open(&self, sealed: &[u8], data_key: &DataKey) -> Result<PrivateKey, Error> {
        let der = data_key.open(sealed, &self.associated_data()?).ok_or(DAMAGED)?;
        let key = PrivateKey::from_pkcs8_der(&der)?;
        key.check_request(&self.request()?)?;
        Ok(key)
    }

    /// Wraps a data key with a passphrase, and returns the parameters that derive the wrapping key and the encrypted
    /// data key. The derivation takes about half a second in a browser.
    ///
    /// # Errors
    /// [`Error::NoMemory`]; [`Error::NoRandomness`].
    pub fn wrap<R: TryCryptoRng + ?Sized>(
        &self,
        data_key: &DataKey,
        passphrase: &str,
        rng: &mut R,
    ) -> Result<(Argon2id, Vec<u8>), Error> {
        let argon2id = Argon2id::new(rng)?;
        let wrapped = argon2id.derive(passphrase)?.seal(data_key.as_bytes(), &self.associated_data()?, rng)?;
        Ok((argon2id, wrapped))
    }

    /// Unwraps a data key with a passphrase.
    ///
    /// # Errors
    /// [`Error::PassphraseNeeded`] for an empty one; [`Error::Locked`] for another one, or for a damaged record;
    /// [`Error::NoMemory`].
    pub fn unwrap(&self, argon2id: &Argon2id, wrapped: &[u8], passphrase: &str) -> Result<DataKey, Error> {
        if passphrase.is_empty() {
            return Err(Error::PassphraseNeeded);
        }
        let bytes = argon2id.derive(passphrase)?.open(wrapped, &self.associated_data()?);
        DataKey::from_bytes(&bytes.ok_or(Error::Locked {
            reason: "the passphrase is not the one that it was stored with, or its record is damaged",
        })?)
    }

    fn associated_data(&self) -> Result<Vec<u8>, Error> {
        let Self { version, id, details } = self;
        if *version != RECORD_VERSION {
            return Err(Error::Locked { reason: "its record is of another version of this page" });
        }
        if id.len() != 32 || !id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(DAMAGED);
        }
        Ok(format!("kube-enroll\n{version}\n{id}\n{details}").into_bytes())
    }
}

/// The details that are read here. Unknown fields of a later version are ignored, and bound all the same.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BoundDetails {
    request_pem: String,
    #[serde(default)]
    cluster: Option<Cluster>,
}

fn random<const LENGTH: usize, R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Zeroizing<[u8; LENGTH]>, Error> {
    let mut bytes = Zeroizing::new([0; LENGTH]);
    rng.try_fill_bytes(&mut *bytes).map_err(|_| Error::NoRandomness)?;
    Ok(bytes)
}

/// The version of the record format that is written, and the only one that is read.
pub const RECORD_VERSION: u32 = 1;

/// The error of a failed authenticated decryption with the right key, which has no more specific cause.
const DAMAGED: Error = Error::Locked { reason: "its record is damaged" };

#[cfg(test)]
mod tests {
    use getrandom::SysRng;
    use kube_enroll_core::{Algorithm, ClusterFields, Subject};
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

    fn data_key() -> DataKey {
        DataKey::generate(&mut SysRng).expect("randomness")
    }

    #[test]
    fn opens_a_key_of_any_kind_in_its_own_record() {
        for algorithm in Algorithm::ALL {
            let (key, bound) = made(algorithm);
            let data_key = data_key();
            let sealed = bound.seal(&key, &data_key, &mut SysRng).expect("sealed");
            let opened = bound.open(&sealed, &data_key).expect("the key");
            assert_eq!(opened.to_pkcs8_der(), key.to_pkcs8_der(), "{algorithm:?}");
        }
    }

    #[test]
    fn opens_no_record_of_which_anything_bound_was_changed() {
        let (key, bound) = made(Algorithm::EcdsaP256);
        let data_key = data_key();
        let sealed = bound.seal(&key, &data_key, &mut SysRng).expect("sealed");
        let (argon2id, wrapped) = bound.wrap(&data_key, "pass", &mut SysRng).expect("wrapped");
        for other in [
            Bound { version: 2, ..bound.clone() },
            Bound { id: "0".repeat(32), ..bound.clone() },
            Bound { id: format!("{}\n", &bound.id[..31]), ..bound.clone() },
            Bound { id: String::new(), ..bound.clone() },
            Bound { details: bound.details.replace("jane", "john"), ..bound.clone() },
            Bound { details: format!(" {}", bound.details), ..bound.clone() },
        ] {
            assert!(matches!(other.open(&sealed, &data_key), Err(Error::Locked { .. })), "{other:?}");
            let unwrapped = other.unwrap(&argon2id, &wrapped, "pass");
            assert!(matches!(unwrapped, Err(Error::Locked { .. })), "{other:?}");
        }
    }

    #[test]
    fn leads_to_no_other_cluster_than_the_one_of_its_details() {
        let fields = ClusterFields {
            name: "dev".into(),
            server: "https://k".into(),
            certificate_authority_data: "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t".into(),
            tls_server_name: "k".into(),
        };
        let parse = |fields: ClusterFields| Cluster::parse(fields).expect("a cluster");
        let cluster = parse(fields.clone());
        let details = json!({ "requestPem": "", "cluster": cluster }).to_string();
        let bound = Bound::new(details, &mut SysRng).expect("randomness");
        assert_eq!(bound.check_cluster(&cluster), Ok(()));
        for other in [
            ClusterFields { server: "https://l".into(), ..fields.clone() },
            ClusterFields { certificate_authority_data: String::new(), ..fields.clone() },
            ClusterFields { tls_server_name: "l".into(), ..fields.clone() },
        ] {
            assert!(matches!(bound.check_cluster(&parse(other.clone())), Err(Error::Locked { .. })), "{other:?}");
        }
        let unbound = Bound::new(r#"{"requestPem":""}"#.into(), &mut SysRng).expect("randomness");
        assert_eq!(unbound.check_cluster(&cluster), Ok(()));
    }

    #[test]
    fn unwraps_with_the_passphrase_and_with_no_other() {
        let (_, bound) = made(Algorithm::Ed25519);
        let data_key = data_key();
        let (argon2id, wrapped) = bound.wrap(&data_key, "pass word", &mut SysRng).expect("wrapped");
        let unwrap = |passphrase| bound.unwrap(&argon2id, &wrapped, passphrase).map(|key| *key.as_bytes());
        assert_eq!(unwrap("pass word"), Ok(*data_key.as_bytes()));
        assert!(matches!(unwrap("pass word "), Err(Error::Locked { .. })));
        assert_eq!(unwrap(""), Err(Error::PassphraseNeeded));
        let (_, other) = bound.wrap(&data_key, "pass word", &mut SysRng).expect("wrapped");
        assert!(bound.unwrap(&argon2id, &other, "pass word").is_err(), "each wrap has a salt of its own");
    }

    #[test]
    fn seals_no_key_for_the_request_of_another() {
        let ((key, _), (_, bound)) = (made(Algorithm::EcdsaP256), made(Algorithm::EcdsaP256));
        let sealed = bound.seal(&key, &data_key(), &mut SysRng);
        assert!(matches!(sealed, Err(Error::X509(X509Error::OtherKey { .. }))), "{sealed:?}");
    }

    #[test]
    fn opens_no_key_that_is_not_the_one_of_the_request() {
        let ((key, _), (_, bound)) = (made(Algorithm::EcdsaP256), made(Algorithm::EcdsaP256));
        let data_key = data_key();
        let associated_data = bound.associated_data().expect("it is whole");
        let sealed = data_key.seal(&key.to_pkcs8_der().expect("DER"), &associated_data, &mut SysRng).expect("sealed");
        assert!(matches!(bound.open(&sealed, &data_key), Err(Error::X509(X509Error::OtherKey { .. }))));
    }
}
