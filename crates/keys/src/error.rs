use kube_enroll_core::ErrorCode;

/// The reason why a private key could not be made, stored, opened or used. No part of a key is in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A request or certificate that [`kube_enroll_x509`] refuses.
    #[error(transparent)]
    X509(#[from] kube_enroll_x509::Error),
    /// The source of randomness failed.
    #[error("no randomness: the browser or system refused to give random bytes")]
    NoRandomness,
    /// A key could not be made, read or used.
    #[error("private key: {reason}")]
    PrivateKey {
        /// The operation that failed; never a part of the key.
        reason: &'static str,
    },
    /// A stored key needs a passphrase, and none was given.
    #[error("this key was stored with a passphrase, and none was given")]
    PassphraseNeeded,
    /// A stored key does not open.
    #[error("the stored key does not open: {reason}")]
    Locked {
        /// The reason, as far as it is known.
        reason: &'static str,
    },
    /// Too little memory for Argon2.
    #[error("there is no {mebibytes} MiB of memory, which the passphrase needs")]
    NoMemory {
        /// Memory asked for.
        mebibytes: u32,
    },
}

impl Error {
    /// Returns the stable code of this error.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::X509(error) => error.code(),
            Self::NoRandomness => ErrorCode::NoRandomness,
            Self::PrivateKey { .. } => ErrorCode::PrivateKey,
            Self::PassphraseNeeded => ErrorCode::PassphraseNeeded,
            Self::Locked { .. } => ErrorCode::Locked,
            Self::NoMemory { .. } => ErrorCode::NoMemory,
        }
    }
}
