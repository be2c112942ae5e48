use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
};

use super::table::Limit;
use crate::identity::Caller;

/// A party that has a bound of its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Party {
    /// A person who is known.
    Person(Arc<str>),
    /// An address; of IPv6 its /64 network, which one machine has.
    Address(IpAddr),
    /// The network of an address: /24, of IPv6 /56, which one customer of a provider has.
    Network(IpAddr),
    /// The /48 network of an address of IPv6, which one organisation has. It has [`SITE_NETWORKS`] times the bound of a
    /// network.
    Site(IpAddr),
}

/// The limits of something that strangers can fill, from the narrowest to that of all together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// That of a person, where there are persons.
    pub(super) person: Option<Limit>,
    /// That of an address where nobody is known.
    pub(super) address: Limit,
    /// That of a network.
    pub(super) network: Limit,
    /// That of all together.
    pub(super) all: Limit,
}

impl Party {
    /// Returns those that the caller counts for, the narrowest first: the person alone, where there is one, since an
    /// address may be a whole office's.
    pub(crate) fn of_caller(caller: &Caller) -> Vec<Self> {
        match caller.user() {
            Some(user) => vec![Self::Person(user.into())],
            None => Self::of_address(caller.address),
        }
    }

    /// Returns those that an address counts for, the narrowest first.
    pub(crate) fn of_address(address: IpAddr) -> Vec<Self> {
        match address.to_canonical() {
            IpAddr::V4(address) => {
                let network = Ipv4Addr::from_bits(address.to_bits() & !0xff);
                vec![Self::Address(address.into()), Self::Network(network.into())]
            }
            address @ IpAddr::V6(Ipv6Addr::LOCALHOST) => vec![Self::Address(address), Self::Network(address)],
            IpAddr::V6(address) => {
                let network = |bits: u32| Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << (128 - bits))).into();
                vec![Self::Address(network(64)), Self::Network(network(56)), Self::Site(network(48))]
            }
        }
    }
}

impl Bounds {
    /// Returns the limit of a party, and by how much its value is multiplied.
    pub(super) fn of(&self, party: &Party) -> (Limit, usize) {
        match party {
            Party::Person(_) => (self.person.unwrap_or(self.address), 1),
            Party::Address(_) => (self.address, 1),
            Party::Network(_) => (self.network, 1),
            Party::Site(_) => (self.network, SITE_NETWORKS),
        }
    }
}

/// The number of full networks of /56 that a /48 may have.
pub(super) const SITE_NETWORKS: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    fn of(address: &str) -> Vec<Party> {
        Party::of_address(address.parse().expect("an address"))
    }

    #[test]
    fn counts_an_address_for_its_networks() {
        let ip = |text: &str| text.parse().expect("an address");
        assert_eq!(of("192.0.2.7"), [Party::Address(ip("192.0.2.7")), Party::Network(ip("192.0.2.0"))]);
        assert_eq!(of("::ffff:192.0.2.7"), of("192.0.2.7"));
        assert_eq!(
            of("2001:db8:1:2ff:3::4"),
            [
                Party::Address(ip("2001:db8:1:2ff::")),
                Party::Network(ip("2001:db8:1:200::")),
                Party::Site(ip("2001:db8:1::"))
            ]
        );
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::2"));
        // Another /64 is another one, of the same networks.
        assert_eq!(of("2001:db8:1:3::1")[1..], of("2001:db8:1:2::1")[1..]);
        assert_ne!(of("2001:db8:1:3::1")[0], of("2001:db8:1:2::1")[0]);
        assert_ne!(of("::1"), of("::2"));
    }

    #[test]
    fn counts_a_person_for_nobody_else() {
        let caller = |user: Option<&str>| Caller {
            person: user.map(|user| crate::identity::Person { user: user.into(), groups: Vec::new() }),
            address: "192.0.2.7".parse().expect("an address"),
            expires: None,
            lacks_groups: false,
        };
        assert_eq!(Party::of_caller(&caller(Some("jane"))), [Party::Person("jane".into())]);
        assert_eq!(Party::of_caller(&caller(None)), of("192.0.2.7"));
    }
}
