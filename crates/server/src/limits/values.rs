use std::time::Duration;

use super::{
    memory::{Budget, CacheRoom, MIN_BYTES},
    row::Field,
    table::{Limit, TABLE},
};
use crate::start::StartError;

/// Limits of what a client may take, and of how long others may take. Those with a flag have their default in the table
/// of limits.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Memory of the server. Default, by a flag: the limit of the control group, if there is one.
    pub memory_bytes: usize,
    /// Connections at a time; one more is answered 503.
    pub connections: usize,
    /// Connections of one address, which a proxy beside this server is exempt from.
    pub connections_per_address: usize,
    /// Connections of one network (/24; of IPv6 /56, and twice as many of a /48).
    pub connections_per_network: usize,
    /// Watches at a time.
    pub streams: usize,
    /// Watches of one person.
    pub streams_per_user: usize,
    /// Watches of one address where nobody is known, IPv6 by /64: an office has one.
    pub streams_per_address: usize,
    /// Those of one network.
    pub streams_per_network: usize,
    /// Creates in a minute.
    pub creates: usize,
    /// Creates of one person in a minute.
    pub creates_per_user: usize,
    /// Creates of one address in a minute, where nobody is known.
    pub creates_per_address: usize,
    /// Those of one network.
    pub creates_per_network: usize,
    /// CSRs that nobody has decided on.
    pub pending: usize,
    /// Those of one person.
    pub pending_per_user: usize,
    /// Those that one address has made by this server, where nobody is known.
    pub pending_per_address: usize,
    /// Those of one network.
    pub pending_per_network: usize,
    /// Requests a second to the API server about names that are not known here.
    pub lookups_per_second: usize,
    /// Those of one person.
    pub lookups_per_user: usize,
    /// Those of one address where nobody is known.
    pub lookups_per_address: usize,
    /// Those of one network.
    pub lookups_per_network: usize,
    /// Lines of the log about requests, in a minute.
    pub log_lines: usize,
    /// Those about one person.
    pub log_lines_per_user: usize,
    /// Those about one address where nobody is known.
    pub log_lines_per_address: usize,
    /// Those about one network.
    pub log_lines_per_network: usize,
    /// The longest body. A request for RSA-4096 with 64 long groups fits into the default.
    pub body_bytes: usize,
    /// For the head of a request, and for the pause between two of them.
    pub header_timeout: Duration,
    /// For the body of a request.
    pub body_timeout: Duration,
    /// For each write to make progress: a slow reader is cut off.
    pub write_timeout: Duration,
    /// For the API server to begin its answer, and again to end it.
    pub upstream_timeout: Duration,

    /// For the watch of the API server to bring anything: it sends a bookmark about every minute. Default: 75 s.
    pub upstream_silence: Duration,
    /// The time for which the JSON of a CSR is kept after it was seen: enough for a page to ask for what it created,
    /// over a slow line. Default: 10 s.
    pub recent_period: Duration,
    /// The most CSRs in the cache. Default: as many as fit into their part of the memory.
    pub cached_objects: Option<usize>,
    /// Between two signs of life on a watch where nothing happens, a fifth more or less: proxies cut what is silent for
    /// a minute, some for half of one. Default: 25 s.
    pub bookmark_period: Duration,
    /// For others to see that a server which ends gracefully is not ready, before it ends. Default: 5 s.
    pub unready_period: Duration,
    /// The time over which it ends the watches then. Default: 4 s.
    pub ending_period: Duration,
    /// For what is under way after that. Default: 10 s.
    pub drain_timeout: Duration,
}

impl Limits {
    /// Checks that something passes.
    ///
    /// # Errors
    /// [`StartError::InvalidLimit`].
    pub(crate) fn check(mut self) -> Result<(), StartError> {
        for row in &TABLE {
            let (is_possible, expected) = match (row.field)(&mut self) {
                Field::Count(count) if row.limit == Limit::Memory => (*count as u64 >= MIN_BYTES, "64MiB or more"),
                Field::Count(count) => (*count > 0, "1 or more"),
                Field::Time(time) => (!time.is_zero() && *time <= MAX_TIMEOUT, "from 1 to 86400"),
            };
            if !is_possible {
                return Err(StartError::InvalidLimit { flag: format!("--{}", row.flag), expected });
            }
        }
        Ok(())
    }

    /// Returns these with little time for a head: of a connection that is there for a probe alone, or for Prometheus.
    pub(crate) fn for_probes(self) -> Self {
        Self { header_timeout: self.header_timeout.min(PROBE_TIMEOUT), ..self }
    }

    /// Returns the budget of memory.
    pub(crate) fn budget(self) -> Budget {
        Budget::new(self.memory_bytes as u64)
    }

    /// Returns the room of the cache of CSRs.
    pub(crate) fn cache_room(self) -> CacheRoom {
        let (objects, recent_bytes) = self.budget().cache();
        CacheRoom { objects: self.cached_objects.unwrap_or(objects), recent_bytes, recent_period: self.recent_period }
    }

    /// Returns the value of a limit: a number, or whole seconds.
    pub(crate) fn value(mut self, limit: Limit) -> u64 {
        match (limit.row().field)(&mut self) {
            Field::Count(count) => *count as u64,
            Field::Time(time) => time.as_secs(),
        }
    }

    /// Returns the names and values of the limits whose refusals are counted.
    pub(crate) fn counted(self) -> impl Iterator<Item = (&'static str, u64)> {
        TABLE.iter().filter(|row| row.is_counted()).map(move |row| (row.name, self.value(row.limit)))
    }

    /// Sets a limit to a number, or to seconds.
    pub(crate) fn set(&mut self, limit: Limit, value: u64) {
        match (limit.row().field)(self) {
            Field::Count(count) => *count = usize::try_from(value).unwrap_or(usize::MAX),
            Field::Time(time) => *time = Duration::from_secs(value),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        let mut limits = Self {
            memory_bytes: 0,
            connections: 0,
            connections_per_address: 0,
            connections_per_network: 0,
            streams: 0,
            streams_per_user: 0,
            streams_per_address: 0,
            streams_per_network: 0,
            creates: 0,
            creates_per_user: 0,
            creates_per_address: 0,
            creates_per_network: 0,
            pending: 0,
            pending_per_user: 0,
            pending_per_address: 0,
            pending_per_network: 0,
            lookups_per_second: 0,
            lookups_per_user: 0,
            lookups_per_address: 0,
            lookups_per_network: 0,
            log_lines: 0,
            log_lines_per_user: 0,
            log_lines_per_address: 0,
            log_lines_per_network: 0,
            body_bytes: 0,
            header_timeout: Duration::ZERO,
            body_timeout: Duration::ZERO,
            write_timeout: Duration::ZERO,
            upstream_timeout: Duration::ZERO,
            upstream_silence: Duration::from_secs(75),
            recent_period: Duration::from_secs(10),
            cached_objects: None,
            bookmark_period: Duration::from_secs(25),
            unready_period: Duration::from_secs(5),
            ending_period: Duration::from_secs(4),
            drain_timeout: Duration::from_secs(10),
        };
        for row in &TABLE {
            limits.set(row.limit, row.default.into());
        }
        limits
    }
}

/// A probe is sent as soon as it is connected.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

/// A day. What ends later ends never, and at some point cannot be added to a time.
const MAX_TIMEOUT: Duration = Duration::from_secs(86_400);
