use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard},
};

use prometheus_client::metrics::gauge::Gauge;

/// The number of things that last, in all, by person and by address.
pub(super) struct Concurrency {
    counts: Mutex<Counts>,
    gauge: Gauge,
}

#[derive(Default)]
struct Counts {
    all: usize,
    users: HashMap<Arc<str>, usize>,
    addresses: HashMap<IpAddr, usize>,
}

/// The number that is at its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exceeded {
    All,
    User,
    Address,
}

/// A place among the things that last; it is free again when this is dropped.
pub(crate) struct Permit {
    concurrency: Arc<Concurrency>,
    user: Option<Arc<str>>,
    address: IpAddr,
}

impl Concurrency {
    pub(super) fn new(gauge: Gauge) -> Arc<Self> {
        Arc::new(Self { counts: Mutex::default(), gauge })
    }

    /// Acquires a place, where each of the limits has one left.
    pub(super) fn acquire(
        self: &Arc<Self>,
        all: usize,
        user: Option<(&str, usize)>,
        (address, per_address): (IpAddr, usize),
    ) -> Result<Permit, Exceeded> {
        let mut counts = self.counts();
        if counts.all >= all {
            return Err(Exceeded::All);
        }
        if user.is_some_and(|(user, maximum)| counts.users.get(user).is_some_and(|count| *count >= maximum)) {
            return Err(Exceeded::User);
        }
        if counts.addresses.get(&address).is_some_and(|count| *count >= per_address) {
            return Err(Exceeded::Address);
        }
        counts.all += 1;
        let user = user.map(|(user, _)| {
            let user = counts.users.get_key_value(user).map_or_else(|| user.into(), |(known, _)| known.clone());
            *counts.users.entry(Arc::clone(&user)).or_default() += 1;
            user
        });
        *counts.addresses.entry(address).or_default() += 1;
        drop(counts);
        self.gauge.inc();
        Ok(Permit { concurrency: self.clone(), user, address })
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().expect("nothing panics while it holds the lock")
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut counts = self.concurrency.counts();
        counts.all -= 1;
        if let Some(user) = &self.user {
            release(&mut counts.users, user);
        }
        release(&mut counts.addresses, &self.address);
        self.concurrency.gauge.dec();
    }
}

/// Counts down, and removes keys with nothing left.
fn release<K: std::hash::Hash + Eq>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}
