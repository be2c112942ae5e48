//! YAML, of which JSON is a part, read with bounds: it is a stranger's text.
//!
//! saphyr-parser has the grammar, and reports it event by event. Aliases are never expanded; they, anchors, merged
//! maps, keys that are no texts, and keys that are there twice are refused with their line. Tags are passed over. This
//! is part of the page and not of core, which the key worker contains: no parser of YAML is beside the key.

use std::collections::{BTreeMap, btree_map::Entry};

use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};

/// A value. Scalars are texts, whatever their style; null is an empty one.
#[derive(Debug, PartialEq)]
pub(super) enum Yaml {
    Scalar(String),
    List(Vec<Yaml>),
    Map(BTreeMap<String, Yaml>),
}

/// The first document of a text, which is the one that kubectl reads.
#[derive(Debug, PartialEq)]
pub(super) struct Document {
    pub root: Yaml,
    /// Other documents follow. They are not read.
    pub is_followed: bool,
}

impl Document {
    /// Reads the first document of a text. Of scalars, only those of the keys that `wants` names are kept: the others
    /// may be secrets.
    ///
    /// # Errors
    /// The reason, for people: the line that cannot be read, or more than the bounds allow.
    pub(super) fn read(text: &str, wants: &[&str]) -> Result<Self, String> {
        if text.len() > MAX_BYTES {
            return Err(format!("it has {} bytes, at most {MAX_BYTES} are read", text.len()));
        }
        let mut reader = Reader { parser: Parser::new_from_str(text), values: 0, wants };
        let mut root = None;
        loop {
            match (reader.next()?, root) {
                ((Event::StreamEnd, _), root) => {
                    let root = root.ok_or("it is empty")?;
                    return Ok(Self { root, is_followed: false });
                }
                ((Event::DocumentStart(_), _), Some(root)) => return Ok(Self { root, is_followed: true }),
                ((Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd, _), before) => root = before,
                ((event, line), _) => root = Some(reader.value(event, line, MAX_DEPTH, true)?),
            }
        }
    }
}

impl Yaml {
    /// Returns the value of a key, or `None` where this is no map with it.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(entries) => entries.get(key),
            _ => None,
        }
    }

    /// Returns the text of a key, without the space around; empty where there is none.
    pub(super) fn text(&self, key: &str) -> &str {
        match self.get(key) {
            Some(Self::Scalar(text)) => text.trim(),
            _ => "",
        }
    }

    /// Returns the elements of a list; none for anything else.
    pub(super) fn elements(&self) -> &[Self] {
        match self {
            Self::List(elements) => elements,
            _ => &[],
        }
    }
}

struct Reader<'a> {
    parser: Parser<'a, StrInput<'a>>,
    /// The values and keys so far.
    values: usize,
    wants: &'a [&'a str],
}

impl<'a> Reader<'a> {
    /// Returns the next event and its line.
    fn next(&mut self) -> Result<(Event<'a>, usize), String> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, span.start.line())),
            Some(Err(error)) => Err(format!("line {}: {}", error.marker().line(), error.info())),
            None => Ok((Event::StreamEnd, 0)),
        }
    }

    /// Reads the value that begins with an event.
    fn value(&mut self, event: Event, line: usize, depth: usize, keep: bool) -> Result<Yaml, String> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(format!("it has more than {MAX_VALUES} values"));
        }
        let inner = || depth.checked_sub(1).ok_or_else(|| format!("line {line} is nested too deep"));
        match event {
            Event::Scalar(text, style, 0, _) => {
                let is_null = style == ScalarStyle::Plain && NULL.contains(&&*text);
                Ok(Yaml::Scalar(if keep && !is_null { text.into_owned() } else { String::new() }))
            }
            Event::SequenceStart(0, _) => self.list(inner()?, keep),
            Event::MappingStart(0, _) => self.map(inner()?),
            Event::Alias(_) | Event::Scalar(..) | Event::SequenceStart(..) | Event::MappingStart(..) => {
                Err(format!("line {line} has an anchor or an alias, which is not followed"))
            }
            _ => Err(format!("line {line} ends too early")),
        }
    }

    fn list(&mut self, depth: usize, keep: bool) -> Result<Yaml, String> {
        let mut elements = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Yaml::List(elements)),
                (event, line) => elements.push(self.value(event, line, depth, keep)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Yaml, String> {
        let mut entries = BTreeMap::new();
        loop {
            let (event, line) = self.next()?;
            if event == Event::MappingEnd {
                return Ok(Yaml::Map(entries));
            }
            let is_merge = matches!(&event, Event::Scalar(key, ScalarStyle::Plain, ..) if key == "<<");
            let Yaml::Scalar(key) = self.value(event, line, depth, true)? else {
                return Err(format!("line {line} has a key that is no text"));
            };
            if is_merge {
                return Err(format!("line {line} merges another map, which is not followed"));
            }
            let (event, begin) = self.next()?;
            let value = self.value(event, begin, depth, self.wants.contains(&key.as_str()))?;
            match entries.entry(key) {
                Entry::Vacant(entry) => entry.insert(value),
                Entry::Occupied(_) => return Err(format!("line {line} has a key that is there already")),
            };
        }
    }
}

/// The longest text that is read.
pub(super) const MAX_BYTES: usize = 1 << 20;

/// The most values, each key being one.
const MAX_VALUES: usize = 40_000;

/// The deepest nesting. A kubeconfig in the data of a printed ConfigMap has six levels.
const MAX_DEPTH: usize = 16;

/// The plain scalars that are null ([YAML 1.2, 10.3.2](https://yaml.org/spec/1.2.2/#1032-tag-resolution)).
const NULL: [&str; 4] = ["null", "Null", "NULL", "~"];

#[cfg(test)]
mod tests;
