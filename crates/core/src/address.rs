//! Addresses of servers, and the detection of those that mean the machine on which they are used.

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

/// Returns whether a connection to a host stays on the machine: the host is loopback, also as an IPv4-mapped IPv6
/// address; or unspecified, which operating systems treat as loopback; or a name that a tool for clusters on one
/// machine gives to that machine.
///
/// Only for warnings: other names of the same tools, and their addresses, are not known here.
pub(crate) fn is_this_machine(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let is_own = |address: IpAddr| address.is_loopback() || address.is_unspecified();
    is_loopback(&host)
        || parse_ip(&host).is_some_and(|address| is_own(address.to_canonical()))
        || MACHINE_NAMES.contains(&&*host)
        || MACHINE_DOMAINS.iter().any(|domain| host.ends_with(domain))
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

/// The names of containers on one machine that kind and minikube write into kubeconfigs, and what distributions of
/// Linux write into `/etc/hosts`.
const MACHINE_NAMES: [&str; 5] =
    ["kind-control-plane", "minikube", "localhost.localdomain", "ip6-localhost", "ip6-loopback"];

/// The domains in which such tools name the machine that they run on: Docker Desktop (`kubernetes.docker.internal`,
/// `host.docker.internal`), minikube (`control-plane.minikube.internal`), Podman, k3d, Lima, Rancher Desktop, OrbStack.
const MACHINE_DOMAINS: [&str; 7] = [
    ".docker.internal",
    ".minikube.internal",
    ".containers.internal",
    ".k3d.internal",
    ".lima.internal",
    ".rancher-desktop.internal",
    ".orb.local",
];

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
    fn recognises_the_names_that_tools_give_to_one_machine() {
        for host in [
            "localhost",
            "localhost.",
            "LOCALHOST.localdomain",
            "127.0.0.1",
            "0.0.0.0",
            "[::]",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[::ffff:0.0.0.0]",
            "kubernetes.docker.internal",
            "Kubernetes.Docker.Internal.",
            "host.docker.internal",
            "gateway.docker.internal",
            "control-plane.minikube.internal",
            "host.minikube.internal",
            "host.containers.internal",
            "host.k3d.internal",
            "k8s.orb.local",
            "kind-control-plane",
            "minikube",
        ] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in [
            "",
            ".",
            "docker.internal",
            "notdocker.internal",
            "kubernetes.docker.internal.example.com",
            "minikube.example.com",
            "api.internal",
            "kubernetes.default.svc",
            "192.168.49.2",
            "[::ffff:10.0.0.1]",
            "[fe80::1]",
        ] {
            assert!(!is_this_machine(host), "{host}");
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
