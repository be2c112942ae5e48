mod characters;
mod look_alikes;
mod marks;

use std::{fmt, ops::Deref};

use serde::{Deserialize, Serialize};

pub(crate) use self::look_alikes::{plain, skeleton};
pub(crate) use self::marks::is_mark;

use self::characters::{is_allowed, script};
use crate::display::{Escaped, Quoted};

/// Defines a type for a name that [`check`] accepts. There is no other way to a value than `parse`.
macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Parses a name: 1 to [`MAX_NAME_CHARACTERS`] characters, taken as they are; nothing is trimmed, folded or
            /// normalised, since the API server compares bytes.
            ///
            /// Possible are letters and digits of any script, combining marks behind letters, the characters
            /// `. _ - @ : # + = , /`, and single spaces inside. Refused are controls, invisible and bidirectional
            /// marks, compatibility forms such as full-width letters, phonetic letters that look like Latin ones, words
            /// that mix scripts (Chinese, Japanese and Korean ones may stand beside any), names without a letter or a
            /// digit, names that begin like an option of a program, and names that begin with `system:` or look so.
            ///
            /// # Errors
            /// [`NameError`], by these rules.
            pub fn parse(name: &str) -> Result<Self, NameError> {
                check(name)?;
                Ok(Self(name.to_owned()))
            }

            /// Returns the name.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(name: String) -> Result<Self, NameError> {
                check(&name)?;
                Ok(Self(name))
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.0 == *other
            }
        }
    };
}

name_type! {
    /// The name of a user, which Kubernetes reads from the CN of a certificate's subject
    /// ([X.509 client certificates](https://kubernetes.io/docs/reference/access-authn-authz/authentication/#x509-client-certificates)).
    UserName
}

name_type! {
    /// The name of a group, which Kubernetes reads from an O of a certificate's subject
    /// ([X.509 client certificates](https://kubernetes.io/docs/reference/access-authn-authz/authentication/#x509-client-certificates)).
    GroupName
}

name_type! {
    /// The name of a cluster as people see it; it becomes part of the kubeconfig's context.
    ClusterName
}

/// The reason why a text is no name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// No characters.
    #[error("is empty")]
    Empty,
    /// More than [`MAX_NAME_CHARACTERS`] characters.
    #[error("has {found} characters, at most {MAX_NAME_CHARACTERS} are possible")]
    TooLong {
        /// Characters found.
        found: usize,
    },
    /// A character that is not on the allow-list.
    #[error(
        "contains {} at position {position}: letters, digits, inner spaces and . _ - @ : # + = , / are possible",
        Escaped(*.character)
    )]
    ForbiddenCharacter {
        /// The character found.
        character: char,
        /// Its place, counted in characters from 1.
        position: usize,
    },
    /// A space at the beginning or the end.
    #[error("begins or ends with a space")]
    OuterSpace,
    /// Spaces that look like one.
    #[error("has several spaces in a row, which look like one")]
    SpacesInARow,
    /// A combining mark without a letter before it, one of too many, or one that would not be seen.
    #[error(
        "contains {} at position {position}: combining marks stand behind letters, up to 3 different ones",
        Escaped(*.character)
    )]
    MisplacedMark {
        /// The mark found.
        character: char,
        /// Its place, counted in characters from 1.
        position: usize,
    },
    /// Punctuation and nothing else.
    #[error("{} has neither a letter nor a digit", Quoted(.name))]
    OnlyPunctuation {
        /// The name found.
        name: String,
    },
    /// A name that programs take for an option.
    #[error("{} begins with \"--\", which programs take for an option", Quoted(.name))]
    LikeAnOption {
        /// The name found.
        name: String,
    },
    /// Scripts whose letters look alike within one word.
    #[error("mixes {first} and {second} letters, which look alike: use one script")]
    MixedScripts {
        /// The script found first.
        first: &'static str,
        /// The script found after it.
        second: &'static str,
    },
    /// A name that Kubernetes reserves.
    #[error("{} begins with \"system:\", which Kubernetes reserves", Quoted(.name))]
    System {
        /// The name found.
        name: String,
    },
    /// A name that looks like one that Kubernetes reserves.
    #[error("{} looks like a name that begins with \"system:\", which Kubernetes reserves", Quoted(.name))]
    LikeSystem {
        /// The name found.
        name: String,
    },
}

fn check(name: &str) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    let found = name.chars().count();
    if found > MAX_NAME_CHARACTERS {
        return Err(NameError::TooLong { found });
    }
    if let Some((index, character)) = name.chars().enumerate().find(|(_, character)| !is_allowed(*character)) {
        return Err(NameError::ForbiddenCharacter { character, position: index + 1 });
    }
    if name.starts_with(' ') || name.ends_with(' ') {
        return Err(NameError::OuterSpace);
    }
    if name.contains("  ") {
        return Err(NameError::SpacesInARow);
    }
    marks::check(name)?;
    if !name.contains(char::is_alphanumeric) {
        return Err(NameError::OnlyPunctuation { name: name.to_owned() });
    }
    if name.starts_with("--") {
        return Err(NameError::LikeAnOption { name: name.to_owned() });
    }
    // By words, so that a name in one script may have a domain in another.
    for word in name.split(|character: char| !character.is_alphanumeric() && !is_mark(character)) {
        let mut scripts = word.chars().filter_map(script);
        if let Some(first) = scripts.next()
            && let Some(second) = scripts.find(|script| *script != first)
        {
            return Err(NameError::MixedScripts { first, second });
        }
    }
    // Kubernetes compares bytes, but a person who signs does not: "System:masters" is refused as well.
    match name.split_once(':') {
        Some((prefix, _)) if prefix.eq_ignore_ascii_case(SYSTEM) => Err(NameError::System { name: name.to_owned() }),
        Some((prefix, _)) if skeleton(prefix) == SYSTEM => Err(NameError::LikeSystem { name: name.to_owned() }),
        _ => Ok(()),
    }
}

/// The maximum length of a name, in characters.
pub const MAX_NAME_CHARACTERS: usize = 200;

/// The prefix of the names that Kubernetes reserves.
const SYSTEM: &str = "system";

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> Result<UserName, NameError> {
        UserName::parse(name)
    }

    #[test]
    fn accepts_names_that_people_have() {
        for name in [
            "jane",
            "jane.doe@example.com",
            "no",
            "0x10",
            "ü",
            "a:b",
            "#c",
            "Ana María",
            "o=a,b+c/d",
            "https://issuer.example/realms/a_b#f:123-45",
            "Ольга",
            "ольга@example.com",
            "ışıl",
            "สมชาย",
            "नमन",
            "٣٤",
            "田中",
            "山田 taro",
            "प्रिया",
            "தமிழ்",
            "শ্রেয়া",
            "ศรีสุวรรณ์",
            "ນ້ອຍ",
            "សុខ ដារ៉ា",
            "အောင်",
            "Jose\u{301}",
            "Nguye\u{302}\u{303}n",
            "Łukasz",
            "и\u{306}ван",
            "か\u{3099}",
            "группа:dev",
            "oidc:ольга",
            "systeme:x",
            "-n",
            "ąęśćżź:x",
        ] {
            assert_eq!(user(name).expect(name), name);
        }
    }

    #[test]
    fn refuses_characters_that_hide_or_deceive() {
        let naughty = [
            "a\0b",
            "a\nb",
            "a\r",
            "a\tb",
            "\u{FEFF}a",
            "a\u{200B}b",
            "a\u{202E}b",
            "a\u{2066}b",
            "a\u{061C}b",
            "a\u{00AD}b",
            "\u{FF41}dmin",
            "\u{1D41A}",
            "\u{3164}",
            "\u{115F}a",
            "a\u{00A0}b",
            "\u{FB01}",
            "o'brien",
            "a\"b",
            "a\\b",
            "a$b",
            "a`b",
            "a;b",
            "a|b",
            "a&b",
            "a<b",
            "a%b",
            "a*b",
            "a\u{2028}b",
            "a\u{85}b",
            "a\u{7f}b",
            "\u{E0061}",
            "\u{02BC}a",
            "j\u{1D0F}hn",
            "\u{0251}dmin",
            "\u{0261}roup",
            "admin\u{1DE7}",
            "a\u{2DE0}",
            "\u{2160}",
        ];
        for name in naughty {
            assert!(matches!(user(name), Err(NameError::ForbiddenCharacter { .. })), "{name:?}");
        }
    }

    #[test]
    fn admits_marks_behind_letters_only_and_few_of_them() {
        for name in [
            "\u{301}a",
            "a.\u{301}",
            "1\u{301}",
            "a \u{94D}",
            "a\u{301}\u{301}",
            "a\u{300}\u{301}\u{302}\u{303}",
            "adm\u{69}\u{307}n",
            "ı\u{323}\u{307}",
        ] {
            assert!(matches!(user(name), Err(NameError::MisplacedMark { .. })), "{name:?}");
        }
        for name in ["a\u{338}", "a\u{34F}", "a\u{20DD}", "a\u{361}b", "a\u{363}", "क\u{200D}", "a\u{FE00}"] {
            assert!(matches!(user(name), Err(NameError::ForbiddenCharacter { .. })), "{name:?}");
        }
        // A mark does not part a word from the rest of it.
        for name in ["j\u{301}аne", "a\u{94D}"] {
            assert!(matches!(user(name), Err(NameError::MixedScripts { .. })), "{name:?}");
        }
    }

    #[test]
    fn takes_a_name_as_it_was_given() {
        assert_ne!(user("Jose\u{301}").expect("a name"), user("Jos\u{E9}").expect("a name"));
    }

    #[test]
    fn refuses_names_that_are_no_words() {
        for name in [".", "..", "-", "#", "@", ",", "- -"] {
            assert!(matches!(user(name), Err(NameError::OnlyPunctuation { .. })), "{name:?}");
        }
        assert!(matches!(user("--help"), Err(NameError::LikeAnOption { .. })));
        assert!(matches!(user("a  b"), Err(NameError::SpacesInARow)));
    }

    #[test]
    fn refuses_names_that_look_like_reserved_ones() {
        for name in [
            "ѕуѕтем:masters",
            "ЅУЅТЕМ:masters",
            "systém:x",
            "SYSTÉM:x",
            "syste\u{301}m:x",
            "ŝÿşťëḿ:x",
            "ѕўѕтём:x",
            "ꓢꓬꓢꓔꓰꓟ:x",
            "ᏚᎩᏚᎢᎬᎷ:x",
        ] {
            assert!(matches!(user(name), Err(NameError::LikeSystem { .. })), "{name:?}");
            assert!(matches!(GroupName::parse(name), Err(NameError::LikeSystem { .. })), "{name:?}");
        }
    }

    #[test]
    fn refuses_names_that_mix_look_alike_scripts() {
        // The second letter is U+0430.
        assert_eq!(user("jаne"), Err(NameError::MixedScripts { first: "Latin", second: "Cyrillic" }));
        for name in ["ΑΒadmin", "r\u{0ED0}ot", "r\u{0D20}\u{0D20}t", "x@аdmin", "\u{0561}dmin", "\u{13AA}dmin"] {
            assert!(matches!(user(name), Err(NameError::MixedScripts { .. })), "{name:?}");
        }
    }

    #[test]
    fn refuses_empty_long_and_padded_names() {
        assert!(matches!(user(""), Err(NameError::Empty)));
        assert!(matches!(user(" a"), Err(NameError::OuterSpace)));
        assert!(matches!(user("a "), Err(NameError::OuterSpace)));
        assert!(user(&"x".repeat(MAX_NAME_CHARACTERS)).is_ok());
        assert!(matches!(user(&"x".repeat(MAX_NAME_CHARACTERS + 1)), Err(NameError::TooLong { found: 201 })));
    }

    #[test]
    fn refuses_the_names_that_kubernetes_reserves() {
        for name in ["system:admin", "system:", "System:x", "SYSTEM:masters"] {
            assert!(matches!(user(name), Err(NameError::System { .. })), "{name:?}");
            assert!(matches!(GroupName::parse(name), Err(NameError::System { .. })), "{name:?}");
        }
        assert!(user("systemd").is_ok());
    }
}
