use super::*;

fn headers(lines: &[(&str, &str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in lines {
        let name: HeaderName = name.parse().expect("a name");
        map.append(name, value.parse().expect("a value"));
    }
    map
}

fn peers(networks: &[&str], secret: Option<&str>) -> TrustedProxies {
    TrustedProxies {
        networks: networks.iter().map(|network| network.parse().expect("a network")).collect(),
        secret: secret.map(|secret| SecretFile {
            path: PathBuf::new(),
            secrets: RwLock::new(Secrets(vec![Zeroizing::new(secret.as_bytes().to_vec())])),
        }),
        secret_header: DEFAULT_SECRET_HEADER,
    }
}

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

const SECRET: &str = "0123456789abcdef";

const OTHER_SECRET: &str = "fedcba9876543210";

#[test]
fn trusts_loopback_alone_where_nothing_is_said() {
    let peers = peers(&[], None);
    for address in ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"] {
        assert!(peers.trusts(ip(address), &HeaderMap::new()), "{address}");
    }
    for address in ["10.0.0.1", "::ffff:10.0.0.1", "fe80::1", "0.0.0.0"] {
        assert!(!peers.trusts(ip(address), &HeaderMap::new()), "{address}");
    }
}

#[test]
fn demands_the_secret_once_from_networks_and_from_loopback() {
    let peers = peers(&["10.1.0.0/16"], Some(SECRET));
    let right = ("X-Kube-Enroll-Proxy-Secret", SECRET);
    for address in ["10.1.2.3", "::ffff:10.1.2.3", "127.0.0.1"] {
        assert!(peers.trusts(ip(address), &headers(&[right])), "{address}");
        for wrong in ["", "0123456789abcdeg", "0123456789abcde", "0123456789abcdef0"] {
            let lines = [("X-Kube-Enroll-Proxy-Secret", wrong)];
            assert!(!peers.trusts(ip(address), &headers(&lines)), "{address} {wrong}");
        }
        assert!(!peers.trusts(ip(address), &HeaderMap::new()), "{address}");
        assert!(!peers.trusts(ip(address), &headers(&[right, right])), "{address}");
    }
    // The secret alone makes no proxy.
    assert!(!peers.trusts(ip("10.2.0.1"), &headers(&[right])));
}

#[test]
fn takes_the_right_most_hop_that_is_no_proxy_for_the_address() {
    let peers = peers(&["10.1.0.0/16"], None);
    let from = |peer: &str, lines: &[&str]| {
        let lines: Vec<_> = lines.iter().map(|line| ("X-Forwarded-For", *line)).collect();
        peers.address(ip(peer), &headers(&lines)).to_string()
    };
    for (lines, expected) in [
        (&[][..], "10.1.0.1"),
        (&["192.0.2.7"], "192.0.2.7"),
        (&["1.1.1.1, 192.0.2.7, 10.1.0.9"], "192.0.2.7"),
        (&["1.1.1.1", "192.0.2.7"], "192.0.2.7"),
        (&["1.1.1.1", "192.0.2.7,10.1.0.9"], "192.0.2.7"),
        (&["192.0.2.7:4711"], "192.0.2.7"),
        (&["2001:db8::7"], "2001:db8::7"),
        (&["[2001:db8::7]:4711"], "2001:db8::7"),
        (&["::ffff:192.0.2.7"], "192.0.2.7"),
        (&["10.1.0.8, 10.1.0.9"], "10.1.0.8"),
        (&["192.0.2.7, unknown"], "10.1.0.1"),
        (&["192.0.2.7, unknown, 10.1.0.9"], "10.1.0.9"),
    ] {
        assert_eq!(from("10.1.0.1", lines), expected, "{lines:?}");
    }
    assert_eq!(from("192.0.2.1", &["1.1.1.1"]), "192.0.2.1");
    assert_eq!(from("::ffff:192.0.2.1", &["1.1.1.1"]), "192.0.2.1");
}

#[test]
fn refuses_a_network_without_a_secret_and_a_secret_that_is_none() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("secret");
    let flags = |secret: bool| IdentityFlags {
        trusted_proxy: vec!["10.0.0.0/8".parse().expect("a network")],
        proxy_secret_file: secret.then(|| file.clone()),
        ..IdentityFlags::default()
    };
    assert!(matches!(
        TrustedProxies::new(&flags(false)),
        Err(StartError::MissingFlag { flag: "--proxy-secret-file", .. })
    ));
    assert!(matches!(TrustedProxies::new(&flags(true)), Err(StartError::ReadFile { .. })));
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
        assert!(matches!(TrustedProxies::new(&flags(true)), Err(StartError::WeakSecret { .. })), "{text:?}");
    }
    for text in [SECRET, "0123456789abcdef\n", "0123456789abcdef\r\n"] {
        std::fs::write(&file, text).expect("a folder to write to");
        let peers = TrustedProxies::new(&flags(true)).unwrap_or_else(|error| panic!("{error}"));
        assert!(peers.trusts(ip("10.0.0.1"), &headers(&[("X-Kube-Enroll-Proxy-Secret", SECRET)])), "{text:?}");
    }
}

#[test]
fn takes_the_old_and_the_new_secret_while_it_is_rotated() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("secret");
    let flags = IdentityFlags { proxy_secret_file: Some(file.clone()), ..IdentityFlags::default() };
    for text in [
        format!("{SECRET}\n{OTHER_SECRET}\n"),
        format!("{OTHER_SECRET}\n{SECRET}"),
        format!("{SECRET}\r\n{OTHER_SECRET}\r\n"),
    ] {
        std::fs::write(&file, &text).expect("a folder to write to");
        let peers = TrustedProxies::new(&flags).unwrap_or_else(|error| panic!("{error}"));
        let trusts = |secret: &str| peers.trusts(ip("127.0.0.1"), &headers(&[("X-Kube-Enroll-Proxy-Secret", secret)]));
        assert!(trusts(SECRET) && trusts(OTHER_SECRET), "{text:?}");
        for wrong in ["", "0123456789abcdeg", "0123456789abcdeffedcba9876543210"] {
            assert!(!trusts(wrong), "{text:?}: {wrong}");
        }
        let both = [("X-Kube-Enroll-Proxy-Secret", SECRET), ("X-Kube-Enroll-Proxy-Secret", OTHER_SECRET)];
        assert!(!peers.trusts(ip("127.0.0.1"), &headers(&both)), "{text:?}");
    }
}
