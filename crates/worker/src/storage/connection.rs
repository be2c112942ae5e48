use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use futures::{
    channel::oneshot,
    future::{Either, select},
};
use gloo_timers::future::sleep;
use indexed_db_futures::{
    KeyPath, OpenDbResult, database::Database, error::OpenDbError, internals::SystemRepr, prelude::*,
};
use wasm_bindgen::{JsCast, closure::Closure};
use wasm_bindgen_futures::spawn_local;

use super::{LEASES, RECORDS, refused};
use crate::{Error, channel::Channel};

/// The connection to the database, opened when it is first needed. Clones share it.
#[derive(Clone)]
pub(super) struct Connection(Rc<Inner>);

struct Inner {
    name: String,
    /// The open database, or `None` before it is needed, and after it was closed.
    database: RefCell<Option<Database>>,
}

impl Connection {
    pub(super) fn new(name: &str) -> Self {
        Self(Rc::new(Inner { name: name.into(), database: RefCell::new(None) }))
    }

    /// Returns the open database.
    ///
    /// # Errors
    /// [`Error::StorageBlocked`], [`Error::NewerDatabase`]; [`Error::Storage`] where the browser refuses, or does not
    /// answer within [`MAX_OPEN`].
    pub(super) async fn get(&self) -> Result<Database, Error> {
        if let Some(database) = &*self.0.database.borrow() {
            return Ok(database.clone());
        }
        let is_blocked = Rc::new(Cell::new(false));
        let (sender, opened) = oneshot::channel();
        let open = open(self.0.name.clone(), is_blocked.clone());
        spawn_local(async move {
            // Nobody waits for what comes too late: it must not stand in the way of another tab.
            if let Err(Ok(database)) = sender.send(open.await) {
                database.close();
            }
        });
        let database = match select(opened, Box::pin(sleep(MAX_OPEN))).await {
            Either::Left((opened, _)) => opened.expect("the task sends before it ends").map_err(refused_to_open)?,
            Either::Right(_) if is_blocked.get() => return Err(Error::StorageBlocked),
            Either::Right(_) => return Err(Error::storage("the browser's storage does not answer")),
        };
        *self.0.database.borrow_mut() = Some(database.clone());
        self.close_for_others(&database);
        Ok(database)
    }

    /// Forgets a database that was closed: whoever needs it next opens it again.
    pub(super) fn forget(&self) {
        self.0.database.borrow_mut().take();
    }

    /// Closes the database as soon as another tab wants to upgrade or delete it, or the browser has ended it.
    fn close_for_others(&self, database: &Database) {
        let (connection, changed) = (self.clone(), database.clone());
        let on_change = Closure::once_into_js(move || {
            connection.forget();
            changed.close();
        });
        // The library's own listener needs crates that nobody maintains.
        let database = database.as_sys();
        database.set_onversionchange(Some(on_change.unchecked_ref()));
        database.set_onclose(Some(on_change.unchecked_ref()));
    }
}

async fn open(name: String, is_blocked: Rc<Cell<bool>>) -> OpenDbResult<Database> {
    let left = Channel::left(&name);
    Database::open(name)
        .with_version(DATABASE_VERSION)
        .with_on_blocked(move |_| {
            is_blocked.set(true);
            // The other may be a page that was left and is held ready for "back".
            left.notify();
            Ok(())
        })
        .with_on_upgrade_needed(|_, database| {
            for store in [RECORDS, LEASES] {
                database.create_object_store(store).with_key_path(KeyPath::from("id")).build()?;
            }
            Ok(())
        })
        .await
}

fn refused_to_open(error: OpenDbError) -> Error {
    match error {
        OpenDbError::Base(error) => refused(error),
        _ => Error::storage("this browser has no storage for pages"),
    }
}

const DATABASE_VERSION: u8 = 1;

/// The longest wait for the database: a browser whose storage is broken may never answer.
const MAX_OPEN: Duration = Duration::from_secs(10);
