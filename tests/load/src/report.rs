//! The one table.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

/// A line of the table.
#[derive(Debug, Deserialize, PartialEq, Serialize)]
pub struct Row {
    what: String,
    goal: String,
    measured: String,
    verdict: Verdict,
}

/// What the goal says of what was measured.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub enum Verdict {
    /// It is met.
    Met,
    /// It is not.
    Missed,
    /// There is none.
    NoGoal,
}

/// Everything that was measured.
#[derive(Default)]
pub struct Report {
    rows: Vec<Row>,
}

impl Row {
    /// Writes down what was measured against a goal.
    pub fn new(what: impl Into<String>, goal: impl Into<String>, measured: impl Into<String>, is_met: bool) -> Self {
        let verdict = if is_met { Verdict::Met } else { Verdict::Missed };
        Self { what: what.into(), goal: goal.into(), measured: measured.into(), verdict }
    }

    /// Writes down something to compare with.
    pub fn without_goal(what: impl Into<String>, measured: impl Into<String>) -> Self {
        Self { what: what.into(), goal: String::new(), measured: measured.into(), verdict: Verdict::NoGoal }
    }
}

impl Report {
    /// Adds lines.
    pub fn add(&mut self, rows: impl IntoIterator<Item = Row>) {
        self.rows.extend(rows);
    }

    /// Returns all lines.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Returns what the goals that were missed are about.
    pub fn missed(&self) -> Vec<&str> {
        let missed = self.rows.iter().filter(|row| row.verdict == Verdict::Missed);
        missed.map(|row| row.what.as_str()).collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| what | goal | measured | |\n| --- | --- | --- | --- |")?;
        for row in &self.rows {
            writeln!(f, "{row}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, goal, measured, verdict } = self;
        let verdict = match verdict {
            Verdict::Met => "met",
            Verdict::Missed => "**missed**",
            Verdict::NoGoal => "",
        };
        write!(f, "| {what} | {goal} | {measured} | {verdict} |")
    }
}

/// Writes bytes as KiB.
pub fn kib(bytes: f64) -> String {
    format!("{:.1} KiB", bytes / 1024.0)
}

/// Writes bytes as MiB.
pub fn mib(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / 1_048_576.0)
}

/// Writes a duration in milliseconds.
pub fn ms(duration: Duration) -> String {
    let ms = duration.as_secs_f64() * 1_000.0;
    if ms < 10.0 { format!("{ms:.2} ms") } else { format!("{ms:.0} ms") }
}

/// Returns how many bytes each of `count` costs.
pub fn bytes_each(after: u64, before: u64, count: usize) -> f64 {
    (after as f64 - before as f64) / count as f64
}

/// Writes a count with a comma between thousands.
pub fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_goals_that_were_missed() {
        let mut report = Report::default();
        report.add([Row::new("a", "1", "1", true), Row::new("b", "1", "2", false), Row::without_goal("c", "3")]);
        assert_eq!(report.missed(), ["b"]);
        assert!(report.to_string().ends_with("| a | 1 | 1 | met |\n| b | 1 | 2 | **missed** |\n| c |  | 3 |  |\n"));
    }

    #[test]
    fn writes_numbers_for_people() {
        assert_eq!([count(0), count(999), count(1_000), count(1_234_567)], ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([ms(Duration::from_micros(1_234)), ms(Duration::from_secs(1))], ["1.23 ms", "1000 ms"]);
        assert_eq!(kib(bytes_each(30 << 10, 10 << 10, 10)), "2.0 KiB");
        assert_eq!(mib(25 << 20), "25.0 MiB");
    }
}
