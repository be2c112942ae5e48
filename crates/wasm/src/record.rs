//! What of a record in the browser's storage the room makes and reads. `www/room/vault.js` writes it, with the progress and
//! the browser's own key; core's `vault` says what is bound to what.

use kube_enroll_core::{
    Error, PrivateKey,
    vault::{Argon2id, Bound, DataKey},
};
use serde::Deserialize;

/// A key that was encrypted, for a new record.
pub struct Sealed {
    /// Version, id and details.
    pub bound: Bound,
    /// The private key.
    pub sealed: Vec<u8>,
    /// How to unwrap the data key.
    pub wrap: Wrapped,
}

/// How the data key of a new record is wrapped.
pub enum Wrapped {
    /// Not yet: the browser does it, with a key that never comes here.
    Not(DataKey),
    /// With a passphrase: what derives the wrapping key, and the data key.
    WithPassphrase(Argon2id, Vec<u8>),
}

/// A record that was kept.
#[derive(Deserialize)]
pub struct Record {
    /// As in [`Bound`].
    pub version: u32,
    /// As in [`Bound`].
    pub id: String,
    /// As in [`Bound`].
    pub details: String,
    /// The private key.
    pub sealed: Vec<u8>,
    /// How the data key is wrapped.
    pub wrap: Wrap,
}

/// How the data key of a record is wrapped. With the browser's key, what follows is empty: the worker unwraps it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Wrap {
    /// By what.
    pub kind: WrapKind,
    /// As in [`Argon2id`].
    #[serde(default)]
    pub memory_kib: u32,
    /// As in [`Argon2id`].
    #[serde(default)]
    pub iterations: u32,
    /// As in [`Argon2id`].
    #[serde(default)]
    pub salt: Vec<u8>,
    /// The data key.
    pub wrapped: Vec<u8>,
}

/// By what a data key is wrapped.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WrapKind {
    /// A key of the browser's that it does not hand out.
    Browser,
    /// A passphrase.
    Passphrase,
}

impl Record {
    /// Returns what the key is bound to.
    pub(crate) fn bound(&self) -> Bound {
        Bound { version: self.version, id: self.id.clone(), details: self.details.clone() }
    }

    /// Opens the key with the passphrase, or with the data key that the browser has unwrapped.
    pub(crate) fn open(&self, passphrase: &str, data_key: &[u8]) -> Result<PrivateKey, Error> {
        let bound = self.bound();
        let Wrap { kind, memory_kib, iterations, ref salt, ref wrapped } = self.wrap;
        let data_key = match kind {
            WrapKind::Browser => DataKey::from_bytes(data_key)?,
            WrapKind::Passphrase => {
                bound.unwrap(&Argon2id { memory_kib, iterations, salt: salt.clone() }, wrapped, passphrase)?
            }
        };
        bound.open(&self.sealed, &data_key)
    }
}
