//! The memory of the server: a budget in bytes, and what may have which part of it.

mod byte_size;
mod cgroup;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use prometheus_client::metrics::gauge::Gauge;

use super::party::Party;
pub(crate) use byte_size::ByteSize;
pub(super) use cgroup::limit_bytes;

/// The parts of a budget of memory.
///
/// | part | for |
/// | --- | --- |
/// | 3/4 | connections: a base for each, with its watch; long heads, bodies, and answers that wait to be read |
/// | 1/16 | the cache of CSRs |
/// | 1/64 | the JSON of CSRs that were seen a moment ago |
/// | the rest | the program itself, and what the API server sends |
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    bytes: u64,
}

/// The room of the cache of CSRs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CacheRoom {
    /// The most CSRs that are kept.
    pub(crate) objects: usize,
    /// The most bytes of their JSON.
    pub(crate) recent_bytes: usize,
    /// The time for which that is kept.
    pub(crate) recent_period: Duration,
}

/// The memory of connections: of each party, and of all together.
pub(super) struct Pool {
    bytes: u64,
    held: Mutex<Held>,
    gauge: Gauge,
}

#[derive(Default)]
struct Held {
    all: u64,
    parties: HashMap<Party, u64>,
}

/// Memory of the pool, which is given back when this is dropped.
pub(crate) struct Memory {
    pool: Arc<Pool>,
    parties: Arc<[Party]>,
    bytes: u64,
}

impl Budget {
    /// Makes the budget of so many bytes.
    pub(super) fn new(bytes: u64) -> Self {
        Self { bytes }
    }

    /// Returns the most CSRs in the cache, and the most bytes of their JSON.
    pub(super) fn cache(self) -> (usize, usize) {
        let count = |bytes| usize::try_from(bytes).unwrap_or(usize::MAX);
        (count(self.bytes / 16 / OBJECT_BYTES), count(self.bytes / 64))
    }

    /// Returns the longest answer of the API server that is read. Parsed, it takes some three times as much.
    pub(crate) fn answer_bytes(self) -> usize {
        usize::try_from(self.bytes / 16).unwrap_or(usize::MAX).min(MAX_ANSWER_BYTES)
    }

    /// Returns the memory of connections, of which `gauge` says how much is held.
    pub(super) fn pool(self, gauge: Gauge) -> Arc<Pool> {
        Arc::new(Pool { bytes: self.bytes / 4 * 3, held: Mutex::default(), gauge })
    }
}

impl Pool {
    /// Returns so many bytes for these parties, or `None` where there is no room for them.
    pub(super) fn take(self: &Arc<Self>, parties: &Arc<[Party]>, bytes: u64) -> Option<Memory> {
        let mut memory = Memory { pool: self.clone(), parties: parties.clone(), bytes: 0 };
        memory.resize(bytes).then_some(memory)
    }

    /// Returns the most bytes of a party: nobody has all of it.
    fn bytes_of(&self, party: &Party) -> u64 {
        match party {
            Party::Person(_) | Party::Address(_) => self.bytes / 4,
            Party::Network(_) => self.bytes / 2,
            Party::Site(_) => self.bytes / 4 * 3,
        }
    }

    fn show(&self, held: &Held) {
        self.gauge.set(i64::try_from(held.all).unwrap_or(i64::MAX));
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().expect("nothing panics while it holds the lock")
    }
}

impl Memory {
    /// Makes it so many bytes, and returns whether that was possible: there may be no room for more.
    pub(super) fn resize(&mut self, bytes: u64) -> bool {
        let mut held = self.pool.held();
        let after = |before: u64| before - self.bytes + bytes;
        let of = |party: &Party| held.parties.get(party).copied().unwrap_or(0);
        let fits = |party: &Party| after(of(party)) <= self.pool.bytes_of(party);
        if bytes > self.bytes && (after(held.all) > self.pool.bytes || !self.parties.iter().all(fits)) {
            return false;
        }
        held.all = after(held.all);
        for party in &*self.parties {
            match after(held.parties.get(party).copied().unwrap_or(0)) {
                0 => held.parties.remove(party),
                bytes => held.parties.insert(party.clone(), bytes),
            };
        }
        self.pool.show(&held);
        drop(held);
        self.bytes = bytes;
        true
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.resize(0);
    }
}

/// The least budget with which a page is served.
pub(super) const MIN_BYTES: u64 = 64 << 20;

/// A CSR in the cache, in the index of those that wait and among the decisions (`make load` measures it).
const OBJECT_BYTES: u64 = 1 << 10;

/// Enough for a page of 250 objects of any size that we make. Others may make larger ones, up to etcd's 1.5 MiB: pages
/// of those have fewer.
const MAX_ANSWER_BYTES: usize = 32 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(bytes: u64) -> Arc<Pool> {
        Arc::new(Pool { bytes, held: Mutex::default(), gauge: Gauge::default() })
    }

    #[test]
    fn gives_an_address_a_quarter_a_network_half_and_a_site_three_quarters() {
        let pool = pool(1600);
        let take = |address: &str, bytes| {
            let parties: Arc<[Party]> = Party::of_address(address.parse().expect("an address")).into();
            pool.take(&parties, bytes)
        };
        let first = take("2001:db8:0:1::1", 400).expect("a quarter");
        assert!(take("2001:db8:0:1::2", 1).is_none(), "the same /64");
        let second = take("2001:db8:0:2::1", 400).expect("another /64");
        assert!(take("2001:db8:0:3::1", 1).is_none(), "the same /56");
        let third = take("2001:db8:0:100::1", 400).expect("another /56");
        assert!(take("2001:db8:0:200::1", 1).is_none(), "the same /48");
        let fourth = take("192.0.2.1", 400).expect("another network");
        assert!(take("198.51.100.1", 1).is_none(), "all is held");
        assert_eq!(pool.gauge.get(), 1600);
        // What is refused holds nothing, and everything comes back.
        drop((first, second, third, fourth));
        let held = pool.held();
        assert_eq!((held.all, held.parties.len(), pool.gauge.get()), (0, 0, 0));
    }

    #[test]
    fn counts_a_proxy_of_the_operator_for_all_alone() {
        let (pool, nobody) = (pool(1000), Arc::from([]));
        let held = pool.take(&nobody, 1000).expect("all of it");
        assert!(pool.take(&nobody, 1).is_none());
        drop(held);
        let mut held = pool.take(&nobody, 1).expect("some of it");
        assert!(held.resize(1000) && !held.resize(1001) && held.resize(10));
        assert_eq!(pool.gauge.get(), 10);
    }

    #[test]
    fn divides_less_than_there_is() {
        for bytes in [MIN_BYTES, 128 << 20, 512 << 20, 8 << 30] {
            let budget = Budget::new(bytes);
            let (objects, recent_bytes) = budget.cache();
            let connections = budget.pool(Gauge::default()).bytes;
            let parts = connections + objects as u64 * OBJECT_BYTES + recent_bytes as u64;
            assert!(parts <= bytes / 6 * 5, "{bytes}: {parts}");
        }
    }
}
