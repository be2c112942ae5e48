//! The generator itself works: a run with very few browsers, in which no time is judged.

use std::process::Command;

/// Runs scenarios with ten browsers in the largest, and returns the table's lines.
fn run(scenarios: &str) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_kube-enroll-load"))
        .args(["--browsers", "10", "--outage-seconds", "1", "--scenarios", scenarios])
        .output()
        .expect("the generator starts");
    // Its status tells of goals, which a busy machine may miss.
    let printed = String::from_utf8(output.stdout).expect("a text");
    assert!(!printed.contains("runs to its end"), "{printed}");
    printed.lines().filter(|line| line.starts_with("| ")).map(ToOwned::to_owned).collect()
}

#[test]
fn browsers_get_what_was_approved_and_creates_are_timed() {
    let table = run("create,outage");
    let line =
        |start: &str| table.iter().find(|line| line.contains(start)).unwrap_or_else(|| panic!("{start}: {table:?}"));
    assert!(line("creates each way").contains("ms through serve"), "{table:?}");
    assert!(line("approved while the API server was away").contains("| 1, the last after"), "{table:?}");
}
