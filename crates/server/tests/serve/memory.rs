//! The budget of memory, over the socket.

use kube_enroll_server::{Config, Limits, Server, StartError};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpSocket, TcpStream},
};

use crate::{
    client::Connection,
    metrics::scrape,
    reading::stored,
    recorder::{ACCOUNT, Scenario},
    running::{CSRS_PATH, NAME, Running},
};

/// The least budget, of which connections have 48 MiB.
const BUDGET: usize = 64 << 20;
const POOL: usize = BUDGET / 4 * 3;

/// The least memory of a connection, as the server counts it.
const BASE: usize = 20 << 10;

async fn running(change: impl FnOnce(&mut Config)) -> Running {
    let server = Running::with(Scenario::Created, |config| {
        config.limits = Limits { memory_bytes: BUDGET, ..Limits::default() };
        config.metrics_listen = Some("127.0.0.1:0".parse().expect("an address"));
        change(config);
    });
    server.await
}

/// The bytes that the server counts for its connections.
async fn held(server: &Running) -> usize {
    let text = scrape(server).await;
    let line =
        text.lines().find_map(|line| line.strip_prefix("kube_enroll_connection_memory_bytes ")).expect("a gauge");
    line.parse().expect("a number")
}

/// Waits until the memory of all connections is given back.
async fn wait_until_free(server: &Running) {
    let free = async { while held(server).await > 0 {} };
    tokio::time::timeout(std::time::Duration::from_secs(20), free).await.expect("free memory");
}

#[tokio::test]
async fn refuses_long_heads_for_which_there_is_no_memory() {
    let server = running(|_| {}).await;
    let long = format!("GET / HTTP/1.1\r\nHost: {}\r\nX-Long: {}", server.address, "x".repeat(20 << 10));
    // Room is left for one connection more, and not for a long head on it.
    let (most, idle) = (POOL / (BASE + (40 << 10)) - 1, Connection::open(server.address, "").await);
    let mut open = Vec::new();
    for _ in 0..most {
        open.push(Connection::open(server.address, &long).await);
    }
    let full = async { while held(&server).await < most * (BASE + (40 << 10)) + BASE {} };
    tokio::time::timeout(std::time::Duration::from_secs(20), full).await.expect("that all are read");
    let mut refused = Connection::open(server.address, &long).await;
    refused.read_to_end().await;
    assert!(refused.read.starts_with("HTTP/1.1 503") && refused.read.contains("no memory left"), "{}", refused.read);
    assert!(held(&server).await <= POOL);
    // A short one needs none but the base.
    assert_eq!(server.get("/livez").await.status, 200);
    assert!(scrape(&server).await.contains("kube_enroll_refused_total{bound=\"memory\"} 1"));
    drop((open, idle));
    wait_until_free(&server).await;
}

#[tokio::test]
async fn answers_few_who_do_not_read_and_says_so_to_the_others() {
    let folder = crate::page::folder();
    std::fs::write(folder.path().join("large.bin"), vec![b'x'; 8 << 20]).expect("a folder to write to");
    let server = running(|config| config.page_dir = Some(folder.path().into())).await;
    let ask = async || -> TcpStream {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(8 << 10).expect("a socket");
        let mut stream = socket.connect(server.address).await.expect("a server");
        let request = format!("GET /large.bin HTTP/1.1\r\nHost: {}\r\n\r\n", server.address);
        stream.write_all(request.as_bytes()).await.expect("a server that reads");
        stream
    };
    let each = BASE + (128 << 10);
    // Room is left for one connection more, and not for a large answer on it.
    let (most, idle) = (POOL / each - 1, Connection::open(server.address, "").await);
    let mut open = Vec::new();
    for _ in 0..most {
        open.push(ask().await);
    }
    let full = async { while held(&server).await < most * each + BASE {} };
    tokio::time::timeout(std::time::Duration::from_secs(20), full).await.expect("that all are answered");
    let answer = server.get("/large.bin").await;
    assert_eq!((answer.status, answer.json()["reason"].as_str()), (503, Some("ServiceUnavailable")));
    // What is small is answered.
    assert_eq!(server.get("/config.json").await.status, 200);
    drop((open, idle));
    wait_until_free(&server).await;
    assert_eq!(server.get("/large.bin").await.status, 200);
}

#[tokio::test]
async fn takes_only_as_many_connections_as_have_memory() {
    let server = running(|config| config.limits.connections = 10_000).await;
    let keep = format!("GET /livez HTTP/1.1\r\nHost: {}\r\n\r\n", server.address);
    let mut open = Vec::new();
    for _ in 0..POOL / BASE {
        let mut connection = Connection::open(server.address, &keep).await;
        connection.read_until("ok\n").await;
        open.push(connection);
    }
    let answer = server.get("/config.json").await;
    assert_eq!(answer.status, 503);
    assert!(answer.body.contains("no memory left"), "{answer:?}");
    assert_eq!(server.get("/livez").await.status, 200, "probes have places of their own");
}

#[tokio::test]
async fn counts_little_for_those_who_wait() {
    let server = running(|_| {}).await;
    server.recorder.answer(Scenario::object(stored(ACCOUNT)));
    let target = format!("{CSRS_PATH}?watch=1&fieldSelector=metadata.name%3D{NAME}");
    let mut browser = Connection::open(server.address, &server.request("GET", &target, "", "")).await;
    browser.read_until("ADDED").await;
    let waits = async { while held(&server).await != 8 << 10 {} };
    tokio::time::timeout(std::time::Duration::from_secs(20), waits).await.expect("less memory");
    drop(browser);
    wait_until_free(&server).await;
}

#[tokio::test]
async fn refuses_to_start_with_too_little() {
    let limits = Limits { memory_bytes: (64 << 20) - 1, ..Limits::default() };
    match Server::bind(Config { limits, ..Config::default() }).await {
        Err(error @ StartError::InvalidLimit { .. }) => {
            assert_eq!(error.to_string(), "--memory must be 64MiB or more");
        }
        other => panic!("{:?}", other.map(|_| ()).map_err(|error| error.to_string())),
    }
}
