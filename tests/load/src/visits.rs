//! Honest people who come while something goes on, and what is counted of all of them.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashSet},
    net::IpAddr,
    sync::Arc,
    time::Duration,
};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};

use crate::{
    cluster::Cluster,
    http::Site,
    latency::Latencies,
    plan::Plan,
    report::{Row, count, ms},
    requests::Requests,
    visitor::{Visit, Visitor},
};

/// All visits.
pub struct Visits(Vec<Visit>);

/// A person's way to the site, address and requests.
pub type Honest = (Site, IpAddr, anyhow::Result<Requests>);

/// Returns people who come at [`ARRIVALS_PER_SECOND`] for as long as a flood lasts, and are soon approved. `honest`
/// describes the person of a number.
///
/// # Errors
/// Where the system has no randomness.
pub fn steady(
    plan: &Plan,
    files: &Arc<[String]>,
    honest: impl Fn(u16) -> Honest,
) -> anyhow::Result<Vec<(Duration, Visitor)>> {
    let people = plan.flood_seconds * u64::from(ARRIVALS_PER_SECOND);
    let visitors = (0..people).map(|number| {
        let (site, source, requests) = honest(number as u16);
        let decision = SLOWEST_DECISION.mul_f64(fastrand::f64());
        let visitor = Visitor { site, source, object: requests?.object(), decision, files: Arc::clone(files) };
        Ok((Duration::from_secs(number) / ARRIVALS_PER_SECOND, visitor))
    });
    visitors.collect()
}

impl Visits {
    /// Has each visitor come when their time has come, and waits until the last has left.
    ///
    /// # Errors
    /// Where the approver cannot approve.
    pub async fn of(
        cluster: &Cluster,
        visitors: impl IntoIterator<Item = (Duration, Visitor)>,
    ) -> anyhow::Result<Self> {
        let begin = Instant::now();
        let mut coming = JoinSet::new();
        for (after, visitor) in visitors {
            sleep_until(begin + after).await;
            coming.spawn(visitor.visit(cluster.admin.clone()));
        }
        let mut visits = Vec::new();
        while let Some(visit) = coming.join_next().await {
            visits.push(visit??);
        }
        Ok(Self(visits))
    }

    /// Judges them by what is stored at the API server. `meanwhile` is what went on.
    ///
    /// # Errors
    /// Where the API server does not list its objects.
    pub async fn rows(&self, meanwhile: &str, cluster: &Cluster) -> anyhow::Result<Vec<Row>> {
        let stored = cluster.admin.list().await?.items.into_iter().map(|object| object.metadata.name).collect();
        Ok(self.judge(meanwhile, &stored))
    }

    fn judge(&self, meanwhile: &str, stored: &HashSet<String>) -> Vec<Row> {
        let mut latencies = Latencies::new();
        latencies.extend(self.0.iter().flat_map(|visit| visit.answered.iter().copied()));
        let (answered, failed) = (latencies.count() as usize, self.failed());
        let percent = 100.0 * answered as f64 / (answered + failed).max(1) as f64;
        let p99 = latencies.p99();
        let lost = self.lost(stored);
        let created = self.0.iter().filter(|visit| visit.was_created).count();
        vec![
            Row::new(
                format!("{meanwhile}: calls of {} honest people that succeed", count(self.0.len())),
                format!("≥ {MIN_SUCCESS_PERCENT} %"),
                format!("{percent:.2} % of {}{}", count(answered + failed), self.failures()),
                percent >= MIN_SUCCESS_PERCENT,
            ),
            Row::new(
                format!("{meanwhile}: their calls, p99"),
                format!("≤ {}", ms(MAX_P99)),
                format!("{} (p50 {})", ms(p99), ms(latencies.percentile(50.0))),
                p99 <= MAX_P99 && answered > 0,
            ),
            Row::new(
                format!("{meanwhile}: of their creates that were answered 201, lost"),
                "0",
                format!("{lost} of {}", count(created)),
                lost == 0 && created > 0,
            ),
        ]
    }

    /// Returns how many calls failed.
    pub fn failed(&self) -> usize {
        self.0.iter().map(|visit| visit.failed).sum()
    }

    /// Returns the most frequent failures for the table, in brackets.
    pub fn failures(&self) -> String {
        let mut failures = BTreeMap::<String, usize>::new();
        for visit in self.0.iter().filter(|visit| visit.failed > 0) {
            *failures.entry(visit.failure.replace(['|', '\n'], " ")).or_default() += 1;
        }
        let mut failures: Vec<_> = failures.into_iter().collect();
        failures.sort_by_key(|(_, people)| Reverse(*people));
        let texts: Vec<String> =
            failures.iter().take(MAX_FAILURES).map(|(failure, people)| format!("{people} × {failure}")).collect();
        if texts.is_empty() { String::new() } else { format!(" ({})", texts.join("; ")) }
    }

    /// Returns how many objects are not stored, or got no certificate, though their creates were answered with 201.
    fn lost(&self, stored: &HashSet<String>) -> usize {
        let is_lost = |visit: &&Visit| visit.was_created && !(visit.was_issued && stored.contains(visit.name.as_str()));
        self.0.iter().filter(is_lost).count()
    }
}

const ARRIVALS_PER_SECOND: u32 = 5;

/// An approver takes so long at most.
const SLOWEST_DECISION: Duration = Duration::from_secs(3);

const MIN_SUCCESS_PERCENT: f64 = 99.0;

const MAX_P99: Duration = Duration::from_millis(500);

/// Kinds of failures in a row of the table.
const MAX_FAILURES: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    /// A person whose ten calls were answered, but for the last so many.
    fn visit(requests: &Requests, failed: usize, was_issued: bool) -> Visit {
        Visit {
            name: requests.unused_name(),
            answered: vec![Duration::from_millis(1); 10 - failed],
            failed,
            failure: if failed > 0 { "create: 429 | too many".into() } else { String::new() },
            was_created: failed == 0,
            was_issued,
        }
    }

    #[test]
    fn counts_what_failed_and_what_was_lost() {
        let requests = Requests::new().unwrap();
        let visits: Vec<Visit> = (0..100).map(|_| visit(&requests, 0, true)).collect();
        let stored: HashSet<String> = visits.iter().map(|visit| visit.name.to_string()).collect();
        let rows = |visits: Vec<Visit>| Visits(visits).judge("x", &stored).into_iter().map(|row| row.to_string());
        assert!(rows(visits).all(|row| row.ends_with("| met |")));

        let rows: Vec<String> =
            rows(vec![visit(&requests, 0, true), visit(&requests, 3, false), visit(&requests, 0, false)]).collect();
        let percent = "| ≥ 99 % | 90.00 % of 30 (1 × create: 429   too many) | **missed** |";
        assert!(rows[0].ends_with(percent), "{rows:?}");
        // One is not stored, and one got no certificate.
        assert!(rows[2].ends_with("| 0 | 2 of 2 | **missed** |"), "{rows:?}");
        assert!(Visits(Vec::new()).judge("x", &stored).iter().all(|row| row.to_string().ends_with("| **missed** |")));
    }
}
