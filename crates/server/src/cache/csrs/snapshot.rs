use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::kubernetes::csr::VisibleCsr;

/// A CSR at one version, as clients see it.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    pub(super) name: Box<str>,
    pub(super) summary: Summary,
    pub(super) json: Bytes,
}

/// The part of a snapshot that is kept: enough to know whose it is, and whether another one is newer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Summary {
    pub(super) uid: Box<str>,
    pub(super) user: Option<Box<str>>,
    pub(super) version: u64,
    pub(super) is_pending: bool,
    /// SHA-256 of the JSON. In a cluster that was restored from a backup, one version may be two states.
    digest: [u8; 32],
}

impl Snapshot {
    /// Makes one of a CSR.
    pub(crate) fn of(csr: &VisibleCsr) -> Self {
        let json = csr.to_json();
        let summary = Summary {
            uid: csr.uid().into(),
            user: csr.user().map(Into::into),
            version: csr.version(),
            is_pending: csr.is_pending(),
            digest: Sha256::digest(&json).into(),
        };
        Self { name: csr.name().into(), summary, json }
    }

    /// Returns the JSON.
    pub(crate) fn into_json(self) -> Bytes {
        self.json
    }

    /// Returns whether the CSR was created for this user; without an identity, for none.
    pub(crate) fn is_for(&self, user: Option<&str>) -> bool {
        self.summary.is_for(user)
    }

    /// Returns the resource version, as a number.
    pub(crate) fn version(&self) -> u64 {
        self.summary.version
    }
}

impl Summary {
    /// Returns whether both are of one object, of one user.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        (&self.uid, &self.user) == (&other.uid, &other.user)
    }

    pub(super) fn is_for(&self, user: Option<&str>) -> bool {
        self.user.as_deref() == user
    }
}
