use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{CertificateSigningRequest, Error, Status, csr::ListMeta, objects_alone};

/// Decodes a watch: bytes in, events out, one JSON document per line
/// ([efficient detection of changes](https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes)).
#[derive(Debug, Default)]
pub struct WatchDecoder {
    lines: WatchLines,
}

/// The lines of a watch: bytes in, JSON documents out.
#[derive(Debug, Default)]
struct WatchLines {
    line: Vec<u8>,
    /// Lines that are too long are passed over.
    skips_long: bool,
    /// The rest of a line is passed over.
    is_skipping: bool,
}

/// One event of a watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WatchEvent {
    /// The object is new to this watch.
    Added(CertificateSigningRequest),
    /// The object has changed.
    Modified(CertificateSigningRequest),
    /// The object is gone; this was its last state.
    Deleted(CertificateSigningRequest),
    /// No change up to this version.
    Bookmark {
        /// Version, opaque.
        resource_version: String,
    },
    /// The watch is over. A 410 can come this way inside of HTTP 200: list again.
    Error(Status),
}

impl WatchDecoder {
    /// Makes a decoder for a new stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a decoder that passes over lines of more than [`MAX_WATCH_LINE_BYTES`]: of a stream with objects of
    /// others, who can make them as long as they like.
    pub fn skipping_long_lines() -> Self {
        Self { lines: WatchLines { skips_long: true, ..WatchLines::default() } }
    }

    /// Adds the next bytes of the stream, split at any place, and returns the events that they complete. Unknown event
    /// types are skipped, as Kubernetes requires of clients.
    ///
    /// # Errors
    /// [`Error::InvalidWatch`] for a line that is no event, [`Error::WatchLineTooLong`] for one of more than
    /// [`MAX_WATCH_LINE_BYTES`], unless those are passed over; the stream is of no use after that.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<WatchEvent>, Error> {
        let mut events = Vec::new();
        for line in self.lines.push(bytes)? {
            events.extend(decode(&line)?);
        }
        Ok(events)
    }
}

impl WatchLines {
    /// Adds the next bytes of the stream, split at any place, and returns the lines that they complete, without empty
    /// ones.
    fn push(&mut self, bytes: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
        let mut lines = Vec::new();
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            self.extend(&rest[..end])?;
            rest = &rest[end + 1..];
            let line = std::mem::take(&mut self.line);
            if !std::mem::take(&mut self.is_skipping) && !line.iter().all(u8::is_ascii_whitespace) {
                lines.push(line);
            }
        }
        self.extend(rest)?;
        Ok(lines)
    }

    fn extend(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if self.line.len() + bytes.len() <= MAX_WATCH_LINE_BYTES {
            self.line.extend_from_slice(bytes);
        } else if self.skips_long {
            self.line = Vec::new();
            self.is_skipping = true;
        } else {
            return Err(Error::WatchLineTooLong { maximum_bytes: MAX_WATCH_LINE_BYTES });
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(borrow)]
    object: &'a RawValue,
}

/// The object of a bookmark is an empty one of the kind watched: Go writes `"request":null` into its spec.
#[derive(Deserialize)]
#[serde(remote = "Self")]
struct Bookmark {
    metadata: ListMeta,
}

objects_alone!(read Bookmark);

fn decode(line: &[u8]) -> Result<Option<WatchEvent>, Error> {
    let invalid = |error: serde_json::Error| Error::InvalidWatch { reason: error.to_string() };
    // serde would also take the fields of an array in order.
    if line.trim_ascii_start().starts_with(b"[") {
        return Err(Error::InvalidWatch { reason: "an array in the place of an event".into() });
    }
    let Envelope { kind, object } = serde_json::from_slice(line).map_err(invalid)?;
    let csr = || serde_json::from_str::<CertificateSigningRequest>(object.get()).map_err(invalid);
    Ok(Some(match kind.as_str() {
        "ADDED" => WatchEvent::Added(csr()?),
        "MODIFIED" => WatchEvent::Modified(csr()?),
        "DELETED" => WatchEvent::Deleted(csr()?),
        "BOOKMARK" => {
            let bookmark: Bookmark = serde_json::from_str(object.get()).map_err(invalid)?;
            WatchEvent::Bookmark { resource_version: bookmark.metadata.resource_version }
        }
        "ERROR" => WatchEvent::Error(serde_json::from_str(object.get()).map_err(invalid)?),
        _ => return Ok(None),
    }))
}

/// The longest line that a watch may send, in bytes. An object of ours has about 6 KiB; etcd takes at most 1.5 MiB.
pub const MAX_WATCH_LINE_BYTES: usize = 2 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = concat!(
        r#"{"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"5"},"spec":{"username":"ü"}}}"#,
        "\n",
        // As Kubernetes 1.37 writes it.
        r#"{"type":"BOOKMARK","object":{"kind":"CertificateSigningRequest","apiVersion":"certificates.k8s.io/v1","metadata":{"resourceVersion":"7"},"spec":{"request":null,"signerName":""},"status":{}}}"#,
        "\n",
        r#"{"type":"SOMETHING","object":{}}"#,
        "\n",
        r#"{"type":"DELETED","object":{"metadata":{"name":"a"}}}"#,
        "\n",
        r#"{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}"#,
        "\n",
    );

    #[test]
    fn decodes_the_same_events_however_the_stream_is_cut() {
        let whole = WatchDecoder::new().push(STREAM.as_bytes()).expect("a good stream");
        assert_eq!(whole.len(), 4);
        assert!(matches!(&whole[0], WatchEvent::Added(csr) if csr.spec.username == "ü"));
        assert_eq!(whole[1], WatchEvent::Bookmark { resource_version: "7".into() });
        assert!(matches!(&whole[3], WatchEvent::Error(status) if status.is_expired()));
        for size in 1..STREAM.len() {
            let mut decoder = WatchDecoder::new();
            let cut: Vec<WatchEvent> =
                STREAM.as_bytes().chunks(size).flat_map(|chunk| decoder.push(chunk).expect("a good stream")).collect();
            assert_eq!(cut, whole, "in pieces of {size} bytes");
        }
    }

    #[test]
    fn refuses_what_is_no_event() {
        for line in [
            "<html>\n",
            "{}\n",
            "{\"type\":\"ADDED\"}\n",
            "[]\n",
            "[\"ADDED\",{}]\n",
            "{\"type\":\"ADDED\",\"object\":5}\n",
            "{\"type\":\"ADDED\",\"object\":[]}\n",
        ] {
            assert!(matches!(WatchDecoder::new().push(line.as_bytes()), Err(Error::InvalidWatch { .. })), "{line}");
        }
    }

    #[test]
    fn passes_over_a_line_that_is_too_long_where_others_make_them() {
        let mut decoder = WatchDecoder::skipping_long_lines();
        let bookmark = br#"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"7"}}}"#;
        let events = [WatchEvent::Bookmark { resource_version: "7".into() }];
        for pieces in [2, 3, 7] {
            for _ in 0..pieces {
                assert_eq!(decoder.push(&vec![b'x'; 1 << 20]), Ok(vec![]), "{pieces}");
            }
            let end = if pieces == 2 { &b"xx\n"[..] } else { b"\n" };
            assert_eq!(decoder.push(&[end, bookmark, b"\n"].concat()), Ok(events.to_vec()), "{pieces}");
        }
        assert!(matches!(decoder.push(b"{}\n"), Err(Error::InvalidWatch { .. })));
    }

    #[test]
    fn refuses_a_line_without_end() {
        let mut decoder = WatchDecoder::new();
        let piece = vec![b'x'; 1 << 20];
        assert!(decoder.push(&piece).is_ok());
        assert!(decoder.push(&piece).is_ok());
        assert_eq!(decoder.push(&piece), Err(Error::WatchLineTooLong { maximum_bytes: MAX_WATCH_LINE_BYTES }));
    }
}
