use std::{net::IpAddr, num::NonZeroU32, sync::Arc};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

use super::{
    Limits,
    concurrency::{Concurrency, Permit},
    connection::{ConnectionKind, ConnectionPermit},
    memory::Pool,
    party::{Bounds, Party},
    rate::Rates,
    row::Scope,
    table::Limit,
    waiting::{InFlight, Waiting},
};
use crate::{identity::Caller, metrics::Metrics};

/// The limits, and how far they are reached.
pub(crate) struct Limiter {
    limits: Limits,
    connections: Arc<Concurrency>,
    streams: Arc<Concurrency>,
    creates: Rates,
    lookups: Rates,
    /// Of what is known: nobody who makes up names takes it from those who wait.
    reads: Rates,
    log_lines: Rates,
    waiting: Arc<Waiting>,
    pool: Arc<Pool>,
    metrics: Arc<Metrics>,
    /// A line of the log a minute says that a limit of all is reached.
    logged: DefaultDirectRateLimiter,
    /// Another one, that there would be more lines.
    logged_silence: DefaultDirectRateLimiter,
}

impl Limiter {
    pub(crate) fn new(limits: Limits, metrics: Arc<Metrics>) -> Self {
        Self {
            connections: Concurrency::new(CONNECTIONS, limits, metrics.connections.clone()),
            streams: Concurrency::new(STREAMS, limits, metrics.streams.clone()),
            creates: Rates::new(CREATES, &limits, Quota::per_minute),
            lookups: Rates::new(LOOKUPS, &limits, Quota::per_second),
            reads: Rates::new(LOOKUPS, &limits, Quota::per_second),
            log_lines: Rates::new(LOG_LINES, &limits, Quota::per_minute),
            pool: limits.budget().pool(metrics.connection_memory.clone()),
            waiting: Waiting::new(PENDING, limits, metrics.creating.clone()),
            limits,
            metrics,
            logged: RateLimiter::direct(Quota::per_minute(NonZeroU32::MIN)),
            logged_silence: RateLimiter::direct(Quota::per_minute(NonZeroU32::MIN)),
        }
    }

    /// Returns the index of the requests that wait, for the cache to keep up to date.
    pub(crate) fn waiting(&self) -> Arc<Waiting> {
        self.waiting.clone()
    }

    /// Lets a connection in, for as long as the permit is held. `is_exempt` says that only the limit of all is for this
    /// peer, since everybody behind a proxy has its address.
    ///
    /// # Errors
    /// [`LimitExceeded`].
    pub(crate) fn connection(
        self: &Arc<Self>,
        peer: IpAddr,
        is_exempt: bool,
        kind: ConnectionKind,
    ) -> Result<ConnectionPermit, LimitExceeded> {
        let parties = if is_exempt { Vec::new() } else { Party::of_address(peer) };
        let permit = self.connections.acquire(parties).map_err(|limit| self.refuse(limit))?;
        ConnectionPermit::new(self.clone(), permit, kind)
    }

    /// Returns the memory of connections.
    pub(super) fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    /// Lets a watch in, for as long as the permit is held.
    ///
    /// # Errors
    /// [`LimitExceeded`].
    pub(crate) fn stream(&self, caller: &Caller) -> Result<Permit, LimitExceeded> {
        self.streams.acquire(Party::of_caller(caller)).map_err(|limit| self.refuse(limit))
    }

    /// Lets a caller send a create, whatever is in it: to judge it costs as well.
    ///
    /// # Errors
    /// [`LimitExceeded`].
    pub(crate) fn body(&self, caller: &Caller) -> Result<(), LimitExceeded> {
        self.creates.take(&Party::of_caller(caller)).map_err(|limit| self.refuse(limit))
    }

    /// Lets a create pass where not too many requests wait. What is returned is to be held until the cache has the new
    /// one, so that two at once are two.
    ///
    /// # Errors
    /// [`LimitExceeded`].
    pub(crate) fn create(&self, caller: &Caller, name: &str) -> Result<InFlight, LimitExceeded> {
        self.waiting.begin(Party::of_caller(caller), name).map_err(|limit| self.refuse(limit))
    }

    /// Lets a question pass that somebody's request puts to the API server, about what may not be there.
    ///
    /// # Errors
    /// [`LimitExceeded`].
    pub(crate) fn lookup(&self, parties: &[Party]) -> Result<(), LimitExceeded> {
        self.ask(&self.lookups, parties)
    }

    /// Lets a question pass about an object that is known to be there. Those of an address count for its network alone:
    /// behind it may be an office whose pages all come back at once.
    ///
    /// # Errors
    /// [`LimitExceeded`].
    pub(crate) fn read(&self, parties: &[Party]) -> Result<(), LimitExceeded> {
        let is_address = |party: &Party| matches!(party, Party::Address(_));
        let parties =
            parties.split_first().filter(|(first, _)| is_address(first)).map_or(parties, |(_, others)| others);
        self.ask(&self.reads, parties)
    }

    fn ask(&self, rates: &Rates, parties: &[Party]) -> Result<(), LimitExceeded> {
        rates.take(parties).map_err(|limit| self.refuse(limit))?;
        self.metrics.lookups.inc();
        Ok(())
    }

    /// Returns whether a line of the log may be written. Those that are left out are counted.
    pub(crate) fn line(&self, parties: &[Party]) -> bool {
        let Err(limit) = self.log_lines.take(parties) else { return true };
        let row = limit.row();
        self.metrics.count_refusal(row.name);
        if self.logged_silence.check().is_ok() {
            tracing::warn!(value = self.limits.value(limit), "--{} is reached: lines about it are left out", row.flag);
        }
        false
    }

    /// Makes the error of a limit that is reached, and counts it.
    pub(crate) fn refuse(&self, limit: Limit) -> LimitExceeded {
        let row = limit.row();
        if row.is_counted() {
            self.metrics.count_refusal(row.name);
        }
        if row.scope == Scope::Everyone && self.logged.check().is_ok() {
            tracing::warn!(
                value = self.limits.value(limit),
                "--{} is reached, and everybody is refused for it",
                row.flag
            );
        }
        let seconds = row.retry_after_seconds();
        // Spread, so that those who were refused together do not come back together.
        let retry_after_seconds = seconds + fastrand::u32(0..=seconds / 2);
        LimitExceeded { limit, value: self.limits.value(limit), retry_after_seconds }
    }
}

/// A limit that is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .limit.row().message(*.value))]
pub(crate) struct LimitExceeded {
    /// The limit.
    pub(crate) limit: Limit,
    /// Its value.
    pub(crate) value: u64,
    /// The time to try again; 0 where that would not help.
    pub(crate) retry_after_seconds: u32,
}

/// Nobody is known before the first head.
const CONNECTIONS: Bounds = Bounds {
    person: None,
    address: Limit::ConnectionsPerAddress,
    network: Limit::ConnectionsPerNetwork,
    all: Limit::Connections,
};

const STREAMS: Bounds = Bounds {
    person: Some(Limit::StreamsPerUser),
    address: Limit::StreamsPerAddress,
    network: Limit::StreamsPerNetwork,
    all: Limit::Streams,
};

const CREATES: Bounds = Bounds {
    person: Some(Limit::CreatesPerUser),
    address: Limit::CreatesPerAddress,
    network: Limit::CreatesPerNetwork,
    all: Limit::Creates,
};

const PENDING: Bounds = Bounds {
    person: Some(Limit::PendingPerUser),
    address: Limit::PendingPerAddress,
    network: Limit::PendingPerNetwork,
    all: Limit::Pending,
};

const LOOKUPS: Bounds = Bounds {
    person: Some(Limit::LookupsPerUser),
    address: Limit::LookupsPerAddress,
    network: Limit::LookupsPerNetwork,
    all: Limit::Lookups,
};

const LOG_LINES: Bounds = Bounds {
    person: Some(Limit::LogLinesPerUser),
    address: Limit::LogLinesPerAddress,
    network: Limit::LogLinesPerNetwork,
    all: Limit::LogLines,
};

#[cfg(test)]
mod tests;
