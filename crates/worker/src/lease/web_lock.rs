use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use futures::channel::oneshot;
use gloo_timers::future::sleep;
use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::AbortController;

use super::{HEARTBEAT, LeaseRow, Proof};
use crate::{Error, channel::Channel, messages, storage::Storage};

/// web-sys has the Web Locks API only for builds with an unstable flag.
#[wasm_bindgen]
extern "C" {
    #[derive(Clone)]
    pub(super) type LockManager;
    #[wasm_bindgen(method, catch)]
    fn request(this: &LockManager, name: &str, options: &Object, callback: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method)]
    fn query(this: &LockManager) -> Promise;
}

/// A lease that is a Web Lock: the browser releases it when its tab ends.
#[derive(Clone)]
pub(super) struct WebLock(Rc<Inner>);

struct Inner {
    locks: LockManager,
    database: String,
    storage: Storage,
    left: Channel,
    on_change: Rc<dyn Fn()>,
    state: RefCell<State>,
    /// Counts the requests of locks and the waits, so that the end of one knows whether it is still meant.
    request: Cell<u32>,
}

#[derive(Clone)]
enum State {
    Idle,
    /// In the browser's queue, until it is aborted.
    Waiting {
        id: String,
        /// Tells this wait from a later one.
        wait: u32,
        abort: AbortController,
    },
    /// Held until `release` is called.
    Held {
        id: String,
        /// The number of the request that was granted.
        request: u32,
        /// The count of the lease, or `None` where it could not be written yet: the disk may be full.
        counter: Option<u32>,
        release: Function,
    },
}

impl WebLock {
    /// Returns the browser's locks, or `None` where it has none here.
    pub(super) fn locks() -> Option<LockManager> {
        let navigator = Reflect::get(&js_sys::global(), &"navigator".into()).ok()?;
        let locks = Reflect::get(&navigator, &"locks".into()).ok()?;
        locks.is_object().then(|| locks.unchecked_into())
    }

    pub(super) fn new(locks: LockManager, database: &str, storage: Storage, on_change: Rc<dyn Fn()>) -> Self {
        Self(Rc::new(Inner {
            locks,
            database: database.into(),
            storage,
            left: Channel::left(database),
            on_change,
            state: RefCell::new(State::Idle),
            request: Cell::new(0),
        }))
    }

    pub(super) async fn acquire(&self, id: &str) -> Result<(), Error> {
        match self.wanted() {
            Some(wanted) if wanted == id => return Ok(()),
            Some(other) => self.release(&other),
            None => {}
        }
        if !self.request(id, &[("ifAvailable", true.into())]).await? {
            self.wait(id);
        }
        Ok(())
    }

    pub(super) fn release(&self, id: &str) {
        if self.wanted().as_deref() != Some(id) {
            return;
        }
        self.next();
        match self.0.state.replace(State::Idle) {
            State::Idle => {}
            State::Waiting { abort, .. } => abort.abort(),
            State::Held { release, .. } => call(&release),
        }
    }

    pub(super) fn wanted(&self) -> Option<String> {
        match &*self.0.state.borrow() {
            State::Idle => None,
            State::Waiting { id, .. } | State::Held { id, .. } => Some(id.clone()),
        }
    }

    pub(super) fn proof(&self) -> Option<Proof> {
        match &*self.0.state.borrow() {
            State::Held { id, counter, .. } => Some(Proof { id: id.clone(), counter: (*counter)? }),
            _ => None,
        }
    }

    pub(super) fn held(&self) -> Option<String> {
        match &*self.0.state.borrow() {
            State::Held { id, .. } => Some(id.clone()),
            _ => None,
        }
    }

    /// Writes the count of a lease that is held, if that was not possible before.
    pub(super) async fn count(&self) -> Result<(), Error> {
        let State::Held { id, request, counter: None, .. } = self.0.state.borrow().clone() else { return Ok(()) };
        let raised = self.raise(&id).await?;
        if let State::Held { request: held, counter, .. } = &mut *self.0.state.borrow_mut()
            && *held == request
        {
            *counter = Some(raised);
        }
        Ok(())
    }

    pub(super) async fn others(&self) -> Result<Vec<String>, Error> {
        let unlisted =
            |error: JsValue| Error::storage(format!("the browser lists no locks ({})", messages::text(&error)));
        let snapshot = JsFuture::from(self.0.locks.query()).await.map_err(unlisted)?;
        let held = Reflect::get(&snapshot, &"held".into()).map_err(unlisted)?;
        let names =
            Array::from(&held).into_iter().filter_map(|lock| Reflect::get(&lock, &"name".into()).ok()?.as_string());
        let prefix = self.name("");
        let ours = self.held();
        let others = names.filter_map(|name| Some(name.strip_prefix(&prefix)?.to_owned()));
        Ok(others.filter(|id| ours.as_ref() != Some(id)).collect())
    }

    /// Queues for the lock, and makes itself heard meanwhile: who has it may be a page that was left.
    fn wait(&self, id: &str) {
        let abort = AbortController::new().expect("a worker has it");
        let options = [("signal", abort.signal().into())];
        let wait = self.next();
        self.0.state.replace(State::Waiting { id: id.into(), wait, abort });
        let (lock, id) = (self.clone(), id.to_owned());
        spawn_local(async move {
            while lock.waits(wait) {
                if matches!(lock.request(&id, &options).await, Ok(true)) {
                    return (lock.0.on_change)();
                }
                // Refused, or stolen at once: it is requested again, unless nobody waits any more.
                sleep(HEARTBEAT).await;
            }
        });
        let lock = self.clone();
        spawn_local(async move {
            while lock.waits(wait) {
                lock.0.left.notify();
                sleep(HEARTBEAT).await;
            }
        });
    }

    fn waits(&self, number: u32) -> bool {
        matches!(*self.0.state.borrow(), State::Waiting { wait, .. } if wait == number)
    }

    fn next(&self) -> u32 {
        self.0.request.update(|request| request + 1);
        self.0.request.get()
    }

    /// Requests the lock, and returns whether it is held: until it is released, or stolen.
    async fn request(&self, id: &str, options: &[(&str, JsValue)]) -> Result<bool, Error> {
        let request = self.next();
        let (sender, granted) = oneshot::channel();
        let callback = Closure::once(move |lock: JsValue| -> JsValue {
            if lock.is_null() {
                return JsValue::UNDEFINED;
            }
            let mut release = None;
            let held = Promise::new(&mut |resolve, _| release = Some(resolve));
            let release = release.expect("a promise calls its executor at once");
            match sender.send(release) {
                Ok(()) => held.into(),
                Err(_) => JsValue::UNDEFINED,
            }
        });
        let object = Object::new();
        for (name, value) in options {
            Reflect::set(&object, &(*name).into(), value).expect("a fresh object can be changed");
        }
        let ended = self.0.locks.request(&self.name(id), &object, callback.as_ref());
        let ended = ended.map_err(|error| Error::storage(format!("no lock ({})", messages::text(&error))))?;
        let lock = self.clone();
        spawn_local(async move {
            let _ = JsFuture::from(ended).await;
            drop(callback);
            lock.ended(request);
        });
        // The callback is dropped, with the sender, where there is no lock.
        let Ok(release) = granted.await else { return Ok(false) };
        let counter = self.raise(id).await.ok();
        if self.0.request.get() != request {
            call(&release);
            return Ok(false);
        }
        self.0.state.replace(State::Held { id: id.into(), request, counter, release });
        Ok(true)
    }

    /// Notices the end of a lock. One that was neither released nor given up was stolen: then this tab waits again.
    fn ended(&self, request: u32) {
        if self.0.request.get() == request {
            // One that is being granted is not.
            self.next();
        }
        let held = match &*self.0.state.borrow() {
            State::Held { id, request: held, .. } if *held == request => Some(id.clone()),
            _ => None,
        };
        if let Some(id) = held {
            self.wait(&id);
            (self.0.on_change)();
        }
    }

    /// Raises the counter of the lease, so that an earlier holder writes no more.
    async fn raise(&self, id: &str) -> Result<u32, Error> {
        self.0
            .storage
            .write(async |stores| {
                let row = stores.lease(id).await?;
                let counter = row.counter.wrapping_add(1);
                stores.set_lease(&LeaseRow { counter, ..row }).await?;
                Ok(counter)
            })
            .await
    }

    fn name(&self, id: &str) -> String {
        format!("{} {id}", self.0.database)
    }
}

fn call(release: &Function) {
    // The resolving function of a promise does not throw.
    let _ = release.call0(&JsValue::NULL);
}
