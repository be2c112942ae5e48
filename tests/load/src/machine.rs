//! Where and with what the measuring was done.

use std::process::Command;

use anyhow::Context;
use kube_enroll_e2e::{
    benchmarks::{self, field, first_line},
    programs,
};

use crate::{plan::Plan, serve};

/// Returns the lines that stand above the table.
///
/// # Errors
/// Where the system does not say.
pub fn describe(plan: &Plan, command: &str) -> anyhow::Result<String> {
    let server = first_line(&Command::new(serve::program(plan)?).arg("--version").output()?.stdout);
    let build = match &plan.serve {
        Some(path) => path.display().to_string(),
        None => format!("commit {}", benchmarks::commit()),
    };
    // The control plane and this kubectl are built from one source.
    let kubectl = Command::new(programs::kubectl()).args(["version", "--client"]).output()?.stdout;
    let kubernetes = field(&String::from_utf8_lossy(&kubectl), "Client Version").context("kubectl has a version")?;
    Ok(format!(
        "- machine: {}\n\
         - server: {server}, {build}\n\
         - Kubernetes: {kubernetes}, in one process with etcd; everything runs on the same machine\n\
         - command: `{command}`\n",
        benchmarks::machine()?,
    ))
}
