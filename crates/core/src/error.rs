use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{NameError, display::Quoted};

/// The reason why something was refused: what was found, and what was expected.
///
/// The texts are for people and may change; [`Error::code`] is for programs and does not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A name that cannot be one.
    #[error("{field} {error}")]
    Name {
        /// The field of the name.
        field: Field,
        /// The reason why it is refused. It is part of the message, so it is not the error's source.
        error: NameError,
    },
    /// A group is named twice.
    #[error("group {} is named twice", Quoted(.name))]
    DuplicateGroup {
        /// The place of the second, counted from 0.
        index: usize,
        /// The group.
        name: String,
    },
    /// More groups than [`crate::MAX_GROUPS`].
    #[error("{found} groups, at most {maximum} are possible")]
    TooManyGroups {
        /// Groups found.
        found: usize,
        /// Groups possible.
        maximum: usize,
    },
    /// Names that are too long together, see [`crate::MAX_SUBJECT_BYTES`].
    #[error("user and groups have {found_bytes} bytes together, at most {maximum_bytes} are possible")]
    SubjectTooLong {
        /// Bytes found.
        found_bytes: usize,
        /// Bytes possible.
        maximum_bytes: usize,
    },
    /// A group that this page's operator does not offer.
    #[error("group {} is not offered here, expected one of: {}", Quoted(.name), .offered.join(", "))]
    GroupNotOffered {
        /// The group's place, counted from 0.
        index: usize,
        /// The requested group.
        name: String,
        /// The groups offered.
        offered: Vec<String>,
    },
    /// A user or group that has far-reaching rights in clusters of common tools, and that this page's operator has not
    /// allowed by its name.
    #[error(
        "{field} {} has far-reaching rights in many clusters: whoever runs this page can allow it with {}",
        Quoted(.name),
        if *.field == Field::User { "--powerful-user" } else { "--group" }
    )]
    PowerfulName {
        /// The field of the name.
        field: Field,
        /// The name.
        name: String,
    },
    /// A key type that is unknown, or that this page's operator does not offer.
    #[error("key type {} is not offered here, expected one of: {}", Quoted(.found), .offered.join(", "))]
    AlgorithmNotOffered {
        /// The requested key type.
        found: String,
        /// The key types offered.
        offered: Vec<String>,
    },
    /// A lifetime outside of the policy's bounds.
    #[error("lifetime of {found_seconds} seconds, expected {minimum_seconds} to {maximum_seconds} seconds")]
    ExpirationOutOfRange {
        /// Requested seconds.
        found_seconds: i64,
        /// Fewest seconds possible.
        minimum_seconds: u32,
        /// Most seconds possible.
        maximum_seconds: u32,
    },
    /// A policy that contradicts itself.
    #[error("the policy cannot be used: {reason}")]
    InvalidPolicy {
        /// The contradiction.
        reason: &'static str,
    },
    /// An object name of another shape than ours.
    #[error("object name {}, expected {expected}", Quoted(.found))]
    InvalidObjectName {
        /// The name found.
        found: String,
        /// The shape expected.
        expected: String,
    },
    /// A label of an object name of another shape than ours.
    #[error("label {}, expected {expected}", Quoted(.found))]
    InvalidLabel {
        /// The label found.
        found: String,
        /// The shape expected.
        expected: String,
    },
    /// A namespace that is no DNS label.
    #[error("namespace {}, expected up to 63 of a-z, 0-9, and - inside", Quoted(.found))]
    InvalidNamespace {
        /// The namespace found.
        found: String,
    },
    /// A name that a file cannot have everywhere.
    #[error("file name {}, expected letters, digits, spaces and . _ - @ + =", Quoted(.found))]
    InvalidFileName {
        /// The name found.
        found: String,
    },
    /// A cluster without a usable address or certificate authority.
    #[error("cluster {field}: found {}, expected {expected}", Quoted(.found))]
    InvalidCluster {
        /// The field of the cluster.
        field: &'static str,
        /// The value found.
        found: String,
        /// The value expected.
        expected: &'static str,
    },
    /// A CertificateSigningRequest other than the ones that are made here, or settings that cannot be read.
    #[error("{field}: found {found}, expected {expected}")]
    InvalidObject {
        /// The field's path in the object.
        field: &'static str,
        /// The value found.
        found: String,
        /// The value expected.
        expected: String,
    },
    /// A passphrase that is too short for a new key.
    #[error("passphrase of {found} characters, expected at least {minimum}")]
    PassphraseTooShort {
        /// Characters found.
        found: usize,
        /// Fewest characters possible: [`crate::MIN_PASSPHRASE_CHARACTERS`].
        minimum: usize,
    },
    /// A text that is not the one PEM block expected (RFC 7468).
    #[error("PEM: found {found}, expected {expected}")]
    InvalidPem {
        /// The content found.
        found: String,
        /// The content expected.
        expected: &'static str,
    },
    /// A line of a watch that is longer than is read.
    #[error("watch stream: a line of more than {maximum_bytes} bytes")]
    WatchLineTooLong {
        /// The longest line that is read.
        maximum_bytes: usize,
    },
    /// A watch stream that is not newline-delimited watch events.
    #[error("watch stream: {reason}")]
    InvalidWatch {
        /// The decoder's reason.
        reason: String,
    },
}

impl Error {
    /// Returns the stable code of this error.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Name { error, .. } => error.code(),
            Self::DuplicateGroup { .. } => ErrorCode::DuplicateGroup,
            Self::TooManyGroups { .. } => ErrorCode::TooManyGroups,
            Self::SubjectTooLong { .. } => ErrorCode::SubjectTooLong,
            Self::GroupNotOffered { .. } => ErrorCode::GroupNotOffered,
            Self::PowerfulName { .. } => ErrorCode::PowerfulName,
            Self::AlgorithmNotOffered { .. } => ErrorCode::AlgorithmNotOffered,
            Self::ExpirationOutOfRange { .. } => ErrorCode::ExpirationOutOfRange,
            Self::InvalidPolicy { .. } => ErrorCode::InvalidPolicy,
            Self::InvalidObjectName { .. } | Self::InvalidLabel { .. } => ErrorCode::InvalidObjectName,
            Self::InvalidNamespace { .. } => ErrorCode::InvalidNamespace,
            Self::InvalidFileName { .. } => ErrorCode::InvalidFileName,
            Self::InvalidCluster { .. } => ErrorCode::InvalidCluster,
            Self::InvalidObject { .. } => ErrorCode::InvalidObject,
            Self::PassphraseTooShort { .. } => ErrorCode::PassphraseTooShort,
            Self::InvalidPem { .. } => ErrorCode::InvalidPem,
            Self::WatchLineTooLong { .. } => ErrorCode::WatchLineTooLong,
            Self::InvalidWatch { .. } => ErrorCode::InvalidWatch,
        }
    }

    /// Returns the field of a form that the error is about, or `None` where it is about no single one.
    pub fn field(&self) -> Option<Field> {
        match self {
            Self::Name { field, .. } | Self::PowerfulName { field, .. } => Some(*field),
            Self::DuplicateGroup { index, .. } | Self::GroupNotOffered { index, .. } => Some(Field::Group(*index)),
            Self::AlgorithmNotOffered { .. } => Some(Field::Algorithm),
            Self::ExpirationOutOfRange { .. } => Some(Field::Lifetime),
            Self::InvalidLabel { .. } => Some(Field::Label),
            Self::InvalidNamespace { .. } => Some(Field::Namespace),
            _ => None,
        }
    }
}

impl NameError {
    /// Returns the stable code of this error.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Empty => ErrorCode::EmptyName,
            Self::TooLong { .. } => ErrorCode::NameTooLong,
            Self::ForbiddenCharacter { .. } => ErrorCode::ForbiddenCharacter,
            Self::OuterSpace => ErrorCode::OuterSpace,
            Self::SpacesInARow => ErrorCode::SpacesInARow,
            Self::MisplacedMark { .. } => ErrorCode::MisplacedMark,
            Self::OnlyPunctuation { .. } => ErrorCode::OnlyPunctuation,
            Self::LikeAnOption { .. } => ErrorCode::LikeAnOption,
            Self::MixedScripts { .. } => ErrorCode::MixedScripts,
            Self::System { .. } | Self::LikeSystem { .. } => ErrorCode::SystemName,
        }
    }

    /// Addresses the error to the field whose text was parsed.
    pub fn at(self, field: Field) -> Error {
        Error::Name { field, error: self }
    }
}

/// A field of the form in which a person requests a certificate or describes a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The user (CN).
    User,
    /// A group (O), counted from 0.
    Group(usize),
    /// The cluster's name.
    Cluster,
    /// The key type.
    Algorithm,
    /// `spec.expirationSeconds`.
    Lifetime,
    /// The label in the object's name.
    Label,
    /// The namespace of the kubeconfig's context.
    Namespace,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User => f.write_str("the user name"),
            Self::Group(index) => write!(f, "group {}", index + 1),
            Self::Cluster => f.write_str("the cluster's name"),
            Self::Algorithm => f.write_str("the key type"),
            Self::Lifetime => f.write_str("the lifetime"),
            Self::Label => f.write_str("the label"),
            Self::Namespace => f.write_str("the namespace"),
        }
    }
}

/// Defines the codes, each with the text in which it crosses to other programs.
macro_rules! error_codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// The stable code of an error of any crate: the same in the page, in JavaScript and in the server's answers.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $($(#[$doc])* $name,)*
        }

        impl ErrorCode {
            /// All codes.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Returns the code in `kebab-case`, for example `empty-name`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

error_codes! {
    // Names and policy: this crate.
    /// A name has no characters.
    EmptyName = "empty-name",
    /// A name has too many characters.
    NameTooLong = "name-too-long",
    /// A name has a character that is not on the allow-list.
    ForbiddenCharacter = "forbidden-character",
    /// A name begins or ends with a space.
    OuterSpace = "outer-space",
    /// A name has several spaces in a row.
    SpacesInARow = "spaces-in-a-row",
    /// A name has a combining mark that does not stand behind a letter, or too many of them.
    MisplacedMark = "misplaced-mark",
    /// A name has neither a letter nor a digit.
    OnlyPunctuation = "only-punctuation",
    /// A name begins like an option of a program.
    LikeAnOption = "like-an-option",
    /// A name mixes scripts whose letters look alike.
    MixedScripts = "mixed-scripts",
    /// A name is reserved by Kubernetes, or looks so.
    SystemName = "system-name",
    /// A group is named twice.
    DuplicateGroup = "duplicate-group",
    /// More groups than one subject may have.
    TooManyGroups = "too-many-groups",
    /// Names that are too long together.
    SubjectTooLong = "subject-too-long",
    /// A group that the policy does not offer.
    GroupNotOffered = "group-not-offered",
    /// A user or group with far-reaching rights that the policy does not name.
    PowerfulName = "powerful-name",
    /// A key type that the policy does not offer.
    AlgorithmNotOffered = "algorithm-not-offered",
    /// A lifetime outside of the policy's bounds.
    ExpirationOutOfRange = "expiration-out-of-range",
    /// A policy that contradicts itself.
    InvalidPolicy = "invalid-policy",
    /// A name of an object, or a label in it, of another shape than ours.
    InvalidObjectName = "invalid-object-name",
    /// A namespace that is no DNS label.
    InvalidNamespace = "invalid-namespace",
    /// A name that a file cannot have everywhere.
    InvalidFileName = "invalid-file-name",
    /// A cluster that no kubeconfig could use.
    InvalidCluster = "invalid-cluster",
    /// An object or settings of another shape.
    InvalidObject = "invalid-object",
    /// A text that is not the PEM expected.
    InvalidPem = "invalid-pem",
    /// A line of a watch that is longer than is read.
    WatchLineTooLong = "watch-line-too-long",
    /// A stream that is no watch.
    InvalidWatch = "invalid-watch",
    // Requests and certificates: the crate `x509`.
    /// Bytes that are not the DER expected.
    InvalidDer = "invalid-der",
    /// A subject that is not one CN and some O.
    InvalidSubject = "invalid-subject",
    /// A request with attributes.
    UnexpectedAttribute = "unexpected-attribute",
    /// A public key that is too weak, or known to be.
    WeakKey = "weak-key",
    /// A request whose signature does not verify.
    BadSignature = "bad-signature",
    /// A request with another signature algorithm than ours.
    UnexpectedSignatureAlgorithm = "unexpected-signature-algorithm",
    /// A certificate for another key.
    OtherKey = "other-key",
    /// A certificate for another user.
    OtherUser = "other-user",
    /// A certificate for other groups.
    OtherGroups = "other-groups",
    /// A certificate of another issuer than the authorities that were named.
    OtherIssuer = "other-issuer",
    /// A certificate that may not authenticate a client.
    NotForClients = "not-for-clients",
    /// A certificate that is not valid now.
    NotValidNow = "not-valid-now",
    /// Nothing was pasted.
    PastedNothing = "pasted-nothing",
    /// A private key was pasted.
    PastedPrivateKey = "pasted-private-key",
    /// A PKCS#10 request was pasted.
    PastedRequest = "pasted-request",
    /// An object without a certificate was pasted.
    PastedNoCertificate = "pasted-no-certificate",
    /// A kubeconfig was pasted.
    PastedKubeconfig = "pasted-kubeconfig",
    /// A page of the web was pasted.
    PastedHtml = "pasted-html",
    /// Another Kubernetes object was pasted.
    PastedOtherObject = "pasted-other-object",
    /// Another kind of PEM was pasted.
    PastedOtherPem = "pasted-other-pem",
    /// A certificate without its end was pasted.
    PastedIncomplete = "pasted-incomplete",
    /// A file that is no text was brought.
    PastedBinary = "pasted-binary",
    /// Another text was pasted.
    PastedOtherText = "pasted-other-text",
    /// More was pasted than is read.
    PastedTooLong = "pasted-too-long",
    // Private keys and their storage: the crates `keys` and `worker`.
    /// The source of randomness failed.
    NoRandomness = "no-randomness",
    /// A private key that could not be made, read or used.
    PrivateKey = "private-key",
    /// A step that needs an earlier one.
    OutOfOrder = "out-of-order",
    /// A stored key that opens with a passphrase only.
    PassphraseNeeded = "passphrase-needed",
    /// A passphrase for a new key that is too short.
    PassphraseTooShort = "passphrase-too-short",
    /// A passphrase that does not open a stored key.
    WrongPassphrase = "wrong-passphrase",
    /// A stored enrollment that is not as it was written.
    RecordDamaged = "record-damaged",
    /// An enrollment or a storage that a newer version has written.
    NewerVersion = "newer-version",
    /// A kubeconfig for another cluster than the one that is bound to the key.
    OtherCluster = "other-cluster",
    /// An enrollment that is not in the storage.
    Forgotten = "forgotten",
    /// Too little memory for Argon2id.
    NoMemory = "no-memory",
    /// A kubeconfig without a cluster to lead to.
    ClusterMissing = "cluster-missing",
    /// The browser's storage is refused, full, or fails.
    Storage = "storage",
    /// A tab with another version of the page blocks the browser's storage.
    StorageBlocked = "storage-blocked",
    /// Another tab has acquired the lease of the enrollment.
    LeaseLost = "lease-lost",
    /// A message that is no command.
    InvalidArgument = "invalid-argument",
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ErrorCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let code = Self::ALL.iter().find(|code| code.as_str() == text);
        code.copied().ok_or_else(|| D::Error::custom(format_args!("found {}, expected an error code", Quoted(&text))))
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_crosses_as_the_text_that_it_shows() {
        for code in ErrorCode::ALL {
            let json = serde_json::to_string(code).expect("a text");
            assert_eq!(json, format!("\"{code}\""));
            assert_eq!(serde_json::from_str::<ErrorCode>(&json).expect("a code"), *code);
        }
        assert!(serde_json::from_str::<ErrorCode>("\"no-code\"").is_err());
    }

    #[test]
    fn a_fault_names_its_field() {
        let error = NameError::TooLong { found: 201 }.at(Field::Group(1));
        assert_eq!(error.to_string(), "group 2 has 201 characters, at most 200 are possible");
        assert_eq!((error.field(), error.code().as_str()), (Some(Field::Group(1)), "name-too-long"));
    }
}
