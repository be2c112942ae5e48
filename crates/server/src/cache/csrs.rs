//! The CSRs, with one writer's side and one reader's side.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::{Notify, watch};

use crate::{
    kubernetes::csr::{ServiceAccount, VisibleCsr},
    limits::Waiting,
};

/// Makes an empty cache of CSRs. `objects` is set to their number, and `waiting` kept to those without a decision.
pub(crate) fn csrs(objects: Gauge, waiting: Arc<Waiting>) -> (CsrReader, CsrWriter) {
    let csrs = Arc::new(Csrs::default());
    (CsrReader(csrs.clone()), CsrWriter { csrs, objects, waiting, doubt: Arc::default() })
}

/// The readers' side: single CSRs, as they are and as they change.
#[derive(Clone)]
pub(crate) struct CsrReader(Arc<Csrs>);

/// The writers' side: the watch, and whoever has read or created a CSR beside it.
#[derive(Clone)]
pub(crate) struct CsrWriter {
    csrs: Arc<Csrs>,
    objects: Gauge,
    waiting: Arc<Waiting>,
    doubt: Arc<Notify>,
}

/// The latest event of a CSR. A subscriber needs nothing older.
#[derive(Clone, Debug)]
pub(crate) enum Latest {
    /// It was created or changed to this.
    Applied(Arc<VisibleCsr>),
    /// It was deleted, and was this before.
    Deleted(Arc<VisibleCsr>),
}

/// A CSR as it is, and its changes.
pub(crate) type Subscription = watch::Receiver<Latest>;

type Entries = HashMap<String, watch::Sender<Latest>>;

#[derive(Default)]
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

    /// Subscribes to a CSR of this user, or returns `None` if there is none of that name.
    pub(crate) fn subscribe(&self, name: &str, user: Option<&str>) -> Option<Subscription> {
        let found = self.0.entries().get(name).map(watch::Sender::subscribe);
        found.filter(|found| found.borrow().csr().is_for(user))
    }
}

impl CsrWriter {
    /// Inserts a CSR that was just created. Where the watch has been beyond its version and has not shown it, the
    /// cluster counts anew, as after a restore of etcd: everything has to be listed again.
    pub(crate) fn insert_created(&self, csr: Arc<VisibleCsr>) {
        let mut entries = self.csrs.entries();
        if !entries.contains_key(csr.name()) && csr.version() <= self.csrs.version() {
            self.doubt.notify_one();
        }
        self.advance(&mut entries, csr);
        self.count(&entries);
    }

    /// Waits until the watch is known to show a cluster that is no more.
    pub(crate) async fn doubted(&self) {
        self.doubt.notified().await;
    }

    /// Inserts a CSR that was read beside the watch. One that the watch should have shown already, and has
    /// not, is gone.
    pub(crate) fn insert(&self, csr: Arc<VisibleCsr>) {
        let mut entries = self.csrs.entries();
        if entries.contains_key(csr.name()) || csr.version() > self.csrs.version() {
            self.advance(&mut entries, csr);
        }
        self.count(&entries);
    }

    /// Applies a CSR that the watch has shown.
    pub(crate) fn apply(&self, csr: VisibleCsr) {
        let version = csr.version();
        let mut entries = self.csrs.entries();
        self.advance(&mut entries, csr.into());
        self.count(&entries);
        self.bookmark(version);
    }

    /// Deletes a CSR; `last` is its state as the watch has shown it for the last time.
    pub(crate) fn delete(&self, last: VisibleCsr) {
        let version = last.version();
        let mut entries = self.csrs.entries();
        // One that was created under the same name since then stays.
        if entries.get(last.name()).is_some_and(|entry| entry.borrow().csr().version() <= version)
            && let Some(entry) = entries.remove(last.name())
        {
            self.waiting.forget(last.name());
            // Another person's last state is not for these subscribers.
            let known = entry.borrow().csr().clone();
            entry.send_replace(Latest::Deleted(if known.is_same(&last) { last.into() } else { known }));
        }
        self.count(&entries);
        self.bookmark(version);
    }

    /// Returns whether the cluster of a list was restored from a backup: it counts its versions anew, and what was
    /// known by higher ones is not newer.
    pub(super) fn counts_anew(&self, version: u64) -> bool {
        version < self.csrs.version()
    }

    /// Replaces all CSRs by a list: one that is not in it is gone, unless it was created after it. All at once, so that
    /// a CSR that is listed is never missing.
    pub(crate) fn replace(&self, listed: Vec<VisibleCsr>, version: u64, account: ServiceAccount) {
        let listed: HashMap<String, VisibleCsr> = listed.into_iter().map(|csr| (csr.name().to_owned(), csr)).collect();
        let mut entries = self.csrs.entries();
        let counts_anew = self.counts_anew(version);
        entries.retain(|name, entry| {
            let last = entry.borrow().csr().clone();
            let stays = match listed.get(name) {
                Some(csr) => !counts_anew || *csr == *last,
                None => !counts_anew && last.version() > version,
            };
            if !stays {
                self.waiting.forget(name);
                entry.send_replace(Latest::Deleted(last));
            }
            stays
        });
        for csr in listed.into_values() {
            self.advance(&mut entries, csr.into());
        }
        self.count(&entries);
        self.csrs.version.store(version, Ordering::Release);
        self.csrs.listed.send_replace(Some(account));
    }

    /// Notes that every event up to a version has been seen.
    pub(crate) fn bookmark(&self, version: u64) {
        self.csrs.version.fetch_max(version, Ordering::AcqRel);
    }

    /// Applies a CSR that is new, or newer than what is known. Another object under the same name is not a change of
    /// the first one, which somebody else may watch.
    fn advance(&self, entries: &mut Entries, csr: Arc<VisibleCsr>) {
        if let Some(entry) = entries.get(csr.name()) {
            let known = entry.borrow().csr().clone();
            if csr.version() <= known.version() {
                return;
            }
            if known.is_same(&csr) {
                self.waiting.observe(csr.name(), csr.user(), csr.is_pending());
                entry.send_replace(Latest::Applied(csr));
                return;
            }
            self.waiting.forget(csr.name());
            entry.send_replace(Latest::Deleted(known));
        }
        self.waiting.observe(csr.name(), csr.user(), csr.is_pending());
        entries.insert(csr.name().to_owned(), watch::Sender::new(Latest::Applied(csr)));
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

impl Latest {
    /// Returns the CSR as it is, or was.
    pub(crate) fn csr(&self) -> &Arc<VisibleCsr> {
        match self {
            Self::Applied(csr) | Self::Deleted(csr) => csr,
        }
    }
}
