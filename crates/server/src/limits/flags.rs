//! A flag for each row of the table.

use std::str::FromStr;

use clap::{Arg, ArgMatches, Args, Command, Error, FromArgMatches, builder::RangedU64ValueParser};

use super::{
    Limits,
    memory::{self, ByteSize},
    row::{Row, Unit},
    table::TABLE,
};

impl Args for Limits {
    fn augment_args(command: Command) -> Command {
        command.args(TABLE.iter().map(flag))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Limits {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut limits = Self::default();
        limits.update_from_arg_matches(matches)?;
        Ok(limits)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        for row in &TABLE {
            let value = match row.unit {
                Unit::Size => matches.get_one(row.flag).map(|ByteSize(bytes)| *bytes).or_else(default_memory),
                _ => matches.get_one(row.flag).copied(),
            };
            if let Some(value) = value {
                self.set(row.limit, value);
            }
        }
        Ok(())
    }
}

/// Returns the limit of the control group, or the least with which a page is served where that is less.
fn default_memory() -> Option<u64> {
    memory::limit_bytes().map(|bytes| bytes.max(memory::MIN_BYTES))
}

fn flag(row: &Row) -> Arg {
    let (value_name, maximum) = match row.unit {
        Unit::Count => ("N", u64::MAX),
        Unit::PerMinute | Unit::PerSecond => ("N", u32::MAX.into()),
        Unit::Bytes | Unit::Size => ("BYTES", u64::MAX),
        Unit::Seconds => ("SECONDS", u64::MAX),
    };
    let flag = Arg::new(row.flag)
        .long(row.flag)
        .env(row.environment)
        .help(row.help)
        .help_heading("Limits")
        .value_name(value_name);
    match row.unit {
        // Its default depends on the machine.
        Unit::Size => flag.value_parser(ByteSize::from_str),
        _ => flag
            .value_parser(RangedU64ValueParser::<u64>::new().range(..=maximum))
            .default_value(row.default.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(arguments: &[&str]) -> Result<Limits, Error> {
        let command = Limits::augment_args(Command::new("serve").no_binary_name(true));
        Limits::from_arg_matches(&command.try_get_matches_from(arguments)?)
    }

    #[test]
    fn each_limit_is_set_by_its_flag_and_else_has_its_default() {
        for row in &TABLE {
            let set = limits(&[&format!("--{}=7", row.flag)]).expect("a good flag");
            for other in &TABLE {
                let default = match other.unit {
                    Unit::Size => default_memory().unwrap_or(other.default.into()),
                    _ => other.default.into(),
                };
                let expected = if other.limit == row.limit { 7 } else { default };
                assert_eq!(set.value(other.limit), expected, "{} with --{}=7", other.name, row.flag);
            }
            for value in ["", "-1", "1.5", "x", "18446744073709551616"] {
                assert!(limits(&[&format!("--{}={value}", row.flag)]).is_err(), "--{}={value}", row.flag);
            }
        }
    }
}
