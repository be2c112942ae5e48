use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use kube_enroll_server::Limits;
use serde_json::json;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

use crate::{
    client::{Connection, send},
    reading::stored,
    recorder::{ACCOUNT, Scenario},
    running::{CSRS_PATH, Running, body, golden},
};

#[tokio::test]
async fn refuses_bodies_over_16_kib_however_they_are_framed() {
    let server = Running::start(Scenario::Created).await;
    let content_type = "Content-Type: application/json\r\n";
    let long = " ".repeat((16 << 10) + 1);
    let answer = server.ask("POST", CSRS_PATH, content_type, &long).await;
    assert_eq!((answer.status, answer.json()["reason"].as_str()), (413, Some("RequestEntityTooLarge")));

    let head = format!("POST {CSRS_PATH} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{content_type}", server.address);
    let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n4001\r\n{long}\r\n0\r\n\r\n");
    assert_eq!(send(server.address, chunked.as_bytes()).await.status, 413);
    // Announced only: nobody waits for it.
    let announced = format!("{head}Content-Length: 99999999999\r\n\r\n");
    assert_eq!(send(server.address, announced.as_bytes()).await.status, 413);
    assert_eq!(server.recorder.seen().len(), 0);

    let mut padded = body(&golden("jane")).to_string();
    padded.push_str(&" ".repeat((16 << 10) - padded.len()));
    assert_eq!(server.post(&padded).await.status, 201);
}

#[tokio::test]
async fn refuses_a_head_that_is_too_long() {
    let server = Running::start(Scenario::Created).await;
    for (bytes, status) in [(31 << 10, 200), (33 << 10, 431), (40 << 10, 431), (64 << 10, 431)] {
        let headers = format!("X-Long: {}\r\n", "x".repeat(bytes));
        let answer = server.ask("GET", "/livez", &headers, "").await;
        assert_eq!(answer.status, status, "{bytes}");
        assert!(status == 200 || answer.json()["kind"] == "Status", "{answer:?}");
    }
}

fn short() -> Limits {
    let soon = Duration::from_millis(300);
    Limits { header_timeout: soon, body_timeout: soon, write_timeout: soon, ..Limits::default() }
}

#[tokio::test]
async fn closes_connections_whose_head_does_not_come() {
    let server = Running::with(Scenario::Created, |config| config.limits = short()).await;
    for begin in ["", "GET / HTTP/1.1\r\nHost: x\r\n", "GET"] {
        Connection::open(server.address, begin).await.read_to_end().await;
    }
    // And those that stay silent after an answer.
    let request = format!("GET /livez HTTP/1.1\r\nHost: {}\r\n\r\n", server.address);
    let mut connection = Connection::open(server.address, &request).await;
    connection.read_to_end().await;
    assert!(connection.read.contains("200 OK"));
}

#[tokio::test]
async fn answers_408_to_a_body_that_does_not_come() {
    let server = Running::with(Scenario::Created, |config| config.limits = short()).await;
    let head = format!(
        "POST {CSRS_PATH} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{{",
        server.address
    );
    let mut connection = Connection::open(server.address, &head).await;
    connection.read_to_end().await;
    assert!(connection.read.starts_with("HTTP/1.1 408"), "{}", connection.read);
}

#[tokio::test]
async fn cuts_off_readers_that_do_not_read() {
    let mut object = stored(ACCOUNT);
    // More than the buffers of both sockets hold, again and again.
    object["status"]["conditions"][0]["message"] = "x".repeat(1 << 20).into();
    let server = Running::with(Scenario::object(object.clone()), |config| {
        // A place is free again once the reader is cut off.
        config.limits = Limits { connections: 1, ..short() };
    })
    .await;
    server.wait_for_watch(1).await;
    let target = format!("{CSRS_PATH}?watch=1&fieldSelector=metadata.name%3Djane-abcdefghij");
    let request = server.request("GET", &target, "", "");
    let mut connection = Connection::open(server.address, &request).await;
    connection.read_until("HTTP/1.1 200").await;
    let mut version = 100;
    let cut_off = async {
        while server.get("/missing").await.status == 503 {
            version += 1;
            object["metadata"]["resourceVersion"] = version.to_string().into();
            server.recorder.tell(format!("{}\n", json!({"type": "MODIFIED", "object": object})));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), cut_off).await.expect("an end of the slow reader");
    connection.read_to_end().await;
    // What it did not read was not piled up for it.
    assert!(connection.read.len() < 32 << 20);
}

#[tokio::test]
async fn holds_little_in_the_kernel_for_readers_that_stop_and_nothing_after_their_time() {
    let SlowReader { server, mut stream, .. } = SlowReader::start(20).await;
    let client = stream.local_addr().expect("an address");
    // Fast at first, so that the kernel would let the queue grow.
    stream.read_exact(&mut vec![0; 1 << 20]).await.expect("an answer");
    let mut most = 0;
    let gone = async {
        while let Some(queued) = queued_for(server.address, client) {
            most = most.max(queued);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone).await.expect("an end of the connection, and of its queue");
    assert!((1..=192 << 10).contains(&most), "{most} bytes");
}

#[tokio::test]
async fn holds_nothing_in_the_kernel_for_a_closed_connection_after_the_time_for_a_write() {
    let folder = crate::page::folder();
    std::fs::write(folder.path().join("small.bin"), vec![b'x'; 4000]).expect("a folder to write to");
    let server = Running::with(Scenario::Created, |config| {
        config.page_dir = Some(folder.path().into());
        config.limits = short();
    })
    .await;
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(1 << 10).expect("a socket");
    let mut stream = socket.connect(server.address).await.expect("a server");
    let request = |more: &str| format!("GET /small.bin HTTP/1.1\r\nHost: {}\r\n{more}\r\n", server.address);
    let pipelined = [request("").repeat(2), request("Connection: close\r\n")].concat();
    stream.write_all(pipelined.as_bytes()).await.expect("a server that reads");
    // It has nothing more to do with it, and the client reads nothing, and stays.
    let client = stream.local_addr().expect("an address");
    let gone = async {
        while queued_for(server.address, client).is_some() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone).await.expect("an end of what waits");
}

#[tokio::test]
async fn lets_little_wait_in_the_kernel_behind_a_watch() {
    let server = Running::with_listed(vec![stored(ACCOUNT)], 7).await;
    let target = format!("{CSRS_PATH}?watch=1&fieldSelector=metadata.name%3Djane-abcdefghij");
    let mut stream = TcpStream::connect(server.address).await.expect("a server");
    let request = format!("GET {target} HTTP/1.1\r\nHost: {}\r\n\r\n", server.address);
    stream.write_all(request.as_bytes()).await.expect("a server that reads");
    let mut sent = 0;
    let junk = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(1000));
    while let Ok(Ok(count)) = tokio::time::timeout(Duration::from_millis(500), stream.write(junk.as_bytes())).await {
        sent += count;
        assert!(sent < 64 << 20, "it reads on");
    }
    let (client, most) = (stream.local_addr().expect("an address"), 48 << 10);
    let waiting = received_for(server.address, client).expect("a connection");
    assert!((1..most).contains(&waiting), "{waiting} bytes");
}

/// The kernel says that there is room again when a third of the buffer is free: what a client has not read of that in
/// the time for a write is too slow.
#[tokio::test]
async fn cuts_off_readers_that_keep_reading_too_slowly() {
    let SlowReader { mut stream, .. } = SlowReader::start(1).await;
    let mut read = 0;
    let reading = async {
        let mut bytes = [0; 512];
        while let Ok(count @ 1..) = stream.read(&mut bytes).await {
            read += count;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), reading).await.expect("an end of the connection");
    assert!(read < 1 << 20, "{read} bytes");
}

/// A client with a small buffer that has asked for a file of 1 MiB and has read nothing yet.
struct SlowReader {
    server: Running,
    stream: TcpStream,
    _folder: TempDir,
}

impl SlowReader {
    /// Asks for the file several times.
    async fn start(times: usize) -> Self {
        let folder = crate::page::folder();
        std::fs::write(folder.path().join("large.bin"), vec![b'x'; 1 << 20]).expect("a folder to write to");
        let server = Running::with(Scenario::Created, |config| {
            config.page_dir = Some(folder.path().into());
            config.limits = short();
        })
        .await;
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(8 << 10).expect("a socket");
        let mut stream = socket.connect(server.address).await.expect("a server");
        let request = format!("GET /large.bin HTTP/1.1\r\nHost: {}\r\n\r\n", server.address);
        stream.write_all(request.repeat(times).as_bytes()).await.expect("a server that reads");
        Self { server, stream, _folder: folder }
    }
}

/// Returns the bytes that wait in the kernel to be sent from one address to another, or `None` where there is no
/// connection.
fn queued_for(from: SocketAddr, to: SocketAddr) -> Option<usize> {
    Some(queues(from, to)?.0)
}

/// Returns those that wait to be read.
fn received_for(at: SocketAddr, from: SocketAddr) -> Option<usize> {
    Some(queues(at, from)?.1)
}

/// Returns the two queues of a connection (proc(5), `/proc/net/tcp`).
fn queues(from: SocketAddr, to: SocketAddr) -> Option<(usize, usize)> {
    let hexadecimal = |address: SocketAddr| {
        let IpAddr::V4(ip) = address.ip() else { panic!("IPv4 only") };
        format!("{:08X}:{:04X}", u32::from_le_bytes(ip.octets()), address.port())
    };
    let (from, to) = (hexadecimal(from), hexadecimal(to));
    let table = std::fs::read_to_string("/proc/net/tcp").expect("the table of connections");
    let fields = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let connection = fields.into_iter().find(|fields| fields[1] == from && fields[2] == to)?;
    let (sent, received) = connection[4].split_once(':').expect("two queues");
    let number = |text: &str| usize::from_str_radix(text, 16).expect("a number");
    Some((number(sent), number(received)))
}

#[tokio::test]
async fn answers_503_to_one_connection_too_many_and_200_to_a_probe() {
    let limits = Limits { connections: 2, ..Limits::default() };
    let server = Running::with(Scenario::Created, |config| config.limits = limits).await;
    let keep = format!("GET /config.json HTTP/1.1\r\nHost: {}\r\n\r\n", server.address);
    let mut open = Vec::new();
    while open.len() < 2 {
        let mut connection = Connection::open(server.address, &keep).await;
        connection.read_until("\r\n\r\n").await;
        // An earlier connection may still be closing.
        if connection.read.contains("200 OK") {
            open.push(connection);
        }
    }
    let answer = server.get("/").await;
    assert_eq!((answer.status, answer.json()["reason"].as_str()), (503, Some("ServiceUnavailable")));
    assert_eq!(answer.header("connection"), Some("close"));
    for probe in ["/livez", "/readyz"] {
        assert_eq!(server.get(probe).await.status, 200, "{probe}");
    }
    // Those that send nothing hold their places for two seconds, and what is beyond them is refused unread.
    let mut idle = Vec::new();
    for _ in 0..4 {
        idle.push(Connection::open(server.address, "").await);
    }
    let mut refused = Connection::open(server.address, "").await;
    refused.read_until("HTTP/1.1 503").await;
    for mut connection in idle {
        connection.read_to_end().await;
    }
    assert_eq!(server.get("/livez").await.status, 200);
    drop(open);
    server.wait_until_ready().await;
}
