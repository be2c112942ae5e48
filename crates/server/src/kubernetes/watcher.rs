//! The one list and the one watch of CSRs, as events
//! ([efficient detection of changes](https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes)).

use std::{collections::VecDeque, mem, sync::Arc, time::Duration};

use http::HeaderValue;
use http_body_util::BodyExt;
use kube::client::Body;
use kube_enroll_core::{Backoff, WatchDecoder, WatchEvent};
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout},
};

use super::{
    Error,
    client::{Client, Dated, Page, PageMeta},
    csr::{ServiceAccount, VisibleCsr, version_number},
};
use crate::{error::with_sources, metrics::Metrics};

/// A change of the CSRs of this server's account.
#[derive(Debug)]
pub(crate) enum Event {
    /// The begin of a list. One that does not come to its end is begun anew.
    Listing {
        /// The version of the list.
        version: u64,
        /// The account whose CSRs it has.
        account: ServiceAccount,
    },
    /// A page of the list.
    Page(Vec<VisibleCsr>),
    /// The end of the list: a CSR that was not in it is gone, unless it was created after it.
    Listed {
        /// The version of the list.
        version: u64,
        /// The account that they belong to.
        account: ServiceAccount,
    },
    /// A CSR was created or changed.
    Applied(VisibleCsr),
    /// A CSR was deleted; the last state that it had.
    Deleted(VisibleCsr),
    /// Every event up to this version has been seen.
    Bookmark(u64),
    /// The API server's clock, as the `Date` of an answer has it.
    Date(HeaderValue),
}

/// Lists and watches the CSRs for ever. No error ends it: the API server may come back from any.
pub(crate) struct Watcher {
    client: Client,
    accounts: watch::Receiver<ServiceAccount>,
    /// The account whose CSRs are passed on, since the list began.
    account: ServiceAccount,
    metrics: Arc<Metrics>,
    /// The longest time without a byte on a watch that is alive.
    silence: Duration,
    backoff: Backoff,
    /// CSRs of a page. Others' may be large: after an answer that is too long, pages of fewer are requested.
    page_objects: u32,
    state: State,
    /// Events that are not delivered yet.
    events: VecDeque<Event>,
}

/// The states of a watcher. An event is delivered before the next state is entered.
///
/// | state | on success | on failure |
/// | --- | --- | --- |
/// | `Unlisted` | `Listing` | |
/// | `Listing` | `Listing` with the next page, `Listed` after the last one | a pause, `Unlisted` |
/// | `Listed` | `Watching` | a pause, `Listed`; `Unlisted` where the version is forgotten |
/// | `Watching` | `Watching` | a pause, `Listed`; `Unlisted` where it cannot go on from its version |
/// | `Pausing` | the state that it leads to | |
///
/// `Listed` and `Watching` lead to `Unlisted` at once where the account has got another name: CSRs of that name were
/// passed over.
#[derive(Default)]
enum State {
    /// Nothing is known, or what is known cannot be continued.
    #[default]
    Unlisted,
    /// Some pages of a list have come, or none yet.
    Listing {
        /// The token of the next page; empty for the first one.
        next: String,
    },
    /// Every event up to a version is known, and no watch is open.
    Listed { version: u64 },
    /// A watch is open.
    Watching(Box<Watch>),
    /// Something failed or ended: a pause, which grows. Also before a list: an API server that forgets every version at
    /// once is not to be asked without one.
    Pausing { pause: Duration, next: Box<State> },
}

/// An open watch.
struct Watch {
    body: Body,
    decoder: WatchDecoder,
    /// The version of the last event.
    version: u64,
    requested: Instant,
}

/// The end of a watch.
enum End {
    /// The API server's own, or an error on the way: the next watch continues.
    Closed { version: u64 },
    /// The version is forgotten, or what comes after it cannot be read or does not come: a list is needed.
    Expired,
}

impl Watcher {
    /// Makes a watcher that has not listed yet.
    pub(crate) fn new(
        client: Client,
        accounts: watch::Receiver<ServiceAccount>,
        metrics: Arc<Metrics>,
        silence: Duration,
    ) -> Self {
        let account = accounts.borrow().clone();
        Self {
            client,
            accounts,
            account,
            metrics,
            silence,
            backoff: Backoff::new(FIRST_PAUSE, MAX_PAUSE),
            page_objects: PAGE_OBJECTS,
            state: State::default(),
            events: VecDeque::new(),
        }
    }

    /// Returns the next event.
    pub(crate) async fn next(&mut self) -> Event {
        loop {
            if let Some(event) = self.events.pop_front() {
                return event;
            }
            let state = mem::take(&mut self.state);
            self.state = self.step(state).await;
        }
    }

    /// Forgets what is known, and lists again after a pause.
    pub(crate) fn list_again(&mut self) {
        self.state = self.end(Instant::now(), End::Expired, None);
    }

    async fn step(&mut self, state: State) -> State {
        match state {
            State::Unlisted => {
                self.account = self.accounts.borrow_and_update().clone();
                self.metrics.lists.inc();
                State::Listing { next: String::new() }
            }
            State::Listing { next } => match self.list_page(&next).await {
                Ok(None) => State::Listing { next },
                Ok(Some(PageMeta { next, .. })) if !next.is_empty() => State::Listing { next },
                Ok(Some(PageMeta { resource_version, .. })) => {
                    let version = version_number(&resource_version);
                    tracing::debug!(version, "listed");
                    self.events.push_back(Event::Listed { version, account: self.account.clone() });
                    State::Listed { version }
                }
                Err(error) => {
                    let pause = self.backoff.pause(fastrand::f64());
                    report("listing", &error, pause);
                    State::Pausing { pause, next: Box::new(State::Unlisted) }
                }
            },
            State::Listed { .. } if self.is_renamed() => State::Unlisted,
            State::Listed { version } => {
                let requested = Instant::now();
                self.metrics.watches.inc();
                match self.client.watch(version).await {
                    Ok(Dated { value: body, date }) => {
                        self.observe(date);
                        self.metrics.watching.set(1);
                        let decoder = WatchDecoder::skipping_long_lines();
                        State::Watching(Box::new(Watch { body, decoder, version, requested }))
                    }
                    Err(Error::Status { status, .. }) if status.is_expired() => self.end(requested, End::Expired, None),
                    Err(error) => self.end(requested, End::Closed { version }, Some(&error)),
                }
            }
            State::Watching(watch) => self.read(watch).await,
            State::Pausing { pause, next } => {
                sleep(pause).await;
                *next
            }
        }
    }

    /// Reads a page, and returns its place in the list; `None` where it was too long, and is to be asked for again with
    /// fewer objects. The pages after it have more again.
    async fn list_page(&mut self, next: &str) -> Result<Option<PageMeta>, Error> {
        match self.client.list(next, self.page_objects).await {
            Ok(Dated { value: Page { metadata, items }, date }) => {
                self.observe(date);
                self.page_objects = (self.page_objects * 2).min(PAGE_OBJECTS);
                if next.is_empty() {
                    let (version, account) = (version_number(&metadata.resource_version), self.account.clone());
                    self.events.push_back(Event::Listing { version, account });
                }
                let csrs = items.into_iter().filter_map(|object| self.account.visible(object)).collect();
                self.events.push_back(Event::Page(csrs));
                Ok(Some(metadata))
            }
            Err(Error::TooLong { .. }) if self.page_objects > 1 => {
                self.page_objects /= 2;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Reads what comes next on a watch.
    async fn read(&mut self, mut watch: Box<Watch>) -> State {
        let closed = End::Closed { version: watch.version };
        let next = tokio::select! {
            Ok(()) = self.accounts.changed() => None,
            next = timeout(self.silence, next_bytes(&mut watch.body)) => Some(next),
        };
        let Some(next) = next else {
            if !self.is_renamed() {
                return State::Watching(watch);
            }
            self.metrics.watching.set(0);
            return State::Unlisted;
        };
        let bytes = match next {
            Ok(Ok(Some(bytes))) => bytes,
            Ok(Ok(None)) => return self.end(watch.requested, closed, None),
            Ok(Err(error)) => return self.end(watch.requested, closed, Some(&error)),
            // A stream that is dead though it is open, or a cluster that was restored from a backup: a watch from a
            // version that is to come is not refused, and is silent until then.
            Err(_) => {
                tracing::warn!("the watch has been silent for {} s: listing", self.silence.as_secs());
                return self.end(watch.requested, End::Expired, None);
            }
        };
        let events = match watch.decoder.push(&bytes) {
            Ok(events) => events,
            // A watch from the same version would bring the same again.
            Err(error) => {
                tracing::warn!(%error, "the watch cannot be read: listing");
                return self.end(watch.requested, End::Expired, None);
            }
        };
        for event in events {
            let event = match event {
                WatchEvent::Added(object) | WatchEvent::Modified(object) => {
                    let version = version_number(&object.metadata.resource_version);
                    self.account.visible(object).map_or(Event::Bookmark(version), Event::Applied)
                }
                WatchEvent::Deleted(object) => {
                    let version = version_number(&object.metadata.resource_version);
                    self.account.visible(object).map_or(Event::Bookmark(version), Event::Deleted)
                }
                WatchEvent::Bookmark { resource_version } => Event::Bookmark(version_number(&resource_version)),
                WatchEvent::Error(status) if status.is_expired() => {
                    return self.end(watch.requested, End::Expired, None);
                }
                WatchEvent::Error(status) => {
                    let error = Error::Status { status: Box::new(status), date: None };
                    return self.end(watch.requested, End::Closed { version: watch.version }, Some(&error));
                }
            };
            watch.version = watch.version.max(event.version());
            self.events.push_back(event);
        }
        State::Watching(watch)
    }

    /// Returns whether there are CSRs that belong to the account now, and did not when the list began.
    fn is_renamed(&self) -> bool {
        !self.account.has_same_names(&self.accounts.borrow())
    }

    fn end(&mut self, requested: Instant, end: End, error: Option<&Error>) -> State {
        self.metrics.watching.set(0);
        if requested.elapsed() > HELD {
            self.backoff.reset();
        }
        let pause = self.backoff.pause(fastrand::f64());
        if let Some(error) = error {
            report("watching", error, pause);
        }
        let next = match end {
            End::Closed { version } => State::Listed { version },
            End::Expired => State::Unlisted,
        };
        State::Pausing { pause, next: Box::new(next) }
    }

    fn observe(&mut self, date: Option<HeaderValue>) {
        self.events.extend(date.map(Event::Date));
    }
}

impl Event {
    /// Returns the version up to which this event completes what is known; 0 if it does not.
    fn version(&self) -> u64 {
        match self {
            Self::Listed { version, .. } | Self::Bookmark(version) => *version,
            Self::Applied(csr) | Self::Deleted(csr) => csr.version(),
            Self::Listing { .. } | Self::Page(_) | Self::Date(_) => 0,
        }
    }
}

/// Reads the next bytes, or `None` at the end.
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

/// People wait: after an outage all of them are served within this and a list.
const MAX_PAUSE: Duration = Duration::from_secs(2);

/// A watch that held for so long has earned a quick return.
const HELD: Duration = Duration::from_secs(5);

/// CSRs of a page at first. One of ours has about 6 KiB with its certificate and managed fields.
const PAGE_OBJECTS: u32 = 250;
