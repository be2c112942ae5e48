//! A watch of one CSR: its present state where the client has not seen it, then its changes.

use std::{convert::Infallible, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{Stream, stream::unfold};
use kube_enroll_core::ObjectName;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::{Api, ApiError, operation::WatchOptions, response};
use crate::{
    cache::{Latest, Subscription},
    limits::Permit,
};

/// A watch that is about to begin.
pub(super) struct Watch {
    pub(super) api: Arc<Api>,
    pub(super) name: ObjectName,
    pub(super) subscription: Subscription,
    /// The present state, where the client has not seen it.
    pub(super) first: Option<Bytes>,
    pub(super) options: WatchOptions,
    /// The end of the caller's token.
    pub(super) expires: Option<Instant>,
    /// The place among all watches.
    pub(super) permit: Permit,
}

/// The states of a watch.
#[derive(Clone, Copy)]
enum State {
    /// Nothing is sent yet. Leads to `Open` by the present state, or by a sign of life where the client has that.
    Begun,
    /// The client has the latest state, or will be told of it. Leads to itself by a change or a sign of life, to
    /// `Ended`, or to the end of the watch: by its timeout, the caller's token, or a shutdown.
    Open,
    /// The latest state could not be read yet. Leads to `Open` or `Ended` by it, or to itself.
    Behind,
    /// The client knows that the CSR is gone, or that it has to list again: the end.
    Ended,
}

impl Watch {
    /// Returns the lines to send. To the client each end is the end of a watch, which is normal.
    pub(super) fn into_stream(self) -> impl Stream<Item = Result<Bytes, Infallible>> + Send + 'static {
        let timeout = Instant::now() + Duration::from_secs(self.options.timeout_seconds.into());
        let deadline = self.expires.map_or(timeout, |expires| expires.min(timeout));
        unfold((self, State::Begun), move |(mut watch, state)| async move {
            let (line, state) = watch.next(state, deadline).await?;
            Some((Ok(line), (watch, state)))
        })
    }

    /// Returns the next line and state, or `None` at the end.
    async fn next(&mut self, state: State, deadline: Instant) -> Option<(Bytes, State)> {
        match state {
            State::Begun => match self.first.take() {
                Some(json) => Some((response::event("ADDED", &json), State::Open)),
                None => self.idle(deadline).await,
            },
            State::Ended => None,
            State::Behind => self.change(deadline).await,
            State::Open => {
                let period = self.api.limits.bookmark_period.mul_f32(0.8 + 0.4 * fastrand::f32());
                tokio::select! {
                    changed = self.subscription.changed() => {
                        changed?;
                        self.change(deadline).await
                    }
                    () = sleep_until(deadline.min(Instant::now() + period)) => {
                        if deadline <= Instant::now() {
                            return None;
                        }
                        if self.options.version > self.api.csrs.version() {
                            return self.change(deadline).await;
                        }
                        self.idle(deadline).await
                    }
                    spread = self.api.shutdown.begun() => {
                        sleep(spread.mul_f32(fastrand::f32())).await;
                        None
                    }
                }
            }
        }
    }

    /// Returns a sign of life, or the latest state where that has changed.
    async fn idle(&mut self, deadline: Instant) -> Option<(Bytes, State)> {
        // The version before the question: a change that it has is there.
        let version = self.api.csrs.version();
        if self.subscription.has_changed() {
            return self.change(deadline).await;
        }
        Some((self.sign_of_life(version), State::Open))
    }

    /// Returns the line of the latest state.
    async fn change(&mut self, deadline: Instant) -> Option<(Bytes, State)> {
        // A client that was ahead of this server, as after another replica or a restore of etcd, is told once.
        self.options.version = 0;
        loop {
            if let Latest::Deleted(last) = self.subscription.latest() {
                let line = last.map_or_else(expired, |json| response::event("DELETED", &json));
                return Some((line, State::Ended));
            }
            // In a box, as most of the time it is not there.
            let found = Box::pin(self.api.reread(&self.subscription, &self.name, &self.permit));
            match timeout_at(deadline, found).await.ok()? {
                // Not of another object, which has taken the place of this one.
                Ok(_) if self.subscription.has_changed() => {}
                Ok(Some(json)) => return Some((response::event("MODIFIED", &json), State::Open)),
                Ok(None) => return Some((expired(), State::Ended)),
                // Too many ask at the moment, or the API server is away.
                Err(_) => {
                    timeout_at(deadline, sleep(PAUSE.mul_f32(1.0 + fastrand::f32()))).await.ok()?;
                    return Some((Bytes::from_static(b"\n"), State::Behind));
                }
            }
        }
    }

    /// Writes a bookmark where the client has asked for them and has not seen more, else an empty line, which only
    /// keeps the connection alive.
    fn sign_of_life(&self, version: u64) -> Bytes {
        if self.options.bookmarks && version >= self.options.version {
            response::bookmark(version)
        } else {
            Bytes::from_static(b"\n")
        }
    }
}

/// Writes the line after which a client lists again.
fn expired() -> Bytes {
    let status = serde_json::to_vec(&ApiError::NothingToWatch.status()).expect("only strings and numbers");
    response::event("ERROR", &status)
}

/// The pause before the present state is asked for again.
const PAUSE: Duration = Duration::from_secs(1);
