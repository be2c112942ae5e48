//! Requests that two programs may read as different ones (RFC 9112, section 11.2). Each payload tries to have
//! [`smuggled`] read as a request of its own; what it does is judged by what arrives upstream.

use kube_enroll_server::Shutdown;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{
    client::{Connection, DEADLINE},
    reading::stored,
    recorder::{ACCOUNT, Scenario},
    running::{CSRS_PATH, NAME, Running, body, golden},
};

/// A request that the server would answer, and for which it would ask upstream.
fn smuggled(server: &Running) -> String {
    format!("GET {CSRS_PATH}/smuggled-abcdefghij HTTP/1.1\r\nHost: {}\r\n\r\n", server.address)
}

fn host(server: &Running) -> String {
    format!("Host: {}\r\n", server.address)
}

/// Sends the pieces, each on its way before the next, and returns all that comes until the server closes.
async fn exchange(server: &Running, pieces: &[&[u8]]) -> String {
    let mut stream = TcpStream::connect(server.address).await.expect("a server");
    stream.set_nodelay(true).expect("a socket");
    for piece in pieces {
        // The server may have closed already.
        let _ = stream.write_all(piece).await;
        tokio::task::yield_now().await;
    }
    let mut bytes = Vec::new();
    let _ = timeout(DEADLINE, stream.read_to_end(&mut bytes)).await.expect("a closed connection");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Returns the codes of the final answers on a connection.
fn codes(answers: &str) -> Vec<u16> {
    let code = |rest: &str| rest.get(..3).and_then(|code| code.parse().ok());
    answers.split("HTTP/1.1 ").skip(1).filter_map(code).filter(|code| *code != 100).collect()
}

/// Checks that all that has come is one refusal, which ends the connection.
fn assert_refused(answers: &str, code: u16, message: &str) {
    assert_eq!(codes(answers), [code], "{answers:?}");
    assert!(answers.contains("\r\nConnection: close\r\n"), "{answers}");
    let (_, status) = answers.split_once("\r\n\r\n").expect("a head");
    let status: serde_json::Value = serde_json::from_str(status).expect("a Status");
    assert_eq!((&status["kind"], &status["code"]), (&json!("Status"), &json!(code)), "{status}");
    assert!(status["message"].as_str().is_some_and(|text| text.contains(message)), "{status}");
}

#[tokio::test]
async fn answers_400_once_and_closes_where_a_head_is_not_strict_http() {
    let server = Running::start(Scenario::object(stored(ACCOUNT))).await;
    let (host, smuggled) = (host(&server), smuggled(&server));
    let target = format!("{CSRS_PATH}/{NAME}");
    let get = |lines: &str| format!("GET {target} HTTP/1.1\r\n{host}{lines}\r\n{smuggled}");
    let post = |lines: &str, body: &str| format!("POST {CSRS_PATH} HTTP/1.1\r\n{host}{lines}\r\n{body}{smuggled}");
    let json = "Content-Type: application/json\r\n";
    let payloads = [
        // CL.TE and TE.CL: one program goes by the length, the other by the chunks.
        post(&format!("{json}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), "0\r\n\r\n"),
        post(&format!("{json}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n"), "5c\r\n"),
        get("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n"),
        // TE.TE: one of them does not know the encoding for what it is.
        post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n"),
        post("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
        post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"),
        post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"),
        post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
        post("Transfer-Encoding: CHUNKED\r\n", "0\r\n\r\n"),
        post("Transfer-Encoding:\tchunked\r\n", "0\r\n\r\n"),
        post("Transfer-Encoding:\u{b}chunked\r\n", "0\r\n\r\n"),
        post("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n"),
        post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"),
        post("X: y\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
        // CL.CL.
        post("Content-Length: 5\r\nContent-Length: 5\r\n", "aaaaa"),
        post("Content-Length: 0\r\nContent-Length: 5\r\n", "aaaaa"),
        // Hosts.
        format!("GET {target} HTTP/1.1\r\n\r\n{smuggled}"),
        format!("GET {target} HTTP/1.1\r\n{host}{host}\r\n{smuggled}"),
        format!("GET {target} HTTP/1.0\r\n{host}{host}\r\n{smuggled}"),
        // Lines.
        format!("GET {target} HTTP/1.1\n{host}\r\n{smuggled}"),
        format!("GET {target} HTTP/1.1\r\n{}\n\n{smuggled}", host.trim_end()),
        format!("GET {target} HTTP/1.1\r\n{host}\n{smuggled}"),
        format!("\r\nGET {target} HTTP/1.1\r\n{host}\r\n{smuggled}"),
    ];
    for payload in payloads {
        let bytes = payload.as_bytes();
        let pieces: Vec<&[u8]> = bytes.chunks(7).collect();
        for pieces in [&[bytes][..], &pieces] {
            let answers = exchange(&server, pieces).await;
            assert_refused(&answers, 400, "strict HTTP/1.1: found ");
            assert_eq!(server.recorder.seen().len(), 0, "{payload:?}");
        }
    }
}

/// The rules that are hyper's own.
#[tokio::test]
async fn answers_400_once_and_closes_where_hyper_refuses_a_head() {
    let server = Running::start(Scenario::object(stored(ACCOUNT))).await;
    let (host, smuggled) = (host(&server), smuggled(&server));
    let target = format!("{CSRS_PATH}/{NAME}");
    let post = |lines: &str, body: &str| format!("POST {CSRS_PATH} HTTP/1.1\r\n{host}{lines}\r\n{body}{smuggled}");
    let payloads = [
        post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"),
        post("X: y\r\n Transfer-Encoding: chunked\r\n", "0\r\n\r\n"),
        post("X: y\rTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
        post("X: y\0\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
        post("Foo\0: y\r\nContent-Length: 5\r\n", "aaaaa"),
        post("Content-Length: 5, 5\r\n", "aaaaa"),
        post("Content-Length: +5\r\n", "aaaaa"),
        post("Content-Length: -1\r\n", ""),
        post("Content-Length: 0x5\r\n", "aaaaa"),
        post("Content-Length: 5 5\r\n", "aaaaa"),
        post("Content-Length:\r\n", "aaaaa"),
        post("Content-Length : 5\r\n", "aaaaa"),
        post(" Content-Length: 5\r\n", "aaaaa"),
        format!("GET  {target} HTTP/1.1\r\n{host}\r\n{smuggled}"),
        format!("GET {target}\tHTTP/1.1\r\n{host}\r\n{smuggled}"),
        format!("GET {target} HTTP/1.1 \r\n{host}\r\n{smuggled}"),
        format!("GET {target} HTTP/1.1 HTTP/1.1\r\n{host}\r\n{smuggled}"),
        format!("GET {target}\r\n\r\n{smuggled}"),
        format!("GET {target} HTTP/2.0\r\n{host}\r\n{smuggled}"),
        format!("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n{smuggled}"),
        format!("POST {CSRS_PATH} HTTP/1.0\r\n{host}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}"),
    ];
    for payload in payloads {
        let bytes = payload.as_bytes();
        let pieces: Vec<&[u8]> = bytes.chunks(7).collect();
        for pieces in [&[bytes][..], &pieces] {
            let answers = exchange(&server, pieces).await;
            assert_refused(&answers, 400, "the head of the request is not ");
            assert_eq!(server.recorder.seen().len(), 0, "{payload:?}");
        }
    }
}

#[tokio::test]
async fn answers_431_in_words_where_a_head_is_too_long() {
    let server = Running::start(Scenario::object(stored(ACCOUNT))).await;
    let (host, smuggled) = (host(&server), smuggled(&server));
    let fields: String = (0..120).map(|number| format!("X-{number}: y\r\n")).collect();
    for lines in [format!("Cookie: {}\r\n", "x".repeat(100 << 10)), fields] {
        let payload = format!("GET / HTTP/1.1\r\n{host}{lines}\r\n{smuggled}");
        let answers = exchange(&server, &[payload.as_bytes()]).await;
        assert_refused(&answers, 431, "up to 32768 bytes and 100 fields are read");
        assert!(answers.contains("\"reason\":\"RequestHeaderFieldsTooLarge\""), "{answers}");
    }
    assert_eq!(server.recorder.seen().len(), 0);
}

#[tokio::test]
async fn answers_a_head_that_hyper_refuses_after_all_before_it_and_never_during_an_answer() {
    let mut server = Running::start(Scenario::object(stored(ACCOUNT))).await;
    let (host, smuggled) = (host(&server), smuggled(&server));
    let good = format!("GET {CSRS_PATH}/{NAME} HTTP/1.1\r\n{host}\r\n");
    let long = format!("Cookie: {}\r\n", "x".repeat(100 << 10));
    for (bad, code) in [("X Y: z\r\n", 400), (&*long, 431)] {
        // On the same connection, behind each other or one by one.
        let bad = format!("GET / HTTP/1.1\r\n{host}{bad}\r\n{smuggled}");
        for pieces in [vec![format!("{good}{good}{bad}")], vec![good.clone(), good.clone(), bad.clone()]] {
            let answers = exchange(&server, &pieces.iter().map(String::as_bytes).collect::<Vec<_>>()).await;
            assert_eq!(codes(&answers), [200, 200, code], "{answers:?}");
            let last = answers.rfind("HTTP/1.1 ").expect("an answer");
            assert_refused(&answers[last..], code, "the head of the request ");
        }
    }
    let fields = |count: usize| (0..count).map(|number| format!("X-{number}: y\r\n")).collect::<String>();
    let most = format!("GET / HTTP/1.1\r\n{host}Connection: close\r\n{}\r\n", fields(98));
    assert_eq!(codes(&exchange(&server, &[most.as_bytes()]).await), [200]);
    // While a watch is answered, which is the last answer of a server that stops.
    let watch = format!("GET {CSRS_PATH}?watch=1&fieldSelector=metadata.name%3D{NAME} HTTP/1.1\r\n{host}\r\n");
    let mut connection = Connection::open(server.address, &watch).await;
    connection.read_until("\r\n\r\n").await;
    connection.write(&format!("GET / HTTP/1.1\r\n{host}X Y: z\r\n\r\n")).await;
    server.begin_shutdown(Shutdown::Graceful);
    connection.read_to_end().await;
    assert_eq!(codes(&connection.read), [200], "{}", connection.read);
    assert!(server.recorder.seen().iter().all(|seen| !seen.target.contains("smuggled")));
}

#[tokio::test]
async fn reads_nothing_behind_a_body_as_a_request() {
    let server = Running::start(Scenario::Created).await;
    let (host, smuggled, object) = (host(&server), smuggled(&server), body(&golden("jane")).to_string());
    let head = format!("POST {CSRS_PATH} HTTP/1.1\r\n{host}Content-Type: application/json\r\n");
    let length = object.len();
    let chunk = format!("{length:x}\r\n{object}\r\n");
    let (first, second) = object.split_at(10);
    let good = [
        format!("{head}Content-Length: {length}\r\n\r\n{object}{smuggled}"),
        format!("{head}Content-Length: 000{length}\r\n\r\n{object}\r\n{smuggled}"),
        format!("{head}Connection: keep-alive\r\nContent-Length: {length}\r\n\r\n{object}{smuggled}"),
        format!("{head}Expect: 100-continue\r\nContent-Length: {length}\r\n\r\n{object}{smuggled}"),
        format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunk}0\r\n\r\n{smuggled}"),
        format!("{head}Transfer-Encoding: chunked\r\n\r\n0000{chunk}0000\r\n\r\n{smuggled}"),
        format!(
            "{head}Transfer-Encoding: chunked\r\n\r\na\r\n{first}\r\n{:X}\r\n{second}\r\n0\r\n\r\n{smuggled}",
            second.len()
        ),
        // Extensions and trailers, which hyper leaves out.
        format!("{head}Transfer-Encoding: chunked\r\n\r\n{length:x};a=b\r\n{object}\r\n0;c\r\n\r\n{smuggled}"),
        format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunk}0\r\nContent-Length: 9\r\nHost: x\r\n\r\n{smuggled}"),
    ];
    for (number, payload) in (1..).zip(good) {
        let answers = exchange(&server, &[payload.as_bytes()]).await;
        assert_eq!(codes(&answers), [201], "{payload:?}: {answers:?}");
        assert!(answers.contains("\r\nconnection: close\r\n"), "{answers}");
        let seen = server.recorder.seen();
        assert_eq!(seen.len(), number, "{payload:?}");
        let sent = &seen[number - 1];
        assert_eq!((&*sent.method, &*sent.target), ("POST", CSRS_PATH), "{payload:?}");
        assert!(!sent.headers.contains_key("expect") && !sent.headers.contains_key("trailer"), "{sent:?}");
    }
    assert!(server.recorder.seen().iter().all(|seen| !format!("{seen:?}").contains("smuggled")));
}

#[tokio::test]
async fn refuses_chunks_that_others_read_differently_and_closes() {
    let server = Running::start(Scenario::Created).await;
    let (host, smuggled, object) = (host(&server), smuggled(&server), body(&golden("jane")).to_string());
    let length = object.len();
    for chunks in [
        format!("0x{length:x}\r\n{object}\r\n0\r\n\r\n"),
        format!("+{length:x}\r\n{object}\r\n0\r\n\r\n"),
        format!("-1\r\n{object}\r\n0\r\n\r\n"),
        format!(" {length:x}\r\n{object}\r\n0\r\n\r\n"),
        format!("{length:x}\n{object}\n0\n\n"),
        format!("{length:x}\r\n{object}\n0\r\n\r\n"),
        format!("{length:x}\r{object}\r\n0\r\n\r\n"),
        format!("{length:x};a\n{object}\r\n0\r\n\r\n"),
        format!("{length:x} 5\r\n{object}\r\n0\r\n\r\n"),
        format!("{length:x}\r\n{object}0\r\n\r\n"),
        format!("{:x}\r\n{object}\r\n0\r\n\r\n", length - 1),
        format!("ffffffffffffffff1\r\n{object}\r\n0\r\n\r\n"),
        format!("1{length:016x}\r\n{object}\r\n0\r\n\r\n"),
        format!("\r\n{object}\r\n0\r\n\r\n"),
    ] {
        let head = format!("POST {CSRS_PATH} HTTP/1.1\r\n{host}Content-Type: application/json\r\n");
        let payload = format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunks}{smuggled}");
        let answers = exchange(&server, &[payload.as_bytes()]).await;
        assert!(matches!(codes(&answers)[..], [400 | 413]), "{chunks:?}: {answers:?}");
        assert_eq!(server.recorder.seen().len(), 0, "{chunks:?}");
    }
}

#[tokio::test]
async fn takes_the_body_of_a_read_for_a_body() {
    // What is absent is asked for each time.
    let server = Running::start(Scenario::status(404, "{}")).await;
    let (host, smuggled) = (host(&server), smuggled(&server));
    let length = smuggled.len();
    for (number, framed) in (1..).zip([
        format!("Content-Length: {length}\r\n\r\n{smuggled}{smuggled}"),
        format!("Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n{smuggled}\r\n0\r\n\r\n{smuggled}"),
        format!("Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}"),
    ]) {
        let payload = format!("GET {CSRS_PATH}/{NAME} HTTP/1.1\r\n{host}{framed}");
        let answers = exchange(&server, &[payload.as_bytes()]).await;
        assert_eq!(codes(&answers), [404], "{framed:?}: {answers:?}");
        assert_eq!(server.recorder.seen().len(), number, "{framed:?}");
    }
    assert!(server.recorder.seen().iter().all(|seen| seen.target.ends_with(NAME)));
}

#[tokio::test]
async fn answers_requests_that_stand_behind_each_other_and_closes_at_the_first_bad_one() {
    let server = Running::start(Scenario::status(404, "{}")).await;
    let (host, smuggled) = (host(&server), smuggled(&server));
    let good = format!("GET {CSRS_PATH}/{NAME} HTTP/1.1\r\n{host}\r\n");
    let last = format!("GET {CSRS_PATH}/{NAME} HTTP/1.1\r\n{host}Connection: close\r\n\r\n");
    assert_eq!(codes(&exchange(&server, &[format!("{good}{last}{smuggled}").as_bytes()]).await), [404, 404]);
    assert_eq!(server.recorder.seen().len(), 2);
    server.recorder.answer(Scenario::object(stored(ACCOUNT)));

    let bad = format!("GET / HTTP/1.1\r\n{host}{host}\r\n{smuggled}");
    let answers = exchange(&server, &[format!("{good}{bad}").as_bytes()]).await;
    assert!(codes(&answers).len() <= 1, "{answers}");
    let mut connection = Connection::open(server.address, &good).await;
    connection.read_until("\"Approved\"").await;
    connection.write(&bad).await;
    connection.read_to_end().await;
    assert_eq!(codes(&connection.read), [200], "{}", connection.read);
    assert!(server.recorder.seen().iter().all(|seen| seen.target.ends_with(NAME)));
}

#[tokio::test]
async fn ends_a_watch_behind_which_something_else_is_sent() {
    let server = Running::start(Scenario::object(stored(ACCOUNT))).await;
    let target = format!("{CSRS_PATH}?watch=1&fieldSelector=metadata.name%3D{NAME}");
    let mut connection =
        Connection::open(server.address, &format!("GET {target} HTTP/1.1\r\n{}\r\n", host(&server))).await;
    connection.read_until("\r\n\r\n").await;
    connection.write("GET / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n").await;
    connection.read_to_end().await;
    assert_eq!(codes(&connection.read), [200], "{}", connection.read);
}

#[tokio::test]
async fn switches_to_no_other_protocol() {
    let server = Running::start(Scenario::object(stored(ACCOUNT))).await;
    let host = host(&server);
    for lines in [
        "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nConnection: close, Upgrade, HTTP2-Settings\r\n",
        "Upgrade: websocket\r\nConnection: close, Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n",
        "Upgrade: TLS/1.0\r\nConnection: close, Upgrade\r\n",
    ] {
        let request = format!("GET {CSRS_PATH}/{NAME} HTTP/1.1\r\n{host}{lines}\r\n");
        assert_eq!(codes(&exchange(&server, &[request.as_bytes()]).await), [200], "{lines:?}");
    }
    let asked = server.recorder.seen().len();
    for target in [server.address.to_string(), "kubernetes.default.svc:443".into()] {
        let request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\nConnection: close\r\n\r\n");
        assert_eq!(codes(&exchange(&server, &[request.as_bytes()]).await), [403], "{target}");
    }
    assert_eq!(server.recorder.seen().len(), asked);
}
