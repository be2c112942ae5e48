use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard},
};

/// A few places for connections, of which one address has only some: nobody who holds them idle shuts out the others.
pub(crate) struct Places {
    all: usize,
    per_address: usize,
    taken: Mutex<HashMap<IpAddr, usize>>,
}

/// A place; it is free again when this is dropped.
pub(crate) struct Place {
    places: Arc<Places>,
    address: IpAddr,
}

impl Places {
    pub(crate) fn new(all: usize, per_address: usize) -> Arc<Self> {
        Arc::new(Self { all, per_address, taken: Mutex::default() })
    }

    /// Returns a place, or `None` where the address or all together have none left.
    pub(crate) fn take(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let mut taken = self.taken();
        if taken.values().sum::<usize>() >= self.all || taken.get(&address).copied().unwrap_or(0) >= self.per_address {
            return None;
        }
        *taken.entry(address).or_default() += 1;
        drop(taken);
        Some(Place { places: self.clone(), address })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.taken.lock().expect("nothing panics while it holds the lock")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        if let Some(count) = taken.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_each_address_some_of_them_and_takes_them_back() {
        let places = Places::new(3, 2);
        let take = |address: &str| places.take(address.parse().expect("an address"));
        let held = [take("10.0.0.1").expect("a place"), take("10.0.0.1").expect("a place")];
        assert!(take("10.0.0.1").is_none());
        let _other = take("10.0.0.2").expect("a place");
        assert!(take("10.0.0.3").is_none(), "all are taken");
        drop(held);
        assert!(take("10.0.0.1").is_some() && places.taken().len() == 1);
    }
}
