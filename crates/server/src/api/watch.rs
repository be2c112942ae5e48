//! A watch on its way to the browser: the object as it is, then what becomes of it.

use std::{convert::Infallible, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{Stream, stream::unfold};
use tokio::time::{Instant, sleep, sleep_until};

use super::{operation::WatchOptions, response};
use crate::{
    cache::{Event, Store, Subscription},
    limits::Permit,
    server::ShutdownSignal,
};

/// Tells of an object until it is gone, the time is over, or the server stops. To the client each of these is the end
/// of a watch, which is normal. `end` is when the person's own time is over.
pub(crate) fn stream(
    subscription: Subscription,
    store: Arc<Store>,
    options: WatchOptions,
    bookmark_period: Duration,
    end: Option<Instant>,
    stop: ShutdownSignal,
    permit: Permit,
) -> impl Stream<Item = Result<Bytes, Infallible>> + Send + 'static {
    let deadline = Instant::now() + Duration::from_secs(options.timeout_seconds.into());
    let watch = Watch {
        subscription,
        store,
        deadline: end.map_or(deadline, |end| end.min(deadline)),
        bookmarks: options.bookmarks,
        bookmark_period,
        stop,
        progress: Progress::Begun,
        _permit: permit,
    };
    unfold(watch, |mut watch| async {
        let line = watch.next().await?;
        Some((Ok(line), watch))
    })
}

struct Watch {
    subscription: Subscription,
    store: Arc<Store>,
    deadline: Instant,
    bookmarks: bool,
    bookmark_period: Duration,
    stop: ShutdownSignal,
    progress: Progress,
    /// Its place among all that wait.
    _permit: Permit,
}

/// What the browser knows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    Begun,
    Present,
    Deleted,
}

impl Watch {
    /// Returns the next line; nothing at the end.
    async fn next(&mut self) -> Option<Bytes> {
        match self.progress {
            // Whatever version the browser has brought.
            Progress::Begun => Some(self.event_line("ADDED")),
            Progress::Deleted => None,
            Progress::Present => {
                let bookmark = Instant::now() + self.bookmark_period.mul_f32(0.8 + 0.4 * fastrand::f32());
                tokio::select! {
                    changed = self.subscription.changed() => {
                        changed.ok()?;
                        Some(self.event_line("MODIFIED"))
                    }
                    () = sleep_until(self.deadline.min(bookmark)) => {
                        let is_over = self.deadline <= Instant::now();
                        // What was not asked for is not sent, so nothing but time has passed.
                        (!is_over).then(|| if self.bookmarks { response::bookmark(self.store.version()) } else { Bytes::from_static(b"\n") })
                    }
                    spread = self.stop.begun() => {
                        sleep(spread.mul_f32(fastrand::f32())).await;
                        None
                    }
                }
            }
        }
    }

    fn event_line(&mut self, kind: &str) -> Bytes {
        let event = self.subscription.borrow_and_update();
        let (progress, kind) = match *event {
            Event::Applied(_) => (Progress::Present, kind),
            Event::Deleted(_) => (Progress::Deleted, "DELETED"),
        };
        self.progress = progress;
        response::event(kind, event.csr())
    }
}
