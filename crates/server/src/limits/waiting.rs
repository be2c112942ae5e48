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
}

struct Entry {
    parties: Box<[Party]>,
    /// Creates of this name that the API server has not answered yet: several where a person tries again.
    in_flight: usize,
    /// The object is there, and nobody has decided on it.
    is_pending: bool,
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
        match index.entries.get_mut(name) {
            Some(entry) => entry.in_flight += 1,
            None => {
                index.counts.check(&parties, index.entries.len(), &self.bounds, &self.limits)?;
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
        match index.entries.get_mut(name) {
            Some(entry) => entry.is_pending = is_pending,
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

    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().expect("nothing panics while it holds the lock")
    }
}

impl Index {
    fn insert(&mut self, name: &str, parties: Box<[Party]>, in_flight: usize, is_pending: bool) {
        self.counts.add(&parties);
        self.entries.insert(name.to_owned(), Entry { parties, in_flight, is_pending });
    }

    /// Removes a name that neither waits nor is being created.
    fn remove_idle(&mut self, name: &str) {
        if self.entries.get(name).is_some_and(|entry| entry.in_flight == 0 && !entry.is_pending)
            && let Some(entry) = self.entries.remove(name)
        {
            self.counts.remove(&entry.parties);
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let mut index = self.waiting.index();
        if let Some(entry) = index.entries.get_mut(&self.name) {
            entry.in_flight -= 1;
        }
        index.remove_idle(&self.name);
        self.waiting.creating.dec();
    }
}
