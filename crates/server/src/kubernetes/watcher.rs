//! The one list and the one watch of the API server, again and again ([efficient detection of
//! changes](https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes)).

use std::{collections::HashMap, convert::Infallible, time::Duration};

use http_body_util::BodyExt;
use kube::client::Body;
use kube_enroll_core::{Backoff, WatchDecoder, WatchEvent};
use tokio::time::{Instant, sleep, timeout};

use super::{
    Error,
    client::{Client, Dated, Page},
    csr::{ServiceAccount, version_number},
};
use crate::{cache::Store, error::with_sources};

/// Keeps the store in line with the API server, for ever. It fails for no reason: the API server may come back from
/// any.
pub(crate) async fn follow(client: &Client, account: &ServiceAccount, store: &Store, silence: Duration) -> Infallible {
    let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
    let mut page_objects = PAGE_OBJECTS;
    loop {
        match list(client, account, store, page_objects).await {
            Ok(()) => {}
            Err(error) => {
                // Others' objects may be large: a page of fewer is shorter.
                if matches!(error, Error::TooLong { .. }) {
                    page_objects = (page_objects / 2).max(1);
                }
                let pause = backoff.pause(fastrand::f64());
                report("listing", &error, pause);
                sleep(pause).await;
                continue;
            }
        }
        // From here on a watch goes on where the last one ended, until the API server has forgotten that version.
        loop {
            let began = Instant::now();
            let ended = watch(client, account, store, silence).await;
            store.metrics.watching.set(0);
            if began.elapsed() > HELD {
                backoff.reset();
            }
            let pause = backoff.pause(fastrand::f64());
            if let Err(error) = &ended {
                report("watching", error, pause);
            }
            // Also before a list: an API server that forgets every version at once is not to be asked without a pause.
            sleep(pause).await;
            if matches!(ended, Ok(End::Expired)) {
                break;
            }
        }
    }
}

/// How a watch ended.
enum End {
    /// As watches do.
    Normal,
    /// The version where it began or stood is forgotten, or what comes after it cannot be read or does not come: list
    /// again.
    Expired,
}

async fn list(client: &Client, account: &ServiceAccount, store: &Store, page_objects: u32) -> Result<(), Error> {
    store.metrics.lists.inc();
    let mut listed = HashMap::new();
    let mut next = String::new();
    let version = loop {
        let Dated { value: Page { metadata, items }, date } = client.list(&next, page_objects).await?;
        store.observe_date(date.as_ref());
        for object in items {
            if let Some(csr) = account.visible(object) {
                listed.insert(csr.name().to_owned(), csr);
            }
        }
        next = metadata.next;
        if next.is_empty() {
            break metadata.resource_version;
        }
    };
    tracing::debug!(objects = listed.len(), version, "listed");
    store.replace(listed, version_number(&version));
    Ok(())
}

async fn watch(client: &Client, account: &ServiceAccount, store: &Store, silence: Duration) -> Result<End, Error> {
    store.metrics.watches.inc();
    let Dated { value: mut body, date } = match client.watch(store.version()).await {
        Err(Error::Status { status, .. }) if status.is_expired() => return Ok(End::Expired),
        answer => answer?,
    };
    store.observe_date(date.as_ref());
    store.metrics.watching.set(1);
    let mut decoder = WatchDecoder::new();
    loop {
        let bytes = match timeout(silence, next_bytes(&mut body)).await {
            Ok(Ok(Some(bytes))) => bytes,
            Ok(Ok(None)) => return Ok(End::Normal),
            Ok(Err(error)) => return Err(error),
            // A stream that is dead, though nobody has said so, or a cluster that was restored from a backup: a watch
            // from a version that is to come is not refused, and tells of nothing until then.
            Err(_) => {
                tracing::warn!("the watch has been silent for {} s: listing", silence.as_secs());
                return Ok(End::Expired);
            }
        };
        let events = match decoder.push(&bytes) {
            Ok(events) => events,
            // A watch from the same version would bring the same again.
            Err(error) => {
                tracing::warn!(%error, "the watch cannot be read: listing");
                return Ok(End::Expired);
            }
        };
        for event in events {
            match event {
                WatchEvent::Added(object) | WatchEvent::Modified(object) => {
                    let version = version_number(&object.metadata.resource_version);
                    match account.visible(object) {
                        Some(csr) => store.show(csr),
                        None => store.bookmark(version),
                    }
                }
                WatchEvent::Deleted(object) => {
                    let version = version_number(&object.metadata.resource_version);
                    match account.visible(object) {
                        Some(csr) => store.delete(csr),
                        None => store.bookmark(version),
                    }
                }
                WatchEvent::Bookmark { resource_version } => store.bookmark(version_number(&resource_version)),
                WatchEvent::Error(status) if status.is_expired() => return Ok(End::Expired),
                WatchEvent::Error(status) => return Err(Error::Status { status: Box::new(status), date: None }),
            }
        }
    }
}

/// Reads what comes next; nothing at the end.
async fn next_bytes(body: &mut Body) -> Result<Option<bytes::Bytes>, Error> {
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(Error::unreachable)?;
        if let Ok(bytes) = frame.into_data() {
            return Ok(Some(bytes));
        }
    }
    Ok(None)
}

fn report(what: &str, error: &Error, pause: Duration) {
    tracing::warn!(error = %with_sources(error), "{what} requests failed; trying again in {:.1} s", pause.as_secs_f32());
}

const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// People wait: after an outage all of them are told within this and a list.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// A watch that held for so long has earned a quick return.
const HELD: Duration = Duration::from_secs(5);

/// Objects of a page at first. One of ours has about 6 KiB with its certificate and managed fields.
const PAGE_OBJECTS: u32 = 250;
