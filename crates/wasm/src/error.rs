use kube_enroll_core::ErrorCode;

/// The reason why a command failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A name, a cluster or a key type that is refused.
    #[error(transparent)]
    Core(#[from] kube_enroll_core::Error),
    /// A request or certificate that is refused.
    #[error(transparent)]
    X509(#[from] kube_enroll_x509::Error),
    /// A private key that cannot be made, opened or used.
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
    /// No cluster is known for the kubeconfig; everything else is right.
    #[error("the cluster is not known")]
    ClusterMissing,
}

impl Error {
    /// Returns the stable code of this error.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Core(error) => error.code(),
            Self::X509(error) => error.code(),
            Self::Keys(error) => error.code(),
            Self::OutOfOrder { .. } => ErrorCode::OutOfOrder,
            Self::Forgotten => ErrorCode::Forgotten,
            Self::ClusterMissing => ErrorCode::ClusterMissing,
        }
    }
}
