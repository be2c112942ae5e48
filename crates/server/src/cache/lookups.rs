//! Reads of single CSRs that the cache does not know: one at a time for each name.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use http::HeaderValue;
use kube_enroll_core::{CertificateSigningRequest, ObjectName};

use super::{Clock, CsrReader, CsrWriter, Subscription};
use crate::kubernetes::{
    Error,
    client::{Client, Dated},
    csr::ServiceAccount,
};

/// The lookups that are under way, and the cache that they fill.
pub(crate) struct Lookups {
    client: Client,
    reader: CsrReader,
    writer: CsrWriter,
    clock: Arc<Clock>,
    under_way: Arc<Mutex<HashMap<String, Lookup>>>,
}

type Lookup = Shared<BoxFuture<'static, Result<Found, Error>>>;

/// The answer of the API server.
#[derive(Clone)]
struct Found {
    object: Option<CertificateSigningRequest>,
    date: Option<HeaderValue>,
}

impl Lookups {
    /// Makes lookups by a client, whose answers go to a cache of CSRs.
    pub(crate) fn new(client: Client, (reader, writer): (CsrReader, CsrWriter), clock: Arc<Clock>) -> Self {
        Self { client, reader, writer, clock, under_way: Arc::default() }
    }

    /// Returns a CSR of this user, or `None` if there is none. A name that is not in the cache costs one request to the
    /// API server where `check_rate` allows it, whether the CSR is somebody else's, absent, or was just created by
    /// another replica.
    ///
    /// # Errors
    /// Those of `check_rate` and of the API server.
    pub(crate) async fn find<E: From<Error>>(
        &self,
        account: &ServiceAccount,
        name: &ObjectName,
        user: Option<&str>,
        check_rate: impl Fn() -> Result<(), E>,
    ) -> Result<Option<Subscription>, E> {
        let cached = || self.reader.subscribe(name.as_str(), user);
        if let Some(found) = cached() {
            return Ok(Some(found));
        }
        let mut is_second = false;
        loop {
            let (found, is_fresh) = self.get(name, &check_rate).await?;
            self.clock.observe_any(found.date.as_ref());
            if let Some(csr) = found.object.and_then(|object| account.visible(object)) {
                self.writer.insert(csr.into());
            }
            let found = cached();
            // A lookup that had begun before may be older than the object; the next one is not.
            if found.is_some() || is_fresh || is_second {
                return Ok(found);
            }
            is_second = true;
        }
    }

    /// Begins a lookup where `check_rate` allows it, or waits for the one that is under way; returns whether it began
    /// now.
    async fn get<E: From<Error>>(
        &self,
        name: &ObjectName,
        check_rate: impl FnOnce() -> Result<(), E>,
    ) -> Result<(Found, bool), E> {
        let (lookup, is_fresh) = {
            let mut under_way = lock(&self.under_way);
            match under_way.get(name.as_str()) {
                Some(lookup) => (lookup.clone(), false),
                None => {
                    check_rate()?;
                    let lookup = begin(self.client.clone(), name.clone(), self.under_way.clone());
                    // A task of its own, so that it ends though the caller who has begun it leaves.
                    tokio::spawn(lookup.clone());
                    under_way.insert(name.to_string(), lookup.clone());
                    (lookup, true)
                }
            }
        };
        Ok((lookup.await?, is_fresh))
    }
}

fn begin(client: Client, name: ObjectName, under_way: Arc<Mutex<HashMap<String, Lookup>>>) -> Lookup {
    async move {
        let answer = client.get(&name).await;
        lock(&under_way).remove(name.as_str());
        answer.map(|Dated { value: object, date }| Found { object, date })
    }
    .boxed()
    .shared()
}

fn lock(under_way: &Mutex<HashMap<String, Lookup>>) -> MutexGuard<'_, HashMap<String, Lookup>> {
    under_way.lock().expect("nothing panics while it holds the lock")
}
