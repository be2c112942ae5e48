use std::time::Duration;

use kube_enroll_core::{Backoff, ObjectName};

use crate::state::{Call, Failure};

/// Schedules the calls about the object: a list, then a watch from the list's `resourceVersion`, where that comes to
/// its end the next one from the version that was seen last, and after a failure a list again. Beside them reads, which
/// are enough where a proxy buffers the watch.
#[derive(Debug, PartialEq)]
pub(crate) struct Watcher {
    pub connection: Connection,
    watch: Watch,
    /// The version up to which everything was seen, unless a list is needed.
    version: Option<String>,
    /// The time of the last contact: bytes of a watch, an answer, or a sent read.
    last_contact_ms: f64,
    /// Bytes of a watch have arrived, so no proxy buffers it.
    streams: bool,
    /// The pauses before the next list.
    backoff: Backoff,
}

/// The connection to the API, as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Connection {
    Connecting,
    Live,
    Lost {
        since_ms: f64,
        reason: String,
        /// A session may have ended, so that loading the page again may help.
        may_reload: bool,
    },
}

#[derive(Debug, PartialEq)]
enum Watch {
    Listing,
    Open {
        opened_ms: f64,
        streamed_ms: f64,
    },
    /// The watch has ended; watch or list again at this time.
    Ended {
        again_ms: f64,
    },
}

impl Watcher {
    /// Begins with a list: [`Call::List`].
    pub(super) fn new(now_ms: f64) -> Self {
        Self {
            connection: Connection::Connecting,
            watch: Watch::Listing,
            version: None,
            last_contact_ms: now_ms,
            streams: false,
            backoff: Backoff::new(MIN_PAUSE, MAX_PAUSE),
        }
    }

    /// Records a list's version, and returns the watch that begins there.
    pub(super) fn listed(&mut self, name: &ObjectName, version: String, now_ms: f64) -> Call {
        self.contact(now_ms);
        self.open(name, version, now_ms)
    }

    /// Records the version of an event.
    pub(super) fn seen(&mut self, version: &str) {
        self.version = Some(version.to_owned());
    }

    /// Records that the watch cannot go on: a list is needed.
    pub(super) fn expired(&mut self) {
        self.version = None;
    }

    /// Records that bytes of the watch arrived.
    pub(super) fn streamed(&mut self, now_ms: f64) {
        self.contact(now_ms);
        self.streams = true;
        if let Watch::Open { streamed_ms, .. } = &mut self.watch {
            *streamed_ms = now_ms;
        }
    }

    /// Records an answer of the API.
    pub(super) fn contact(&mut self, now_ms: f64) {
        self.last_contact_ms = now_ms;
        self.connection = Connection::Live;
    }

    /// Records the end of a watch, or a failed list, and schedules the next watch or list. `jitter` is from 0 to 1.
    pub(super) fn ended(&mut self, failure: Option<Failure>, now_ms: f64, jitter: f64) {
        let has_failed = failure.is_some();
        let mut retry_after_ms = 0.0;
        if let Some(failure) = failure {
            if let Failure::Unreachable { retry_after_ms: after, .. } = failure {
                retry_after_ms = after;
            }
            self.lost(failure, now_ms);
            // What a proxy refuses is read until a watch is let through.
            self.streams = false;
        }
        let held = matches!(self.watch, Watch::Open { opened_ms, .. } if now_ms - opened_ms > MIN_STABLE_WATCH_MS);
        if held {
            self.backoff.reset();
        }
        if has_failed || !held {
            self.expired();
        }
        let pause_ms = f64::max(self.backoff.pause(jitter).as_secs_f64() * 1_000.0, retry_after_ms);
        self.watch = Watch::Ended { again_ms: now_ms + pause_ms };
    }

    /// Records a failure of the connection.
    pub(super) fn lost(&mut self, failure: Failure, now_ms: f64) {
        self.last_contact_ms = now_ms;
        let may_reload = matches!(failure, Failure::Blocked(_));
        let reason = match failure {
            Failure::SignIn => String::new(),
            Failure::Blocked(code) => format!("something between you and the cluster refused this, HTTP {code}"),
            Failure::Refused(status) => status.message,
            Failure::NoApi(code) => format!("no Kubernetes API behind this page, HTTP {code}"),
            Failure::NotSent(reason) | Failure::Unreachable { reason, .. } => reason,
        };
        let since_ms = if let Connection::Lost { since_ms, .. } = self.connection { since_ms } else { now_ms };
        self.connection = Connection::Lost { since_ms, reason, may_reload };
    }

    /// Returns the call that is due, or `None` if none is.
    pub(super) fn tick(&mut self, name: &ObjectName, now_ms: f64) -> Option<Call> {
        let due = match self.watch {
            Watch::Listing => false,
            Watch::Open { streamed_ms, .. } => now_ms - streamed_ms > MAX_WATCH_SILENCE_MS,
            Watch::Ended { again_ms } => now_ms >= again_ms,
        };
        if due {
            let goes_on = matches!(self.watch, Watch::Ended { .. });
            return Some(match self.version.take().filter(|_| goes_on) {
                Some(version) => self.open(name, version, now_ms),
                None => {
                    self.watch = Watch::Listing;
                    Call::List(name.clone())
                }
            });
        }
        let interval_ms = if self.streams { READ_INTERVAL_MS } else { POLL_INTERVAL_MS };
        (now_ms - self.last_contact_ms > interval_ms).then(|| self.read(name, now_ms))
    }

    /// Returns the read that is due when the tab is visible again or the network is back, or `None` while a watch is
    /// alive.
    pub(super) fn awake(&mut self, name: &ObjectName, reconnected: bool, now_ms: f64) -> Option<Call> {
        (reconnected || !self.streams || now_ms - self.last_contact_ms > MIN_AWAKE_SILENCE_MS)
            .then(|| self.read(name, now_ms))
    }

    /// Returns the watch that begins at a version.
    fn open(&mut self, name: &ObjectName, version: String, now_ms: f64) -> Call {
        self.watch = Watch::Open { opened_ms: now_ms, streamed_ms: now_ms };
        self.version = Some(version.clone());
        Call::Watch(name.clone(), version)
    }

    /// Returns the call that reads the object now.
    fn read(&mut self, name: &ObjectName, now_ms: f64) -> Call {
        self.last_contact_ms = now_ms;
        Call::Read(name.clone())
    }
}

/// The silence after which the object is read although a watch works.
const READ_INTERVAL_MS: f64 = 45_000.0;
/// The silence after which the object is read when the tab is visible again. `kube-enroll serve` sends a bookmark about
/// every 25 seconds.
const MIN_AWAKE_SILENCE_MS: f64 = 31_000.0;
/// The interval of reads while no bytes of a watch have arrived: a proxy may buffer it.
const POLL_INTERVAL_MS: f64 = 6_000.0;
/// The silence after which a watch is replaced. The API server sends a bookmark about every minute.
const MAX_WATCH_SILENCE_MS: f64 = 90_000.0;
/// The first pause before the next list.
const MIN_PAUSE: Duration = Duration::from_millis(700);
/// The maximum pause before the next list, without jitter.
const MAX_PAUSE: Duration = Duration::from_secs(10);
/// The duration after which a watch counts as successful, so that the backoff is reset.
const MIN_STABLE_WATCH_MS: f64 = 5_000.0;
