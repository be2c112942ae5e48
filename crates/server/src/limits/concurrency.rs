use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};

use prometheus_client::metrics::gauge::Gauge;

use super::{
    Limits,
    party::{Bounds, Party},
    table::Limit,
};

/// The number of things that last: of each party, and of all together.
pub(super) struct Concurrency {
    bounds: Bounds,
    limits: Limits,
    counts: Mutex<Counts>,
    gauge: Gauge,
}

#[derive(Default)]
struct Counts {
    all: usize,
    parties: HashMap<Party, usize>,
}

/// A place among the things that last; it is free again when this is dropped.
pub(crate) struct Permit {
    concurrency: Arc<Concurrency>,
    parties: Box<[Party]>,
}

impl Concurrency {
    pub(super) fn new(bounds: Bounds, limits: Limits, gauge: Gauge) -> Arc<Self> {
        Arc::new(Self { bounds, limits, counts: Mutex::default(), gauge })
    }

    /// Acquires a place where each of the parties, the narrowest first, and then all together have one left.
    ///
    /// # Errors
    /// The limit that is reached.
    pub(super) fn acquire(self: &Arc<Self>, parties: Vec<Party>) -> Result<Permit, Limit> {
        let mut counts = self.counts();
        for party in &parties {
            let (limit, factor) = self.bounds.of(party);
            let maximum = self.value(limit).saturating_mul(factor);
            if counts.parties.get(party).is_some_and(|count| *count >= maximum) {
                return Err(limit);
            }
        }
        if counts.all >= self.value(self.bounds.all) {
            return Err(self.bounds.all);
        }
        counts.all += 1;
        for party in &parties {
            *counts.parties.entry(party.clone()).or_default() += 1;
        }
        drop(counts);
        self.gauge.inc();
        Ok(Permit { concurrency: self.clone(), parties: parties.into() })
    }

    fn value(&self, limit: Limit) -> usize {
        usize::try_from(self.limits.value(limit)).unwrap_or(usize::MAX)
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().expect("nothing panics while it holds the lock")
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut counts = self.concurrency.counts();
        counts.all -= 1;
        for party in &self.parties {
            release(&mut counts.parties, party);
        }
        self.concurrency.gauge.dec();
    }
}

/// Counts down, and removes a party with nothing left.
pub(super) fn release(counts: &mut HashMap<Party, usize>, party: &Party) {
    if let Some(count) = counts.get_mut(party) {
        *count -= 1;
        if *count == 0 {
            counts.remove(party);
        }
    }
}
