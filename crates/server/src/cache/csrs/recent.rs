use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use bytes::Bytes;
use tokio::time::Instant;

use super::snapshot::Summary;

/// The JSON of CSRs that were seen a moment ago: for those who watch them, and for those who have just created them and
/// ask next. Bounded in time and in bytes; what is not here is read from the API server.
pub(super) struct Recent {
    max_bytes: usize,
    period: Duration,
    bytes: usize,
    /// By `metadata.uid`.
    bodies: HashMap<Box<str>, Body>,
    /// The oldest first. A body that has given way to a newer one is still in it.
    order: VecDeque<(Instant, Box<str>, u64)>,
}

struct Body {
    version: u64,
    user: Option<Box<str>>,
    json: Bytes,
}

impl Recent {
    pub(super) fn new(max_bytes: usize, period: Duration) -> Self {
        Self { max_bytes, period, bytes: 0, bodies: HashMap::new(), order: VecDeque::new() }
    }

    /// Keeps the JSON of this version.
    pub(super) fn insert(&mut self, Summary { uid, user, version, .. }: &Summary, json: Bytes) {
        let now = Instant::now();
        self.bytes += json.len() + OVERHEAD_BYTES;
        self.order.push_back((now, uid.clone(), *version));
        let body = Body { version: *version, user: user.clone(), json };
        if let Some(former) = self.bodies.insert(uid.clone(), body) {
            self.bytes -= former.json.len();
        }
        self.drop_old(now);
    }

    /// Returns the JSON of this version.
    pub(super) fn get(&self, Summary { uid, user, version, .. }: &Summary) -> Option<Bytes> {
        let body = self.bodies.get(uid)?;
        (body.version == *version && body.user == *user).then(|| body.json.clone())
    }

    /// Drops what is too old now, and what there is no room for.
    pub(super) fn drop_old(&mut self, now: Instant) {
        while let Some((at, ..)) = self.order.front()
            && (self.bytes > self.max_bytes || now.saturating_duration_since(*at) >= self.period)
            && let Some((_, uid, version)) = self.order.pop_front()
        {
            self.bytes -= OVERHEAD_BYTES;
            if self.bodies.get(&uid).is_some_and(|body| body.version == version)
                && let Some(body) = self.bodies.remove(&uid)
            {
                self.bytes -= body.json.len();
            }
        }
        // After a flood or a list of thousands.
        if self.bodies.is_empty() {
            self.bodies.shrink_to(KEPT_CAPACITY);
            self.order.shrink_to(KEPT_CAPACITY);
        }
    }
}

/// The memory of a body besides its JSON, roughly.
const OVERHEAD_BYTES: usize = 256;

const KEPT_CAPACITY: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::csrs::tests::{csr, snapshot};

    const PERIOD: Duration = Duration::from_secs(10);

    #[test]
    fn keeps_the_latest_for_a_while() {
        let mut recent = Recent::new(1 << 20, PERIOD);
        let [first, second] = [1, 2].map(|version| snapshot(&csr("jane-aaaaaaaaaa", "u", None, version)));
        recent.insert(&first.summary, first.json.clone());
        recent.insert(&second.summary, second.json.clone());
        assert_eq!((recent.get(&first.summary), recent.get(&second.summary)), (None, Some(second.json.clone())));
        recent.drop_old(Instant::now() + PERIOD / 2);
        assert!(recent.get(&second.summary).is_some());
        recent.drop_old(Instant::now() + PERIOD * 2);
        assert_eq!((recent.get(&second.summary), recent.bytes, recent.order.len()), (None, 0, 0));
    }

    #[test]
    fn keeps_no_more_bytes_than_it_may() {
        let mut recent = Recent::new(10_000, PERIOD);
        for index in 0..1000 {
            let snapshot = snapshot(&csr(&format!("jane-{index}"), &index.to_string(), None, index));
            recent.insert(&snapshot.summary, snapshot.json.clone());
            assert!(recent.bytes <= 10_000 && recent.get(&snapshot.summary).is_some());
        }
        // One that is larger than all the room is not kept.
        let mut none = Recent::new(10, PERIOD);
        let only = snapshot(&csr("jane-aaaaaaaaaa", "u", None, 1));
        none.insert(&only.summary, only.json.clone());
        assert_eq!((none.get(&only.summary), none.bytes), (None, 0));
    }
}
