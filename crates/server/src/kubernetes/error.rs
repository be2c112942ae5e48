use std::sync::Arc;

use kube_enroll_core::Status;

/// The reason why the API server's answer is of no use. Clones share the source: one answer may be for several clients.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Error {
    /// There is no connection, it broke off, or the answer cannot be parsed.
    #[error("the Kubernetes API cannot be reached")]
    Unreachable(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// The answer is longer than what is read.
    #[error("the Kubernetes API answered with more than {maximum_bytes} bytes")]
    TooLong {
        /// The most bytes that are read.
        maximum_bytes: usize,
    },
    /// No answer came in time; what was asked may have been done.
    #[error("the Kubernetes API did not answer in time")]
    Timeout,
    /// The answer is a `Status`.
    #[error("the Kubernetes API answered {}", .status.code)]
    Status {
        /// The `Status`, redacted for clients.
        status: Box<Status>,
        /// The answer's `Date`.
        date: Option<String>,
    },
}

impl Error {
    /// Wraps the source of an answer that did not come, or cannot be parsed.
    pub(crate) fn unreachable(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unreachable(Arc::from(source.into()))
    }

    /// Returns the status code, if the API server answered with a `Status`.
    pub(crate) fn code(&self) -> Option<u16> {
        match self {
            Self::Status { status, .. } => Some(status.code),
            Self::Unreachable(_) | Self::TooLong { .. } | Self::Timeout => None,
        }
    }

    /// Returns whether the API server has certainly not done what was asked.
    pub(crate) fn is_refusal(&self) -> bool {
        self.code().is_some_and(|code| (400..500).contains(&code))
    }
}
