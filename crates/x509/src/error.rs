use kube_enroll_core::{ErrorCode, Quoted, Timestamp};

use crate::pasted::Pasted;

/// The reason why a request, a certificate or a public key was refused: what was found, and what was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A name, or PEM, that [`kube_enroll_core`] refuses.
    #[error(transparent)]
    Core(#[from] kube_enroll_core::Error),
    /// Bytes that are not the DER structure expected.
    #[error("{what} cannot be read: {reason}")]
    InvalidDer {
        /// The structure expected.
        what: &'static str,
        /// The decoder's reason.
        reason: String,
    },
    /// A request or certificate whose subject is not one CN and any number of O.
    #[error("subject: found {found}, expected {expected}")]
    InvalidSubject {
        /// The content found.
        found: String,
        /// The content expected.
        expected: &'static str,
    },
    /// A request for extensions ([RFC 2985, section 5.4.2](https://www.rfc-editor.org/rfc/rfc2985#section-5.4.2)).
    #[error("the request asks for extensions, such as DNS names, expected none: make it with a name and a key alone")]
    RequestedExtensions,
    /// A request with another attribute.
    #[error("the request carries the attribute {oid}, expected none")]
    UnexpectedAttribute {
        /// The attribute's object identifier.
        oid: String,
    },
    /// A public key that is too weak or of an unknown kind.
    #[error("public key: found {found}, expected {expected}")]
    WeakKey {
        /// The content found.
        found: String,
        /// The content expected.
        expected: &'static str,
    },
    /// A request whose own signature does not verify.
    #[error("the request's signature does not match its public key")]
    BadSignature,
    /// A request with an unsupported signature algorithm.
    #[error("signature algorithm {oid}, expected SHA-2 with the request's own kind of key")]
    UnexpectedSignatureAlgorithm {
        /// The algorithm's object identifier.
        oid: String,
    },
    /// A certificate for another key than the request's.
    #[error("the certificate is for another key: found {found}, expected {expected}")]
    OtherKey {
        /// The fingerprint of the certificate's key.
        found: String,
        /// The fingerprint of the request's key.
        expected: String,
    },
    /// A certificate for another user.
    #[error("the certificate is for the user {}, expected {}", Quoted(.found), Quoted(.expected))]
    OtherUser {
        /// The user found.
        found: String,
        /// The requested user.
        expected: String,
    },
    /// A certificate for other groups.
    #[error("the certificate's groups differ: missing [{}], not asked for [{}]", .missing.join(", "), .unexpected.join(", "))]
    OtherGroups {
        /// Groups requested and not issued.
        missing: Vec<String>,
        /// Groups issued and not requested.
        unexpected: Vec<String>,
    },
    /// A certificate that none of the named authorities has signed.
    #[error("the certificate was signed by {found}, expected a signature of {}", .expected.join(" or "))]
    OtherIssuer {
        /// The issuer that the certificate names.
        found: String,
        /// The names of the authorities.
        expected: Vec<String>,
    },
    /// A certificate without the extended key usage client auth, or of a certificate authority.
    #[error("the certificate's extended key usage is {found}, expected client auth")]
    NotForClients {
        /// The usages found.
        found: String,
    },
    /// A certificate that is not valid now.
    #[error("the clock says {now}, the certificate is valid from {not_before} to {not_after}")]
    NotValidNow {
        /// Begin.
        not_before: Timestamp,
        /// End.
        not_after: Timestamp,
        /// The time at which it was checked: the cluster's, or the browser's where nobody was asked.
        now: Timestamp,
    },
    /// A pasted text without a certificate for the request.
    #[error("found {found}, expected the issued certificate: {}", .found.advice())]
    Pasted {
        /// The kind of text.
        found: Pasted,
    },
}

impl Error {
    /// Returns the stable code of this error.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Core(error) => error.code(),
            Self::InvalidDer { .. } => ErrorCode::InvalidDer,
            Self::InvalidSubject { .. } => ErrorCode::InvalidSubject,
            Self::RequestedExtensions | Self::UnexpectedAttribute { .. } => ErrorCode::UnexpectedAttribute,
            Self::WeakKey { .. } => ErrorCode::WeakKey,
            Self::BadSignature => ErrorCode::BadSignature,
            Self::UnexpectedSignatureAlgorithm { .. } => ErrorCode::UnexpectedSignatureAlgorithm,
            Self::OtherKey { .. } => ErrorCode::OtherKey,
            Self::OtherUser { .. } => ErrorCode::OtherUser,
            Self::OtherGroups { .. } => ErrorCode::OtherGroups,
            Self::OtherIssuer { .. } => ErrorCode::OtherIssuer,
            Self::NotForClients { .. } => ErrorCode::NotForClients,
            Self::NotValidNow { .. } => ErrorCode::NotValidNow,
            Self::Pasted { found } => found.code(),
        }
    }
}
