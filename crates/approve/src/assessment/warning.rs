use std::fmt;

use kube_enroll_core::{NameError, format_duration, visible};

use super::Place;

/// A reason to look twice at a request before a yes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// The request cannot be decoded, so it cannot be approved here.
    Undecodable {
        /// The reason.
        reason: String,
    },
    /// There is no CN.
    NoUser,
    /// The user is none that can be asked for here: reserved, or with characters that deceive.
    UnusualUser {
        /// The user.
        name: String,
        /// The fault.
        fault: NameError,
    },
    /// A group is none that can be asked for here.
    UnusualGroup {
        /// The group.
        name: String,
        /// The fault.
        fault: NameError,
    },
    /// A user or group has far-reaching rights in clusters of a common tool, or looks like one that does.
    Powerful(kube_enroll_core::Warning),
    /// More groups, or longer names, than a certificate of ours may have; or a group twice.
    TooMuch {
        /// The fault.
        fault: kube_enroll_core::Error,
    },
    /// The subject has attributes beside CN and O.
    OtherAttributes {
        /// The attributes.
        found: Vec<String>,
    },
    /// The operator's account vouches for somebody else than the request's user.
    OtherPerson {
        /// The person who was signed in.
        person: String,
    },
    /// Somebody else than the operator's account has written the operator's annotation.
    ForgedPerson {
        /// The person in the annotation.
        claimed: String,
        /// The account that submitted the request.
        submitter: String,
    },
    /// The user looks like another one.
    UserLooksLike {
        /// The user.
        name: String,
        /// The other one.
        other: String,
        /// The place where the other one is in use.
        place: Place,
    },
    /// A group looks like another one.
    GroupLooksLike {
        /// The group.
        name: String,
        /// The other one.
        other: String,
        /// The place where the other one is in use.
        place: Place,
    },
    /// The key breaks the key rules, or anybody can compute its private part.
    WeakKey {
        /// The fault.
        found: String,
    },
    /// Another request that still exists has the same key.
    KeyInUse {
        /// The names of those requests.
        requests: Vec<String>,
    },
    /// Alternative names or other extensions are asked for.
    Extensions {
        /// All of them.
        asked: Vec<String>,
    },
    /// The signer is another one than ours.
    OtherSigner {
        /// The signer.
        found: String,
    },
    /// The usages are others than ours.
    OtherUsages {
        /// The usages.
        found: Vec<String>,
    },
    /// No lifetime is asked for.
    NoLifetime,
    /// The lifetime is longer than the longest that is no warning.
    LongLifetime {
        /// The lifetime asked for.
        seconds: i64,
        /// The longest that is no warning.
        maximum_seconds: u32,
    },
}

impl Warning {
    /// Returns the warning's name for programs, which stays.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Undecodable { .. } => "undecodable",
            Self::NoUser => "no-user",
            Self::UnusualUser { .. } => "unusual-user",
            Self::UnusualGroup { .. } => "unusual-group",
            Self::Powerful(_) => "powerful-name",
            Self::TooMuch { .. } => "too-many-groups",
            Self::OtherAttributes { .. } => "other-attributes",
            Self::OtherPerson { .. } => "other-person",
            Self::ForgedPerson { .. } => "forged-person",
            Self::UserLooksLike { .. } => "user-looks-like-another",
            Self::GroupLooksLike { .. } => "group-looks-like-another",
            Self::WeakKey { .. } => "weak-key",
            Self::KeyInUse { .. } => "key-in-use",
            Self::Extensions { .. } => "extensions",
            Self::OtherSigner { .. } => "other-signer",
            Self::OtherUsages { .. } => "other-usages",
            Self::NoLifetime => "no-lifetime",
            Self::LongLifetime { .. } => "long-lifetime",
        }
    }
}

/// Writes one line, in which texts of others are visible.
impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undecodable { reason } => {
                write!(f, "the request cannot be decoded, so it cannot be approved here: {}", visible(reason))
            }
            Self::NoUser => f.write_str("the request names no user, so the API server knows nobody by its certificate"),
            Self::UnusualUser { name, fault } => write!(f, "user {}: {}", visible(name), visible(&fault.to_string())),
            Self::UnusualGroup { name, fault } => write!(f, "group {}: {}", visible(name), visible(&fault.to_string())),
            Self::Powerful(warning) => f.write_str(&visible(&warning.to_string())),
            Self::TooMuch { fault } => f.write_str(&visible(&fault.to_string())),
            Self::OtherAttributes { found } => write!(f, "the subject has more than user and groups: {}", list(found)),
            Self::OtherPerson { person } => {
                write!(f, "the operator's account vouches for {}, who is not the user of the request", visible(person))
            }
            Self::ForgedPerson { claimed, submitter } => write!(
                f,
                "the annotation says that {} asked, but {} wrote it, which is no account of the operator",
                visible(claimed),
                visible(submitter)
            ),
            Self::UserLooksLike { name, other, place } => {
                write!(f, "user {} looks like {} in {place}, and is another", visible(name), visible(other))
            }
            Self::GroupLooksLike { name, other, place } => {
                write!(f, "group {} looks like {} in {place}, and is another", visible(name), visible(other))
            }
            Self::WeakKey { found } => write!(f, "the key is weak: {}", visible(found)),
            Self::KeyInUse { requests } => write!(f, "the same key is in {}: a key is for one person", list(requests)),
            Self::Extensions { asked } => write!(
                f,
                "more than a name and a key is asked for: {}; alternative names go into the certificate",
                list(asked)
            ),
            Self::OtherSigner { found } => {
                write!(f, "the signer is {}, not {}", visible(found), kube_enroll_core::csr::SIGNER_NAME)
            }
            Self::OtherUsages { found } => write!(f, "the usages are {}, not client auth alone", list(found)),
            Self::NoLifetime => f.write_str("no lifetime is asked for: the signer gives its longest, often a year"),
            Self::LongLifetime { seconds, maximum_seconds } => write!(
                f,
                "the lifetime is {}, longer than {}: no certificate can be revoked",
                u32::try_from(*seconds).map_or_else(|_| format!("{seconds} seconds"), format_duration),
                format_duration(*maximum_seconds)
            ),
        }
    }
}

/// Writes texts of others with commas between them, the first few.
fn list(texts: &[String]) -> String {
    let mut shown: Vec<String> = texts.iter().take(MAX_LISTED).map(|text| visible(text)).collect();
    if texts.len() > MAX_LISTED {
        shown.push(format!("and {} more", texts.len() - MAX_LISTED));
    }
    shown.join(", ")
}

/// The texts of a list that are shown.
const MAX_LISTED: usize = 20;

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    /// The table is for people; the names in it are those of [`Warning::code`](super::Warning::code).
    #[test]
    fn each_is_in_the_documentation() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/approve.md");
        let documentation = fs::read_to_string(path).expect("documentation");
        let source = include_str!("warning.rs");
        let (_, source) = source.split_once("pub fn code(&self)").expect("the names");
        let (source, _) = source.split_once("impl fmt::Display").expect("their end");
        let codes: Vec<&str> = source.lines().filter_map(|line| line.split('"').nth(1)).collect();
        assert_eq!(codes.len(), 18, "{codes:?}");
        for code in codes {
            assert!(documentation.contains(&format!("`{code}`")), "{code}");
        }
    }
}
