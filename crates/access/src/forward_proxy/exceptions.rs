use std::net::IpAddr;

use ipnet::IpNet;

/// The addresses that are reached directly.
#[derive(Debug, Default)]
pub(super) enum Exceptions {
    /// None, not even this machine: a kubeconfig's `proxy-url` is for whatever its cluster is.
    None,
    /// This machine.
    #[default]
    Loopback,
    /// Everything: `*`.
    All,
    /// This machine, and these.
    Some(Vec<Exception>),
}

/// An entry of `NO_PROXY`.
#[derive(Debug)]
pub(super) enum Exception {
    Network(IpNet),
    Address(IpAddr, Port),
    /// A name with a dot before it, and whether it is meant itself, besides the names below it.
    Domain(String, bool, Port),
}

/// A port as it is written, or `None` for any.
type Port = Option<String>;

impl Exceptions {
    /// Parses `NO_PROXY`: what is between its commas, without spaces. Entries that mean nothing are left out.
    pub(super) fn parse(text: &str) -> Self {
        let entries = text.split(',').map(|entry| entry.trim().to_lowercase());
        let entries: Vec<_> = entries.filter(|entry| !entry.is_empty()).collect();
        if entries.iter().any(|entry| entry == "*") {
            return Self::All;
        }
        match entries.iter().filter_map(|entry| Exception::parse(entry)).collect::<Vec<_>>() {
            some if some.is_empty() => Self::Loopback,
            some => Self::Some(some),
        }
    }

    /// Returns whether a host, an address without brackets or a name, is reached directly.
    pub(super) fn contain(&self, host: &str, port: u16) -> bool {
        let address = host.parse::<IpAddr>().ok().map(|address| address.to_canonical());
        let is_loopback = host == "localhost" || address.is_some_and(|address| address.is_loopback());
        match self {
            Self::None => false,
            Self::All => true,
            Self::Loopback => is_loopback,
            Self::Some(exceptions) => {
                let (host, port) = (host.to_lowercase(), port.to_string());
                is_loopback || exceptions.iter().any(|exception| exception.contains(&host, address, &port))
            }
        }
    }
}

impl Exception {
    /// Parses an entry in lower case.
    fn parse(entry: &str) -> Option<Self> {
        if let Ok(network) = entry.parse() {
            return Some(Self::Network(network));
        }
        let (host, port) = split_port(entry);
        let port = (!port.is_empty()).then(|| port.to_owned());
        if let Ok(address) = host.parse::<IpAddr>() {
            return Some(Self::Address(address.to_canonical(), port));
        }
        let host = if host.starts_with("*.") { &host[1..] } else { host };
        match host.as_bytes().first()? {
            b'.' => Some(Self::Domain(host.to_owned(), false, port)),
            _ => Some(Self::Domain(format!(".{host}"), true, port)),
        }
    }

    fn contains(&self, host: &str, address: Option<IpAddr>, port: &str) -> bool {
        let is_port = |expected: &Port| expected.as_ref().is_none_or(|expected| expected == port);
        match (self, address) {
            (Self::Network(network), Some(address)) => network.contains(&address),
            (Self::Address(expected, expected_port), Some(address)) => *expected == address && is_port(expected_port),
            (Self::Domain(domain, itself, expected_port), None) => {
                (host.ends_with(domain) || (*itself && host == &domain[1..])) && is_port(expected_port)
            }
            _ => false,
        }
    }
}

/// Parts `HOST:PORT` and `[ADDRESS]:PORT`; what is neither is a host.
fn split_port(entry: &str) -> (&str, &str) {
    let parts = match entry.strip_prefix('[') {
        Some(rest) => rest.split_once("]:"),
        None => entry.split_once(':'),
    };
    parts.filter(|(_, port)| !port.contains(':')).unwrap_or((entry, ""))
}
