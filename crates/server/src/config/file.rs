//! The configuration file: YAML, a mapping from names of settings to texts, numbers and lists of them.

use std::{fmt, fs::File, io::Read, path::Path};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_saphyr::{MergeKeyPolicy, Options, Spanned};

use crate::start::StartError;

/// The entries of a configuration file, in its order, none of them judged.
#[derive(Debug)]
pub(super) struct ConfigFile(pub(super) Vec<Entry>);

/// A key with its value.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: Spanned<String>,
    pub(super) value: Spanned<Node>,
}

/// A value as YAML types it.
#[derive(Debug)]
pub(super) enum Node {
    /// Text, in quotes or plain.
    Text(String),
    /// A whole number.
    Number(String),
    /// `true` or `false`.
    Bool(bool),
    /// A list.
    List(Vec<Spanned<Node>>),
    /// Anything else, described: no setting is of its type.
    Other(&'static str),
}

impl ConfigFile {
    /// Reads a file.
    ///
    /// # Errors
    /// [`StartError::ReadFile`], [`StartError::ConfigTooLong`]; [`StartError::ConfigFile`] for what is no mapping in
    /// YAML, has a key twice, or uses anchors, aliases or merge keys.
    pub(super) fn read(path: &Path) -> Result<Self, StartError> {
        let unreadable = |source| StartError::ReadFile { path: path.into(), source };
        let mut text = String::new();
        let file = File::open(path).map_err(unreadable)?;
        file.take(MAX_BYTES + 1).read_to_string(&mut text).map_err(unreadable)?;
        if text.len() as u64 > MAX_BYTES {
            return Err(StartError::ConfigTooLong { path: path.into(), maximum_bytes: MAX_BYTES });
        }
        serde_saphyr::from_str_with_options(&text, options()).map_err(|error| {
            let place = error.location();
            StartError::ConfigFile {
                path: path.into(),
                line: place.map_or(1, |place| place.line()),
                column: place.map_or(1, |place| place.column()),
                problem: error_text(&error),
            }
        })
    }
}

impl<'de> Deserialize<'de> for ConfigFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = ConfigFile;

            fn expecting(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
                text.write_str("a mapping from names of settings to values")
            }

            // A file of comments.
            fn visit_unit<E>(self) -> Result<ConfigFile, E> {
                Ok(ConfigFile(Vec::new()))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ConfigFile, A::Error> {
                let mut entries = Vec::new();
                while let Some((key, value)) = map.next_entry()? {
                    entries.push(Entry { key, value });
                }
                Ok(ConfigFile(entries))
            }
        }

        deserializer.deserialize_any(Entries)
    }
}

impl Node {
    /// Returns a description for people.
    pub(super) fn found(&self) -> String {
        match self {
            Self::Text(text) => format!("{text:?}"),
            Self::Number(number) => format!("the number {number}"),
            Self::Bool(value) => value.to_string(),
            Self::List(_) => "a list".into(),
            Self::Other(what) => (*what).into(),
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Node;

            fn expecting(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
                text.write_str("a text, a number or a list")
            }

            fn visit_str<E>(self, text: &str) -> Result<Node, E> {
                Ok(Node::Text(text.into()))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Node, E> {
                Ok(Node::Number(number.to_string()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Node, E> {
                Ok(Node::Number(number.to_string()))
            }

            fn visit_u128<E>(self, number: u128) -> Result<Node, E> {
                Ok(Node::Number(number.to_string()))
            }

            fn visit_i128<E>(self, number: i128) -> Result<Node, E> {
                Ok(Node::Number(number.to_string()))
            }

            fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
                Ok(Node::Other("a number that is not whole, or too large"))
            }

            fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
                Ok(Node::Bool(value))
            }

            fn visit_unit<E>(self) -> Result<Node, E> {
                Ok(Node::Other("nothing"))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Node, A::Error> {
                let mut list = Vec::new();
                while let Some(element) = sequence.next_element()? {
                    list.push(element);
                }
                Ok(Node::List(list))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Node::Other("a mapping"))
            }
        }

        deserializer.deserialize_any(Any)
    }
}

/// Options under which a text has one meaning, which is written where it is read.
fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_aliases: 0,
            max_anchors: 0,
            max_depth: 8,
            max_documents: 1,
        },
        merge_keys: MergeKeyPolicy::Error,
        strict_booleans: true,
        with_snippet: false,
    }
}

/// Returns a sentence about an error without its place, which is written in front of it.
fn error_text(error: &serde_saphyr::Error) -> String {
    use serde_saphyr::{Error, budget::BudgetBreach};
    match error {
        Error::DuplicateMappingKey { key, .. } => {
            format!("found the key {:?} again, expected each once", key.as_deref().unwrap_or_default())
        }
        Error::MergeKeyNotAllowed { .. } => "found a merge key, expected the settings themselves".into(),
        Error::Budget { breach: BudgetBreach::Anchors { .. } | BudgetBreach::Aliases { .. }, .. } => {
            "found an anchor or an alias, expected the value itself".into()
        }
        Error::Budget { breach: BudgetBreach::Documents { .. }, .. } => "found a second document, expected one".into(),
        other => {
            let text = other.to_string();
            let text = text.split(" at line ").next().unwrap_or(&text);
            text.lines().next().unwrap_or(text).to_owned()
        }
    }
}

/// The longest file: all settings with their help take less than a tenth of it.
const MAX_BYTES: u64 = 1 << 20;
