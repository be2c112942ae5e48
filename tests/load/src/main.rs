//! `make load`: measures `kube-enroll serve` with thousands of waiting browsers in front of a real Kubernetes, and
//! prints one table of goals and what came of them.
//!
//! It knows the server by HTTP and by `/proc` alone. Each scenario starts a control plane and servers of its own, so
//! each can be run by itself.

mod api;
mod browser;
mod cluster;
mod crowd;
mod flood;
mod http;
mod latency;
mod machine;
mod memory;
mod namespace;
mod observer;
mod pace;
mod plan;
mod relay;
mod report;
mod requests;
mod scenario;
mod send_queues;
mod serve;
mod slowloris;
mod stalled;
mod tls;
mod visitor;
mod visits;
mod wait;

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use kube_enroll_e2e::benchmarks;
use plan::Plan;
use report::{Report, Row};

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let plan = Plan::parse();
    raise_file_limit()?;
    let mut report = Report::default();
    let is_outside = plan.rows.is_none();
    for scenario in plan.scenarios() {
        if is_outside {
            eprintln!("==> {scenario:?}");
        }
        let begin = std::time::Instant::now();
        // A task of its own: what the control plane and its like do not forgive ends the scenario, not the run.
        let plan = plan.clone();
        let rows = match tokio::spawn(async move { scenario::run(scenario, &plan).await }).await {
            Ok(Ok(rows)) => rows,
            Ok(Err(error)) => vec![failure(scenario, format!("{error:#}"))],
            Err(panic) => vec![failure(scenario, panic.to_string())],
        };
        // In a namespace, the one outside prints it.
        if is_outside {
            for row in &rows {
                eprintln!("    {row}");
            }
            eprintln!("    took {:.0} s", begin.elapsed().as_secs_f64());
        }
        report.add(rows);
    }
    if let Some(file) = &plan.rows {
        namespace::write(file, report.rows())?;
        return Ok(ExitCode::SUCCESS);
    }
    let text = format!("{INTRODUCTION}{}\n{report}{NOTES}", machine::describe(&plan, &command())?);
    print!("{text}");
    if let Some(output) = &plan.output {
        benchmarks::write_section(output, "The server", &text).with_context(|| output.display().to_string())?;
    }
    let missed = report.missed();
    if missed.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("goals missed: {}", missed.join("; "));
    Ok(ExitCode::FAILURE)
}

fn failure(scenario: plan::Scenario, error: String) -> Row {
    Row::new(format!("{scenario:?}"), "runs to its end", error.replace(['|', '\n'], " "), false)
}

/// Each browser is a file here.
fn raise_file_limit() -> anyhow::Result<()> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).context("the limit of file descriptors")
}

/// Returns the command that a person ran: `make load` tells its own.
fn command() -> String {
    std::env::var("LOAD_COMMAND").unwrap_or_else(|_| std::env::args().collect::<Vec<_>>().join(" "))
}

const INTRODUCTION: &str = "What `kube-enroll serve` costs and bears, written by `make load`. Plain HTTP/1.1; each browser has an address and a\nconnection of its own, and sends 3 KiB of headers with each request.\n\n";

const NOTES: &str = "
Memory is `VmRSS`, the median of five seconds; that of kubectl and of the control plane holds what Go has not collected yet.
Latencies of events are those of the browser less those of the generator's own watch at the API server, and all latencies are
open-loop: counted from when something was due.

Beside a flood, five honest people come each second: each reads the page, looks one name up, creates a request, and
waits until it was approved and issued. Their calls are timed one by one. A call that failed fails those that need its
answer as well. The server has the bounds of an operator who sets none. The flood comes from this machine, too, by
threads of a lower priority; `cut` is a connection that was closed without an answer.
";
