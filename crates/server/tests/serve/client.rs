use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// An answer as it came over the wire.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    /// Returns a header's value; nothing where it is missing.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    /// Tells whether it was given at a time, or within the minute after it.
    pub(crate) fn is_dated(&self, date: &str) -> bool {
        let parse = |text| httpdate::parse_http_date(text).expect("a date");
        let found = self.header("date").map(parse).expect("a Date");
        found.duration_since(parse(date)).is_ok_and(|late| late < Duration::from_secs(60))
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Sends bytes as they are, hostile ones as well, and reads until the server closes.
pub(crate) async fn send(address: SocketAddr, request: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).await.expect("a server");
    stream.write_all(request).await.expect("a server that reads");
    let mut bytes = Vec::new();
    // A reset after the answer is as good as an end.
    let _ = timeout(DEADLINE, stream.read_to_end(&mut bytes)).await.expect("an answer in time");
    parse(&bytes)
}

/// A connection that is read piece by piece.
pub(crate) struct Connection {
    stream: TcpStream,
    pub(crate) read: String,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr, request: &str) -> Self {
        let mut stream = TcpStream::connect(address).await.expect("a server");
        stream.write_all(request.as_bytes()).await.expect("a server that reads");
        Self { stream, read: String::new() }
    }

    /// Returns what has come so far of the answer.
    pub(crate) fn answer(&self) -> Answer {
        let (head, body) = self.read.split_once("\r\n\r\n").expect("a head");
        Answer { status: 200, head: head.to_owned(), body: body.to_owned() }
    }

    /// Sends more; the server may have closed.
    pub(crate) async fn write(&mut self, bytes: &str) {
        let _ = self.stream.write_all(bytes.as_bytes()).await;
    }

    /// Reads until `text` has come.
    pub(crate) async fn read_until(&mut self, text: &str) {
        let reading = async {
            while !self.read.contains(text) {
                assert!(self.read_some().await > 0, "ended before {text:?}: {}", self.read);
            }
        };
        timeout(DEADLINE, reading).await.unwrap_or_else(|_| panic!("no {text:?} in time"));
    }

    /// Reads until the server closes the connection.
    pub(crate) async fn read_to_end(&mut self) {
        timeout(DEADLINE, async { while self.read_some().await > 0 {} }).await.expect("an end in time");
    }

    async fn read_some(&mut self) -> usize {
        let mut bytes = [0; 4096];
        let count = self.stream.read(&mut bytes).await.unwrap_or(0);
        self.read.push_str(&String::from_utf8_lossy(&bytes[..count]));
        count
    }
}

pub(crate) fn parse(bytes: &[u8]) -> Answer {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no head: {text:?}"));
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status line");
    let mut answer = Answer { status, head: head.to_owned(), body: body.to_owned() };
    if answer.header("transfer-encoding") == Some("chunked") {
        answer.body = unchunk(body);
    }
    answer
}

fn unchunk(mut rest: &str) -> String {
    let mut body = String::new();
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).expect("a chunk's size");
        body.push_str(&after[..size]);
        rest = after[size..].trim_start_matches("\r\n");
    }
    body
}

/// Longer than anything here takes.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);
