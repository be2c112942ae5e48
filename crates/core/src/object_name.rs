use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    Error,
    name::{is_mark, plain},
    namespace::is_dns_label,
};

/// The name of a CertificateSigningRequest object: `PREFIX-SUFFIX` or `PREFIX--LABEL-SUFFIX`.
///
/// The prefix is the sanitized user name, the label is chosen by the person, and the suffix is 50 random bits, so that
/// names neither collide nor can be guessed and taken beforehand. A prefix contains no `--`, so it is parsed
/// unambiguously; two users whose names are sanitized alike share it. The whole is a DNS-1123 label of at most 83
/// characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ObjectName(String);

impl ObjectName {
    /// Makes a name for `user` out of `random` bytes, of which 50 bits are used.
    pub fn new(user: &str, label: Option<&NameLabel>, random: [u8; 7]) -> Self {
        let prefix = Self::prefix(user);
        let bits = random.iter().fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
        let suffix: String = (0..SUFFIX_CHARACTERS)
            .map(|index| char::from(SUFFIX_ALPHABET[(bits >> (5 * index) & 31) as usize]))
            .collect();
        match label {
            Some(label) => Self(format!("{prefix}--{label}-{suffix}")),
            None => Self(format!("{prefix}-{suffix}")),
        }
    }

    /// Parses the name of an object that was made for some user.
    ///
    /// # Errors
    /// [`Error::InvalidObjectName`] for every text that [`ObjectName::new`] cannot return.
    pub fn parse(name: &str) -> Result<Self, Error> {
        let longest = MAX_PREFIX_CHARACTERS + MAX_LABEL_CHARACTERS + SUFFIX_CHARACTERS + 3;
        let shaped = name.len() <= longest
            && is_dns_label(name)
            && name.rsplit_once('-').is_some_and(|(before, suffix)| {
                !before.is_empty()
                    && suffix.len() == SUFFIX_CHARACTERS
                    && suffix.bytes().all(|byte| SUFFIX_ALPHABET.contains(&byte))
            });
        if !shaped {
            return Err(Error::InvalidObjectName {
                found: name.chars().take(100).collect(),
                expected: format!("a name in a-z, 0-9 and - that ends in - and {SUFFIX_CHARACTERS} random characters"),
            });
        }
        Ok(Self(name.to_owned()))
    }

    /// Checks that the name was made for this user, or for one with the same sanitized name.
    ///
    /// # Errors
    /// [`Error::InvalidObjectName`] where the prefix is not the user's.
    pub fn check_user(&self, user: &str) -> Result<(), Error> {
        let prefix = Self::prefix(user);
        // Pages before this one left accented letters out, and may still ask for what they created.
        let earlier = sanitize(user, |character| Some(character).filter(char::is_ascii));
        let found = self.0.split_once("--").or_else(|| self.0.rsplit_once('-')).map(|(found, _)| found);
        if found.is_some_and(|found| found == prefix || found == earlier) {
            return Ok(());
        }
        Err(Error::InvalidObjectName { found: self.0.clone(), expected: format!("a name that begins with {prefix}-") })
    }

    /// Returns the sanitized user name: lower-case `a-z`, `0-9` and inner `-`, at most 40 characters; `user` if no
    /// character remains. A Latin letter with accents becomes the plain one: `lukasz` for `Łukasz`.
    pub fn prefix(user: &str) -> String {
        let without_marks: String = user.chars().filter(|character| !is_mark(*character)).collect();
        sanitize(&without_marks, plain)
    }

    /// Returns the name as a string, safe as a path segment and as a word of a shell.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Joins the letters and digits that `plain` makes of the characters of a user name, with `-` for the others.
fn sanitize(user: &str, plain: impl Fn(char) -> Option<char>) -> String {
    let mut prefix = String::new();
    for character in user.chars().map(plain) {
        if prefix.len() == MAX_PREFIX_CHARACTERS {
            break;
        }
        match character {
            Some(character) if character.is_ascii_alphanumeric() => prefix.push(character.to_ascii_lowercase()),
            _ if !prefix.is_empty() && !prefix.ends_with('-') => prefix.push('-'),
            _ => {}
        }
    }
    let safe = prefix.trim_end_matches('-');
    if safe.is_empty() { "user".to_owned() } else { safe.to_owned() }
}

/// The label in the name of an object, which a person chooses to tell their own objects apart: 1 to 30 of `a-z`, `0-9`
/// and single inner `-`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NameLabel(String);

impl NameLabel {
    /// Parses a label.
    ///
    /// # Errors
    /// [`Error::InvalidLabel`] for any other text.
    pub fn parse(label: &str) -> Result<Self, Error> {
        if label.is_empty() || label.len() > MAX_LABEL_CHARACTERS || !is_dns_label(label) || label.contains("--") {
            return Err(Error::InvalidLabel {
                found: label.chars().take(80).collect(),
                expected: format!("up to {MAX_LABEL_CHARACTERS} of a-z, 0-9 and single - inside"),
            });
        }
        Ok(Self(label.to_owned()))
    }

    /// Returns the label.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NameLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for NameLabel {
    type Error = Error;

    fn try_from(label: String) -> Result<Self, Error> {
        Self::parse(&label)
    }
}

impl From<NameLabel> for String {
    fn from(label: NameLabel) -> Self {
        label.0
    }
}

impl TryFrom<String> for ObjectName {
    type Error = Error;

    fn try_from(name: String) -> Result<Self, Error> {
        Self::parse(&name)
    }
}

impl From<ObjectName> for String {
    fn from(name: ObjectName) -> Self {
        name.0
    }
}

/// The maximum length of the sanitized user name in an object name.
const MAX_PREFIX_CHARACTERS: usize = 40;

/// The maximum length of the label between prefix and suffix.
const MAX_LABEL_CHARACTERS: usize = 30;

/// The length of the random suffix in characters of 5 bits.
const SUFFIX_CHARACTERS: usize = 10;

/// 32 characters that are told apart when read aloud: no `0`, `1`, `l`, `o`.
const SUFFIX_ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(label: &str) -> Option<NameLabel> {
        (!label.is_empty()).then(|| NameLabel::parse(label).expect("a good label"))
    }

    #[test]
    fn makes_a_name_from_the_user_and_fifty_random_bits() {
        let name = |user, label| ObjectName::new(user, parsed(label).as_ref(), [0; 7]).to_string();
        assert_eq!(name("jane", ""), "jane-aaaaaaaaaa");
        assert_eq!(name("Jane.Doe@example.com", "laptop"), "jane-doe-example-com--laptop-aaaaaaaaaa");
        assert_eq!(name("田中", ""), "user-aaaaaaaaaa");
        assert_eq!(name("..#", ""), "user-aaaaaaaaaa");
        assert!(name(&"x".repeat(200), &"y".repeat(30)).len() <= 83);
    }

    #[test]
    fn parses_every_name_that_it_makes() {
        for byte in 0..=255 {
            for user in ["jane", "a.b.c@d", "ü", &"x-".repeat(80)] {
                for label in ["", "laptop", "a-b"] {
                    let name = ObjectName::new(user, parsed(label).as_ref(), [byte; 7]);
                    assert_eq!(ObjectName::parse(name.as_str()), Ok(name.clone()));
                    assert_eq!(name.check_user(user), Ok(()));
                }
            }
        }
    }

    #[test]
    fn refuses_names_of_another_shape() {
        for name in [
            "",
            "jane",
            "-aaaaaaaaaa",
            "jane-aaaaaaaaa",
            "jane-aaaaaaaaa0",
            "Jane-aaaaaaaaaa",
            "jane/-aaaaaaaaaa",
            "..%2f-aaaaaaaaaa",
            "jane\0-aaaaaaaaaa",
            "jane;-aaaaaaaaaa",
            "j.ane-aaaaaaaaaa",
            "jane-aaaaaaaaaa\n",
        ] {
            assert!(ObjectName::parse(name).is_err(), "{name:?}");
        }
        assert!(ObjectName::parse(&format!("{}-aaaaaaaaaa", "x".repeat(80))).is_err());
    }

    #[test]
    fn refuses_a_name_with_another_users_prefix() {
        let name = ObjectName::parse("jane-aaaaaaaaaa").expect("a good name");
        assert!(name.check_user("janet").is_err());
        assert!(name.check_user("jan").is_err());
        assert!(name.check_user("joe").is_err());
        let name = ObjectName::parse("jane-doe-aaaaaaaaaa").expect("a good name");
        assert!(name.check_user("jane").is_err());
        assert!(name.check_user("jane.doe").is_ok());
        let name = ObjectName::new("jane", parsed("doe").as_ref(), [0; 7]);
        assert!(name.check_user("jane").is_ok());
        assert!(name.check_user("jane.doe").is_err());
    }

    #[test]
    fn keeps_the_letters_of_a_name_where_there_are_plain_ones() {
        for (user, prefix) in [
            ("Łukasz", "lukasz"),
            ("José", "jose"),
            ("Jose\u{301}", "jose"),
            ("Nguyễn Văn Đức", "nguyen-van-duc"),
            ("Nguye\u{302}\u{303}n", "nguyen"),
            ("Søren", "soren"),
            ("प्रिया", "user"),
            ("Ольга.x", "x"),
        ] {
            assert_eq!(ObjectName::prefix(user), prefix, "{user}");
        }
    }

    #[test]
    fn knows_the_names_that_earlier_pages_made_of_accented_letters() {
        for (user, prefix) in [("Łukasz", "ukasz"), ("José", "jos"), ("Nguyễn", "nguy-n"), ("ü", "user")] {
            let name = ObjectName::parse(&format!("{prefix}-aaaaaaaaaa")).expect("a good name");
            assert_eq!(name.check_user(user), Ok(()), "{user}");
        }
        let name = ObjectName::parse("luka-aaaaaaaaaa").expect("a good name");
        assert!(name.check_user("Łukasz").is_err());
    }

    #[test]
    fn refuses_labels_that_would_break_the_name() {
        for label in ["", "-a", "a-", "a--b", "A", "a b", "a/b", &"x".repeat(31)] {
            assert!(NameLabel::parse(label).is_err(), "{label:?}");
        }
    }
}
