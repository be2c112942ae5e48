//! Chromium's log of the network: one JSON event per line, the bytes of sockets in base64
//! ([format](https://www.chromium.org/developers/design-documents/network-stack/netlog/)).

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

use base64ct::{Base64, Encoding};
use serde::Deserialize;
use serde_json::Value;

/// The most that all sockets together may have sent: a journey sends some kilobytes.
const MAX_SENT_BYTES: usize = 64 << 20;

/// Returns what each socket sent, and, where it was a WebSocket, the payload of its frames, each with its place.
///
/// # Panics
/// Where the log has no event of a socket that sent something: it would show nothing.
pub(crate) fn sent(path: &Path) -> Vec<(String, Vec<u8>)> {
    let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut sending_events = Vec::new();
    let mut sockets: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
    let mut sum = 0;
    for line in BufReader::new(file).split(b'\n') {
        let line = line.expect("the log can be read");
        if line.starts_with(b"{\"constants\":") {
            sending_events = events_that_send(&line);
        }
        // The last line is cut where a browser was killed.
        let Ok(event) = serde_json::from_slice::<Event>(line.strip_suffix(b",").unwrap_or(&line)) else { continue };
        let Some(bytes) = event.params.bytes.filter(|_| sending_events.contains(&event.kind)) else { continue };
        let bytes = Base64::decode_vec(&bytes).expect("the log has bytes as base64");
        sum += bytes.len();
        assert!(sum <= MAX_SENT_BYTES, "the browser sent more than {MAX_SENT_BYTES} bytes");
        sockets.entry(event.source.id).or_default().extend(bytes);
    }
    assert!(!sockets.is_empty(), "{} holds no byte that was sent", path.display());
    let mut all = Vec::new();
    for (id, bytes) in sockets {
        if let Some(frames) = after_upgrade(&bytes) {
            all.push((format!("sent in frames by WebSocket {id}"), unmask(frames)));
        }
        all.push((format!("sent by socket {id}"), bytes));
    }
    all
}

/// Returns the URL of every request that was made for pages of `host`, wherever it led: the browser's own business is
/// left out.
///
/// # Panics
/// Where the log cannot be read.
pub fn asked_for(path: &Path, host: &str) -> BTreeSet<String> {
    let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let events = BufReader::new(file).split(b'\n').filter_map(|line| {
        let line = line.expect("the log can be read");
        serde_json::from_slice::<Event>(line.strip_suffix(b",").unwrap_or(&line)).ok()
    });
    // A request begins with its URL, and with the site of the page that it is for.
    let of_pages =
        events.filter(|event| event.params.network_isolation_key.as_ref().is_some_and(|key| key.contains(host)));
    of_pages.filter_map(|event| event.params.url).collect()
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: i64,
    source: Source,
    #[serde(default)]
    params: Params,
}

#[derive(Deserialize)]
struct Source {
    id: u64,
}

#[derive(Default, Deserialize)]
struct Params {
    #[serde(default)]
    bytes: Option<String>,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    network_isolation_key: Option<String>,
}

/// Finds the numbers of the events under which sockets of every kind log what they send.
fn events_that_send(constants: &[u8]) -> Vec<i64> {
    let constants = constants.strip_suffix(b",").unwrap_or(constants);
    let whole = [constants, b"}"].concat();
    let constants: Value = serde_json::from_slice(&whole).expect("the first line is the log's constants");
    let events = constants["constants"]["logEventTypes"].as_object().expect("the constants name the events");
    let sends = events.iter().filter(|(name, _)| name.ends_with("BYTES_SENT"));
    sends.map(|(_, number)| number.as_i64().expect("events are numbers")).collect()
}

/// Returns what follows the handshake of a WebSocket (RFC 6455, section 4.1).
fn after_upgrade(sent: &[u8]) -> Option<&[u8]> {
    let end = sent.windows(4).position(|it| it == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&sent[..end]).to_ascii_lowercase();
    head.contains("upgrade: websocket").then_some(&sent[end + 4..])
}

/// Joins the payload of all frames, without their masks (RFC 6455, section 5.2).
fn unmask(mut frames: &[u8]) -> Vec<u8> {
    let mut payload = Vec::new();
    while let [_, length, rest @ ..] = frames {
        let size = usize::from(length & 0x7F);
        let (size, rest) = match (size, rest) {
            (126, [a, b, rest @ ..]) => (usize::from(u16::from_be_bytes([*a, *b])), rest),
            (127, rest) if rest.len() >= 8 => {
                let (size, rest) = rest.split_at(8);
                (usize::try_from(u64::from_be_bytes(size.try_into().expect("8 bytes"))).unwrap_or(usize::MAX), rest)
            }
            (size, rest) => (size, rest),
        };
        let Some((mask, rest)) = rest.split_at_checked(4) else { break };
        let (data, rest) = rest.split_at(size.min(rest.len()));
        payload.extend(data.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        frames = rest;
    }
    payload
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unmasks_the_example_of_the_standard() {
        // RFC 6455, section 5.7: a masked text frame with "Hello".
        let frame = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
        assert_eq!(unmask(&[frame, frame].concat()), b"HelloHello");
        let mut long = vec![0x82, 0xFE, 0x01, 0x00, 1, 2, 3, 4];
        long.extend((0..256).map(|at| [1, 2, 3, 4][at % 4] ^ b'x'));
        assert_eq!(unmask(&long), [b'x'; 256]);
    }
}
