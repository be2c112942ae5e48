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
        address: address.parse().expect("an address"),
        expires: None,
        lacks_groups: false,
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
    let limiter = limiter(|limits| {
        (limits.streams, limits.streams_per_user) = (6, 2);
        (limits.streams_per_address, limits.streams_per_network) = (2, 3);
    });
    let (jane, joe) = (caller(Some("jane"), "10.0.0.1"), caller(Some("joe"), "10.0.0.1"));
    let first = limiter.stream(&jane).expect("a permit");
    let _second = limiter.stream(&jane).expect("a permit");
    assert_eq!(reached(limiter.stream(&jane)), Some(Limit::StreamsPerUser));
    // Another person at the same address is another one.
    let _joes = limiter.stream(&joe).expect("a permit");
    let nobody = |address: &str| caller(None, address);
    let _one =
        [limiter.stream(&nobody("10.0.0.1")), limiter.stream(&nobody("10.0.0.1"))].map(|one| one.expect("a permit"));
    assert_eq!(reached(limiter.stream(&nobody("10.0.0.1"))), Some(Limit::StreamsPerAddress));
    let _next = limiter.stream(&nobody("10.0.0.2")).expect("a permit");
    assert_eq!(reached(limiter.stream(&nobody("10.0.0.3"))), Some(Limit::StreamsPerNetwork));
    assert_eq!(reached(limiter.stream(&nobody("10.0.1.1"))), Some(Limit::Streams));
    drop(first);
    assert_eq!(reached(limiter.stream(&jane)), None);
}

#[test]
fn counts_one_who_has_many_addresses_as_a_network() {
    let limiter = limiter(|limits| (limits.creates_per_address, limits.creates_per_network) = (2, 3));
    let from = |address: &str| reached(limiter.body(&caller(None, address)));
    for address in ["2001:db8:1:100::1", "2001:db8:1:101::1", "2001:db8:1:102::1"] {
        assert_eq!(from(address), None, "{address}");
    }
    assert_eq!(from("2001:db8:1:103::1"), Some(Limit::CreatesPerNetwork));
    // A /48 has twice as many, by however many networks they come.
    let passed = (2..20).filter(|network| from(&format!("2001:db8:1:{network}00::1")).is_none()).count();
    assert_eq!(passed, 2 * 3 - 3);
    assert_eq!(from("2001:db8:2::1"), None);
}

#[test]
fn lets_one_persons_junk_cost_nobody_else_behind_the_same_address() {
    let limiter = limiter(|limits| (limits.creates_per_user, limits.creates_per_address) = (2, 3));
    let (jane, joe) = (caller(Some("jane"), "10.0.0.1"), caller(Some("joe"), "10.0.0.1"));
    for expected in [None, None, Some(Limit::CreatesPerUser), Some(Limit::CreatesPerUser)] {
        assert_eq!(reached(limiter.body(&jane)), expected);
    }
    assert_eq!(reached(limiter.body(&joe)), None);
    let nobody = caller(None, "10.0.0.1");
    for expected in [None, None, None, Some(Limit::CreatesPerAddress)] {
        assert_eq!(reached(limiter.body(&nobody)), expected);
    }
}

#[test]
fn lets_what_one_may_not_ask_cost_the_others_nothing() {
    let limiter = limiter(|limits| {
        (limits.lookups_per_second, limits.lookups_per_address, limits.lookups_per_network) = (1000, 2, 4);
    });
    let stranger = caller(None, "10.0.0.1");
    // They come again with time, however little of it passes here.
    let refused = (0..100).filter_map(|_| reached(limiter.lookup(&Party::of_caller(&stranger)))).collect::<Vec<_>>();
    assert!(refused.len() > 50 && refused.iter().all(|limit| *limit == Limit::LookupsPerAddress), "{refused:?}");
    assert_eq!(reached(limiter.lookup(&Party::of_caller(&caller(None, "10.0.0.2")))), None);
    assert_eq!(reached(limiter.lookup(&Party::of_caller(&caller(None, "10.0.1.2")))), None);
}

#[test]
fn limits_what_waits_of_a_person_an_address_a_network_and_all() {
    let limiter = limiter(|limits| {
        (limits.pending, limits.pending_per_user) = (6, 2);
        (limits.pending_per_address, limits.pending_per_network) = (2, 3);
    });
    let waiting = limiter.waiting();
    let create = |caller: &Caller, name: &str| match limiter.create(caller, name) {
        Ok(in_flight) => {
            waiting.observe(name, caller.user(), true);
            drop(in_flight);
            None
        }
        Err(LimitExceeded { limit, .. }) => Some(limit),
    };
    let jane = caller(Some("jane"), "10.0.0.1");
    for (name, expected) in [("a", None), ("b", None), ("c", Some(Limit::PendingPerUser)), ("b", None)] {
        assert_eq!(create(&jane, name), expected, "{name}");
    }
    let nobody = |address: &str| caller(None, address);
    for (address, name, expected) in [
        ("10.0.0.1", "d", None),
        ("10.0.0.1", "e", None),
        ("10.0.0.1", "f", Some(Limit::PendingPerAddress)),
        ("10.0.0.2", "f", None),
        ("10.0.0.3", "g", Some(Limit::PendingPerNetwork)),
        ("10.0.1.1", "g", None),
        ("10.0.2.1", "h", Some(Limit::Pending)),
    ] {
        assert_eq!(create(&nobody(address), name), expected, "{address} {name}");
    }
    // A decision makes room, and so does a deletion.
    waiting.observe("a", Some("jane"), false);
    assert_eq!(create(&jane, "i"), None);
    waiting.forget("d");
    assert_eq!(create(&nobody("10.0.0.1"), "j"), None);
    assert_eq!(create(&nobody("10.0.0.1"), "k"), Some(Limit::PendingPerAddress));
}

#[test]
fn counts_what_is_being_created_with_what_waits() {
    let limiter = limiter(|limits| limits.pending_per_user = 2);
    let (jane, joe) = (caller(Some("jane"), "10.0.0.1"), caller(Some("joe"), "10.0.0.1"));
    // Listed at the start, or made by another replica.
    limiter.waiting().observe("waits", Some("jane"), true);
    let first = limiter.create(&jane, "first").expect("a place");
    assert_eq!(reached(limiter.create(&jane, "second")), Some(Limit::PendingPerUser));
    // Who asks again since the answer was lost asks for no second one.
    let again = limiter.create(&jane, "first").expect("the same place");
    assert_eq!(reached(limiter.create(&joe, "second")), None);
    drop(first);
    assert_eq!(reached(limiter.create(&jane, "second")), Some(Limit::PendingPerUser));
    drop(again);
    assert_eq!(reached(limiter.create(&jane, "second")), None);
}

#[test]
fn exempts_a_proxy_from_the_limits_on_its_address() {
    let limiter = limiter(|limits| {
        (limits.connections, limits.connections_per_address, limits.connections_per_network) = (4, 1, 2);
    });
    let limiter = Arc::new(limiter);
    let at =
        |text: &str, is_exempt| limiter.connection(text.parse().expect("an address"), is_exempt, ConnectionKind::Plain);
    let _held =
        [at("127.0.0.1", true), at("127.0.0.1", true), at("127.0.0.6", false)].map(|permit| permit.expect("a permit"));
    assert_eq!(reached(at("127.0.0.6", false)), Some(Limit::ConnectionsPerAddress));
    let _last = at("10.0.0.2", false).expect("a permit");
    assert_eq!(reached(at("127.0.0.1", true)), Some(Limit::Connections));
}
