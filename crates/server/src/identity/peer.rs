use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

/// The other end of a connection, and what the connection itself proves of it.
#[derive(Clone, Debug)]
pub(crate) enum Peer {
    /// A connection over TCP.
    Tcp {
        /// The other end's address; never an IPv4 address written as IPv6.
        address: IpAddr,
        /// The names in its client certificate, which was verified; empty without one.
        names: Arc<[String]>,
    },
    /// A connection over a Unix socket.
    Unix {
        /// The user id of the process that connected (SO_PEERCRED, unix(7)).
        uid: u32,
    },
}

impl Peer {
    /// Makes a peer over TCP that has no client certificate.
    pub(crate) fn tcp(address: IpAddr) -> Self {
        // ::ffff:127.0.0.1 is what a socket for both families says.
        Self::Tcp { address: address.to_canonical(), names: Arc::default() }
    }

    /// Adds the names of its client certificate.
    pub(crate) fn with_names(self, names: Arc<[String]>) -> Self {
        match self {
            Self::Tcp { address, .. } => Self::Tcp { address, names },
            Self::Unix { .. } => self,
        }
    }

    /// Returns the address; this machine's own one for a Unix socket.
    pub(crate) fn address(&self) -> IpAddr {
        match self {
            Self::Tcp { address, .. } => *address,
            Self::Unix { .. } => IpAddr::V4(Ipv4Addr::LOCALHOST),
        }
    }
}
