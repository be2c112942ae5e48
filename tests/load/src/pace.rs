//! Open-loop scheduling: things happen when their time has come, whether those before are done or not.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// A clock that ticks so many times a second.
pub struct Pace {
    begin: Instant,
    interval: Duration,
    ticks: u32,
}

impl Pace {
    /// Begins now.
    pub fn per_second(rate: u32) -> Self {
        Self { begin: Instant::now(), interval: Duration::from_secs(1) / rate, ticks: 0 }
    }

    /// Waits for the next tick and returns when it was due: a latency is counted from there, so that a generator that
    /// is late does not hide what it was late for.
    pub async fn tick(&mut self) -> Instant {
        let due = self.begin + self.interval * self.ticks;
        self.ticks += 1;
        sleep_until(due).await;
        due
    }
}
