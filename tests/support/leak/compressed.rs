//! What is compressed inside of other bytes.

use std::io::Read;

use flate2::bufread::{DeflateDecoder, GzDecoder, ZlibDecoder};

/// The most that a compressed part may become; a saved kubeconfig has about 10 KB.
const MAX_INFLATED_BYTES: u64 = 4 << 20;

/// Inflates all that looks like the beginning of gzip or zlib, and what follows an HTTP header as raw deflate: the
/// three formats that a browser's `CompressionStream` writes.
pub(super) fn inflate_all(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for at in 0..bytes.len() {
        let rest = &bytes[at..];
        let (format, inflated) = match rest {
            [0x1F, 0x8B, 8, ..] => ("gzip", inflate(GzDecoder::new(rest))),
            [0x78, 0x01 | 0x5E | 0x9C | 0xDA, ..] => ("zlib", inflate(ZlibDecoder::new(rest))),
            _ if at == 0 || bytes[..at].ends_with(b"\r\n\r\n") => ("deflate", inflate(DeflateDecoder::new(rest))),
            _ => continue,
        };
        if !inflated.is_empty() {
            found.push((format!("{format} at byte {at}"), inflated));
        }
    }
    found
}

/// Inflates as far as it goes: what comes after it makes it no less a leak.
fn inflate(decoder: impl Read) -> Vec<u8> {
    let mut inflated = Vec::new();
    let mut decoder = decoder.take(MAX_INFLATED_BYTES);
    let mut piece = [0; 4096];
    while let Ok(read @ 1..) = decoder.read(&mut piece) {
        inflated.extend_from_slice(&piece[..read]);
    }
    inflated
}
