use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use gloo_timers::future::sleep;
use wasm_bindgen_futures::spawn_local;

use super::{HEARTBEAT, LeaseRow, Proof};
use crate::{Error, storage::Storage};

/// A lease over plain HTTP: a row that says which tab has it, and until when. That tab renews it, since one that ends
/// says nothing.
#[derive(Clone)]
pub(super) struct RowLease(Rc<Inner>);

struct Inner {
    storage: Storage,
    tab: String,
    on_change: Rc<dyn Fn()>,
    wanted: RefCell<Option<Wanted>>,
    /// Counts what was wanted, so that a heartbeat knows whether it is still meant.
    attempt: Cell<u32>,
}

#[derive(Clone)]
struct Wanted {
    id: String,
    /// The counter with which this tab has it, or `None` while it waits.
    counter: Option<u32>,
}

impl RowLease {
    pub(super) fn new(storage: Storage, tab: &str, on_change: Rc<dyn Fn()>) -> Self {
        let (wanted, attempt) = (RefCell::new(None), Cell::new(0));
        Self(Rc::new(Inner { storage, tab: tab.into(), on_change, wanted, attempt }))
    }

    pub(super) async fn acquire(&self, id: &str) -> Result<(), Error> {
        if self.wanted().as_deref() != Some(id) {
            if let Some(other) = self.wanted() {
                self.release(&other).await;
            }
            *self.0.wanted.borrow_mut() = Some(Wanted { id: id.into(), counter: None });
            self.0.attempt.update(|attempt| attempt + 1);
            spawn_local(self.clone().beat(self.0.attempt.get()));
        }
        let counter = self.take(id).await?;
        self.set(counter);
        Ok(())
    }

    pub(super) async fn release(&self, id: &str) {
        if self.wanted().as_deref() != Some(id) {
            return;
        }
        self.0.attempt.update(|attempt| attempt + 1);
        let wanted = self.0.wanted.take();
        if let Some(Wanted { counter: Some(counter), .. }) = wanted {
            self.give_back(id, counter).await;
        }
    }

    pub(super) fn wanted(&self) -> Option<String> {
        self.0.wanted.borrow().as_ref().map(|wanted| wanted.id.clone())
    }

    pub(super) fn proof(&self) -> Option<Proof> {
        let Wanted { id, counter } = self.0.wanted.borrow().clone()?;
        Some(Proof { id, counter: counter? })
    }

    pub(super) async fn others(&self) -> Result<Vec<String>, Error> {
        let now_ms = js_sys::Date::now();
        let rows = self.0.storage.leases().await?;
        let others = rows.into_iter().filter(|row| row.until_ms > now_ms && row.owner != self.0.tab);
        Ok(others.map(|row| row.id).collect())
    }

    /// Takes or renews it in one transaction, so that of two tabs one succeeds. Returns the counter, or `None` where
    /// another tab has it.
    async fn take(&self, id: &str) -> Result<Option<u32>, Error> {
        let known = self.proof().map(|proof| proof.counter);
        self.0
            .storage
            .write(async |stores| {
                let row = stores.lease(id).await?;
                let now_ms = js_sys::Date::now();
                // One further ahead than any that is given is of a clock that was put back.
                let ended = row.until_ms <= now_ms || row.until_ms > now_ms + TERM_MS;
                if !ended && row.owner != self.0.tab {
                    return Ok(None);
                }
                let is_renewed = known == Some(row.counter);
                let counter = if is_renewed { row.counter } else { row.counter.wrapping_add(1) };
                let until_ms = now_ms + TERM_MS;
                stores.set_lease(&LeaseRow { counter, owner: self.0.tab.clone(), until_ms, ..row }).await?;
                Ok(Some(counter))
            })
            .await
    }

    async fn beat(self, attempt: u32) {
        loop {
            sleep(HEARTBEAT).await;
            let Some(id) = self.wanted().filter(|_| self.0.attempt.get() == attempt) else { return };
            // Where storage fails, it is not ours: another tab may have it.
            let counter = self.take(&id).await.unwrap_or(None);
            if self.0.attempt.get() != attempt {
                if let Some(counter) = counter {
                    self.give_back(&id, counter).await;
                }
                return;
            }
            if self.set(counter) {
                (self.0.on_change)();
            }
        }
    }

    /// Returns whether this tab had it before and has it not, or the other way round.
    fn set(&self, counter: Option<u32>) -> bool {
        let mut wanted = self.0.wanted.borrow_mut();
        let Some(wanted) = &mut *wanted else { return false };
        let changed = wanted.counter.is_some() != counter.is_some();
        wanted.counter = counter;
        changed
    }

    /// Ends it, so that another tab need not wait. One that cannot be given back runs out.
    async fn give_back(&self, id: &str, counter: u32) {
        let given = self.0.storage.write(async |stores| {
            let row = stores.lease(id).await?;
            if row.counter == counter { stores.set_lease(&LeaseRow { until_ms: 0.0, ..row }).await } else { Ok(()) }
        });
        let _ = given.await;
    }
}

/// The time for which a lease holds without being renewed, in milliseconds.
const TERM_MS: f64 = 6_000.0;
