//! The cryptographic parts of a record in the browser's storage. `www/room/vault.js` writes the record, with the
//! progress and the browser's own key; the crate `keys` defines the binding.

use kube_enroll_keys::{
    PrivateKey,
    envelope::{Argon2id, Bound, DataKey},
};
use kube_enroll_protocol::{Passphrase, Record, Wrap, WrapKind};

use crate::Error;

/// A key that was encrypted, for a new record.
pub struct Sealed {
    /// Version, id and details.
    pub bound: Bound,
    /// The private key.
    pub sealed: Vec<u8>,
    /// The wrapped data key.
    pub wrap: WrappedKey,
}

/// The data key of a new record.
pub enum WrappedKey {
    /// Not wrapped yet: the browser wraps it with a key that never enters this module.
    ForBrowser(DataKey),
    /// Wrapped with a passphrase: the parameters that derive the wrapping key, and the encrypted data key.
    WithPassphrase(Argon2id, Vec<u8>),
}

/// Returns the bound part of a record.
pub(crate) fn bound_of(record: &Record) -> Bound {
    Bound { version: record.version, id: record.id.clone(), details: record.details.clone() }
}

/// Opens the key of a record with the passphrase, or with the data key that the browser has unwrapped.
pub(crate) fn open(record: &Record, passphrase: Option<&Passphrase>, data_key: &[u8]) -> Result<PrivateKey, Error> {
    let bound = bound_of(record);
    let Wrap { kind, memory_kib, iterations, ref salt, ref wrapped } = record.wrap;
    let data_key = match kind {
        WrapKind::Browser => DataKey::from_bytes(data_key)?,
        WrapKind::Passphrase => {
            let argon2id = Argon2id { memory_kib, iterations, salt: salt.clone() };
            bound.unwrap(&argon2id, wrapped, passphrase.map_or("", Passphrase::as_str))?
        }
    };
    Ok(bound.open(&record.sealed, &data_key)?)
}
