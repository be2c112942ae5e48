//! Addresses of servers, and the detection of loopback addresses.

use std::net::{IpAddr, Ipv6Addr};

/// Returns whether a host is a loopback host: `localhost` and the names below it
/// ([RFC 6761, section 6.3](https://www.rfc-editor.org/rfc/rfc6761#section-6.3)), 127.0.0.0/8 and `::1`. An IPv6
/// address may have its brackets.
///
/// The unspecified addresses 0.0.0.0 and `::` are not loopback: browsers let pages of any origin send requests there.
pub fn is_loopback(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost") || parse_ip(&host).is_some_and(|address| address.is_loopback())
}

/// Returns host and port of an API server's address, or `None` for any other text than `https://HOST[:PORT][/PATH]`.
pub fn parse_https(address: &str) -> Option<(&str, Option<u16>)> {
    let rest = address.strip_prefix("https://")?;
    let authority = rest.split('/').next()?;
    let is_plain = rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"'\\<>`{}|^?#".contains(&byte));
    if !is_plain || address.len() > MAX_ADDRESS_BYTES {
        return None;
    }
    host_and_port(authority)
}

/// Returns whether a text is the address of a proxy: a scheme that kubectl knows, host and port, and nothing else.
pub fn is_proxy(address: &str) -> bool {
    let rest = ["http://", "https://", "socks5://"].iter().find_map(|scheme| address.strip_prefix(scheme));
    let rest = rest.filter(|_| address.len() <= MAX_ADDRESS_BYTES);
    rest.is_some_and(|rest| host_and_port(rest.strip_suffix('/').unwrap_or(rest)).is_some())
}

/// Returns whether a text is a name for the `tls-server-name` of a kubeconfig: a host name of at most 253 characters
/// ([RFC 1035, section 2.3.4](https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4)), or an IP address.
pub fn is_tls_server_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:_".contains(&byte);
    (1..=253).contains(&name.len()) && name.bytes().all(is_plain)
}

/// Returns whether a connection to a host stays on the machine: the host is loopback, or unspecified, which operating
/// systems treat as loopback.
pub(crate) fn is_local_or_unspecified(host: &str) -> bool {
    is_loopback(host) || parse_ip(host).is_some_and(|address| address.is_unspecified())
}

fn parse_ip(host: &str) -> Option<IpAddr> {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host).parse().ok()
}

/// Splits `HOST[:PORT]`, an IPv6 host in its brackets
/// ([RFC 3986, section 3.2](https://www.rfc-editor.org/rfc/rfc3986#section-3.2)). Returns `None` for an empty host, a
/// port that is none, and user information.
fn host_and_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let end = authority.len() - rest.len() + rest.find(']')? + 1;
            let (host, after) = authority.split_at(end);
            host[1..end - 1].parse::<Ipv6Addr>().ok()?;
            (host, after.strip_prefix(':').map_or(after.is_empty().then_some(None), |port| Some(Some(port)))?)
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let is_host = |byte: u8| byte.is_ascii_graphic() && !b"\"'\\<>`{}|^?#/@%".contains(&byte);
    if host.is_empty() || !host.bytes().all(is_host) {
        return None;
    }
    match port {
        None => Some((host, None)),
        // `parse` takes a sign, which no address has.
        Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => Some((host, Some(port.parse().ok()?))),
        Some(_) => None,
    }
}

pub(crate) const MAX_ADDRESS_BYTES: usize = 2048;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_host_and_port() {
        for (authority, expected) in [
            ("example.com", Some(("example.com", None))),
            ("example.com:6443", Some(("example.com", Some(6443)))),
            ("[::1]", Some(("[::1]", None))),
            ("[::1]:6443", Some(("[::1]", Some(6443)))),
            (":6443", None),
            ("", None),
            ("example.com:", None),
            ("example.com:+1", None),
            ("example.com:65536", None),
            ("a:b:c", None),
            ("[::1", None),
            ("[::1]6443", None),
            ("[example.com]", None),
            ("user@example.com", None),
        ] {
            assert_eq!(host_and_port(authority), expected, "{authority}");
        }
    }

    #[test]
    fn recognises_loopback_hosts() {
        for host in ["localhost", "LOCALHOST", "a.localhost", "127.0.0.1", "127.8.8.8", "::1", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "",
            "example.com",
            "localhost.example.com",
            "127.0.0.1.nip.io",
            "127.example.com",
            "10.0.0.1",
            "0.0.0.0",
            "[::]",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
