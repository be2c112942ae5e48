use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};

use prometheus_client::metrics::gauge::Gauge;

use super::{
    Limits,
    counts::Counts,
    party::{Bounds, Party},
    table::Limit,
};

/// The requests that nobody has decided on, and the creates that will make some: of each party, and of all together.
/// The cluster does not say from which address a request has come, so that those of an address are the ones that this
/// replica has created.
pub(crate) struct Waiting {
    bounds: Bounds,
    limits: Limits,
    index: Mutex<Index>,
    creating: Gauge,
}

#[derive(Default)]
struct Index {
    /// By the name of the object.
    entries: HashMap<String, Entry>,
    counts: Counts,
    /// Creates that the API server has not answered yet.
    in_flight: usize,
    /// The number of lists that have begun.
    lists: u64,
}

struct Entry {
    parties: Box<[Party]>,
    /// Creates of this name that the API server has not answered yet: several where a person tries again.
    in_flight: usize,
    /// The object is there, and nobody has decided on it.
    is_pending: bool,
    /// The number of lists that had begun when that was last seen.
    seen: u64,
}

/// A create under way, until this is dropped.
pub(crate) struct InFlight {
    waiting: Arc<Waiting>,
    name: String,
}

impl Waiting {
    pub(super) fn new(bounds: Bounds, limits: Limits, creating: Gauge) -> Arc<Self> {
        Arc::new(Self { bounds, limits, index: Mutex::default(), creating })
    }

    /// Begins a create where each of the parties, the narrowest first, and then all together may have one more request
    /// that waits. A name that waits already is no further one: its answer was lost.
    ///
    /// # Errors
    /// The limit that is reached.
    pub(super) fn begin(self: &Arc<Self>, parties: Vec<Party>, name: &str) -> Result<InFlight, Limit> {
        let mut index = self.index();
        if index.in_flight >= MAX_IN_FLIGHT {
            return Err(Limit::Creates);
        }
        index.in_flight += 1;
        match index.entries.get_mut(name) {
            Some(entry) => entry.in_flight += 1,
            None => {
                let checked = index.counts.check(&parties, index.entries.len(), &self.bounds, &self.limits);
                if let Err(limit) = checked {
                    index.in_flight -= 1;
                    return Err(limit);
                }
                index.insert(name, parties.into(), 1, false);
            }
        }
        drop(index);
        self.creating.inc();
        Ok(InFlight { waiting: self.clone(), name: name.to_owned() })
    }

    /// Notes whether an object waits for a decision, and for whom it was made.
    pub(crate) fn observe(&self, name: &str, user: Option<&str>, is_pending: bool) {
        let mut index = self.index();
        let lists = index.lists;
        match index.entries.get_mut(name) {
            Some(entry) => (entry.is_pending, entry.seen) = (is_pending, lists),
            None if is_pending => {
                let parties = user.map(|user| Party::Person(user.into())).into_iter().collect();
                index.insert(name, parties, 0, true);
            }
            None => {}
        }
        index.remove_idle(name);
    }

    /// Notes that an object is gone.
    pub(crate) fn forget(&self, name: &str) {
        self.observe(name, None, false);
    }

    /// Notes that all objects are about to be observed, as they are listed.
    pub(crate) fn begin_list(&self) {
        self.index().lists += 1;
    }

    /// Notes that all of them were: one that was not observed since then is gone.
    pub(crate) fn end_list(&self) {
        let mut index = self.index();
        let Index { entries, counts, lists, .. } = &mut *index;
        entries.retain(|_, entry| {
            entry.is_pending &= entry.seen == *lists;
            let stays = !entry.is_idle();
            if !stays {
                counts.remove(&entry.parties);
            }
            stays
        });
    }

    /// Returns whether a name waits for a decision.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn waits(&self, name: &str) -> bool {
        self.index().entries.get(name).is_some_and(|entry| entry.is_pending)
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().expect("nothing panics while it holds the lock")
    }
}

impl Index {
    fn insert(&mut self, name: &str, parties: Box<[Party]>, in_flight: usize, is_pending: bool) {
        self.counts.add(&parties);
        let entry = Entry { parties, in_flight, is_pending, seen: self.lists };
        self.entries.insert(name.to_owned(), entry);
    }

    /// Removes a name that neither waits nor is being created.
    fn remove_idle(&mut self, name: &str) {
        if self.entries.get(name).is_some_and(Entry::is_idle)
            && let Some(entry) = self.entries.remove(name)
        {
            self.counts.remove(&entry.parties);
        }
    }
}

impl Entry {
    /// Returns whether it neither waits nor is being created.
    fn is_idle(&self) -> bool {
        self.in_flight == 0 && !self.is_pending
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let mut index = self.waiting.index();
        index.in_flight -= 1;
        if let Some(entry) = index.entries.get_mut(&self.name) {
            entry.in_flight -= 1;
        }
        index.remove_idle(&self.name);
        self.waiting.creating.dec();
    }
}

/// The most creates at a time: each has a connection to the API server.
const MAX_IN_FLIGHT: usize = 256;
