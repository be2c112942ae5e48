use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard},
};

use prometheus_client::metrics::gauge::Gauge;

/// What lasts, counted in all, by person and by address.
pub(super) struct Streams {
    counts: Mutex<Counts>,
    gauge: Gauge,
}

#[derive(Default)]
struct Counts {
    all: usize,
    users: HashMap<Arc<str>, usize>,
    addresses: HashMap<IpAddr, usize>,
}

/// Which bound is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reached {
    All,
    User,
    Address,
}

/// A place among those that last; it is free again when this is dropped.
pub(crate) struct Permit {
    streams: Arc<Streams>,
    user: Option<Arc<str>>,
    address: IpAddr,
}

impl Streams {
    pub(super) fn new(gauge: Gauge) -> Arc<Self> {
        Arc::new(Self { counts: Mutex::default(), gauge })
    }

    /// Takes a place, where each of the bounds has one left.
    pub(super) fn enter(
        self: &Arc<Self>,
        all: usize,
        user: Option<(&str, usize)>,
        (address, most_of_address): (IpAddr, usize),
    ) -> Result<Permit, Reached> {
        let mut counts = self.counts();
        if counts.all >= all {
            return Err(Reached::All);
        }
        if user.is_some_and(|(user, most)| counts.users.get(user).is_some_and(|count| *count >= most)) {
            return Err(Reached::User);
        }
        if counts.addresses.get(&address).is_some_and(|count| *count >= most_of_address) {
            return Err(Reached::Address);
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
        Ok(Permit { streams: self.clone(), user, address })
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().expect("nothing panics while it holds the lock")
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut counts = self.streams.counts();
        counts.all -= 1;
        if let Some(user) = &self.user {
            leave(&mut counts.users, user);
        }
        leave(&mut counts.addresses, &self.address);
        self.streams.gauge.dec();
    }
}

/// Counts down, and forgets whom there is nothing of.
fn leave<K: std::hash::Hash + Eq>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}
