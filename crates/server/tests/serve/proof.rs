//! The proof of a proxy: without one, headers name nobody, whatever address they come from.

use std::path::{Path, PathBuf};

use kube_enroll_server::{Config, ListenAddress, ProxyFlags, Server, StartError};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, UnixStream},
};

use crate::{
    client::{Answer, parse},
    recorder::Scenario,
    running::{Running, allow_loopback, by_header, write_kubeconfig},
};

const WHO: &str =
    "GET /whoami.json HTTP/1.1\r\nHost: localhost\r\nX-User: boss@example.com\r\nConnection: close\r\n\r\n";

/// Asks from an address of this machine.
async fn ask_from(address: &str, server: &Running) -> Answer {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(format!("{address}:0").parse().expect("an address")).expect("all of 127.0.0.0/8 is loopback");
    let mut stream = socket.connect(server.address).await.expect("a server");
    stream.write_all(WHO.as_bytes()).await.expect("a server that reads");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.expect("an answer");
    parse(&bytes)
}

async fn ask_at(socket: &Path) -> Answer {
    let mut stream = UnixStream::connect(socket).await.expect("a server");
    stream.write_all(WHO.as_bytes()).await.expect("a server that reads");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.expect("an answer");
    parse(&bytes)
}

#[tokio::test]
async fn takes_only_this_machines_own_two_addresses_for_loopback() {
    let server = Running::with(Scenario::Created, |config| {
        config.allowed_hosts = vec!["localhost".into(), "127.0.0.1".into()];
        config.identity = by_header(allow_loopback());
    })
    .await;
    for (address, status) in [("127.0.0.1", 200), ("127.0.0.6", 401), ("127.8.8.8", 401)] {
        assert_eq!(ask_from(address, &server).await.status, status, "{address}");
    }
}

#[tokio::test]
async fn knows_its_proxy_at_a_unix_socket_and_nobody_at_a_port() {
    let folder = TempDir::new().expect("a folder");
    let socket = folder.path().join("socket");
    let server = Running::with(Scenario::Created, |config| {
        config.allowed_hosts = vec!["localhost".into(), "127.0.0.1".into()];
        config.listen.push(ListenAddress::Unix(socket.clone()));
        config.identity = by_header(ProxyFlags::default());
    })
    .await;
    let answer = ask_at(&socket).await;
    assert_eq!((answer.status, answer.json()["user"].as_str()), (200, Some("boss@example.com")));
    for address in ["127.0.0.1", "127.0.0.6"] {
        assert_eq!(ask_from(address, &server).await.status, 401, "{address}");
    }
    server.stop().await;
    assert!(!socket.exists(), "left behind");
}

#[tokio::test]
async fn refuses_to_start_with_identities_that_nobody_proves() {
    let folder = TempDir::new().expect("a folder");
    let kubeconfig = folder.path().join("kubeconfig");
    write_kubeconfig(&kubeconfig, "127.0.0.1:1".parse().expect("an address"));
    let config = |listen: &str, proxy: ProxyFlags| Config {
        listen: vec![listen.parse().expect("an address")],
        kubeconfig: Some(kubeconfig.clone()),
        allowed_hosts: vec!["localhost".into()],
        identity: by_header(proxy),
        ..Config::default()
    };
    // Judged, and not bound: these are addresses of others too.
    let check = async |config: &Config| Server::check(config).await.expect_err("no proof");
    for listen in ["127.0.0.1:0", "[::1]:0", "0.0.0.0:0"] {
        let error = check(&config(listen, ProxyFlags::default())).await;
        assert!(matches!(error, StartError::NoProof { .. }), "{listen}: {error}");
        for way in ["--listen=unix:PATH", "--proxy-secret-file", "--allow-loopback-identity"] {
            assert!(error.to_string().contains(way), "{error}");
        }
    }
    for listen in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let error = check(&config(listen, allow_loopback())).await;
        assert!(matches!(error, StartError::LoopbackIdentity), "{listen}: {error}");
    }
    let mut two = config("127.0.0.1:0", allow_loopback());
    two.listen.push("0.0.0.0:0".parse().expect("an address"));
    assert!(matches!(check(&two).await, StartError::LoopbackIdentity));
    // A socket has no Host of its own.
    let no_host = Config { allowed_hosts: Vec::new(), ..config("unix:/run/socket", ProxyFlags::default()) };
    assert!(matches!(check(&no_host).await, StartError::MissingFlag { .. }));
    let no_socket = Config { listen_mode: "0660".parse().ok(), ..config("127.0.0.1:0", allow_loopback()) };
    assert!(matches!(check(&no_socket).await, StartError::UnusedFlag { flag: "--listen-mode", .. }));
}

#[tokio::test]
async fn refuses_a_place_for_its_socket_that_something_else_has() {
    let folder = TempDir::new().expect("a folder");
    let file: PathBuf = folder.path().join("a-file");
    std::fs::write(&file, "somebody's").expect("a folder to write to");
    let kubeconfig = folder.path().join("kubeconfig");
    write_kubeconfig(&kubeconfig, "127.0.0.1:1".parse().expect("an address"));
    let config = Config {
        listen: vec![ListenAddress::Unix(file.clone())],
        allowed_hosts: vec!["localhost".into()],
        kubeconfig: Some(kubeconfig),
        cluster: kube_enroll_server::ClusterFlags {
            server: Some("https://api.example.com".into()),
            ..Default::default()
        },
        ..Config::default()
    };
    let error = Server::bind(config).await.err().expect("a file is there");
    assert!(error.to_string().contains(&format!("unix:{}", file.display())), "{error}");
    assert_eq!(std::fs::read_to_string(&file).expect("the file"), "somebody's");
}
