use kube_enroll_core::ErrorCode;

/// The reason why a private key could not be made, stored, opened or used. No part of a key is in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A name or a passphrase that [`kube_enroll_core`] refuses.
    #[error(transparent)]
    Core(#[from] kube_enroll_core::Error),
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
    /// Another passphrase than the one that the key was sealed with.
    #[error("this passphrase does not open the key")]
    WrongPassphrase,
    /// The same, or damage: the first version of the records cannot tell.
    #[error("this passphrase does not open the key; if you are sure of it, the record is damaged")]
    WrongPassphraseOrDamaged,
    /// A record that is not as it was written.
    #[error("the record is damaged")]
    Damaged,
    /// A record that a newer version has written.
    #[error("the record was written by a newer version of this page: reload")]
    NewerVersion,
    /// A kubeconfig for another cluster than the one that is bound to the key.
    #[error("the key was stored for another cluster")]
    OtherCluster,
    /// No cluster is known for the kubeconfig; everything else is right.
    #[error("the cluster is not known")]
    ClusterMissing,
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
            Self::Core(error) => error.code(),
            Self::X509(error) => error.code(),
            Self::NoRandomness => ErrorCode::NoRandomness,
            Self::PrivateKey { .. } => ErrorCode::PrivateKey,
            Self::PassphraseNeeded => ErrorCode::PassphraseNeeded,
            Self::WrongPassphrase | Self::WrongPassphraseOrDamaged => ErrorCode::WrongPassphrase,
            Self::Damaged => ErrorCode::RecordDamaged,
            Self::NewerVersion => ErrorCode::NewerVersion,
            Self::OtherCluster => ErrorCode::OtherCluster,
            Self::ClusterMissing => ErrorCode::ClusterMissing,
            Self::NoMemory { .. } => ErrorCode::NoMemory,
        }
    }
}
