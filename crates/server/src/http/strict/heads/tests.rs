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
    let old = "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(found(old), "Transfer-Encoding with HTTP/1.0");
}

#[test]
fn refuses_lengths_and_encodings_that_others_read_differently() {
    for value in
        ["", " ", "+5", "-5", "5,5", "5, 5", "5 5", "0x5", "5.0", "5;", "\t5", "5\t", "\"5\"", "1e3", "５", "5\u{a0}"]
    {
        assert_eq!(found(with(&format!("Content-Length: {value}\r\n"))), BAD_LENGTH, "{value:?}");
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
        "GET / HTTP/1.1\r\nHost: a\r\nX\n: y\r\n\r\n",
    ] {
        assert_eq!(found(bytes), "LF alone", "{bytes:?}");
    }
    for bytes in [
        "GET / HTTP/1.1\rHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\rX",
    ] {
        assert_eq!(found(bytes), "CR alone", "{bytes:?}");
    }
    for bytes in ["\r\nGET / HTTP/1.1\r\n", "\nGET / HTTP/1.1\r\n", "GET / HTTP/1.0\r\n\r\n\r\nGET / HTTP/1.0\r\n\r\n"]
    {
        assert_eq!(found(bytes), "an empty line", "{bytes:?}");
    }
}

#[test]
fn refuses_folded_lines_and_names_that_are_no_token() {
    let folded = "a folded line or white space before a field";
    for lines in
        ["X: y\r\n z\r\n", "Transfer-Encoding:\r\n chunked\r\n", "\tX: y\r\n", " Content-Length: 5\r\n", " \r\n"]
    {
        let expected = if lines.starts_with("Transfer") { BAD_ENCODING } else { folded };
        assert_eq!(found(with(lines)), expected, "{lines:?}");
    }
    assert_eq!(found("GET / HTTP/1.1\r\n Host: a\r\n\r\n"), folded);
    for lines in ["Transfer-Encoding : chunked\r\n", "Content-Length\t: 5\r\n", "X Y: z\r\n"] {
        assert_eq!(found(with(lines)), "white space between a field's name and its colon", "{lines:?}");
    }
    for lines in [
        ": x\r\n",
        "X\r\n",
        "X(: y\r\n",
        "X\0: y\r\n",
        "\u{b}Content-Length: 5\r\n",
        "Transfer\u{2d}Encodin\u{261}: chunked\r\n",
    ] {
        assert_eq!(found(with(lines)), "a field whose name is no token", "{lines:?}");
    }
}

#[test]
fn refuses_controls_inside_of_values() {
    for byte in (0..=0x1f_u8).chain([0x7f]).filter(|byte| !b"\t\n\r".contains(byte)) {
        let mut bytes = with("").into_bytes();
        bytes.splice(bytes.len() - 4..bytes.len() - 4, [byte, b'x']);
        assert_eq!(found(&bytes), "a control inside a field", "{byte:#x}");
    }
}

#[test]
fn refuses_request_lines_that_others_read_differently() {
    for bytes in ["GET  / HTTP/1.1\r\n", "GET /  HTTP/1.1\r\n", "GET / x HTTP/1.1\r\n", "GET / HTTP/1.1 \r\n"] {
        assert!(judge_every_cut(bytes.as_bytes()).is_err(), "{bytes:?}");
    }
    for bytes in [
        " GET / HTTP/1.1\r\n",
        "GET\t/ HTTP/1.1\r\n",
        "GET /\tHTTP/1.1\r\n",
        "G\0T / HTTP/1.1\r\n",
        "GET /\0 HTTP/1.1\r\n",
        "GET /\u{e9} HTTP/1.1\r\n",
        "GET /\r\n",
        "GET / HTTP/0.9\r\n",
        "GET / HTTP/1.2\r\n",
        "GET / HTTP/1.11\r\n",
        "GET / HTTP/2.0\r\n",
        "GET / http/1.1\r\n",
        "GET / XTTP/1.1\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "\u{16}\u{3}\u{1}",
        "GET : x\r\n",
        "{\"kind\":\"x\"}",
    ] {
        assert!(judge_every_cut(bytes.as_bytes()).is_err(), "{bytes:?}");
    }
}

#[test]
fn keeps_nothing_of_what_it_has_read() {
    assert!(size_of::<Heads>() <= 40, "{} bytes for each connection", size_of::<Heads>());
}
