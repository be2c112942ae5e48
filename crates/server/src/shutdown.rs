//! The end of a server.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio_util::sync::CancellationToken;

/// The way in which a server ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shutdown {
    /// Others take over, and get the time for it.
    Graceful,
    /// Somebody waits for the end.
    Immediate,
}

/// The signal to all that lasts that the server ends; clones share it.
#[derive(Clone, Default)]
pub(crate) struct ShutdownSignal {
    announced: Arc<AtomicBool>,
    spread: Arc<OnceLock<Duration>>,
    token: CancellationToken,
}

impl ShutdownSignal {
    /// Announces the end: the server is not ready for anybody new.
    pub(crate) fn announce(&self) {
        self.announced.store(true, Ordering::Relaxed);
    }

    /// Returns whether the end was announced.
    pub(crate) fn is_announced(&self) -> bool {
        self.announced.load(Ordering::Relaxed)
    }

    /// Begins to end: watches are to end over a time.
    pub(crate) fn begin(&self, spread: Duration) {
        let _ = self.spread.set(spread);
        self.token.cancel();
    }

    /// Waits until the end begins, and returns the time over which the watches are to end.
    pub(crate) async fn begun(&self) -> Duration {
        self.token.cancelled().await;
        *self.spread.get().expect("it is set before")
    }
}
