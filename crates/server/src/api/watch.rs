//! A watch of one CSR: its present state, then its changes.

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use futures_util::{Stream, stream::unfold};
use tokio::time::{Instant, sleep, sleep_until};

use super::{operation::WatchOptions, response};
use crate::{
    cache::{CsrReader, Latest, Subscription},
    limits::Permit,
    shutdown::ShutdownSignal,
};

/// A watch that is about to begin.
pub(super) struct Watch {
    pub(super) subscription: Subscription,
    pub(super) csrs: CsrReader,
    pub(super) options: WatchOptions,
    /// The time between two signs of life, a fifth more or less.
    pub(super) bookmark_period: Duration,
    /// The end of the caller's token.
    pub(super) expires: Option<Instant>,
    pub(super) shutdown: ShutdownSignal,
    /// The place among all watches.
    pub(super) _permit: Permit,
}

/// The states of a watch.
#[derive(Clone, Copy)]
enum State {
    /// Nothing is sent yet. Leads to `Open` by the present state, whatever version the client has, or to `Deleted`.
    Begun,
    /// The client has the latest state. Leads to itself by a change or a sign of life, to `Deleted`, or to the end of
    /// the watch: by its timeout, the caller's token, or a shutdown.
    Open,
    /// The client knows that the CSR is gone: the end.
    Deleted,
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
            State::Begun => Some(self.event("ADDED")),
            State::Deleted => None,
            State::Open => {
                let bookmark = Instant::now() + self.bookmark_period.mul_f32(0.8 + 0.4 * fastrand::f32());
                tokio::select! {
                    changed = self.subscription.changed() => {
                        changed.ok()?;
                        Some(self.event("MODIFIED"))
                    }
                    () = sleep_until(deadline.min(bookmark)) => {
                        let is_over = deadline <= Instant::now();
                        (!is_over).then(|| (self.sign_of_life(), State::Open))
                    }
                    spread = self.shutdown.begun() => {
                        sleep(spread.mul_f32(fastrand::f32())).await;
                        None
                    }
                }
            }
        }
    }

    fn event(&mut self, kind: &str) -> (Bytes, State) {
        match &*self.subscription.borrow_and_update() {
            Latest::Applied(csr) => (response::event(kind, csr), State::Open),
            Latest::Deleted(csr) => (response::event("DELETED", csr), State::Deleted),
        }
    }

    /// Writes a bookmark where the client has asked for them, else an empty line, which only keeps the connection
    /// alive.
    fn sign_of_life(&self) -> Bytes {
        if self.options.bookmarks { response::bookmark(self.csrs.version()) } else { Bytes::from_static(b"\n") }
    }
}
