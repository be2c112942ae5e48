use std::time::Duration;

/// Exponential backoff with jitter: each pause is twice as long as the one before, up to a maximum, and lengthened at
/// random by up to a half, so that clients that failed together do not retry together.
///
/// Clock and randomness are the caller's: `jitter` is a random number from 0 to 1, a fresh one for each pause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backoff {
    min: Duration,
    max: Duration,
    next: Duration,
}

impl Backoff {
    /// Begins with the shortest pause.
    pub const fn new(min: Duration, max: Duration) -> Self {
        Self { min, max, next: min }
    }

    /// Returns the pause before the next try, and doubles the one after it.
    pub fn pause(&mut self, jitter: f64) -> Duration {
        let pause = self.next;
        self.next = (self.next * 2).min(self.max);
        pause.mul_f64(1.0 + jitter.clamp(0.0, 1.0) / 2.0)
    }

    /// Begins again with the shortest pause: a try has succeeded.
    pub fn reset(&mut self) {
        self.next = self.min;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_the_longest_and_begins_again() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(5));
        let pauses: Vec<u64> = (0..4).map(|_| backoff.pause(0.0).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 5]);
        backoff.reset();
        assert_eq!(backoff.pause(0.0), Duration::from_secs(1));
    }

    #[test]
    fn stretches_by_at_most_a_half() {
        let pause = |jitter| Backoff::new(Duration::from_secs(2), Duration::from_secs(2)).pause(jitter);
        assert_eq!(
            (pause(0.0), pause(1.0), pause(9.0)),
            (Duration::from_secs(2), Duration::from_secs(3), Duration::from_secs(3))
        );
    }
}
