//! A watch on its way to the browser: read event by event, filtered, and written anew.

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use futures_util::{Stream, stream::unfold};
use http_body_util::BodyExt;
use kube::client::Body;
use kube_enroll_core::WatchDecoder;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::{gate::view::Owner, identity::Person};

/// Passes the events of `body` on, until it ends, `seconds` are over, or `stop` is cancelled. To the client each of these
/// is the end of a watch, which is normal.
pub(super) fn stream(
    body: Body,
    owner: Owner,
    person: Option<Person>,
    seconds: Duration,
    stop: CancellationToken,
) -> impl Stream<Item = Result<Bytes, Infallible>> + Send + 'static {
    let watch =
        Watch { body, decoder: WatchDecoder::new(), owner, person, deadline: Instant::now() + seconds + GRACE, stop };
    unfold(watch, |mut watch| async {
        let lines = watch.next().await?;
        Some((Ok(lines), watch))
    })
}

struct Watch {
    body: Body,
    decoder: WatchDecoder,
    owner: Owner,
    person: Option<Person>,
    deadline: Instant,
    stop: CancellationToken,
}

impl Watch {
    /// Returns the next lines, of one event or several; nothing at the end.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            let frame = tokio::select! {
                () = self.stop.cancelled() => return None,
                () = sleep_until(self.deadline) => return None,
                frame = self.body.frame() => frame?,
            };
            let frame = frame.inspect_err(|error| tracing::debug!(%error, "the watch broke off")).ok()?;
            let Ok(bytes) = frame.into_data() else { continue };
            let events = match self.decoder.push(&bytes) {
                Ok(events) => events,
                Err(error) => {
                    tracing::warn!(%error, "the watch cannot be read");
                    return None;
                }
            };
            let lines: Vec<u8> = events
                .into_iter()
                .filter_map(|event| self.owner.event(event, self.person.as_ref()))
                .flatten()
                .collect();
            if !lines.is_empty() {
                return Some(lines.into());
            }
        }
    }
}

/// The API server ends a watch by itself; this is for one that does not.
const GRACE: Duration = Duration::from_secs(15);
