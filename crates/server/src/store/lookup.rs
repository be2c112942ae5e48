//! Questions to the API server about names that the store does not know: one at a time for each name, and only so many a
//! second, whatever strangers ask for.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Arc, Mutex},
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use governor::{DefaultDirectRateLimiter, Quota};
use http::HeaderValue;
use kube_enroll_core::{CertificateSigningRequest, ObjectName};

use crate::{
    Bound, Error,
    bounds::refuse,
    metrics::Metrics,
    upstream::{Answer, Upstream},
};

/// The questions that are under way.
pub(super) struct Lookups {
    limiter: DefaultDirectRateLimiter,
    metrics: Arc<Metrics>,
    open: Arc<Mutex<HashMap<String, Question>>>,
}

type Question = Shared<BoxFuture<'static, Result<Found, Arc<Error>>>>;

/// What the API server has under a name.
#[derive(Clone)]
pub(super) struct Found {
    pub(super) value: Option<CertificateSigningRequest>,
    pub(super) date: Option<HeaderValue>,
}

impl Lookups {
    pub(super) fn new(per_second: u32, metrics: Arc<Metrics>) -> Self {
        let per_second = NonZeroU32::new(per_second).unwrap_or(NonZeroU32::MIN);
        Self { limiter: DefaultDirectRateLimiter::direct(Quota::per_second(per_second)), metrics, open: Arc::default() }
    }

    /// Counts a question.
    ///
    /// # Errors
    /// [`Error::Bound`] where there were too many.
    pub(super) fn count(&self) -> Result<(), Error> {
        self.limiter.check().map_err(|_| refuse(&self.metrics, Bound::Lookups))?;
        self.metrics.lookups.inc();
        Ok(())
    }

    /// Asks what there is under a name, or waits for the answer that somebody else has asked for; tells whether it was asked
    /// from now on.
    ///
    /// # Errors
    /// [`Error::Bound`]; [`Error::Shared`] with what the API server said.
    pub(super) async fn run(&self, upstream: &Upstream, name: &ObjectName) -> Result<(Found, bool), Error> {
        let (question, is_fresh) = {
            let mut open = self.open.lock().expect("nothing panics while it holds the lock");
            match open.get(name.as_str()) {
                Some(question) => (question.clone(), false),
                None => {
                    self.count()?;
                    let question = ask(upstream.clone(), name.clone(), self.open.clone());
                    // On its own, so that it is asked to the end though the one who has begun it leaves.
                    tokio::spawn(question.clone());
                    open.insert(name.to_string(), question.clone());
                    (question, true)
                }
            }
        };
        let found = question.await.map_err(Error::Shared)?;
        Ok((found, is_fresh))
    }
}

fn ask(upstream: Upstream, name: ObjectName, open: Arc<Mutex<HashMap<String, Question>>>) -> Question {
    async move {
        let answer = upstream.get(&name).await;
        open.lock().expect("nothing panics while it holds the lock").remove(name.as_str());
        answer.map(|Answer { value, date }| Found { value, date }).map_err(Arc::new)
    }
    .boxed()
    .shared()
}
