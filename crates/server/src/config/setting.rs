//! Settings of the configuration file. Each is a flag of `serve`: its name, its type and its parser are the flag's.

use std::{any::TypeId, num::NonZeroU8};

use clap::{Arg, ArgAction, Command, error::ContextKind};
use serde_saphyr::Spanned;

use super::file::Node;

/// A setting of the configuration file.
pub(super) struct Setting<'a> {
    pub(super) flag: &'a Arg,
    pub(super) key: String,
}

/// The type of a setting, or of the elements of its list.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text that the flag's parser judges.
    Text,
    /// A whole number.
    Number,
    /// `true` or `false`.
    Bool,
    /// One of these names.
    Choice(Vec<String>),
}

/// A value that a setting cannot have.
#[derive(Debug)]
pub(super) struct Unusable {
    pub(super) line: u64,
    pub(super) column: u64,
    pub(super) problem: String,
}

impl<'a> Setting<'a> {
    /// Returns the settings among the flags of `serve`.
    pub(super) fn all(serve: &'a Command) -> Vec<Self> {
        let flags = serve.get_arguments().filter_map(|flag| Some((flag, flag.get_long()?)));
        let settings = flags.filter(|(_, name)| !NOT_IN_THE_FILE.contains(name));
        settings.map(|(flag, name)| Self { flag, key: camel_case(name) }).collect()
    }

    /// Returns the name of the flag, with its dashes.
    pub(super) fn flag_name(&self) -> String {
        format!("--{}", self.flag.get_long().expect("each setting is a long flag"))
    }

    /// Returns whether it is a list.
    pub(super) fn is_list(&self) -> bool {
        matches!(self.flag.get_action(), ArgAction::Append)
    }

    /// Returns the type.
    pub(super) fn kind(&self) -> Kind {
        let names = self.flag.get_possible_values();
        let parsed = self.flag.get_value_parser().type_id();
        let numbers = [TypeId::of::<u32>(), TypeId::of::<u64>(), TypeId::of::<NonZeroU8>()];
        if parsed == TypeId::of::<bool>() {
            Kind::Bool
        } else if !names.is_empty() {
            Kind::Choice(names.iter().map(|name| name.get_name().to_owned()).collect())
        } else if numbers.iter().any(|number| parsed == *number) {
            Kind::Number
        } else {
            Kind::Text
        }
    }

    /// Parses a value of the file to those that the flag would be given.
    ///
    /// # Errors
    /// The first one that the setting cannot have.
    pub(super) fn parse(&self, value: Spanned<Node>) -> Result<Vec<String>, Unusable> {
        if !self.is_list() {
            return Ok(vec![self.parse_one(value)?]);
        }
        match value.value {
            Node::List(elements) => elements.into_iter().map(|element| self.parse_one(element)).collect(),
            ref other => Err(self.unusable(&value, &format!("found {}, expected a list", other.found()))),
        }
    }

    fn parse_one(&self, value: Spanned<Node>) -> Result<String, Unusable> {
        let kind = self.kind();
        let text = match (&value.value, &kind) {
            (Node::Text(text), Kind::Text | Kind::Choice(_)) | (Node::Number(text), Kind::Number) => text.clone(),
            (Node::Bool(value), Kind::Bool) => value.to_string(),
            (other, _) => {
                let expected = match kind {
                    Kind::Text => "text; a number, true, false and null stand in quotes to be text".into(),
                    Kind::Number => "a whole number, without quotes".into(),
                    Kind::Bool => "true or false, without quotes".into(),
                    Kind::Choice(names) => format!("one of {}", names.join(", ")),
                };
                return Err(self.unusable(&value, &format!("found {}, expected {expected}", other.found())));
            }
        };
        match self.judge(&text) {
            Ok(()) => Ok(text),
            Err(problem) => Err(self.unusable(&value, &format!("found {}: {problem}", value.value.found()))),
        }
    }

    /// Has the flag's own parser judge a value.
    fn judge(&self, text: &str) -> Result<(), String> {
        // As one value: the file has lists.
        let flag = self.flag.clone().value_delimiter(None);
        let command = Command::new("serve").no_binary_name(true).arg(flag);
        let Err(error) = command.try_get_matches_from([format!("{}={text}", self.flag_name())]) else { return Ok(()) };
        Err(match (std::error::Error::source(&error), error.get(ContextKind::ValidValue)) {
            (Some(source), _) => source.to_string(),
            (None, Some(names)) => format!("expected one of {names}"),
            (None, None) => "it is not a value of the flag".into(),
        })
    }

    fn unusable(&self, value: &Spanned<Node>, problem: &str) -> Unusable {
        Unusable {
            line: value.referenced.line(),
            column: value.referenced.column(),
            problem: format!("{}: {problem}", self.key),
        }
    }
}

/// Writes the name of a flag as Kubernetes' configuration files write theirs.
fn camel_case(flag: &str) -> String {
    let mut words = flag.split('-');
    let mut key = words.next().unwrap_or_default().to_owned();
    for word in words {
        let (first, rest) = word.split_at(1);
        key.push_str(&first.to_uppercase());
        key.push_str(rest);
    }
    key
}

/// Flags that say how to start, and not what to serve.
const NOT_IN_THE_FILE: [&str; 2] = ["config", "check-config"];

#[cfg(test)]
mod schema;
