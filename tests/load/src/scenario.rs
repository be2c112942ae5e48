//! What is measured, a file each.

mod create;
mod failover;
mod flood;
mod full_start;
mod kubectl_proxy;
mod latency;
mod office;
mod outage;
mod slow_readers;
mod slowloris;
mod soak;
mod waiting;

use std::time::Duration;

use crate::{
    plan::{Plan, Scenario},
    report::{Row, mib},
    serve::Serve,
};

/// Runs a scenario and returns what came of it.
///
/// # Errors
/// Where it cannot be measured. A goal that is missed is a row, not an error.
pub async fn run(scenario: Scenario, plan: &Plan) -> anyhow::Result<Vec<Row>> {
    match scenario {
        Scenario::Waiting => waiting::run(plan).await,
        Scenario::Latency => latency::run(plan).await,
        Scenario::Create => create::run(plan).await,
        Scenario::Outage => outage::run(plan).await,
        Scenario::Failover => failover::run(plan).await,
        Scenario::Slowloris => slowloris::run(plan).await,
        Scenario::Soak => soak::run(plan).await,
        Scenario::FloodByAddress => flood::by_address(plan).await,
        Scenario::FloodByNetwork => flood::by_network(plan).await,
        Scenario::FloodByPerson => flood::by_person(plan).await,
        Scenario::SlowReaders => slow_readers::run(plan).await,
        Scenario::FullStart => full_start::run(plan).await,
        Scenario::Office => office::run(plan).await,
        Scenario::KubectlProxy => kubectl_proxy::run(plan).await,
    }
}

/// Judges whether the server that was started is the one that still runs.
fn restart_row(meanwhile: &str, serve: &Serve) -> Row {
    let still_runs = serve.still_runs();
    Row::new(
        format!("{meanwhile}: restarts of the server"),
        "0",
        if still_runs { "0" } else { "it has ended" },
        still_runs,
    )
}

/// Judges the server's memory since its start, where it still runs. `before` is what it was when nothing went on.
async fn memory_row(meanwhile: &str, serve: &Serve, before: u64) -> anyhow::Result<Option<Row>> {
    if !serve.still_runs() {
        return Ok(None);
    }
    let (after, peak) = (serve.settled_bytes().await?, serve.peak_bytes()?);
    Ok(Some(Row::new(
        format!("{meanwhile}: memory of the server at its peak"),
        format!("≤ {}", mib(DEFAULT_MEMORY)),
        format!("{}; {} after it, {} before", mib(peak), mib(after), mib(before)),
        peak <= DEFAULT_MEMORY,
    )))
}

/// A server that other machines reach and that does not know who asks.
const OPEN: [&str; 3] = ["--exposed", "--identity=none", "--group=*"];

/// The server's budget without a flag and without a bound of its cgroup.
const DEFAULT_MEMORY: u64 = 512 << 20;

/// How long it may take until everybody waits who was sent.
const ARRIVAL: Duration = Duration::from_secs(60);
