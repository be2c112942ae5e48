//! Reads of single CSRs that the cache does not know, or whose JSON it has dropped: one at a time for each name.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};

use bytes::Bytes;
use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use http::HeaderValue;
use kube_enroll_core::ObjectName;

use super::{Clock, CsrReader, CsrWriter, Snapshot, Subscription};
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

/// A question to the API server about a name, as the limits see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    /// The caller has an object of this name.
    Known,
    /// Nothing is known of the name: it may be made up.
    Unknown,
}

type Lookup = Shared<BoxFuture<'static, Result<Found, Error>>>;

/// The answer of the API server.
#[derive(Clone)]
struct Found {
    csr: Option<Snapshot>,
    date: Option<HeaderValue>,
}

impl Lookups {
    /// Makes lookups by a client, whose answers go to a cache of CSRs.
    pub(crate) fn new(client: Client, (reader, writer): (CsrReader, CsrWriter), clock: Arc<Clock>) -> Self {
        Self { client, reader, writer, clock, under_way: Arc::default() }
    }

    /// Returns the JSON of a CSR of this user, or `None` if there is none: at least as new as any event that has been
    /// seen when this begins. Where the cache does not have it, that costs one request to the API server where
    /// `check_rate` allows it, whether the CSR is somebody else's, absent, or was just created by another replica.
    ///
    /// # Errors
    /// Those of `check_rate` and of the API server.
    pub(crate) async fn find<E: From<Error>>(
        &self,
        account: &ServiceAccount,
        name: &ObjectName,
        user: Option<&str>,
        check_rate: impl Fn(Question) -> Result<(), E>,
    ) -> Result<Option<Bytes>, E> {
        let known = self.reader.known(name.as_str(), user);
        if let Some(json) = known.as_ref().and_then(|known| known.json.clone()) {
            return Ok(Some(json));
        }
        let question = if known.is_some() { Question::Known } else { Question::Unknown };
        // A lookup that had begun before may be older than what has been seen; the next one is not.
        let is_new = |found: &Snapshot| known.as_ref().is_some_and(|known| found.version() >= known.version);
        let (mut found, is_fresh) = self.get(account, name, || check_rate(question)).await?;
        if !is_fresh && !found.as_ref().is_some_and(is_new) {
            (found, _) = self.get(account, name, || check_rate(question)).await?;
        }
        Ok(found.filter(|found| found.is_for(user)).map(Snapshot::into_json))
    }

    /// Subscribes to a CSR of this user, or returns `None` if there is none. A name that is not in the cache costs what
    /// it costs for [`Lookups::find`].
    ///
    /// # Errors
    /// Those of `check_rate` and of the API server.
    pub(crate) async fn subscribe<E: From<Error>>(
        &self,
        account: &ServiceAccount,
        name: &ObjectName,
        user: Option<&str>,
        check_rate: impl Fn(Question) -> Result<(), E>,
    ) -> Result<Option<Subscription>, E> {
        let subscribe = || self.reader.subscribe(name.as_str(), user);
        let mut is_second = false;
        loop {
            if let Some(subscription) = subscribe() {
                return Ok(Some(subscription));
            }
            // Where not all fit, what is found stays until somebody has subscribed.
            let _interest = self.writer.interest(name.as_str());
            let (_, is_fresh) = self.get(account, name, || check_rate(Question::Unknown)).await?;
            if is_fresh || is_second {
                return Ok(subscribe());
            }
            is_second = true;
        }
    }

    /// Begins a lookup where `check_rate` allows it, or waits for the one that is under way; returns whether it began
    /// now.
    async fn get<E: From<Error>>(
        &self,
        account: &ServiceAccount,
        name: &ObjectName,
        check_rate: impl FnOnce() -> Result<(), E>,
    ) -> Result<(Option<Snapshot>, bool), E> {
        let (lookup, is_fresh) = {
            let mut under_way = lock(&self.under_way);
            match under_way.get(name.as_str()) {
                Some(lookup) => (lookup.clone(), false),
                None => {
                    check_rate()?;
                    if under_way.len() >= MAX_UNDER_WAY {
                        // The API server does not answer.
                        return Err(Error::Timeout.into());
                    }
                    let lookup = self.begin(account.clone(), name.clone());
                    // A task of its own, so that it ends though the caller who has begun it leaves.
                    tokio::spawn(lookup.clone());
                    under_way.insert(name.to_string(), lookup.clone());
                    (lookup, true)
                }
            }
        };
        let Found { csr, date } = lookup.await?;
        self.clock.observe_any(date.as_ref());
        Ok((csr, is_fresh))
    }

    fn begin(&self, account: ServiceAccount, name: ObjectName) -> Lookup {
        let (client, writer, under_way) = (self.client.clone(), self.writer.clone(), self.under_way.clone());
        async move {
            let interest = writer.interest(name.as_str());
            let answer = client.get(&name).await;
            let found = answer.map(|Dated { value: object, date }| {
                let csr = object.and_then(|object| account.visible(object)).map(|csr| Snapshot::of(&csr));
                Found { csr: csr.filter(|csr| writer.insert(csr.clone(), &interest)), date }
            });
            lock(&under_way).remove(name.as_str());
            found
        }
        .boxed()
        .shared()
    }
}

fn lock(under_way: &Mutex<HashMap<String, Lookup>>) -> MutexGuard<'_, HashMap<String, Lookup>> {
    under_way.lock().expect("nothing panics while it holds the lock")
}

/// The most lookups at a time: each has a connection to the API server.
const MAX_UNDER_WAY: usize = 256;
