use std::{
    collections::HashSet,
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

use super::{
    Limits,
    concurrency::{self, Concurrency, Permit},
    in_flight::{CreatesInFlight, InFlight},
    rate::{Rate, at_least_one},
    table::Limit,
};
use crate::{identity::Caller, metrics::Metrics};

/// The limits, and how far they are reached.
pub(crate) struct Limiter {
    limits: Limits,
    streams: Arc<Concurrency>,
    connections: Arc<Concurrency>,
    creating: Arc<CreatesInFlight>,
    creates_by_user: Rate<String>,
    creates_by_address: Rate<IpAddr>,
    lookups: DefaultDirectRateLimiter,
    lookups_by_address: Rate<IpAddr>,
    metrics: Arc<Metrics>,
}

impl Limiter {
    pub(crate) fn new(limits: Limits, metrics: Arc<Metrics>) -> Self {
        Self {
            streams: Concurrency::new(metrics.streams.clone()),
            connections: Concurrency::new(metrics.connections.clone()),
            creating: CreatesInFlight::new(metrics.creating.clone()),
            creates_by_user: Rate::new(Quota::per_minute(at_least_one(limits.creates_per_user))),
            creates_by_address: Rate::new(Quota::per_minute(at_least_one(limits.creates_per_address))),
            lookups: RateLimiter::direct(Quota::per_second(at_least_one(limits.lookups_per_second))),
            lookups_by_address: Rate::new(Quota::per_second(at_least_one(limits.lookups_per_address))),
            limits,
            metrics,
        }
    }

    /// Lets a connection in, for as long as the permit is held. `is_exempt` says that the bound by address is not for
    /// this peer, since everybody behind a proxy has its address.
    ///
    /// # Errors
    /// [`LimitExceeded`].
    pub(crate) fn connection(&self, peer: IpAddr, is_exempt: bool) -> Result<Permit, LimitExceeded> {
        let by_address = if is_exempt { usize::MAX } else { self.limits.connections_per_address };
        self.connections.acquire(self.limits.connections, None, (bucket(peer), by_address)).map_err(|reached| {
            self.refuse(match reached {
                concurrency::Exceeded::All => Limit::Connections,
                _ => Limit::ConnectionsPerAddress,
            })
        })
    }

    /// Lets a watch in, for as long as the permit is held.
    ///
    /// # Errors
    /// [`LimitExceeded`].
    pub(crate) fn stream(&self, caller: &Caller) -> Result<Permit, LimitExceeded> {
        let user = caller.person.as_ref().map(|person| (&*person.user, self.limits.streams_per_user));
        let address = (bucket(caller.address), self.limits.streams_per_address);
        self.streams.acquire(self.limits.streams, user, address).map_err(|reached| {
            self.refuse(match reached {
                concurrency::Exceeded::All => Limit::Streams,
                concurrency::Exceeded::User => Limit::StreamsPerUser,
                concurrency::Exceeded::Address => Limit::StreamsPerAddress,
            })
        })
    }

    /// Lets an address send a create, whatever is in it: to judge it costs as well.
    ///
    /// # Errors
    /// [`LimitExceeded`].
    pub(crate) fn body(&self, caller: &Caller) -> Result<(), LimitExceeded> {
        let passes = self.creates_by_address.allow(&bucket(caller.address));
        if passes { Ok(()) } else { Err(self.refuse(Limit::CreatesPerAddress)) }
    }

    /// Lets a create pass. `pending_of` names the requests of a user that nobody has decided on; what is returned is to
    /// be held until those have the new one as well, so that two at once are two.
    ///
    /// # Errors
    /// [`LimitExceeded`].
    pub(crate) fn create(
        &self,
        caller: &Caller,
        name: &str,
        pending_of: impl FnOnce(&str) -> HashSet<String>,
    ) -> Result<InFlight, LimitExceeded> {
        let user = caller.person.as_ref().map(|person| &*person.user);
        let in_flight = self.creating.begin(user, name);
        if let Some(user) = user {
            // In this order: what ends between the two is in both rather than in none.
            let mut names = self.creating.names_of(user);
            names.extend(pending_of(user));
            // Who asks again since the answer was lost asks for no second one.
            names.remove(name);
            if names.len() >= self.limits.pending_per_user {
                return Err(self.refuse(Limit::PendingPerUser));
            }
            if !self.creates_by_user.allow(&user.to_owned()) {
                return Err(self.refuse(Limit::CreatesPerUser));
            }
        }
        Ok(in_flight)
    }

    /// Lets a question pass that somebody's request puts to the API server.
    ///
    /// # Errors
    /// [`LimitExceeded`].
    pub(crate) fn lookup(&self, caller: &Caller) -> Result<(), LimitExceeded> {
        // First, so that what one address may not ask takes nothing from the others.
        if !self.lookups_by_address.allow(&bucket(caller.address)) {
            return Err(self.refuse(Limit::LookupsPerAddress));
        }
        self.lookups.check().map_err(|_| self.refuse(Limit::Lookups))?;
        self.metrics.lookups.inc();
        Ok(())
    }

    /// Makes the error of a limit that is reached, and counts it.
    pub(crate) fn refuse(&self, limit: Limit) -> LimitExceeded {
        let row = limit.row();
        if row.is_counted() {
            self.metrics.count_refusal(row.name);
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

/// Counts an address of IPv6 by its network: one machine has 2⁶⁴ of them.
fn bucket(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) if !address.is_loopback() => {
            let network = address.to_bits() & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from_bits(network))
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Person;

    fn limiter(change: impl FnOnce(&mut Limits)) -> Limiter {
        let mut limits = Limits::default();
        change(&mut limits);
        Limiter::new(limits, Arc::new(Metrics::new(limits.counted(), [], [])))
    }

    fn caller(user: Option<&str>, address: &str) -> Caller {
        Caller {
            person: user.map(|user| Person { user: user.into(), groups: Vec::new() }),
            lacks_groups: false,
            address: address.parse().expect("an address"),
            expires: None,
        }
    }

    fn reached<T>(result: Result<T, LimitExceeded>) -> Option<Limit> {
        match result {
            Ok(_) => None,
            Err(LimitExceeded { limit, .. }) => Some(limit),
        }
    }

    #[test]
    fn gives_each_person_and_each_address_their_own_streams_and_takes_them_back() {
        let limiter =
            limiter(|limits| (limits.streams, limits.streams_per_user, limits.streams_per_address) = (5, 2, 3));
        let (jane, joe, other) =
            (caller(Some("jane"), "10.0.0.1"), caller(Some("joe"), "10.0.0.1"), caller(None, "10.0.0.2"));
        let first = limiter.stream(&jane).expect("a permit");
        let _second = limiter.stream(&jane).expect("a permit");
        assert_eq!(reached(limiter.stream(&jane)), Some(Limit::StreamsPerUser));
        let _third = limiter.stream(&joe).expect("a permit");
        assert_eq!(reached(limiter.stream(&joe)), Some(Limit::StreamsPerAddress));
        let _others = [limiter.stream(&other).expect("a permit"), limiter.stream(&other).expect("a permit")];
        assert_eq!(reached(limiter.stream(&caller(None, "10.0.0.3"))), Some(Limit::Streams));
        drop(first);
        assert_eq!(reached(limiter.stream(&jane)), None);
    }

    #[test]
    fn limits_creates_and_what_waits() {
        let limiter = limiter(|limits| {
            (limits.creates_per_user, limits.creates_per_address, limits.pending_per_user) = (2, 3, 4);
        });
        let create = |caller: &Caller, waiting: &[&str]| {
            let waiting = waiting.iter().map(|name| (*name).to_owned()).collect();
            reached(limiter.create(caller, "new", |_| waiting))
        };
        let (jane, joe) = (caller(Some("jane"), "10.0.0.1"), caller(Some("joe"), "10.0.0.1"));
        assert_eq!(create(&jane, &["a", "b", "c", "d"]), Some(Limit::PendingPerUser));
        // The fourth is the one that is created: its answer was lost.
        for expected in [None, None, Some(Limit::CreatesPerUser)] {
            assert_eq!(create(&jane, &["a", "b", "c", "new"]), expected);
        }
        assert_eq!(create(&joe, &[]), None);
        for expected in [None, None, None, Some(Limit::CreatesPerAddress)] {
            assert_eq!(reached(limiter.body(&joe)), expected);
        }
        let nobody = caller(None, "10.0.0.2");
        assert_eq!((reached(limiter.body(&nobody)), create(&nobody, &["a", "b", "c", "d"])), (None, None));
    }

    #[test]
    fn counts_what_is_being_created_with_what_waits() {
        let limiter = limiter(|limits| limits.pending_per_user = 2);
        let (jane, joe) = (caller(Some("jane"), "10.0.0.1"), caller(Some("joe"), "10.0.0.1"));
        let create =
            |caller: &Caller, name: &str| limiter.create(caller, name, |_| HashSet::from(["waits".to_owned()]));
        let first = create(&jane, "first").expect("a place");
        assert_eq!(reached(create(&jane, "second")), Some(Limit::PendingPerUser));
        assert_eq!((reached(create(&jane, "first")), reached(create(&joe, "second"))), (None, None));
        drop(first);
        assert_eq!(reached(create(&jane, "second")), None);
    }

    #[test]
    fn gives_each_address_its_own_lookups_and_lets_none_take_those_of_all() {
        let limiter = limiter(|limits| (limits.lookups_per_second, limits.lookups_per_address) = (1000, 2));
        let stranger = caller(None, "10.0.0.1");
        // They come again with time, however little of it passes here.
        let refused = (0..100).filter_map(|_| reached(limiter.lookup(&stranger))).collect::<Vec<_>>();
        assert!(refused.len() > 50 && refused.iter().all(|limit| *limit == Limit::LookupsPerAddress), "{refused:?}");
        assert_eq!(reached(limiter.lookup(&caller(None, "10.0.0.2"))), None);
    }

    #[test]
    fn counts_a_network_of_ipv6_as_one_address() {
        let of = |text: &str| bucket(text.parse().expect("an address"));
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::2"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:10.0.0.1"), of("10.0.0.1"));
    }

    #[test]
    fn exempts_a_proxy_from_the_limit_on_its_address() {
        let limiter = limiter(|limits| (limits.connections, limits.connections_per_address) = (4, 1));
        let at = |text: &str, is_exempt| limiter.connection(text.parse().expect("an address"), is_exempt);
        let _held = [at("127.0.0.1", true), at("127.0.0.1", true), at("127.0.0.6", false)]
            .map(|permit| permit.expect("a permit"));
        assert_eq!(reached(at("127.0.0.6", false)), Some(Limit::ConnectionsPerAddress));
        let _last = at("10.0.0.2", false).expect("a permit");
        assert_eq!(reached(at("127.0.0.1", true)), Some(Limit::Connections));
    }
}
