//! BENCHMARKS.md, of which each command writes a section, and the machine that it was measured on.

use std::{fs, io, path::Path, process::Command};

use crate::programs::repository;

/// Writes one section of a file, in the place of an earlier one with its heading, or at the end.
///
/// # Errors
/// Where the file cannot be read or written.
pub fn write_section(file: &Path, heading: &str, text: &str) -> io::Result<()> {
    let before = match fs::read_to_string(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => TITLE.to_owned(),
        read => read?,
    };
    fs::write(file, with_section(&before, heading, text))
}

/// Returns what a reader has to know of this machine.
///
/// # Errors
/// Where the system does not say.
pub fn machine() -> io::Result<String> {
    // Not every processor's Linux has that line, nor every system this name.
    let processor = field_of("/proc/cpuinfo", "model name").unwrap_or_else(|_| std::env::consts::ARCH.to_owned());
    let system = field_of("/etc/os-release", "PRETTY_NAME").unwrap_or_else(|_| std::env::consts::OS.to_owned());
    let memory = field_of("/proc/meminfo", "MemTotal")?;
    let memory_kib: u64 = memory.trim_end_matches(" kB").parse().map_err(io::Error::other)?;
    Ok(format!(
        "{processor}, {} cores, {} GiB of memory, {system}, Linux {}",
        std::thread::available_parallelism()?,
        memory_kib >> 20,
        fs::read_to_string("/proc/sys/kernel/osrelease")?.trim(),
    ))
}

/// Returns the commit that this clone is at, and whether its sources differ from it.
pub fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").arg("-C").arg(repository()).args(arguments).output();
        output.ok().filter(|output| output.status.success()).map(|output| first_line(&output.stdout))
    };
    let commit = git(&["rev-parse", "--short=12", "HEAD"]).unwrap_or_else(|| "outside of git".into());
    let changes = git(&["status", "--porcelain", "--untracked-files=no", "--", ".", ":!BENCHMARKS.md"]);
    if changes.is_some_and(|changes| !changes.is_empty()) { format!("{commit} with changes") } else { commit }
}

/// Returns the first line of what a program has printed.
pub fn first_line(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).lines().next().unwrap_or_default().to_owned()
}

/// Returns the value of a line such as `name: value` or `name="value"`, or `None` where there is no such line.
pub fn field(text: &str, name: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line[name.len()..].trim_start_matches([' ', '\t', ':', '=']).trim_matches('"').to_owned())
}

fn field_of(path: &str, name: &str) -> io::Result<String> {
    field(&fs::read_to_string(path)?, name).ok_or_else(|| io::Error::other(format!("{path} has no {name}")))
}

fn with_section(before: &str, heading: &str, text: &str) -> String {
    let start = format!("## {heading}\n");
    let section = format!("{start}\n{}\n", text.trim());
    let Some(begin) = before.find(&start) else { return format!("{}\n\n{section}", before.trim_end()) };
    let rest = &before[begin + start.len()..];
    let after = rest.find("\n## ").map_or("", |end| &rest[end..]);
    format!("{}{section}{after}", &before[..begin])
}

const TITLE: &str = "# Benchmarks\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_its_own_section_and_no_other() {
        let both = with_section(&with_section("# Benchmarks\n", "A", "one"), "B", "two\n");
        assert_eq!(both, "# Benchmarks\n\n## A\n\none\n\n## B\n\ntwo\n");
        assert_eq!(with_section(&both, "A", "three"), "# Benchmarks\n\n## A\n\nthree\n\n## B\n\ntwo\n");
        assert_eq!(with_section(&both, "B", "four"), "# Benchmarks\n\n## A\n\none\n\n## B\n\nfour\n");
    }

    #[test]
    fn describes_this_machine() {
        assert!(machine().expect("a Linux machine").contains(" cores, "));
    }
}
