use kube_enroll_core::ErrorCode;
use kube_enroll_protocol::{Failure, Validity};

/// The reason why a command failed. No part of a key is in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A name that is refused.
    #[error(transparent)]
    Core(#[from] kube_enroll_core::Error),
    /// A request that is refused.
    #[error(transparent)]
    X509(#[from] kube_enroll_x509::Error),
    /// A private key or a record that cannot be made, opened or used.
    #[error(transparent)]
    Keys(#[from] kube_enroll_keys::Error),
    /// A step that needs an earlier one.
    #[error("{step} comes before this")]
    OutOfOrder {
        /// The step that is missing.
        step: &'static str,
    },
    /// An enrollment that is not in the storage, or no longer.
    #[error("this enrollment is no longer stored in this browser, so its key is gone")]
    Forgotten,
    /// The browser refuses storage, or it failed.
    #[error("{reason}")]
    Storage {
        /// For people.
        reason: String,
    },
    /// A tab with another version of the page holds the database open.
    #[error("another tab has an older version of this page: close it, and reload")]
    StorageBlocked,
    /// A newer version of the page has changed the database.
    #[error("a newer version of this page has been here: reload")]
    NewerDatabase,
    /// Another tab has acquired the lease of this enrollment.
    #[error("another tab has taken this enrollment over")]
    LeaseLost,
}

impl Error {
    /// Makes an error of the storage.
    pub(crate) fn storage(reason: impl Into<String>) -> Self {
        Self::Storage { reason: reason.into() }
    }

    /// Returns the stable code of this error.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Core(error) => error.code(),
            Self::X509(error) => error.code(),
            Self::Keys(error) => error.code(),
            Self::OutOfOrder { .. } => ErrorCode::OutOfOrder,
            Self::Forgotten => ErrorCode::Forgotten,
            Self::Storage { .. } => ErrorCode::Storage,
            Self::StorageBlocked => ErrorCode::StorageBlocked,
            Self::NewerDatabase => ErrorCode::NewerVersion,
            Self::LeaseLost => ErrorCode::LeaseLost,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { code: error.code(), message: error.to_string(), validity: validity(&error) }
    }
}

/// Returns the times of a certificate that is not valid now.
fn validity(error: &Error) -> Option<Validity> {
    let (Error::X509(error) | Error::Keys(kube_enroll_keys::Error::X509(error))) = error else { return None };
    match error {
        kube_enroll_x509::Error::NotValidNow { not_before, not_after, now } => {
            Some(Validity { not_before: *not_before, not_after: *not_after, now: *now })
        }
        _ => None,
    }
}
