use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use hyper::StatusCode;

use crate::report::count;

/// A part of a flood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Creates whose body is no request.
    Junk,
    /// Creates of good requests.
    Create,
    /// Questions about names that nothing has.
    Lookup,
    /// The page's files.
    Page,
    /// Watches that are held.
    Watch,
    /// Connections on which nothing is said.
    Idle,
}

/// The outcome of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// There was no connection to be had.
    Unconnected,
    /// The connection ended without an answer.
    Cut,
    /// There was an answer.
    Status(u16),
}

/// The outcomes of a flood.
#[derive(Debug, Default)]
pub struct Tally {
    outcomes: Mutex<BTreeMap<(Kind, Outcome), usize>>,
    watches: Gauge,
    idle: Gauge,
}

/// A number of things that are held.
#[derive(Debug, Default)]
pub struct Gauge {
    now: AtomicUsize,
    most: AtomicUsize,
}

/// One of the things that are held, until it is dropped.
pub struct Held<'a>(&'a Gauge);

impl Tally {
    /// Counts an attempt.
    pub fn count(&self, kind: Kind, outcome: Outcome) {
        *self.outcomes.lock().expect("no holder panics").entry((kind, outcome)).or_default() += 1;
    }

    /// Counts a watch or a connection as held.
    pub fn hold(&self, kind: Kind) -> Held<'_> {
        let gauge = if kind == Kind::Watch { &self.watches } else { &self.idle };
        gauge.most.fetch_max(gauge.now.fetch_add(1, Relaxed) + 1, Relaxed);
        Held(gauge)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Relaxed);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcomes = self.outcomes.lock().expect("no holder panics");
        let mut last = None;
        for ((kind, outcome), times) in &*outcomes {
            let separator = match last.replace(*kind) {
                None => format!("{kind}: "),
                Some(last) if last != *kind => format!("; {kind}: "),
                Some(_) => ", ".to_owned(),
            };
            write!(f, "{separator}{outcome} × {}", count(*times))?;
        }
        let [watches, idle] = [&self.watches, &self.idle].map(|gauge| count(gauge.most.load(Relaxed)));
        write!(f, "; held at most {watches} watches, {idle} idle connections")
    }
}

impl From<StatusCode> for Outcome {
    fn from(status: StatusCode) -> Self {
        Self::Status(status.as_u16())
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unconnected => f.write_str("no connection"),
            Self::Cut => f.write_str("cut"),
            Self::Status(status) => status.fmt(f),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Junk => "junk creates",
            Self::Create => "good creates",
            Self::Lookup => "lookups",
            Self::Page => "page files",
            Self::Watch => "watches",
            Self::Idle => "idle connections",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_what_came_of_each_kind() {
        let tally = Tally::default();
        for _ in 0..1_200 {
            tally.count(Kind::Junk, StatusCode::TOO_MANY_REQUESTS.into());
        }
        tally.count(Kind::Junk, Outcome::Cut);
        tally.count(Kind::Lookup, StatusCode::NOT_FOUND.into());
        let held = [tally.hold(Kind::Watch), tally.hold(Kind::Watch)];
        drop(held);
        drop(tally.hold(Kind::Watch));
        assert_eq!(
            tally.to_string(),
            "junk creates: cut × 1, 429 × 1,200; lookups: 404 × 1; held at most 2 watches, 0 idle connections"
        );
    }
}
