//! Where and with what the measuring was done.

use std::process::Command;

use anyhow::Context;
use kube_enroll_e2e::programs;

use crate::serve;

/// Returns the lines that stand above the table.
///
/// # Errors
/// Where the system does not say.
pub fn describe(command: &str) -> anyhow::Result<String> {
    let read = |path: &str| std::fs::read_to_string(path).with_context(|| path.to_owned());
    let field = |text: &str, name: &str| -> Option<String> {
        let line = text.lines().find(|line| line.starts_with(name))?;
        Some(line[name.len()..].trim_start_matches([' ', '\t', ':', '=']).trim_matches('"').to_owned())
    };
    let processor = field(&read("/proc/cpuinfo")?, "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let cores = std::thread::available_parallelism()?;
    let memory = field(&read("/proc/meminfo")?, "MemTotal").context("/proc/meminfo has no MemTotal")?;
    let memory_kib: u64 = memory.trim_end_matches(" kB").parse().context("MemTotal")?;
    let system = field(&read("/etc/os-release")?, "PRETTY_NAME").unwrap_or_default();
    let kernel = read("/proc/sys/kernel/osrelease")?;
    let repository = programs::repository();
    let git = |arguments: &[&str]| {
        let output = Command::new("git").arg("-C").arg(repository).args(arguments).output();
        output.ok().filter(|output| output.status.success()).map(|output| first_line(&output.stdout))
    };
    let commit = git(&["rev-parse", "--short=12", "HEAD"]).unwrap_or_else(|| "outside of git".into());
    let changed = git(&["status", "--porcelain", "--untracked-files=no", "--", ".", ":!BENCHMARKS.md"])
        .is_some_and(|changes| !changes.is_empty());
    let server = first_line(&Command::new(serve::program()?).arg("--version").output()?.stdout);
    // The control plane and this kubectl are built from one source.
    let kubectl = Command::new(programs::kubectl()).args(["version", "--client"]).output()?.stdout;
    let kubernetes = field(&String::from_utf8_lossy(&kubectl), "Client Version").context("kubectl has a version")?;
    Ok(format!(
        "- machine: {processor}, {cores} cores, {} GiB of memory, {system}, Linux {}\n\
         - server: {server}, commit {commit}{}\n\
         - Kubernetes: {kubernetes}, in one process with etcd; everything runs on the same machine\n\
         - command: `{command}`\n",
        memory_kib >> 20,
        kernel.trim(),
        if changed { " with changes" } else { "" },
    ))
}

fn first_line(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).lines().next().unwrap_or_default().to_owned()
}
