//! The stored enrollments, in IndexedDB ([W3C Indexed Database API](https://www.w3.org/TR/IndexedDB/)).
//!
//! The database has two stores: the records, and the rows of the leases. All that writes to them goes through
//! [`Storage::write`].

mod connection;
mod row;

use indexed_db_futures::{
    database::Database,
    error::{DomException, Error as DatabaseError},
    internals::SystemRepr,
    object_store::ObjectStore,
    prelude::*,
    transaction::{Transaction, TransactionDurability, TransactionMode, TransactionOptions},
};
use kube_enroll_keys::Record;
use wasm_bindgen::JsValue;

use connection::Connection;
pub use row::{Row, StoredRecord};

use crate::{
    Error,
    lease::{LeaseRow, Proof},
};

/// The browser's storage; clones share its connection.
#[derive(Clone)]
pub struct Storage(Connection);

/// The two stores within one transaction.
pub(crate) struct Stores<'a> {
    records: ObjectStore<'a>,
    leases: ObjectStore<'a>,
}

impl Storage {
    /// Makes the storage of this database, which is opened when it is first needed.
    pub fn new(database: &str) -> Self {
        Self(Connection::new(database))
    }

    /// Returns the rows of all records of ours.
    ///
    /// # Errors
    /// [`Error::Storage`], [`Error::StorageBlocked`], [`Error::NewerDatabase`], as all functions here.
    pub async fn rows(&self) -> Result<Vec<Row>, Error> {
        let all = self.transaction(TransactionMode::Readonly, async |stores| {
            let rows = stores.records.get_all::<JsValue>().await.map_err(refused)?;
            Ok(rows.filter_map(Result::ok).collect::<Vec<_>>())
        });
        let rows = match all.await {
            Ok(rows) => rows,
            // One that the browser cannot read stands in the way of all: each by itself, then, or its id at least.
            Err(_) => {
                let keys = self.transaction(TransactionMode::Readonly, async |stores| {
                    let keys = stores.records.get_all_keys::<JsValue>().await.map_err(refused)?;
                    Ok(keys.filter_map(Result::ok).filter_map(|key| key.as_string()).collect::<Vec<_>>())
                });
                let mut rows = Vec::new();
                for key in keys.await? {
                    rows.push(self.get(&key).await.ok().flatten().unwrap_or_else(|| Row::unreadable(&key)));
                }
                rows
            }
        };
        Ok(rows.into_iter().filter_map(Row::of_ours).collect())
    }

    /// Returns the record of this id, or `None` where there is none.
    ///
    /// # Errors
    /// [`Error::Keys`] for a record that cannot be read.
    pub async fn record(&self, id: &str) -> Result<Option<StoredRecord>, Error> {
        let row = self.get(id).await?.and_then(Row::of_ours);
        Ok(row.map(|row| row.parse()).transpose()?)
    }

    /// Returns whether there is a record of this id, readable or not.
    ///
    /// # Errors
    /// As [`Storage::rows`].
    pub async fn has(&self, id: &str) -> Result<bool, Error> {
        Ok(self.get(id).await?.is_some())
    }

    /// Adds a new record.
    ///
    /// # Errors
    /// [`Error::Storage`] for an id that is there already, too.
    pub async fn add(&self, record: &StoredRecord) -> Result<(), Error> {
        let row = record.to_row()?;
        self.write(async |stores| stores.records.add(row).await.map_err(refused)).await
    }

    /// Replaces the progress of a record; `progress` is its JSON text.
    ///
    /// # Errors
    /// [`Error::LeaseLost`]; [`Error::Forgotten`] where there is no such record; [`Error::Keys`] for one that cannot be
    /// read, which is left as it is.
    pub async fn set_progress(&self, proof: &Proof, progress: String) -> Result<(), Error> {
        self.write(async |stores| {
            proof.check(&stores).await?;
            let row = stores.get(proof.id()).await?.ok_or(Error::Forgotten)?;
            stores.records.put(row.with_progress(progress)?).await.map_err(refused)
        })
        .await
    }

    /// Replaces the record of a key by one in which the same key is sealed anew, with the present progress, unless the
    /// record was changed meanwhile.
    ///
    /// # Errors
    /// As [`Storage::set_progress`].
    pub async fn reseal(&self, proof: &Proof, old: &Record, new: StoredRecord) -> Result<(), Error> {
        self.write(async |stores| {
            proof.check(&stores).await?;
            let present = stores.get(proof.id()).await?.ok_or(Error::Forgotten)?.parse()?.record;
            if !present.has_same_envelope(old) {
                return Err(Error::LeaseLost);
            }
            let mut new = new;
            new.record.set_progress(present.progress().to_owned());
            stores.records.put(new.to_row()?).await.map_err(refused)
        })
        .await
    }

    /// Deletes a record, with its key and its lease, if it is there.
    pub async fn delete(&self, id: &str) -> Result<(), Error> {
        self.write(async |stores| {
            stores.records.delete(id).await.map_err(refused)?;
            stores.leases.delete(id).await.map_err(refused)
        })
        .await
    }

    /// Changes both stores in one transaction, and returns once all of it is on the disk. Where `change` fails, nothing
    /// is changed. Within it, only requests of these stores may be awaited: anything else ends the transaction.
    pub(crate) async fn write<T>(&self, change: impl AsyncFnOnce(Stores<'_>) -> Result<T, Error>) -> Result<T, Error> {
        self.transaction(TransactionMode::Readwrite, change).await
    }

    /// Returns the rows of all leases.
    pub(crate) async fn leases(&self) -> Result<Vec<LeaseRow>, Error> {
        self.transaction(TransactionMode::Readonly, async |stores| {
            let rows = stores.leases.get_all::<JsValue>().await.map_err(refused)?;
            Ok(rows.filter_map(Result::ok).filter_map(LeaseRow::parse).collect())
        })
        .await
    }

    async fn get(&self, id: &str) -> Result<Option<JsValue>, Error> {
        self.transaction(TransactionMode::Readonly, async |stores| {
            stores.records.get::<JsValue, _, _>(id).await.map_err(refused)
        })
        .await
    }

    async fn transaction<T>(
        &self,
        mode: TransactionMode,
        work: impl AsyncFnOnce(Stores<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let database = self.open_database().await?;
        let transaction = begin(&database, mode).map_err(refused)?;
        // On an error the transaction is dropped, which undoes it.
        let result = work(Stores::of(&transaction)?).await?;
        commit(transaction).await?;
        Ok(result)
    }

    /// Returns the database; opens it again where the browser has closed the connection meanwhile.
    async fn open_database(&self) -> Result<Database, Error> {
        let database = self.0.get().await?;
        let begun = begin(&database, TransactionMode::Readonly).map(drop);
        if !matches!(begun, Err(DatabaseError::DomException(DomException::InvalidStateError(_)))) {
            return Ok(database);
        }
        self.0.forget();
        self.0.get().await
    }
}

impl<'a> Stores<'a> {
    fn of(transaction: &'a Transaction<'_>) -> Result<Self, Error> {
        let store = |name| transaction.object_store(name).map_err(refused);
        Ok(Self { records: store(RECORDS)?, leases: store(LEASES)? })
    }

    async fn get(&self, id: &str) -> Result<Option<Row>, Error> {
        Ok(self.records.get::<JsValue, _, _>(id).await.map_err(refused)?.and_then(Row::of_ours))
    }

    /// Returns the row of a lease, or that of one which nobody has had yet.
    pub(crate) async fn lease(&self, id: &str) -> Result<LeaseRow, Error> {
        let value = self.leases.get::<JsValue, _, _>(id).await.map_err(refused)?;
        Ok(value.and_then(LeaseRow::parse).unwrap_or_else(|| LeaseRow::new(id)))
    }

    pub(crate) async fn set_lease(&self, row: &LeaseRow) -> Result<(), Error> {
        self.leases.put(row.to_value()).await.map_err(refused)
    }
}

fn begin(database: &Database, mode: TransactionMode) -> Result<Transaction<'_>, DatabaseError> {
    let options = TransactionOptions::new().with_durability(TransactionDurability::Strict);
    database.transaction([RECORDS, LEASES]).with_mode(mode).with_options(options).build()
}

async fn commit(transaction: Transaction<'_>) -> Result<(), Error> {
    let system = transaction.as_sys().clone();
    transaction.commit().await.map_err(|error| match system.error() {
        // The library does not say why a browser gave up.
        Some(cause) => refused(cause.into()),
        None => refused(error),
    })
}

/// Says for people why the storage refused.
fn refused(error: DatabaseError) -> Error {
    let DatabaseError::DomException(exception) = error else {
        return Error::storage("the browser's storage failed");
    };
    let name = web_sys::DomException::from(exception).name();
    match name.as_str() {
        "VersionError" => Error::NewerDatabase,
        "QuotaExceededError" => {
            Error::storage("the browser's storage is full: make room, or forget an enrollment that is done")
        }
        "DataCloneError" => Error::storage(
            "this browser does not keep a key of its own here, as in some private windows: choose a passphrase",
        ),
        _ => Error::storage(format!("this browser keeps nothing for this page ({name})")),
    }
}

const RECORDS: &str = "enrollments";

const LEASES: &str = "leases";
