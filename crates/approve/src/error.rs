use kube_enroll_access::NoAccess;
use kube_enroll_core::visible;

use crate::client::Rule;

/// The reason why requests cannot be listed, shown or decided: what was found, what was expected, and how to go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no usable kubeconfig.
    #[error(transparent)]
    NoAccess(#[from] NoAccess),
    /// There is no connection, it broke off, or the answer cannot be parsed.
    #[error(
        "the Kubernetes API cannot be reached, or its answer cannot be read: look at the kubeconfig's server and at proxies"
    )]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// No answer came in time.
    #[error(
        "the Kubernetes API did not answer in time, and may have done what was asked: look again before you repeat it"
    )]
    Timeout,
    /// The answer is longer than what is read.
    #[error("the Kubernetes API answered with more than {maximum_bytes} bytes")]
    TooLong {
        /// The most bytes that are read.
        maximum_bytes: usize,
    },
    /// The credentials are not accepted.
    #[error(
        "the Kubernetes API does not accept the kubeconfig's credentials: they may have ended; see kubectl auth whoami"
    )]
    Unauthorized,
    /// A right is missing.
    #[error("you may not {} {}; your ClusterRole needs: {rule}. The API server says: {}", .rule.verb, .rule.resource, visible(.message))]
    Forbidden {
        /// The rule that is missing.
        rule: Rule,
        /// The API server's words.
        message: String,
    },
    /// Rights to decide are missing.
    #[error("you may not decide about this request; your ClusterRole needs: {}", .rules.iter().map(ToString::to_string).collect::<Vec<_>>().join("; and "))]
    MayNotDecide {
        /// The missing rules.
        rules: Vec<Rule>,
    },
    /// There is no object of this name.
    #[error(
        "there is no such request; decided ones are deleted after an hour, others after a day: list them without a name"
    )]
    NotFound,
    /// The object has another UID than the one that was looked at.
    #[error("found the UID {}, expected {}: the request that was looked at is gone, and another has its name; look at it first", visible(.found), visible(.expected))]
    OtherUid {
        /// The UID found.
        found: String,
        /// The UID of what was looked at.
        expected: String,
    },
    /// The object was changed after it was read.
    #[error("the request has changed since it was read, and nothing was decided: look at it again. The API server says: {}", visible(.message))]
    Conflict {
        /// The API server's words.
        message: String,
    },
    /// The request is decided already.
    #[error("the request is decided already, and a decision cannot be changed: it is {state}")]
    Decided {
        /// The state, in words that are safe to print.
        state: String,
    },
    /// The request cannot be decoded, so nobody knows what a yes would give.
    #[error("the request cannot be decoded, so it cannot be approved here: {}", visible(.reason))]
    Undecodable {
        /// The reason.
        reason: String,
    },
    /// The API server refuses for another reason.
    #[error("the Kubernetes API answered {code} {}: {}", visible(.reason), visible(.message))]
    Refused {
        /// The HTTP status.
        code: u16,
        /// The reason for programs.
        reason: String,
        /// The reason for people.
        message: String,
    },
    /// The signer could not sign.
    #[error("approved, and the signer failed: {}", visible(.message))]
    SignerFailed {
        /// The signer's words.
        message: String,
    },
    /// A flag is missing, or does not fit the others.
    #[error("{0}")]
    Flags(&'static str),
    /// The terminal cannot be read or written.
    #[error("the terminal cannot be used")]
    Terminal(#[from] std::io::Error),
}

impl Error {
    /// Wraps the source of an answer that did not come, or cannot be parsed.
    pub(crate) fn unreachable(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unreachable(source.into())
    }
}
