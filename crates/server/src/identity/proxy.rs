//! Proxies that prove themselves, and the address that a request comes from.

pub(super) mod flags;
mod secret;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use http::{HeaderMap, HeaderName};
use ipnet::IpNet;

use super::peer::Peer;
use crate::start::StartError;
use flags::{Listening, ProxyFlags};
use secret::SecretFile;

/// The proxies whose headers are trusted. A secret is demanded wherever it is configured; a certificate over TCP, and
/// at a Unix socket the user in its place. An address alone is no proof.
pub(super) struct TrustedProxies {
    networks: Vec<IpNet>,
    secret: Option<SecretFile>,
    pub(super) secret_header: HeaderName,
    /// The names of which a client certificate must have one; empty where none is demanded.
    names: Vec<String>,
    /// The user ids that count at a Unix socket.
    uids: Vec<u32>,
    allow_loopback: bool,
    forwarded_hops: usize,
}

impl TrustedProxies {
    /// Reads the flags and the secret.
    ///
    /// # Errors
    /// Those of [`ProxyFlags::check`]; [`StartError::ReadFile`] and [`StartError::WeakSecret`] for the secret.
    pub(super) fn new(flags: &ProxyFlags, listening: Listening) -> Result<Self, StartError> {
        flags.check(listening)?;
        let own = rustix::process::geteuid().as_raw();
        Ok(Self {
            networks: flags.trusted_proxy.clone(),
            secret: flags.proxy_secret_file.clone().map(SecretFile::read).transpose()?,
            secret_header: flags.proxy_secret_header.clone().unwrap_or(DEFAULT_SECRET_HEADER),
            names: flags.proxy_name.clone(),
            uids: [&[own], &*flags.proxy_uid].concat(),
            allow_loopback: flags.allow_loopback_identity,
            forwarded_hops: flags.forwarded_hops.map_or(1, |hops| usize::from(hops.get())),
        })
    }

    /// Reads the secret again.
    ///
    /// # Errors
    /// [`StartError::ReadFile`] and [`StartError::WeakSecret`]: the former one counts on.
    pub(super) fn reread_secret(&self) -> Result<(), StartError> {
        self.secret.as_ref().map_or(Ok(()), SecretFile::reread)
    }

    /// Returns whether the headers of a request from this peer are trusted.
    pub(super) fn trusts(&self, peer: &Peer, headers: &HeaderMap) -> bool {
        if self.secret.as_ref().is_some_and(|secret| !secret.is_in(headers, &self.secret_header)) {
            return false;
        }
        match peer {
            Peer::Unix { uid } => self.uids.contains(uid),
            Peer::Tcp { names, .. }
                if !self.names.is_empty() && !names.iter().any(|name| self.names.contains(name)) =>
            {
                false
            }
            Peer::Tcp { address, .. } if self.secret.is_some() || !self.names.is_empty() => {
                self.is_of_a_proxy(*address)
            }
            Peer::Tcp { address, .. } => self.allow_loopback && is_this_machine(*address),
        }
    }

    /// Returns whether a proxy that has proved itself may come from an address.
    fn is_of_a_proxy(&self, address: IpAddr) -> bool {
        // A secret can be read on its way; the key of a certificate cannot.
        let any = self.networks.is_empty() && !self.names.is_empty();
        any || address.is_loopback() || self.networks.iter().any(|network| network.contains(&address))
    }

    /// Returns whether everybody behind a peer has its address, and no bound is for one of them: the proof of the
    /// connection alone, since nothing has been read from it. `beyond_loopback` says that a listener is reached from
    /// other machines: a sidecar may then pass strangers on from an address of this one.
    pub(super) fn exempts(&self, peer: &Peer, beyond_loopback: bool) -> bool {
        match peer {
            Peer::Unix { uid } => self.uids.contains(uid),
            Peer::Tcp { address, .. } => !beyond_loopback && is_this_machine(*address),
        }
    }

    /// Returns the address that a request comes from: behind a trusted proxy the N-th hop of `X-Forwarded-For` from the
    /// right (`--forwarded-hops`), since what stands left of it the client itself may have written; else, and where it
    /// has fewer hops or no address there, the peer's.
    pub(super) fn address(&self, peer: &Peer, headers: &HeaderMap) -> IpAddr {
        let forwarded = || parse_hop(entries(headers, &X_FORWARDED_FOR).nth(self.forwarded_hops - 1)?);
        let address = if self.trusts(peer, headers) { forwarded() } else { None };
        address.unwrap_or_else(|| peer.address())
    }

    /// Returns the scheme by which a request has come to the first proxy, as a trusted one says in `X-Forwarded-Proto`:
    /// the same entry as of `X-Forwarded-For`, or the left-most one where there are fewer, since many pass it on as it
    /// is.
    pub(super) fn forwarded_proto<'a>(&self, peer: &Peer, headers: &'a HeaderMap) -> Option<&'a [u8]> {
        let entry = entries(headers, &X_FORWARDED_PROTO).take(self.forwarded_hops).last()?;
        self.trusts(peer, headers).then(|| entry.trim_ascii())
    }
}

/// Returns the entries of a header that proxies add to, from the right: the last one first.
fn entries<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
    headers.get_all(name).iter().rev().flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','))
}

/// Returns whether an address is that of this machine's own programs. The rest of 127.0.0.0/8 is not: sidecars pass
/// strangers on from it (Istio from 127.0.0.6).
fn is_this_machine(address: IpAddr) -> bool {
    address == Ipv4Addr::LOCALHOST || address == Ipv6Addr::LOCALHOST
}

/// Reads a hop as proxies write them: an address, or one with a port.
fn parse_hop(hop: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(hop).ok()?.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse::<IpAddr>().ok().or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()))?;
    Some(address.to_canonical())
}

const DEFAULT_SECRET_HEADER: HeaderName = HeaderName::from_static("x-kube-enroll-proxy-secret");

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

#[cfg(test)]
mod tests;
