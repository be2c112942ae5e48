//! What to measure, and how much of it.

use std::{ffi::OsString, path::PathBuf, time::Duration};

use clap::{Parser, ValueEnum};

/// Measures `kube-enroll serve` under thousands of waiting browsers, against a real Kubernetes.
#[derive(Clone, Debug, Parser)]
#[command(name = "kube-enroll-load", version)]
pub struct Plan {
    /// Scenario; repeatable. [default: all]
    #[arg(long, value_enum, value_delimiter = ',', value_name = "NAME")]
    pub scenarios: Vec<Scenario>,
    /// Browsers of the largest scenario; the others have a fixed share of that.
    #[arg(long, default_value_t = FULL_BROWSERS, value_name = "N", value_parser = parse_browsers)]
    pub browsers: usize,
    /// How long the soak lasts.
    #[arg(long, default_value_t = 600, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(20..))]
    pub soak_seconds: u64,
    /// How long the API server is away in the outage.
    #[arg(long, default_value_t = 30, value_name = "SECONDS")]
    pub outage_seconds: u64,
    /// How long a flood lasts; an office's ten minutes are twice as long.
    #[arg(
        long,
        default_value_t = FULL_FLOOD_SECONDS,
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u64).range(10..)
    )]
    pub flood_seconds: u64,
    /// Server to measure. [default: kube-enroll beside this program]
    #[arg(long, value_name = "PATH")]
    pub serve: Option<PathBuf>,
    /// File for the rows alone, as JSON, from a network namespace of this program's own, into which it starts itself.
    #[arg(long, hide = true, value_name = "FILE")]
    pub rows: Option<PathBuf>,
    /// File for the report, which goes to standard output as well.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// What can be measured by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// Memory of those who wait, and what they cost the API server.
    Waiting,
    /// From an approval to the browser.
    Latency,
    /// What serve adds to a create.
    Create,
    /// The API server away.
    Outage,
    /// One of three replicas killed.
    Failover,
    /// Connections that say little, slowly.
    Slowloris,
    /// Browsers that come and go, for long.
    Soak,
    /// Everything that a stranger can send, from one address.
    FloodByAddress,
    /// The same from 1,000 addresses of one /48.
    FloodByNetwork,
    /// The same by one person who is signed in, behind the proxy of all others.
    FloodByPerson,
    /// Heads that never end, and readers that stop.
    SlowReaders,
    /// A start with more objects than fit into the memory.
    FullStart,
    /// 200 people behind one proxy that proves nothing.
    Office,
    /// `kubectl proxy` in the place of serve.
    KubectlProxy,
}

impl Plan {
    /// Returns the scenarios to run, in order.
    pub fn scenarios(&self) -> Vec<Scenario> {
        if self.scenarios.is_empty() { Scenario::value_variants().to_vec() } else { self.scenarios.clone() }
    }

    /// Returns the arguments of a program that runs one scenario of this plan.
    pub fn arguments_for(&self, scenario: Scenario) -> Vec<OsString> {
        let name = scenario.to_possible_value().expect("no scenario is hidden").get_name().to_owned();
        let mut arguments = vec![
            format!("--scenarios={name}").into(),
            format!("--browsers={}", self.browsers).into(),
            format!("--flood-seconds={}", self.flood_seconds).into(),
        ];
        if let Some(serve) = &self.serve {
            arguments.extend(["--serve".into(), serve.into()]);
        }
        arguments
    }

    /// Returns what `full` browsers of a full run are in this one, at least 1.
    pub fn share(&self, full: usize) -> usize {
        (full * self.browsers / FULL_BROWSERS).max(1)
    }

    /// Returns how long the soak lasts.
    pub fn soak(&self) -> Duration {
        Duration::from_secs(self.soak_seconds)
    }

    /// Returns how long a flood lasts.
    pub fn flood(&self) -> Duration {
        Duration::from_secs(self.flood_seconds)
    }

    /// Returns what `full` people of full floods are in a shorter one, at least 1.
    pub fn flood_share(&self, full: usize) -> usize {
        (full * self.flood_seconds as usize / FULL_FLOOD_SECONDS as usize).max(1)
    }

    /// Returns how long the API server is away.
    pub fn outage(&self) -> Duration {
        Duration::from_secs(self.outage_seconds)
    }
}

fn parse_browsers(text: &str) -> Result<usize, String> {
    let browsers: usize = text.parse().map_err(|_| "a number was expected".to_owned())?;
    if (10..=FULL_BROWSERS).contains(&browsers) {
        return Ok(browsers);
    }
    Err(format!("a number from 10 to {FULL_BROWSERS} was expected"))
}

/// The browsers of a full run: with those that join while it is measured, a process here has a file descriptor for
/// each.
const FULL_BROWSERS: usize = 10_000;

/// Five minutes.
const FULL_FLOOD_SECONDS: u64 = 300;
