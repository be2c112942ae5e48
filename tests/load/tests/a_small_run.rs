//! The generator itself works: a run with very few browsers, in which no time is judged. `WAITING_BROWSERS` is their
//! number.

use std::{env, process::Command};

/// Runs scenarios with as many browsers in the largest, and returns the table's lines.
fn run(scenarios: &str, browsers: usize) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_kube-enroll-load"))
        .args(["--browsers", &browsers.to_string(), "--outage-seconds", "1", "--scenarios", scenarios])
        .output()
        .expect("the generator starts");
    // Its status tells of goals, which a busy machine may miss.
    let printed = String::from_utf8(output.stdout).expect("a text");
    assert!(!printed.contains("runs to its end"), "{printed}");
    printed.lines().filter(|line| line.starts_with("| ")).map(ToOwned::to_owned).collect()
}

#[test]
fn browsers_get_what_was_approved_and_creates_are_timed() {
    let browsers = env::var("WAITING_BROWSERS").map_or(10, |text| text.parse().expect("WAITING_BROWSERS is a number"));
    let table = run("create,outage", browsers);
    let line =
        |start: &str| table.iter().find(|line| line.contains(start)).unwrap_or_else(|| panic!("{start}: {table:?}"));
    assert!(line("creates each way").contains("ms through serve"), "{table:?}");
    // One in twenty is approved while the API server is away.
    let approvals = (browsers / 20).max(1);
    let delivered = format!("| {approvals}, the last after");
    assert!(line("approved while the API server was away").contains(&delivered), "{table:?}");
}
