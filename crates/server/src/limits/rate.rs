use std::{
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter, clock::DefaultClock, state::keyed::HashMapStateStore};

use super::{
    Limits,
    party::{Bounds, Party, SITE_NETWORKS},
    table::Limit,
};

/// The number of things in a time: of each party, and of all together. What was saved up may come at once.
pub(super) struct Rates {
    bounds: Bounds,
    persons: Keyed,
    addresses: Keyed,
    networks: Keyed,
    sites: Keyed,
    all: DefaultDirectRateLimiter,
}

impl Rates {
    /// Makes rates whose quotas `per` makes of a limit's value.
    pub(super) fn new(bounds: Bounds, limits: &Limits, per: fn(NonZeroU32) -> Quota) -> Self {
        let quota = |limit: Limit, factor: usize| {
            // [`Limits::check`] has refused 0.
            let value = limits.value(limit).saturating_mul(factor as u64);
            per(NonZeroU32::new(u32::try_from(value).unwrap_or(u32::MAX)).unwrap_or(NonZeroU32::MIN))
        };
        Self {
            persons: Keyed::new(quota(bounds.person.unwrap_or(bounds.address), 1)),
            addresses: Keyed::new(quota(bounds.address, 1)),
            networks: Keyed::new(quota(bounds.network, 1)),
            sites: Keyed::new(quota(bounds.network, SITE_NETWORKS)),
            all: RateLimiter::direct(quota(bounds.all, 1)),
            bounds,
        }
    }

    /// Counts one for each of the parties, the narrowest first, and then for all together. What one of them refuses
    /// costs those behind it nothing.
    ///
    /// # Errors
    /// The limit that is reached.
    pub(super) fn take(&self, parties: &[Party]) -> Result<(), Limit> {
        for party in parties {
            let keyed = match party {
                Party::Person(_) => &self.persons,
                Party::Address(_) => &self.addresses,
                Party::Network(_) => &self.networks,
                Party::Site(_) => &self.sites,
            };
            if !keyed.allow(party) {
                return Err(self.bounds.of(party).0);
            }
        }
        self.all.check().map_err(|_| self.bounds.all)
    }
}

/// A quota for each party.
struct Keyed {
    limiter: RateLimiter<Party, HashMapStateStore<Party>, DefaultClock>,
    checks: AtomicU32,
}

impl Keyed {
    fn new(quota: Quota) -> Self {
        Self { limiter: RateLimiter::hashmap(quota), checks: AtomicU32::new(0) }
    }

    /// Returns whether the party has some of its quota left, and takes it.
    fn allow(&self, party: &Party) -> bool {
        // Those that have not come for a while are forgotten, so that strangers cannot fill the memory.
        if self.checks.fetch_add(1, Ordering::Relaxed).is_multiple_of(CLEANING_PERIOD) {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(party).is_ok()
    }
}

const CLEANING_PERIOD: u32 = 256;
