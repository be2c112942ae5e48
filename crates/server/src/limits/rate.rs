use std::{
    hash::Hash,
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
};

use governor::{Quota, RateLimiter, clock::DefaultClock, state::keyed::HashMapStateStore};

/// A quota for each key, all of it at once where it was saved up.
pub(super) struct Rate<K: Hash + Eq + Clone> {
    limiter: RateLimiter<K, HashMapStateStore<K>, DefaultClock>,
    checks: AtomicU32,
}

impl<K: Hash + Eq + Clone> Rate<K> {
    pub(super) fn new(quota: Quota) -> Self {
        Self { limiter: RateLimiter::hashmap(quota), checks: AtomicU32::new(0) }
    }

    /// Returns whether the key has some of its quota left, and takes it.
    pub(super) fn allow(&self, key: &K) -> bool {
        // Keys that have not come for a while are forgotten, so that strangers cannot fill the memory.
        if self.checks.fetch_add(1, Ordering::Relaxed).is_multiple_of(CLEANING_PERIOD) {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(key).is_ok()
    }
}

/// Converts a rate for a quota; [`super::Limits::check`] has refused 0.
pub(super) fn at_least_one(count: usize) -> NonZeroU32 {
    NonZeroU32::new(u32::try_from(count).unwrap_or(u32::MAX)).unwrap_or(NonZeroU32::MIN)
}

const CLEANING_PERIOD: u32 = 256;
