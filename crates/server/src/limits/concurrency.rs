use std::sync::{Arc, Mutex, MutexGuard};

use prometheus_client::metrics::gauge::Gauge;

use super::{
    Limits,
    counts::Counts,
    party::{Bounds, Party},
    table::Limit,
};

/// The number of things that last: of each party, and of all together.
pub(super) struct Concurrency {
    bounds: Bounds,
    limits: Limits,
    held: Mutex<Held>,
    gauge: Gauge,
}

#[derive(Default)]
struct Held {
    all: usize,
    counts: Counts,
}

/// A place among the things that last; it is free again when this is dropped.
pub(crate) struct Permit {
    concurrency: Arc<Concurrency>,
    parties: Arc<[Party]>,
}

impl Concurrency {
    pub(super) fn new(bounds: Bounds, limits: Limits, gauge: Gauge) -> Arc<Self> {
        Arc::new(Self { bounds, limits, held: Mutex::default(), gauge })
    }

    /// Acquires a place where each of the parties, the narrowest first, and then all together have one left.
    ///
    /// # Errors
    /// The limit that is reached.
    pub(super) fn acquire(self: &Arc<Self>, parties: Vec<Party>) -> Result<Permit, Limit> {
        let mut held = self.held();
        held.counts.check(&parties, held.all, &self.bounds, &self.limits)?;
        held.all += 1;
        held.counts.add(&parties);
        drop(held);
        self.gauge.inc();
        Ok(Permit { concurrency: self.clone(), parties: parties.into() })
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().expect("nothing panics while it holds the lock")
    }
}

impl Permit {
    /// Returns those that it counts for.
    pub(crate) fn parties(&self) -> &Arc<[Party]> {
        &self.parties
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut held = self.concurrency.held();
        held.all -= 1;
        held.counts.remove(&self.parties);
        self.concurrency.gauge.dec();
    }
}
