use std::time::Duration;

use super::*;
use crate::limits::{
    ByteSize, Limits,
    row::{Field, Scope, Unit},
};

/// The row as it stands in `docs/limits.md`.
fn line(row: &Row) -> String {
    let unit = match row.unit {
        Unit::PerMinute => " a minute",
        Unit::PerSecond => " a second",
        Unit::Count | Unit::Bytes | Unit::Size | Unit::Seconds => "",
    };
    let default = match row.unit {
        Unit::Size => ByteSize(row.default.into()).to_string(),
        _ => row.default.to_string(),
    };
    let scope = match row.scope {
        Scope::Everyone => "all together",
        Scope::Address => "an address",
        Scope::Network => "a network",
        Scope::User => "a person",
        Scope::Request => "a request",
    };
    let seen = match row.status() {
        Some((code, _)) if row.seen.is_empty() => code.to_string(),
        Some((code, _)) => format!("{code}; {}", row.seen),
        None => row.message(0),
    };
    let again = match row.retry_after_seconds() {
        0 => String::new(),
        seconds => format!("{seconds} s"),
    };
    let cells = [&format!("`--{}`", row.flag), &format!("{default}{unit}"), scope, row.protects, &seen, &again];
    format!("| {} |", cells.join(" | ")).replace("|  |", "| |")
}

#[test]
fn the_page_about_limits_is_the_table() {
    let page = include_str!("../../../../../docs/limits.md");
    let table: Vec<String> = TABLE.iter().map(line).collect();
    let written: Vec<&str> = page.lines().filter(|line| line.starts_with("| `--")).collect();
    assert_eq!(written, table, "expected in docs/limits.md:\n{}\n", table.join("\n"));
    let counted: Vec<String> =
        TABLE.iter().filter(|row| row.is_counted()).map(|row| format!("`{}`", row.name)).collect();
    assert!(page.contains(&counted.join(", ")), "expected in docs/limits.md: {}", counted.join(", "));
}

#[test]
fn each_limit_has_its_row_and_a_name_of_its_own_everywhere() {
    for (index, row) in TABLE.iter().enumerate() {
        assert_eq!((row.limit as usize, row.limit.row().name), (index, row.name));
        let variable = row.flag.replace('-', "_").to_uppercase();
        assert_eq!(row.environment, format!("KUBE_ENROLL_{variable}"));
        assert!(TABLE[..index].iter().all(|other| other.name != row.name && other.flag != row.flag), "{}", row.name);
    }
}

#[test]
fn each_row_has_a_field_of_its_own() {
    let mut limits = Limits::default();
    for (value, row) in (1000..).zip(&TABLE) {
        match (row.field)(&mut limits) {
            Field::Count(count) => *count = value,
            Field::Time(time) => *time = Duration::from_secs(value as u64),
        }
    }
    for (value, row) in (1000..).zip(&TABLE) {
        match (row.field)(&mut limits) {
            Field::Count(count) => assert_eq!(*count, value, "{}", row.name),
            Field::Time(time) => assert_eq!(time.as_secs(), value as u64, "{}", row.name),
        }
    }
}
