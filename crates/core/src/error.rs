mod shown;

pub use shown::Field;
pub(crate) use shown::Quoted;
use shown::Shown;

#[cfg(feature = "x509")]
use crate::pasted::Pasted;

/// Says why something was refused: what was found, and what was expected.
///
/// The texts are for people and may change; [`Error::code`] is for programs and does not. It is the same in the page,
/// in JavaScript and in the proxy's answers. The variants of X.509 and of keys exist only with those features: their texts are
/// a part of the page's size.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A name has no characters.
    #[error("{field} is empty")]
    EmptyName {
        /// Which name.
        field: Field,
    },
    /// A name has more than [`crate::MAX_NAME_CHARACTERS`] characters.
    #[error("{field} has {found} characters, at most {maximum} are possible")]
    NameTooLong {
        /// Which name.
        field: Field,
        /// Characters found.
        found: usize,
        /// Characters possible.
        maximum: usize,
    },
    /// A name has a character that is not on the allow-list.
    #[error("{field} contains {} at position {position}: letters, digits, inner spaces and . _ - @ : # + = , / are possible", Shown(*.character))]
    ForbiddenCharacter {
        /// Which name.
        field: Field,
        /// The character found.
        character: char,
        /// Its place, counted in characters from 1.
        position: usize,
    },
    /// A name begins or ends with a space.
    #[error("{field} begins or ends with a space")]
    OuterSpace {
        /// Which name.
        field: Field,
    },
    /// A name mixes scripts whose letters look alike.
    #[error("{field} mixes {first} and {second} letters, which look alike: use one script")]
    MixedScripts {
        /// Which name.
        field: Field,
        /// The script found first.
        first: &'static str,
        /// The script found after it.
        second: &'static str,
    },
    /// A name belongs to Kubernetes itself.
    #[error("{field} {} begins with \"system:\", which Kubernetes keeps for itself", Quoted(.name))]
    SystemName {
        /// Which name.
        field: Field,
        /// The name found.
        name: String,
    },
    /// A group is named twice.
    #[error("group {} is named twice", Quoted(.name))]
    DuplicateGroup {
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
        /// The group asked for.
        name: String,
        /// The groups offered.
        offered: Vec<String>,
    },
    /// A key type that is unknown, or that this page's operator does not offer.
    #[error("key type {} is not offered here, expected one of: {}", Quoted(.found), .offered.join(", "))]
    AlgorithmNotOffered {
        /// The key type asked for.
        found: String,
        /// The key types offered.
        offered: Vec<String>,
    },
    /// A lifetime outside of the policy's bounds.
    #[error("lifetime of {found_seconds} seconds, expected {minimum_seconds} to {maximum_seconds} seconds")]
    ExpirationOutOfRange {
        /// Seconds asked for.
        found_seconds: i64,
        /// Fewest seconds possible.
        minimum_seconds: u32,
        /// Most seconds possible.
        maximum_seconds: u32,
    },
    /// A policy that contradicts itself.
    #[error("the policy cannot be used: {reason}")]
    InvalidPolicy {
        /// What contradicts what.
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
    /// A cluster without a usable address or certificate authority.
    #[error("cluster {field}: found {}, expected {expected}", Quoted(.found))]
    InvalidCluster {
        /// The field of the cluster.
        field: &'static str,
        /// What it holds.
        found: String,
        /// What it should hold.
        expected: &'static str,
    },
    /// A CertificateSigningRequest other than the ones that are made here.
    #[error("{field}: found {found}, expected {expected}")]
    InvalidObject {
        /// The field's path in the object.
        field: &'static str,
        /// What it holds.
        found: String,
        /// What it should hold.
        expected: String,
    },
    #[cfg(feature = "x509")]
    /// A text that is not the one PEM block expected (RFC 7468).
    #[error("PEM: found {found}, expected {expected}")]
    InvalidPem {
        /// What was found.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
    #[cfg(feature = "x509")]
    /// Bytes that are not the DER structure expected.
    #[error("{what} cannot be read: {reason}")]
    InvalidDer {
        /// The structure expected.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    #[cfg(feature = "x509")]
    /// A request or certificate whose subject is not one CN and some O.
    #[error("subject: found {found}, expected {expected}")]
    InvalidSubject {
        /// What was found.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
    #[cfg(feature = "x509")]
    /// A request that asks for extensions or carries other attributes.
    #[error("the request carries the attribute {oid}, expected none")]
    UnexpectedAttribute {
        /// The attribute's object identifier.
        oid: String,
    },
    #[cfg(feature = "x509")]
    /// A public key that is too weak or of an unknown kind.
    #[error("public key: found {found}, expected {expected}")]
    WeakKey {
        /// What was found.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
    #[cfg(feature = "x509")]
    /// A request whose own signature does not verify.
    #[error("the request's signature does not match its public key")]
    BadSignature,
    #[cfg(feature = "x509")]
    /// A request signed with an algorithm that is not one of ours.
    #[error("signature algorithm {oid}, expected SHA-2 with the request's own kind of key")]
    UnexpectedSignatureAlgorithm {
        /// The algorithm's object identifier.
        oid: String,
    },
    #[cfg(feature = "x509")]
    /// A certificate for another key than the one that was made here.
    #[error("the certificate is for another key: found {found}, expected {expected}")]
    OtherKey {
        /// The fingerprint of the certificate's key.
        found: String,
        /// The fingerprint of the key that was made here.
        expected: String,
    },
    #[cfg(feature = "x509")]
    /// A certificate for another user.
    #[error("the certificate is for the user {}, expected {}", Quoted(.found), Quoted(.expected))]
    OtherUser {
        /// The user found.
        found: String,
        /// The user asked for.
        expected: String,
    },
    #[cfg(feature = "x509")]
    /// A certificate for other groups.
    #[error("the certificate's groups differ: missing [{}], not asked for [{}]", .missing.join(", "), .unexpected.join(", "))]
    OtherGroups {
        /// Groups asked for and not issued.
        missing: Vec<String>,
        /// Groups issued and not asked for.
        unexpected: Vec<String>,
    },
    #[cfg(feature = "x509")]
    /// A certificate that may not be used to authenticate a client.
    #[error("the certificate's extended key usage is {found}, expected client auth")]
    NotForClients {
        /// The usages found.
        found: String,
    },
    #[cfg(feature = "x509")]
    /// A certificate that is not valid now.
    #[error("the certificate is valid from {not_before} to {not_after}, the cluster's time is {now}")]
    NotValidNow {
        /// Begin, RFC 3339.
        not_before: String,
        /// End, RFC 3339.
        not_after: String,
        /// The time it was judged by, RFC 3339.
        now: String,
    },
    #[cfg(feature = "x509")]
    /// A text that a person handed in and that holds no certificate for the request.
    #[error("found {found}, expected the issued certificate: {}", .found.advice())]
    Pasted {
        /// What it is.
        found: Pasted,
    },
    /// A watch stream that is not newline-delimited watch events.
    #[error("watch stream: {reason}")]
    InvalidWatch {
        /// What is wrong with it.
        reason: String,
    },
    /// A watch stream without an end of line for too long.
    #[error("watch stream: a line of more than {maximum_bytes} bytes")]
    WatchLineTooLong {
        /// The longest line that is read.
        maximum_bytes: usize,
    },
    #[cfg(feature = "keys")]
    /// The source of randomness failed.
    #[error("no randomness: the browser or system refused to give random bytes")]
    NoRandomness,
    #[cfg(feature = "keys")]
    /// A key could not be made, read or used.
    #[error("private key: {reason}")]
    PrivateKey {
        /// What failed; never a part of the key.
        reason: &'static str,
    },
    #[cfg(feature = "keys")]
    /// A step that needs an earlier one.
    #[error("{step} comes before this")]
    OutOfOrder {
        /// The step that is missing.
        step: &'static str,
    },
    #[cfg(feature = "keys")]
    /// A kept key that opens with a passphrase, and there is none.
    #[error("this key was kept with a passphrase, which opens it: none was given")]
    PassphraseNeeded,
    #[cfg(feature = "keys")]
    /// A kept key that does not open.
    #[error("the kept key does not open: {reason}")]
    Locked {
        /// What stands against it, as far as that can be told.
        reason: &'static str,
    },
    #[cfg(feature = "keys")]
    /// An enrollment that is not kept, or no longer.
    #[error("this enrollment is no longer kept in this browser, so its key is gone")]
    Forgotten,
    #[cfg(feature = "keys")]
    /// Too little memory for Argon2.
    #[error("there is no {mebibytes} MiB of memory, which the passphrase needs")]
    NoMemory {
        /// Memory asked for.
        mebibytes: u32,
    },
}

impl Error {
    /// Returns the stable code of this error, in `kebab-case`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::EmptyName { .. } => "empty-name",
            Self::NameTooLong { .. } => "name-too-long",
            Self::ForbiddenCharacter { .. } => "forbidden-character",
            Self::OuterSpace { .. } => "outer-space",
            Self::MixedScripts { .. } => "mixed-scripts",
            Self::SystemName { .. } => "system-name",
            Self::DuplicateGroup { .. } => "duplicate-group",
            Self::TooManyGroups { .. } => "too-many-groups",
            Self::SubjectTooLong { .. } => "subject-too-long",
            Self::GroupNotOffered { .. } => "group-not-offered",
            Self::AlgorithmNotOffered { .. } => "algorithm-not-offered",
            Self::ExpirationOutOfRange { .. } => "expiration-out-of-range",
            Self::InvalidPolicy { .. } => "invalid-policy",
            Self::InvalidObjectName { .. } => "invalid-object-name",
            Self::InvalidCluster { .. } => "invalid-cluster",
            Self::InvalidObject { .. } => "invalid-object",
            #[cfg(feature = "x509")]
            Self::InvalidPem { .. } => "invalid-pem",
            #[cfg(feature = "x509")]
            Self::InvalidDer { .. } => "invalid-der",
            #[cfg(feature = "x509")]
            Self::InvalidSubject { .. } => "invalid-subject",
            #[cfg(feature = "x509")]
            Self::UnexpectedAttribute { .. } => "unexpected-attribute",
            #[cfg(feature = "x509")]
            Self::WeakKey { .. } => "weak-key",
            #[cfg(feature = "x509")]
            Self::BadSignature => "bad-signature",
            #[cfg(feature = "x509")]
            Self::UnexpectedSignatureAlgorithm { .. } => "unexpected-signature-algorithm",
            #[cfg(feature = "x509")]
            Self::OtherKey { .. } => "other-key",
            #[cfg(feature = "x509")]
            Self::OtherUser { .. } => "other-user",
            #[cfg(feature = "x509")]
            Self::OtherGroups { .. } => "other-groups",
            #[cfg(feature = "x509")]
            Self::NotForClients { .. } => "not-for-clients",
            #[cfg(feature = "x509")]
            Self::NotValidNow { .. } => "not-valid-now",
            #[cfg(feature = "x509")]
            Self::Pasted { found } => found.code(),
            Self::InvalidWatch { .. } => "invalid-watch",
            Self::WatchLineTooLong { .. } => "watch-line-too-long",
            #[cfg(feature = "keys")]
            Self::NoRandomness => "no-randomness",
            #[cfg(feature = "keys")]
            Self::PrivateKey { .. } => "private-key",
            #[cfg(feature = "keys")]
            Self::OutOfOrder { .. } => "out-of-order",
            #[cfg(feature = "keys")]
            Self::PassphraseNeeded => "passphrase-needed",
            #[cfg(feature = "keys")]
            Self::Locked { .. } => "locked",
            #[cfg(feature = "keys")]
            Self::Forgotten => "forgotten",
            #[cfg(feature = "keys")]
            Self::NoMemory { .. } => "no-memory",
        }
    }

    /// Returns the form field that the error is about, so that it can be shown beside it.
    pub fn field(&self) -> Option<Field> {
        match self {
            Self::EmptyName { field }
            | Self::NameTooLong { field, .. }
            | Self::ForbiddenCharacter { field, .. }
            | Self::OuterSpace { field }
            | Self::MixedScripts { field, .. }
            | Self::SystemName { field, .. } => Some(*field),
            _ => None,
        }
    }
}
