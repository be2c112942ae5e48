use super::*;
use crate::identity::PROOFS;

fn headers(lines: &[(&str, &str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in lines {
        let name: HeaderName = name.parse().expect("a name");
        map.append(name, value.parse().expect("a value"));
    }
    map
}

fn proxies(networks: &[&str], change: impl FnOnce(&mut ProxyFlags), listening: Listening) -> TrustedProxies {
    let mut flags = ProxyFlags {
        trusted_proxy: networks.iter().map(|network| network.parse().expect("a network")).collect(),
        ..ProxyFlags::default()
    };
    change(&mut flags);
    TrustedProxies::new(&flags, listening).unwrap_or_else(|error| panic!("{error}"))
}

/// Runs a test with proxies that prove themselves by [`SECRET`].
fn with_secret(networks: &[&str], test: impl FnOnce(&TrustedProxies)) {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), SECRET).expect("a file to write to");
    let proxies = proxies(networks, |flags| flags.proxy_secret_file = Some(file.path().into()), LOOPBACK);
    test(&proxies);
}

fn tcp(address: &str) -> Peer {
    Peer::tcp(address.parse().expect("an address"))
}

fn own_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

const LOOPBACK: Listening = Listening { unix: false, tcp: true, tls: false, beyond_loopback: false };

const UNIX: Listening = Listening { unix: true, ..LOOPBACK };

const BEYOND: Listening = Listening { beyond_loopback: true, ..LOOPBACK };

const TLS: Listening = Listening { tls: true, beyond_loopback: true, ..LOOPBACK };

const SECRET: &str = "0123456789abcdef";

const OTHER_SECRET: &str = "fedcba9876543210";

const RIGHT: (&str, &str) = ("X-Kube-Enroll-Proxy-Secret", SECRET);

#[test]
fn trusts_no_address_without_a_proof() {
    for listening in [LOOPBACK, UNIX, BEYOND] {
        let proxies = proxies(&[], |_| {}, listening);
        for address in ["127.0.0.1", "127.0.0.6", "::1", "::ffff:127.0.0.1", "10.0.0.1", "fe80::1", "0.0.0.0"] {
            assert!(!proxies.trusts(&tcp(address), &HeaderMap::new()), "{address}");
            assert!(!proxies.trusts(&tcp(address), &headers(&[RIGHT])), "{address}");
        }
    }
}

#[test]
fn trusts_this_machines_own_two_addresses_where_that_is_allowed() {
    let proxies = proxies(&[], |flags| flags.allow_loopback_identity = true, LOOPBACK);
    for address in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
        assert!(proxies.trusts(&tcp(address), &HeaderMap::new()), "{address}");
    }
    // Istio passes on what comes from elsewhere from 127.0.0.6.
    for address in ["127.0.0.6", "127.8.8.8", "10.0.0.1", "::ffff:10.0.0.1", "fe80::1", "0.0.0.0"] {
        assert!(!proxies.trusts(&tcp(address), &HeaderMap::new()), "{address}");
    }
}

#[test]
fn trusts_the_named_users_at_a_unix_socket() {
    let alone = proxies(&[], |_| {}, UNIX);
    let other = own_uid() + 1;
    for (uid, expected) in [(own_uid(), true), (other, false)] {
        assert_eq!(alone.trusts(&Peer::Unix { uid }, &HeaderMap::new()), expected, "{uid}");
        assert_eq!(alone.exempts(&Peer::Unix { uid }, true), expected, "{uid}");
    }
    let named = proxies(&[], |flags| flags.proxy_uid = vec![other], UNIX);
    for uid in [own_uid(), other] {
        assert!(named.trusts(&Peer::Unix { uid }, &HeaderMap::new()), "{uid}");
    }
    // Where there is a secret, it is demanded there too.
    with_secret(&[], |proxies| {
        let peer = Peer::Unix { uid: own_uid() };
        assert!(!proxies.trusts(&peer, &HeaderMap::new()) && proxies.trusts(&peer, &headers(&[RIGHT])));
        assert!(!proxies.trusts(&Peer::Unix { uid: other }, &headers(&[RIGHT])));
    });
}

#[test]
fn demands_the_secret_once_from_networks_and_from_loopback() {
    with_secret(&["10.1.0.0/16"], |proxies| {
        for address in ["10.1.2.3", "::ffff:10.1.2.3", "127.0.0.1", "127.0.0.6"] {
            assert!(proxies.trusts(&tcp(address), &headers(&[RIGHT])), "{address}");
            for wrong in ["", "0123456789abcdeg", "0123456789abcde", "0123456789abcdef0"] {
                let lines = [("X-Kube-Enroll-Proxy-Secret", wrong)];
                assert!(!proxies.trusts(&tcp(address), &headers(&lines)), "{address} {wrong}");
            }
            assert!(!proxies.trusts(&tcp(address), &HeaderMap::new()), "{address}");
            assert!(!proxies.trusts(&tcp(address), &headers(&[RIGHT, RIGHT])), "{address}");
        }
        // The secret alone makes no proxy.
        assert!(!proxies.trusts(&tcp("10.2.0.1"), &headers(&[RIGHT])));
    });
}

#[test]
fn demands_a_name_of_its_proxys_certificate_letter_by_letter() {
    let certified = |networks: &[&str]| {
        let change = |flags: &mut ProxyFlags| {
            flags.proxy_ca_file = Some("authorities.pem".into());
            flags.proxy_name = vec!["proxy.example".into(), "spiffe://example/proxy".into()];
        };
        proxies(networks, change, TLS)
    };
    let named =
        |address: &str, names: &[&str]| tcp(address).with_names(names.iter().map(|name| (*name).to_owned()).collect());
    let anywhere = certified(&[]);
    for names in [&["proxy.example"][..], &["spiffe://example/proxy"], &["other.example", "proxy.example"]] {
        assert!(anywhere.trusts(&named("192.0.2.1", names), &HeaderMap::new()), "{names:?}");
    }
    for names in [&[][..], &["other.example"], &["*.example"], &["Proxy.example"], &["proxy.example.org"]] {
        for address in ["192.0.2.1", "127.0.0.1"] {
            assert!(!anywhere.trusts(&named(address, names), &HeaderMap::new()), "{names:?}");
        }
    }
    let somewhere = certified(&["10.1.0.0/16"]);
    for (address, expected) in [("10.1.0.1", true), ("127.0.0.1", true), ("192.0.2.1", false)] {
        assert_eq!(somewhere.trusts(&named(address, &["proxy.example"]), &HeaderMap::new()), expected, "{address}");
    }
}

#[test]
fn takes_the_hop_that_the_last_proxy_has_added_for_the_address() {
    with_secret(&["10.1.0.0/16"], |one| {
        for (lines, expected) in [
            (&[][..], "10.1.0.1"),
            (&["192.0.2.7"], "192.0.2.7"),
            (&["1.1.1.1, 192.0.2.7"], "192.0.2.7"),
            (&["1.1.1.1", "192.0.2.7"], "192.0.2.7"),
            (&["192.0.2.7:4711"], "192.0.2.7"),
            (&["2001:db8::7"], "2001:db8::7"),
            (&["[2001:db8::7]:4711"], "2001:db8::7"),
            (&["::ffff:192.0.2.7"], "192.0.2.7"),
            // No hop is skipped, whatever network it is in.
            (&["192.0.2.7, 10.1.0.9"], "10.1.0.9"),
            (&["192.0.2.7, unknown"], "10.1.0.1"),
            (&["192.0.2.7, "], "10.1.0.1"),
            (&["unknown, 192.0.2.7"], "192.0.2.7"),
        ] {
            assert_eq!(address(one, "10.1.0.1", lines, true), expected, "{lines:?}");
        }
        assert_eq!(address(one, "10.1.0.1", &["1.1.1.1"], false), "10.1.0.1");
        assert_eq!(address(one, "192.0.2.1", &["1.1.1.1"], true), "192.0.2.1");
        assert_eq!(address(one, "::ffff:192.0.2.1", &["1.1.1.1"], true), "192.0.2.1");
    });
}

#[test]
fn counts_as_many_hops_as_there_are_proxies() {
    let two = |flags: &mut ProxyFlags| {
        flags.allow_loopback_identity = true;
        flags.forwarded_hops = "2".parse().ok();
    };
    let two = proxies(&[], two, LOOPBACK);
    for (lines, expected) in [
        (&["192.0.2.7, 10.1.0.9"][..], "192.0.2.7"),
        (&["1.1.1.1, 192.0.2.7", "10.1.0.9"], "192.0.2.7"),
        (&["1.1.1.1, 192.0.2.7, unknown"], "192.0.2.7"),
        // Fewer than there are proxies: one was passed by.
        (&["192.0.2.7"], "127.0.0.1"),
        (&[], "127.0.0.1"),
    ] {
        assert_eq!(address(&two, "127.0.0.1", lines, false), expected, "{lines:?}");
    }
}

/// Returns the address of a request with these lines of `X-Forwarded-For`.
fn address(proxies: &TrustedProxies, peer: &str, lines: &[&str], has_secret: bool) -> String {
    let mut lines: Vec<_> = lines.iter().map(|line| ("X-Forwarded-For", *line)).collect();
    lines.extend(has_secret.then_some(RIGHT));
    proxies.address(&tcp(peer), &headers(&lines)).to_string()
}

#[test]
fn exempts_this_machine_where_nobody_else_comes_from_it() {
    let proxies = proxies(&[], |_| {}, LOOPBACK);
    for (address, alone, beyond) in
        [("127.0.0.1", true, false), ("::1", true, false), ("127.0.0.6", false, false), ("10.0.0.1", false, false)]
    {
        let found = (proxies.exempts(&tcp(address), false), proxies.exempts(&tcp(address), true));
        assert_eq!(found, (alone, beyond), "{address}");
    }
}

#[test]
fn refuses_flags_that_prove_nothing() {
    let start = |flags: ProxyFlags, listening| TrustedProxies::new(&flags, listening).map(|_| ());
    let network = ProxyFlags { trusted_proxy: vec!["10.0.0.0/8".parse().expect("a network")], ..Default::default() };
    let error = start(network, UNIX).expect_err("an address is no proof");
    assert!(error.to_string().contains("--trusted-proxy needs --proxy-secret-file or --proxy-ca-file"), "{error}");
    let certified = |name: &[&str]| ProxyFlags {
        proxy_ca_file: Some("authorities.pem".into()),
        proxy_name: name.iter().map(|name| (*name).to_owned()).collect(),
        ..Default::default()
    };
    assert!(start(certified(&["proxy.example"]), TLS).is_ok());
    for (flags, listening, missing) in [
        (certified(&[]), TLS, "--proxy-name"),
        (certified(&[""]), TLS, "--proxy-name"),
        (certified(&["proxy.example"]), BEYOND, "--tls-cert"),
    ] {
        let error = start(flags, listening).expect_err(missing);
        assert!(matches!(error, StartError::MissingFlag { flag, .. } if flag == missing), "{error}");
    }
    let name = ProxyFlags { proxy_name: vec!["proxy.example".into()], ..Default::default() };
    let loopback = || ProxyFlags { allow_loopback_identity: true, ..Default::default() };
    assert!(start(loopback(), LOOPBACK).is_ok());
    assert!(matches!(start(loopback(), BEYOND), Err(StartError::LoopbackIdentity)));
    let uid = || ProxyFlags { proxy_uid: vec![101], ..Default::default() };
    assert!(start(uid(), UNIX).is_ok());
    let hops = || ProxyFlags { forwarded_hops: "2".parse().ok(), ..Default::default() };
    assert!(start(hops(), UNIX).is_ok());
    let header = ProxyFlags { proxy_secret_header: Some(HeaderName::from_static("x-secret")), ..Default::default() };
    let mapped = ProxyFlags {
        trusted_proxy: vec!["::ffff:10.0.0.0/104".parse().expect("a network")],
        proxy_secret_file: Some("secret".into()),
        ..Default::default()
    };
    let both = ProxyFlags { proxy_secret_file: Some("secret".into()), ..loopback() };
    for (flags, flag) in [(mapped, "--trusted-proxy"), (both, "--allow-loopback-identity")] {
        let error = start(flags, LOOPBACK).expect_err(flag);
        assert!(matches!(error, StartError::FlagValue { flag: found, .. } if found == flag), "{error}");
    }
    let unreachable = ProxyFlags {
        trusted_proxy: vec!["10.0.0.0/8".parse().expect("a network")],
        proxy_secret_file: Some("secret".into()),
        ..Default::default()
    };
    let error = start(unreachable, Listening { unix: true, tcp: false, ..LOOPBACK }).expect_err("only Unix sockets");
    assert!(matches!(error, StartError::UnusedFlag { flag: "--trusted-proxy", .. }), "{error}");
    for (flags, flag, needs) in [
        (name, "--proxy-name", "--proxy-ca-file"),
        (uid(), "--proxy-uid", "--listen=unix:PATH"),
        (hops(), "--forwarded-hops", PROOFS),
        (header, "--proxy-secret-header", "--proxy-secret-file"),
    ] {
        let error = start(flags, LOOPBACK).expect_err(flag);
        let StartError::UnusedFlag { flag: found, needs: found_needs } = error else { panic!("{error}") };
        assert_eq!((found, found_needs), (flag, needs));
    }
}

#[test]
fn refuses_a_secret_that_is_none() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("secret");
    let flags = ProxyFlags { proxy_secret_file: Some(file.clone()), ..ProxyFlags::default() };
    let start = || TrustedProxies::new(&flags, LOOPBACK);
    assert!(matches!(start(), Err(StartError::ReadFile { .. })));
    let three = format!("{SECRET}\n{OTHER_SECRET}\n{SECRET}\n");
    for text in [
        "",
        "\n",
        "0123456789abcde\n",
        "0123456789 abcdef",
        "0123456789abcdef\n\n",
        "\n0123456789abcdef\n",
        "0123456789abcdef\n0123456789abcde\n",
        &three,
    ] {
        std::fs::write(&file, text).expect("a folder to write to");
        assert!(matches!(start(), Err(StartError::WeakSecret { .. })), "{text:?}");
    }
    for text in [SECRET, "0123456789abcdef\n", "0123456789abcdef\r\n"] {
        std::fs::write(&file, text).expect("a folder to write to");
        let proxies = start().unwrap_or_else(|error| panic!("{error}"));
        assert!(proxies.trusts(&tcp("127.0.0.1"), &headers(&[RIGHT])), "{text:?}");
    }
}

#[test]
fn takes_the_old_and_the_new_secret_while_it_is_rotated() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("secret");
    let flags = ProxyFlags { proxy_secret_file: Some(file.clone()), ..ProxyFlags::default() };
    for text in [
        format!("{SECRET}\n{OTHER_SECRET}\n"),
        format!("{OTHER_SECRET}\n{SECRET}"),
        format!("{SECRET}\r\n{OTHER_SECRET}\r\n"),
    ] {
        std::fs::write(&file, &text).expect("a folder to write to");
        let proxies = TrustedProxies::new(&flags, LOOPBACK).unwrap_or_else(|error| panic!("{error}"));
        let trusts =
            |secret: &str| proxies.trusts(&tcp("127.0.0.1"), &headers(&[("X-Kube-Enroll-Proxy-Secret", secret)]));
        assert!(trusts(SECRET) && trusts(OTHER_SECRET), "{text:?}");
        for wrong in ["", "0123456789abcdeg", "0123456789abcdeffedcba9876543210"] {
            assert!(!trusts(wrong), "{text:?}: {wrong}");
        }
        let both = [RIGHT, ("X-Kube-Enroll-Proxy-Secret", OTHER_SECRET)];
        assert!(!proxies.trusts(&tcp("127.0.0.1"), &headers(&both)), "{text:?}");
    }
}
