use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard},
};

use prometheus_client::metrics::gauge::Gauge;

/// The creates that the API server has not answered yet.
pub(super) struct CreatesInFlight {
    /// User and name; more than once where a person retries before the first answer.
    entries: Mutex<Vec<(Option<String>, String)>>,
    gauge: Gauge,
}

/// A create under way, until this is dropped.
pub(crate) struct InFlight {
    creates: Arc<CreatesInFlight>,
    entry: (Option<String>, String),
}

impl CreatesInFlight {
    pub(super) fn new(gauge: Gauge) -> Arc<Self> {
        Arc::new(Self { entries: Mutex::default(), gauge })
    }

    pub(super) fn begin(self: &Arc<Self>, user: Option<&str>, name: &str) -> InFlight {
        let entry = (user.map(ToOwned::to_owned), name.to_owned());
        self.entries().push(entry.clone());
        self.gauge.inc();
        InFlight { creates: self.clone(), entry }
    }

    /// Returns the names of what is being created for a person.
    pub(super) fn names_of(&self, user: &str) -> HashSet<String> {
        let entries = self.entries();
        let theirs = entries.iter().filter(|(of, _)| of.as_deref() == Some(user));
        theirs.map(|(_, name)| name.clone()).collect()
    }

    fn entries(&self) -> MutexGuard<'_, Vec<(Option<String>, String)>> {
        self.entries.lock().expect("nothing panics while it holds the lock")
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let mut entries = self.creates.entries();
        if let Some(index) = entries.iter().position(|entry| *entry == self.entry) {
            entries.swap_remove(index);
        }
        self.creates.gauge.dec();
    }
}
