use std::time::Duration;

use kube_enroll_core::{Backoff, ObjectName};

use crate::state::{Call, Failure};

/// Decides when to ask about the object: a list, then a watch from the list's version, again and again, and beside it
/// reads as a safety net, which do the whole work where a proxy holds the watch back.
#[derive(Debug, PartialEq)]
pub(crate) struct Watcher {
    pub connection: Connection,
    watch: Watch,
    /// When something was last heard, by watch or by reading, or asked.
    heard_ms: f64,
    /// A byte of a watch has come: nothing holds it back.
    streams: bool,
    /// The pauses before the next list.
    backoff: Backoff,
}

/// The connection as a person sees it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Connection {
    Connecting,
    Live,
    Lost { since_ms: f64, reason: String },
}

#[derive(Debug, PartialEq)]
enum Watch {
    Listing,
    Open {
        opened_ms: f64,
        streamed_ms: f64,
    },
    /// It ended; list again at this time.
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
            heard_ms: now_ms,
            streams: false,
            backoff: Backoff::new(FIRST_PAUSE, LONGEST_PAUSE),
        }
    }

    /// Notes a list's version, and returns the watch that begins there.
    pub(super) fn listed(&mut self, name: &ObjectName, version: String, now_ms: f64) -> Call {
        self.contact(now_ms);
        self.watch = Watch::Open { opened_ms: now_ms, streamed_ms: now_ms };
        Call::Watch(name.clone(), version)
    }

    /// Notes that bytes of the watch came.
    pub(super) fn streamed(&mut self, now_ms: f64) {
        self.contact(now_ms);
        self.streams = true;
        if let Watch::Open { streamed_ms, .. } = &mut self.watch {
            *streamed_ms = now_ms;
        }
    }

    /// Notes that the object was read.
    pub(super) fn contact(&mut self, now_ms: f64) {
        self.heard_ms = now_ms;
        self.connection = Connection::Live;
    }

    /// Notes that a watch or list ended. `jitter` is from 0 to 1.
    pub(super) fn ended(&mut self, failure: Option<Failure>, now_ms: f64, jitter: f64) {
        let mut retry_after_ms = 0.0;
        if let Some(failure) = failure {
            if let Failure::Unreachable { retry_after_ms: after, .. } = failure {
                retry_after_ms = after;
            }
            self.lost(failure, now_ms);
            // What a proxy refuses is read until a watch is let through.
            self.streams = false;
        }
        let held = matches!(self.watch, Watch::Open { opened_ms, .. } if now_ms - opened_ms > HELD_MS);
        if held {
            self.backoff.reset();
        }
        let pause_ms = f64::max(self.backoff.pause(jitter).as_secs_f64() * 1_000.0, retry_after_ms);
        self.watch = Watch::Ended { again_ms: now_ms + pause_ms };
    }

    /// Notes that there is no contact.
    pub(super) fn lost(&mut self, failure: Failure, now_ms: f64) {
        self.heard_ms = now_ms;
        let reason = match failure {
            Failure::SignIn => String::new(),
            Failure::Refused(status) => status.message,
            Failure::NoApi(code) => format!("HTTP {code}"),
            Failure::Unreachable { reason, .. } => reason,
        };
        let since_ms = if let Connection::Lost { since_ms, .. } = self.connection { since_ms } else { now_ms };
        self.connection = Connection::Lost { since_ms, reason };
    }

    /// Returns the call that is due, or `None`.
    pub(super) fn tick(&mut self, name: &ObjectName, now_ms: f64) -> Option<Call> {
        let due = match self.watch {
            Watch::Listing => false,
            Watch::Open { streamed_ms, .. } => now_ms - streamed_ms > SILENT_MS,
            Watch::Ended { again_ms } => now_ms >= again_ms,
        };
        if due {
            self.watch = Watch::Listing;
            return Some(Call::List(name.clone()));
        }
        let quiet_ms = if self.streams { QUIET_MS } else { POLL_MS };
        (now_ms - self.heard_ms > quiet_ms).then(|| self.read(name, now_ms))
    }

    /// Returns what is due when a person comes back, or the network; `None` while a watch is alive.
    pub(super) fn awake(&mut self, name: &ObjectName, reconnected: bool, now_ms: f64) -> Option<Call> {
        (reconnected || !self.streams || now_ms - self.heard_ms > AWAKE_MS).then(|| self.read(name, now_ms))
    }

    /// Returns the call that reads the object now.
    fn read(&mut self, name: &ObjectName, now_ms: f64) -> Call {
        self.heard_ms = now_ms;
        Call::Read(name.clone())
    }
}

/// Silence after which the object is read, beside a watch that is known to work.
const QUIET_MS: f64 = 45_000.0;
/// Silence after which a person who comes back wants a look. `kube-enroll serve` sends a bookmark every 25 seconds or
/// so.
const AWAKE_MS: f64 = 31_000.0;
/// Time between reads while no byte of any watch has come: a proxy may hold the whole of it back.
const POLL_MS: f64 = 6_000.0;
/// Silence after which a watch is given up. The API server sends a bookmark about every minute.
const SILENT_MS: f64 = 90_000.0;
/// The first pause before listing again.
const FIRST_PAUSE: Duration = Duration::from_millis(700);
/// The longest pause before listing again.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// A watch that held for so long has earned a quick return.
const HELD_MS: f64 = 5_000.0;
