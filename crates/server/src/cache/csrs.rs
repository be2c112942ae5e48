//! The CSRs, with one writer's side and one reader's side.

mod entries;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod model;
mod recent;
mod snapshot;

use std::{
    convert::Infallible,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use prometheus_client::metrics::gauge::Gauge;
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep},
};

use crate::{
    kubernetes::csr::{ServiceAccount, VisibleCsr},
    limits::{CacheRoom, Waiting},
};
use entries::Entries;
pub(crate) use entries::Latest;
pub(crate) use snapshot::Snapshot;

/// Makes an empty cache of CSRs. `objects` is set to their number, and `waiting` kept to those without a decision.
pub(crate) fn csrs(room: CacheRoom, objects: Gauge, waiting: Arc<Waiting>) -> (CsrReader, CsrWriter) {
    let entries = Entries::new(room, waiting);
    let csrs =
        Arc::new(Csrs { entries: Mutex::new(entries), version: AtomicU64::new(0), listed: watch::Sender::default() });
    (CsrReader(csrs.clone()), CsrWriter { csrs, objects, doubt: Arc::default() })
}

/// The readers' side: single CSRs, as they are and as they change.
#[derive(Clone)]
pub(crate) struct CsrReader(Arc<Csrs>);

/// The writers' side: the watch, and whoever has read or created a CSR beside it.
#[derive(Clone)]
pub(crate) struct CsrWriter {
    csrs: Arc<Csrs>,
    objects: Gauge,
    doubt: Arc<Notify>,
}

/// A CSR that is known: its version, and its JSON where that was seen a moment ago.
pub(crate) struct Known {
    pub(crate) version: u64,
    pub(crate) json: Option<Bytes>,
}

/// The changes of a CSR.
pub(crate) struct Subscription {
    user: Option<Box<str>>,
    changes: watch::Receiver<Latest>,
}

/// A question to the API server about a name, or a create of it, that is under way until this is dropped.
pub(crate) struct Interest {
    csrs: Arc<Csrs>,
    name: Box<str>,
    /// The number of lists that had begun before.
    since_list: u64,
}

struct Csrs {
    entries: Mutex<Entries>,
    /// The version up to which every event has been seen.
    version: AtomicU64,
    /// The account whose CSRs were listed; `None` until a list has come.
    listed: watch::Sender<Option<ServiceAccount>>,
}

impl CsrReader {
    /// Returns whether a list has come: until then no CSR is known to be absent.
    pub(crate) fn is_filled(&self) -> bool {
        self.0.listed.borrow().is_some()
    }

    /// Waits until a list of all CSRs of this account has come: under a new name, the former list lacks some.
    pub(crate) async fn wait_until_listed(&self, account: &ServiceAccount) {
        let is_listed = |listed: &Option<ServiceAccount>| listed.as_ref().is_some_and(|it| it.has_same_names(account));
        // The sender is in the same object as this receiver, so it is there.
        let _ = self.0.listed.subscribe().wait_for(is_listed).await;
    }

    /// Returns the version up to which every event has been seen.
    pub(crate) fn version(&self) -> u64 {
        self.0.version()
    }

    /// Returns what is known of a CSR of this user.
    pub(crate) fn known(&self, name: &str, user: Option<&str>) -> Option<Known> {
        let entries = self.0.entries();
        let summary = entries.get(name).filter(|summary| summary.is_for(user))?;
        Some(Known { version: summary.version, json: entries.recent.get(summary) })
    }

    /// Subscribes to a CSR of this user, or returns `None` if none of that name is known.
    pub(crate) fn subscribe(&self, name: &str, user: Option<&str>) -> Option<Subscription> {
        let mut entries = self.0.entries();
        entries.get(name).filter(|summary| summary.is_for(user))?;
        Some(Subscription { user: user.map(Into::into), changes: entries.subscribe(name)? })
    }
}

impl Subscription {
    /// Returns the user whose object it is.
    pub(crate) fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// Returns the latest event, which is then no change any more.
    pub(crate) fn latest(&mut self) -> Latest {
        self.changes.borrow_and_update().clone()
    }

    /// Returns whether there is a change.
    pub(crate) fn has_changed(&self) -> bool {
        self.changes.has_changed().unwrap_or(true)
    }

    /// Waits for the next change. Without one to come, as where the object gave way to others, the subscription ends.
    pub(crate) async fn changed(&mut self) -> Option<()> {
        self.changes.changed().await.ok()
    }
}

impl CsrWriter {
    /// Begins an interest in a name.
    pub(crate) fn interest(&self, name: &str) -> Interest {
        let since_list = self.csrs.entries().begin_interest(name);
        Interest { csrs: self.csrs.clone(), name: name.into(), since_list }
    }

    /// Inserts a CSR that was just created, in whose name there has been an interest since before. Where the watch has
    /// been beyond its version and has not shown it, the cluster counts anew, as after a restore of etcd: everything
    /// has to be listed again.
    pub(crate) fn insert_created(&self, created: Snapshot, interest: &Interest) {
        let mut entries = self.csrs.entries();
        if created.version() <= self.csrs.version() && !entries.has_shown(&created) {
            self.doubt.notify_one();
        }
        entries.insert(created, interest.since_list);
        self.count(&entries);
    }

    /// Waits until the watch is known to show a cluster that is no more.
    pub(crate) async fn doubted(&self) {
        self.doubt.notified().await;
    }

    /// Inserts a CSR that was read beside the watch, in whose name there has been an interest since before; returns
    /// whether it is there. The watch may have shown meanwhile that it is gone.
    pub(crate) fn insert(&self, read: Snapshot, interest: &Interest) -> bool {
        let mut entries = self.csrs.entries();
        let is_there = entries.insert(read, interest.since_list);
        self.count(&entries);
        is_there
    }

    /// Applies a CSR that the watch has shown.
    pub(crate) fn apply(&self, csr: &VisibleCsr) {
        let mut entries = self.csrs.entries();
        entries.apply(Snapshot::of(csr));
        self.count(&entries);
        self.bookmark(csr.version());
    }

    /// Deletes a CSR; `last` is its state as the watch has shown it for the last time.
    pub(crate) fn delete(&self, last: &VisibleCsr) {
        let mut entries = self.csrs.entries();
        entries.remove(&Snapshot::of(last));
        self.count(&entries);
        self.bookmark(last.version());
    }

    /// Returns whether the cluster of a list was restored from a backup: it counts its versions anew, and what was
    /// known by higher ones is not newer.
    pub(super) fn counts_anew(&self, version: u64) -> bool {
        version < self.csrs.version()
    }

    /// Begins a list, which comes page by page.
    pub(crate) fn begin_list(&self) {
        self.csrs.entries().begin_list();
    }

    /// Adds the CSRs of a page to the list.
    pub(crate) fn list(&self, page: &[VisibleCsr]) {
        for csr in page {
            self.csrs.entries().list(Snapshot::of(csr));
        }
    }

    /// Replaces all CSRs by those of the list.
    pub(crate) fn end_list(&self, version: u64, account: ServiceAccount) {
        let mut entries = self.csrs.entries();
        entries.end_list(version, self.counts_anew(version));
        self.count(&entries);
        self.csrs.version.store(version, Ordering::Release);
        self.csrs.listed.send_replace(Some(account));
    }

    /// Notes that every event up to a version has been seen.
    pub(crate) fn bookmark(&self, version: u64) {
        self.csrs.version.fetch_max(version, Ordering::AcqRel);
    }

    /// Drops the JSON that is too old, for ever.
    pub(crate) async fn drop_old(&self) -> Infallible {
        loop {
            sleep(DROPPING_PERIOD).await;
            self.csrs.entries().recent.drop_old(Instant::now());
        }
    }

    fn count(&self, entries: &Entries) {
        self.objects.set(i64::try_from(entries.len()).unwrap_or(i64::MAX));
    }
}

impl Csrs {
    fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().expect("nothing panics while it holds the lock")
    }
}

impl Drop for Interest {
    fn drop(&mut self) {
        self.csrs.entries().end_interest(&self.name);
    }
}

/// The pause between two looks for JSON that is too old.
const DROPPING_PERIOD: Duration = Duration::from_secs(2);

#[cfg(test)]
pub(super) mod tests;
