//! Questions to the API server about names that the store does not know: one at a time for each name.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use http::HeaderValue;
use kube_enroll_core::{CertificateSigningRequest, ObjectName};

use crate::kubernetes::{
    self,
    client::{Client, Dated},
};

/// The questions that are under way.
#[derive(Default)]
pub(super) struct Lookups {
    open: Arc<Mutex<HashMap<String, Lookup>>>,
}

type Lookup = Shared<BoxFuture<'static, Result<Found, kubernetes::Error>>>;

/// What the API server has under a name.
#[derive(Clone)]
pub(super) struct Found {
    pub(super) value: Option<CertificateSigningRequest>,
    pub(super) date: Option<HeaderValue>,
}

impl Lookups {
    /// Asks what there is under a name where `check_rate` lets it, or waits for the answer that somebody else has asked
    /// for; tells whether it was asked from now on.
    ///
    /// # Errors
    /// What `check_rate` says; an error of the API server.
    pub(super) async fn get<E: From<kubernetes::Error>>(
        &self,
        client: &Client,
        name: &ObjectName,
        check_rate: impl FnOnce() -> Result<(), E>,
    ) -> Result<(Found, bool), E> {
        let (lookup, is_fresh) = {
            let mut open = self.open.lock().expect("nothing panics while it holds the lock");
            match open.get(name.as_str()) {
                Some(lookup) => (lookup.clone(), false),
                None => {
                    check_rate()?;
                    let lookup = start(client.clone(), name.clone(), self.open.clone());
                    // On its own, so that it is asked to the end though the one who has begun it leaves.
                    tokio::spawn(lookup.clone());
                    open.insert(name.to_string(), lookup.clone());
                    (lookup, true)
                }
            }
        };
        let found = lookup.await?;
        Ok((found, is_fresh))
    }
}

fn start(client: Client, name: ObjectName, open: Arc<Mutex<HashMap<String, Lookup>>>) -> Lookup {
    async move {
        let answer = client.get(&name).await;
        open.lock().expect("nothing panics while it holds the lock").remove(name.as_str());
        answer.map(|Dated { value, date }| Found { value, date })
    }
    .boxed()
    .shared()
}
