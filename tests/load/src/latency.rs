//! Latencies and their percentiles.

use std::time::Duration;

use hdrhistogram::Histogram;

/// Latencies, kept to three digits from 1 µs up to an hour.
pub struct Latencies(Histogram<u64>);

impl Latencies {
    /// Begins with none.
    pub fn new() -> Self {
        Self(Histogram::new_with_bounds(1, 3_600_000_000, 3).expect("the bounds are in order"))
    }

    /// Adds one.
    pub fn record(&mut self, latency: Duration) {
        self.0.saturating_record(u64::try_from(latency.as_micros()).unwrap_or(u64::MAX).max(1));
    }

    /// Returns how many there are.
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// Returns the latency that so many percent are not above.
    pub fn percentile(&self, percent: f64) -> Duration {
        Duration::from_micros(self.0.value_at_percentile(percent))
    }

    /// Returns the 99th percentile.
    pub fn p99(&self) -> Duration {
        self.percentile(99.0)
    }
}

impl Extend<Duration> for Latencies {
    fn extend<I: IntoIterator<Item = Duration>>(&mut self, latencies: I) {
        for latency in latencies {
            self.record(latency);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_slowest_hundredth() {
        let mut latencies = Latencies::new();
        latencies.extend((1..=1_000).map(Duration::from_millis));
        assert_eq!(latencies.count(), 1_000);
        let within = |found: Duration, expected: u64| found.as_millis().abs_diff(expected.into()) <= 2;
        assert!(within(latencies.p99(), 990), "{:?}", latencies.p99());
        assert!(within(latencies.percentile(50.0), 500), "{:?}", latencies.percentile(50.0));
    }
}
