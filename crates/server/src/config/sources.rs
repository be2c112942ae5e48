use std::fmt;

use clap::{ArgMatches, Command, parser::ValueSource};

use super::setting::Setting;

/// The settings that hold, each with its source. Displayed as a line for each: `name: value (source)`. No setting is a
/// secret; secrets are in the files that settings name.
#[derive(Debug)]
pub struct Sources(Vec<Sourced>);

#[derive(Debug)]
struct Sourced {
    key: String,
    flag: String,
    values: Vec<String>,
    source: Source,
}

#[derive(Debug)]
enum Source {
    Flag,
    Environment(String),
    File(Place),
    Default,
}

/// A line of the configuration file, as `FILE:LINE`.
pub(super) type Place = String;

impl Sources {
    /// Finds the sources. `place` returns the line of a setting in the file.
    pub(super) fn new(serve: &Command, matches: &ArgMatches, place: impl Fn(&str) -> Option<Place>) -> Self {
        let sourced = |setting: Setting<'_>| {
            let id = setting.flag.get_id().as_str();
            let source = match (matches.value_source(id), place(&setting.key)) {
                (Some(ValueSource::CommandLine), _) => Source::Flag,
                (Some(ValueSource::EnvVariable), _) => {
                    let name = setting.flag.get_env().expect("a value from its variable has one");
                    Source::Environment(name.to_string_lossy().into_owned())
                }
                (_, Some(place)) => Source::File(place),
                _ => Source::Default,
            };
            let values = matches.get_raw(id).into_iter().flatten();
            let values = values.map(|value| value.to_string_lossy().into_owned()).collect();
            Sourced { flag: setting.flag_name(), key: setting.key, values, source }
        };
        Self(Setting::all(serve).into_iter().map(sourced).collect())
    }

    /// Adds to an error's text the lines of the file with the settings whose flags it names.
    pub fn with_places(&self, error: &str) -> String {
        let names: Vec<&str> = error.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-').collect();
        let mut text = error.to_owned();
        for Sourced { key, flag, source, .. } in &self.0 {
            if let Source::File(place) = source
                && names.contains(&flag.as_str())
            {
                text.push_str(&format!("; {flag} is {key} in {place}"));
            }
        }
        text
    }
}

impl fmt::Display for Sources {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Sourced { key, flag, values, source } in &self.0 {
            // Debug form for what would break the line, or would not be seen.
            let is_plain = |value: &String| !value.is_empty() && !value.contains(char::is_control);
            let values: Vec<_> =
                values.iter().map(|value| if is_plain(value) { value.clone() } else { format!("{value:?}") }).collect();
            let value = if values.is_empty() { "not set".into() } else { values.join(", ") };
            match source {
                Source::Flag => writeln!(text, "{key}: {value} (flag {flag})")?,
                Source::Environment(name) => writeln!(text, "{key}: {value} (environment variable {name})")?,
                Source::File(place) => writeln!(text, "{key}: {value} ({place})")?,
                Source::Default => writeln!(text, "{key}: {value} (default)")?,
            }
        }
        Ok(())
    }
}
