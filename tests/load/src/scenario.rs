//! What is measured, a file each.

mod create;
mod failover;
mod kubectl_proxy;
mod latency;
mod outage;
mod slowloris;
mod soak;
mod waiting;

use std::time::Duration;

use crate::{
    plan::{Plan, Scenario},
    report::Row,
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
        Scenario::KubectlProxy => kubectl_proxy::run(plan).await,
    }
}

/// How long it may take until everybody waits who was sent.
const ARRIVAL: Duration = Duration::from_secs(60);
