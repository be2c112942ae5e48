//! The objects that this server has made, as far as the one watch has shown them, and the browsers that wait for one
//! each.
//!
//! One list and one watch of the API server ([`crate::kubernetes::watcher`]) fill the store; any number of browsers are
//! told from it. Nothing of it is needed after a restart: all state is in the Kubernetes API.

mod clock;
mod lookups;

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use http::HeaderValue;
use kube_enroll_core::{CertificateSigningRequest, ObjectName};
use tokio::{
    sync::watch,
    time::{self, Instant},
};

use crate::{
    kubernetes::{
        Error,
        client::{Client, Dated},
        csr::{ServiceAccount, VisibleCsr},
    },
    metrics::Metrics,
};
use clock::Clock;
use lookups::Lookups;

/// What is known of the objects of this server's account.
pub(crate) struct Store {
    client: Client,
    entries: Mutex<HashMap<String, watch::Sender<Event>>>,
    /// The version up to which every event has been seen.
    seen: AtomicU64,
    filled: AtomicBool,
    lookups: Lookups,
    clock: Clock,
    pub(crate) metrics: Arc<Metrics>,
    cluster_info: tokio::sync::Mutex<Option<(Instant, Option<String>)>>,
}

/// The latest of an object. Whoever waits needs nothing older.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// It is there, like this.
    Applied(Arc<VisibleCsr>),
    /// It is gone; like this it was last.
    Deleted(Arc<VisibleCsr>),
}

/// An object as it is, and what becomes of it.
pub(crate) type Subscription = watch::Receiver<Event>;

impl Store {
    /// Makes a store that asks `client` for names that it does not know.
    pub(crate) fn new(client: Client, metrics: Arc<Metrics>) -> Self {
        Self {
            client,
            entries: Mutex::default(),
            seen: AtomicU64::new(0),
            filled: AtomicBool::new(false),
            lookups: Lookups::default(),
            metrics,
            cluster_info: tokio::sync::Mutex::default(),
            clock: Clock::default(),
        }
    }

    /// Tells whether it has been filled once: until then nothing is known to be absent.
    pub(crate) fn is_filled(&self) -> bool {
        self.filled.load(Ordering::Acquire)
    }

    /// Returns the version up to which every event has been seen.
    pub(crate) fn version(&self) -> u64 {
        self.seen.load(Ordering::Acquire)
    }

    /// Returns the time by the API server's clock, as the header `Date` has it; nothing before it has said any.
    pub(crate) fn date(&self) -> Option<HeaderValue> {
        self.clock.date()
    }

    /// Takes an answer's `Date`.
    pub(crate) fn observe_date(&self, date: Option<&HeaderValue>) {
        if let Some(date) = date {
            self.clock.observe(date);
        }
    }

    /// Names the requests of a user that nobody has decided on.
    pub(crate) fn pending_of(&self, user: &str) -> HashSet<String> {
        let is_pending = |entry: &watch::Sender<Event>| match &*entry.borrow() {
            Event::Applied(csr) => csr.is_for(Some(user)) && csr.is_pending(),
            Event::Deleted(_) => false,
        };
        self.entries().iter().filter(|(_, entry)| is_pending(entry)).map(|(name, _)| name.clone()).collect()
    }

    /// Returns an object of this person, to read or to watch. A name that is not known costs one question to the API
    /// server where `check_rate` lets it, whether the object is somebody else's, absent, or was just made by another
    /// replica.
    ///
    /// # Errors
    /// What `check_rate` says, and what the API server says to the question.
    pub(crate) async fn find<E: From<Error>>(
        &self,
        account: &ServiceAccount,
        name: &ObjectName,
        user: Option<&str>,
        check_rate: impl Fn() -> Result<(), E>,
    ) -> Result<Option<Subscription>, E> {
        let known = || self.subscribe(name.as_str()).filter(|found| found.borrow().csr().is_for(user));
        if let Some(found) = known() {
            return Ok(Some(found));
        }
        let mut is_second = false;
        loop {
            let (answer, is_fresh) = self.lookups.get(&self.client, name, &check_rate).await?;
            self.observe_date(answer.date.as_ref());
            if let Some(csr) = answer.value.and_then(|object| account.visible(object)) {
                self.put(csr.into());
            }
            let found = known();
            // What somebody else had asked before may be older than the object; what they ask after that is not.
            if found.is_some() || is_fresh || is_second {
                return Ok(found);
            }
            is_second = true;
        }
    }

    /// Takes an object that this server has just created, and returns it as its person sees it; nothing where the API
    /// server says that it is not this server's.
    pub(crate) fn created(
        &self,
        account: &ServiceAccount,
        object: CertificateSigningRequest,
    ) -> Option<Arc<VisibleCsr>> {
        let csr = Arc::new(account.visible(object)?);
        self.put(csr.clone());
        Some(csr)
    }

    /// Returns the kubeconfig in `kube-public/cluster-info`, which is asked for where `check_rate` lets it, once in
    /// [`CLUSTER_INFO_PERIOD`], however many pages load; nothing where there is none.
    ///
    /// # Errors
    /// What `check_rate` says, and what the API server says.
    pub(crate) async fn cluster_info<E: From<Error>>(
        &self,
        check_rate: impl FnOnce() -> Result<(), E>,
    ) -> Result<Option<String>, E> {
        // Whoever comes while it is asked for waits for the answer, and not for those of all who came before.
        let patience = self.client.timeout();
        let mut known = time::timeout(patience, self.cluster_info.lock()).await.map_err(|_| Error::Timeout)?;
        if let Some((asked, found)) = &*known
            && asked.elapsed() < CLUSTER_INFO_PERIOD
        {
            return Ok(found.clone());
        }
        check_rate()?;
        let Dated { value, date } = self.client.cluster_info().await?;
        self.observe_date(date.as_ref());
        *known = Some((Instant::now(), value.clone()));
        Ok(value)
    }

    fn subscribe(&self, name: &str) -> Option<Subscription> {
        self.entries().get(name).map(watch::Sender::subscribe)
    }

    /// Takes an object that was read beside the watch. One that the watch should have shown already, and has not, is
    /// gone.
    fn put(&self, csr: Arc<VisibleCsr>) {
        let mut entries = self.entries();
        if entries.contains_key(csr.name()) || csr.version() > self.version() {
            advance(&mut entries, csr);
        }
        self.count(&entries);
    }

    /// Takes an object that the watch has shown.
    pub(crate) fn show(&self, csr: VisibleCsr) {
        let version = csr.version();
        let mut entries = self.entries();
        advance(&mut entries, csr.into());
        self.count(&entries);
        self.seen.fetch_max(version, Ordering::AcqRel);
    }

    /// Takes that an object is gone; `last` is how the watch has shown it for the last time.
    pub(crate) fn delete(&self, last: VisibleCsr) {
        let version = last.version();
        let mut entries = self.entries();
        // One that was made under the same name since then stays.
        if entries.get(last.name()).is_some_and(|entry| entry.borrow().csr().version() <= version)
            && let Some(entry) = entries.remove(last.name())
        {
            // Another person's last state is nothing for whoever waits here.
            let known = entry.borrow().csr().clone();
            entry.send_replace(Event::Deleted(if known.is_same(&last) { last.into() } else { known }));
        }
        self.count(&entries);
        self.seen.fetch_max(version, Ordering::AcqRel);
    }

    /// Takes a whole list: what is not in it is gone, unless it was made after it. All at once, so that nothing is ever
    /// missing that is listed.
    pub(crate) fn replace(&self, listed: HashMap<String, VisibleCsr>, version: u64) {
        let mut entries = self.entries();
        // A cluster that was restored from a backup counts anew, and what was known by higher versions is not newer.
        let counts_anew = version < self.version();
        entries.retain(|name, entry| {
            let last = entry.borrow().csr().clone();
            let stays = match listed.get(name) {
                Some(csr) => !counts_anew || *csr == *last,
                None => !counts_anew && last.version() > version,
            };
            if !stays {
                entry.send_replace(Event::Deleted(last));
            }
            stays
        });
        for csr in listed.into_values() {
            advance(&mut entries, csr.into());
        }
        self.count(&entries);
        self.seen.store(version, Ordering::Release);
        self.filled.store(true, Ordering::Release);
    }

    /// Says how many there are.
    fn count(&self, entries: &HashMap<String, watch::Sender<Event>>) {
        self.metrics.objects.set(i64::try_from(entries.len()).unwrap_or(i64::MAX));
    }

    pub(crate) fn bookmark(&self, version: u64) {
        self.seen.fetch_max(version, Ordering::AcqRel);
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, HashMap<String, watch::Sender<Event>>> {
        self.entries.lock().expect("nothing panics while it holds the lock")
    }
}

impl Event {
    /// Returns the object as it is, or was.
    pub(crate) fn csr(&self) -> &Arc<VisibleCsr> {
        match self {
            Self::Applied(csr) | Self::Deleted(csr) => csr,
        }
    }
}

/// How long what the cluster says of itself is believed.
const CLUSTER_INFO_PERIOD: Duration = Duration::from_secs(10);

/// Takes an object where it is new, or newer than what is known. Another object under the same name is not a change of
/// the first one, which somebody else may wait for.
fn advance(entries: &mut HashMap<String, watch::Sender<Event>>, csr: Arc<VisibleCsr>) {
    if let Some(entry) = entries.get(csr.name()) {
        let known = entry.borrow().csr().clone();
        if csr.version() <= known.version() {
            return;
        }
        if known.is_same(&csr) {
            entry.send_replace(Event::Applied(csr));
            return;
        }
        entry.send_replace(Event::Deleted(known));
    }
    entries.insert(csr.name().to_owned(), watch::Sender::new(Event::Applied(csr)));
}
