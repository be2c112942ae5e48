use kube_enroll_core::ErrorCode;

/// The reason why a function of the package failed.
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
}

impl Error {
    /// Returns the stable code of this error.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Core(error) => error.code(),
            Self::X509(error) => error.code(),
            Self::Keys(error) => error.code(),
        }
    }
}
