use std::{
    convert::Infallible,
    sync::atomic::{AtomicBool, Ordering},
};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

/// Judges the bytes in pieces of one size. Returns how many heads have ended.
fn judge(bytes: &[u8], piece: usize) -> Result<u64, Violation> {
    let mut heads = Heads::default();
    for piece in bytes.chunks(piece) {
        heads.judge(piece)?;
    }
    Ok(heads.complete())
}

/// Judges the bytes in every cut of two, byte by byte, and whole: they must all agree.
fn judge_every_cut(bytes: &[u8]) -> Result<u64, Violation> {
    let whole = judge(bytes, bytes.len().max(1));
    assert_eq!(judge(bytes, 1), whole, "byte by byte: {}", bytes.escape_ascii());
    for cut in 1..bytes.len() {
        let mut heads = Heads::default();
        let result = heads.judge(&bytes[..cut]).and_then(|()| heads.judge(&bytes[cut..])).map(|()| heads.complete());
        assert_eq!(result, whole, "cut at {cut}: {}", bytes.escape_ascii());
    }
    whole
}

fn found(bytes: impl AsRef<[u8]>) -> &'static str {
    let bytes = bytes.as_ref();
    match judge_every_cut(bytes) {
        Err(violation) => violation.found,
        Ok(heads) => panic!("{heads} heads in {}", bytes.escape_ascii()),
    }
}

/// A request with these lines besides Host.
fn with(lines: &str) -> String {
    format!("GET / HTTP/1.1\r\nHost: a\r\n{lines}\r\n")
}

#[test]
fn passes_what_browsers_and_proxies_send() {
    for (bytes, heads) in [
        ("", 0),
        ("GET / HTTP/1.1\r\nHost: a\r\n", 0),
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 1),
        ("GET / HTTP/1.1\r\nhOST:a\r\n\r\n", 1),
        ("GET /a?b=%20 HTTP/1.1\r\nHost: a\r\nCookie: a=b; c=d\r\nX-Empty:\r\nX-Tab:\ta\tb \r\n\r\n", 1),
        ("GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: J\u{e9}\r\nHosts: b\r\nHos: c\r\nX-Host: d\r\n\r\n", 1),
        ("GET / HTTP/1.0\r\n\r\n", 1),
        ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 1),
        ("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n", 1),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 1),
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 2),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length:  00 \r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 2),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n\n\0 anything", 1),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked \r\n\r\n0\r\n\r\nGET", 1),
    ] {
        assert_eq!(judge_every_cut(bytes.as_bytes()), Ok(heads), "{bytes:?}");
    }
}

#[test]
fn refuses_two_framings_of_one_body() {
    for (lines, expected) in [
        ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", BOTH),
        ("Transfer-Encoding: chunked\r\nX: y\r\ncontent-length: 5\r\n", BOTH),
        ("Content-Length: 0\r\nTransfer-Encoding: identity\r\n", BOTH),
        ("Content-Length: 5\r\nContent-Length: 5\r\n", "several Content-Lengths"),
        ("Content-Length: 5\r\nContent-Length: 6\r\n", "several Content-Lengths"),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "several Transfer-Encodings"),
        ("Transfer-Encoding: chunked\r\nTransfer-encoding: cow\r\n", "several Transfer-Encodings"),
    ] {
        assert_eq!(found(with(lines)), expected, "{lines:?}");
    }
}

#[test]
fn refuses_lengths_and_encodings_that_others_read_differently() {
    for value in ["\t5", "5\t", " \t5", "5 \t"] {
        assert_eq!(found(with(&format!("Content-Length: {value}\r\n"))), "a tab beside a Content-Length", "{value:?}");
    }
    for value in [
        "",
        "identity",
        "gzip",
        "gzip, chunked",
        "chunked, chunked",
        "chunked, identity",
        "chunked;q=1",
        "Chunked",
        "xchunked",
        "chunkedx",
        "chunk",
        "chunked,",
        ",chunked",
        "\"chunked\"",
        "\tchunked",
        "chunked\t",
        "chunked chunked",
        "chunke\u{17f}",
    ] {
        assert_eq!(found(with(&format!("Transfer-Encoding: {value}\r\n"))), BAD_ENCODING, "{value:?}");
    }
}

#[test]
fn refuses_none_and_two_hosts() {
    assert_eq!(found("GET / HTTP/1.1\r\n\r\n"), "no Host");
    assert_eq!(found("GET / HTTP/1.1\r\nX-Host: a\r\nHosts: a\r\n\r\n"), "no Host");
    assert_eq!(found("GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n"), "several Hosts");
    assert_eq!(found("GET / HTTP/1.0\r\nHost: a\r\nHOST: b\r\n\r\n"), "several Hosts");
    // The head before does not lend its own.
    assert_eq!(found("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n\r\n"), "no Host");
}

#[test]
fn refuses_line_ends_other_than_cr_lf() {
    for bytes in [
        "GET / HTTP/1.1\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: y\nTransfer-Encoding: chunked\r\n\r\n",
    ] {
        assert_eq!(found(bytes), "LF alone", "{bytes:?}");
    }
    for bytes in ["\r\nGET / HTTP/1.1\r\n", "\nGET / HTTP/1.1\r\n", "GET / HTTP/1.0\r\n\r\n\r\nGET / HTTP/1.0\r\n\r\n"]
    {
        assert_eq!(found(bytes), "an empty line", "{bytes:?}");
    }
}

#[test]
fn refuses_targets_outside_of_ascii() {
    for bytes in ["GET /\u{e9} HTTP/1.1\r\n", "GET /?\u{ff0f} HTTP/1.1\r\n"] {
        assert_eq!(found(bytes), "a request line with a byte outside of ASCII", "{bytes:?}");
    }
}

/// Rules that hyper enforces by itself: hyper alone answers each of these 400 or closes, and calls no service.
#[tokio::test]
async fn leaves_to_hyper_what_hyper_refuses() {
    let lines = |lines: &[&str]| lines.iter().map(|line| with(&format!("{line}\r\n"))).collect::<Vec<_>>();
    let request_lines = |lines: &[&str]| lines.iter().map(|line| format!("{line}\r\nHost: a\r\n\r\n")).collect();
    let length = |values: &[&str]| values.iter().map(|value| with(&format!("Content-Length: {value}\r\n"))).collect();
    let controls = (0..=0x1f_u8).chain([0x7f]).filter(|byte| !b"\t\n\r".contains(byte));
    let rules: [(&str, Vec<String>); 9] = [
        (
            "a method",
            request_lines(&[" GET / HTTP/1.1", "GET\t/ HTTP/1.1", "G\0T / HTTP/1.1", "{\"kind\":\"x\"} / HTTP/1.1"]),
        ),
        (
            "single spaces and no control in the request line",
            request_lines(&[
                "GET  / HTTP/1.1",
                "GET /  HTTP/1.1",
                "GET / x HTTP/1.1",
                "GET / HTTP/1.1 ",
                "GET /\tHTTP/1.1",
                "GET /\0 HTTP/1.1",
                "GET /\u{7f} HTTP/1.1",
                "GET : x",
                "GET /",
            ]),
        ),
        (
            "a version",
            request_lines(&[
                "GET / HTTP/0.9",
                "GET / HTTP/1.2",
                "GET / HTTP/1.11",
                "GET / HTTP/1.10",
                "GET / HTTP/2.0",
                "GET / http/1.1",
                "GET / XTTP/1.1",
                "PRI * HTTP/2.0",
            ]),
        ),
        (
            "LF behind each CR",
            [
                "GET / HTTP/1.1\rHost: a\r\n\r\n",
                "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\n\rX\r\n\r\n",
            ]
            .map(String::from)
            .into(),
        ),
        (
            "a name that is a token, then a colon",
            lines(&[
                ": x",
                "X",
                "X(: y",
                "X\0: y",
                "X\n: y",
                "\u{b}Content-Length: 5",
                "Transfer\u{2d}Encodin\u{261}: chunked",
                "Transfer-Encoding : chunked",
                "Content-Length\t: 5",
                "X Y: z",
            ]),
        ),
        (
            "no folded line",
            lines(&["X: y\r\n z", "\tX: y", " Content-Length: 5", " ", "X: y\r\n Transfer-Encoding: chunked"]),
        ),
        ("no control in a value", controls.map(|byte| with(&format!("X: y{}x\r\n", char::from(byte)))).collect()),
        (
            "digits in Content-Length",
            length(&[
                "",
                " ",
                "+5",
                "-5",
                "5,5",
                "5, 5",
                "5 5",
                "0x5",
                "5.0",
                "5;",
                "\"5\"",
                "1e3",
                "\u{ff15}",
                "5\u{a0}",
                "18446744073709551616",
            ]),
        ),
        (
            "no Transfer-Encoding in HTTP/1.0",
            vec!["POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".into()],
        ),
    ];
    assert!(is_served(&with("X: y\r\nContent-Length: 0\r\n")).await);
    for (rule, heads) in rules {
        for head in heads {
            assert!(!is_served(&head).await, "{rule}: {}", head.as_bytes().escape_ascii());
        }
    }
}

/// Sends bytes to hyper alone. Returns whether it calls a service; it must answer 400 or close where it does not.
async fn is_served(bytes: &str) -> bool {
    let (mut client, server) = tokio::io::duplex(64 << 10);
    let called = AtomicBool::new(false);
    let service = service_fn(|_| {
        called.store(true, Ordering::Relaxed);
        async { Ok::<_, Infallible>(http::Response::new(String::new())) }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(server), service);
    let exchange = async {
        client.write_all(bytes.as_bytes()).await.expect("a buffer");
        client.shutdown().await.expect("a stream");
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.expect("text");
        answer
    };
    let (answer, _) = tokio::join!(exchange, connection);
    let called = called.load(Ordering::Relaxed);
    assert!(called || answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{answer}");
    called
}

#[test]
fn keeps_nothing_of_what_it_has_read() {
    assert!(size_of::<Heads>() <= 40, "{} bytes for each connection", size_of::<Heads>());
}

#[test]
fn knows_the_longest_head_however_it_came() {
    let head = |bytes: usize| {
        let rest = "GET / HTTP/1.1\r\nHost: x\r\nX: \r\n\r\n".len();
        format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "x".repeat(bytes - rest)).into_bytes()
    };
    let mut heads = Heads::default();
    assert_eq!(heads.judge(&[head(100), head(MAX_HEAD_BYTES), head(200)].concat()), Ok(()));
    assert_eq!((heads.complete(), heads.longest()), (3, MAX_HEAD_BYTES));
    heads.begin_anew();
    assert_eq!(heads.longest(), 0);
    assert_eq!(heads.judge(&head(300)), Ok(()));
    assert_eq!(heads.longest(), 300);
    assert_eq!(heads.judge(&head(MAX_HEAD_BYTES + 1)), Err(Violation::TOO_LONG));
}
