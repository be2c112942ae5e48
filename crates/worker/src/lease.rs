//! The lease of an enrollment: of all tabs, one has it, and only that one calls the API about it and writes its
//! progress.
//!
//! It is a lock ([W3C Web Locks API](https://www.w3.org/TR/web-locks/)), or over plain HTTP, where browsers have no
//! locks, a row that its tab renews. For both the row has a counter, which is raised when a tab acquires the lease, and
//! compared in the transaction of each write: a tab that was asleep, or whose lock was stolen, writes nothing.

mod row_lease;
mod web_lock;

use std::{rc::Rc, time::Duration};

use serde::{Deserialize, Serialize};
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::JsValue;

use row_lease::RowLease;
use web_lock::WebLock;

use crate::{
    Error,
    storage::{Storage, Stores},
};

/// The lease that this tab has or waits for, of one enrollment at a time.
pub struct Lease(Kind);

enum Kind {
    WebLock(WebLock),
    Row(RowLease),
}

/// The proof of a lease that was acquired, shown with each write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    id: String,
    counter: u32,
}

impl Lease {
    /// Makes a lease of the kind that this browser has here. `on_change` is called whenever this tab has acquired or
    /// lost a lease by itself; `tab` is a mark of the tab, which stays the same when its page is loaded again, so that
    /// it need not wait for its own lease to end.
    pub fn new(database: &str, storage: &Storage, tab: &str, on_change: impl Fn() + 'static) -> Self {
        match WebLock::locks() {
            Some(_) => Self::by_web_locks(database, storage, on_change).expect("they are there"),
            None => Self::by_rows(storage, tab, on_change),
        }
    }

    /// Makes a lease that is a Web Lock, or returns `None` over plain HTTP.
    pub fn by_web_locks(database: &str, storage: &Storage, on_change: impl Fn() + 'static) -> Option<Self> {
        Some(Self(Kind::WebLock(WebLock::new(WebLock::locks()?, database, storage.clone(), Rc::new(on_change)))))
    }

    /// Makes a lease that is a row of the storage.
    pub fn by_rows(storage: &Storage, tab: &str, on_change: impl Fn() + 'static) -> Self {
        Self(Kind::Row(RowLease::new(storage.clone(), tab, Rc::new(on_change))))
    }

    /// Acquires the lease of an enrollment, and releases any other. Where another tab has it, this one waits for it.
    ///
    /// # Errors
    /// Those of [`Storage`].
    pub async fn acquire(&self, id: &str) -> Result<(), Error> {
        match &self.0 {
            Kind::WebLock(lock) => lock.acquire(id).await,
            Kind::Row(lease) => lease.acquire(id).await,
        }
    }

    /// Releases the lease, and waits no more for it. Does nothing where this tab neither has it nor waits for it.
    pub async fn release(&self, id: &str) {
        match &self.0 {
            Kind::WebLock(lock) => lock.release(id),
            Kind::Row(lease) => lease.release(id).await,
        }
    }

    /// Returns the id of the enrollment whose lease this tab has or waits for, or `None`.
    pub fn wanted(&self) -> Option<String> {
        match &self.0 {
            Kind::WebLock(lock) => lock.wanted(),
            Kind::Row(lease) => lease.wanted(),
        }
    }

    /// Returns the proof of the lease that this tab has, or `None`. Whether it still holds is checked with each write.
    pub fn proof(&self) -> Option<Proof> {
        match &self.0 {
            Kind::WebLock(lock) => lock.proof(),
            Kind::Row(lease) => lease.proof(),
        }
    }

    /// Returns the id of the enrollment whose lease this tab has, or `None`.
    pub fn held(&self) -> Option<String> {
        match &self.0 {
            Kind::WebLock(lock) => lock.held(),
            Kind::Row(lease) => lease.proof().map(|proof| proof.id),
        }
    }

    /// Returns the proof of this enrollment's lease, to be shown with a write.
    ///
    /// # Errors
    /// [`Error::LeaseLost`] where this tab does not have it; those of [`Storage`] where its count could not be written
    /// when it was acquired, and still cannot.
    pub async fn prove(&self, id: &str) -> Result<Proof, Error> {
        if let Kind::WebLock(lock) = &self.0 {
            lock.count().await?;
        }
        self.proof().filter(|proof| proof.id == id).ok_or(Error::LeaseLost)
    }

    /// Returns the ids of the enrollments whose leases other tabs have.
    ///
    /// # Errors
    /// Those of [`Storage`], and of a browser that does not list its locks.
    pub async fn others(&self) -> Result<Vec<String>, Error> {
        match &self.0 {
            Kind::WebLock(lock) => lock.others().await,
            Kind::Row(lease) => lease.others().await,
        }
    }
}

impl Proof {
    /// Returns the id of the enrollment.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Checks in the transaction of a write that nobody has acquired the lease since.
    pub(crate) async fn check(&self, stores: &Stores<'_>) -> Result<(), Error> {
        let row = stores.lease(&self.id).await?;
        if row.counter == self.counter { Ok(()) } else { Err(Error::LeaseLost) }
    }
}

/// The row of a lease.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct LeaseRow {
    id: String,
    /// The number of times that the lease was acquired.
    counter: u32,
    /// The mark of the tab that renews it, over plain HTTP.
    owner: String,
    /// The time until which it holds without being renewed, in milliseconds since 1970.
    until_ms: f64,
}

impl LeaseRow {
    /// Makes the row of a lease that nobody has had yet.
    pub(crate) fn new(id: &str) -> Self {
        Self { id: id.into(), ..Self::default() }
    }

    /// Parses a row, or returns `None` for another thing. Earlier versions wrote no counter.
    pub(crate) fn parse(value: JsValue) -> Option<Self> {
        serde_wasm_bindgen::from_value(value).ok()
    }

    pub(crate) fn to_value(&self) -> JsValue {
        self.serialize(&Serializer::new()).expect("it has only strings and numbers")
    }
}

/// The pause between two signs of life: of a row, or of a tab that waits.
const HEARTBEAT: Duration = Duration::from_millis(1_500);
