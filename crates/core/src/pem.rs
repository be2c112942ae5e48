//! PEM, the textual encoding of [RFC 7468](https://www.rfc-editor.org/rfc/rfc7468).

use base64ct::{Base64Unpadded, Encoding};
use pem_rfc7468::LineEnding;

use crate::{Error, display::Quoted};

/// Writes bytes as one block that ends in a line feed. `label` is one of this module.
pub fn encode(label: &'static str, bytes: &[u8]) -> String {
    pem_rfc7468::encode_string(label, LineEnding::LF, bytes)
        .expect("the label is valid and the length is computed by the encoder")
}

/// Writes a block around base64, however that was broken into lines; whether it is base64 of anything is not asked.
pub fn wrap(label: &'static str, base64: &str) -> String {
    let characters: Vec<char> = base64.chars().filter(|character| !character.is_whitespace()).collect();
    let lines = characters.chunks(LINE_CHARACTERS).flat_map(|line| line.iter().copied().chain(['\n']));
    format!("{BEGIN}{label}-----\n{}{END}{label}-----\n", lines.collect::<String>())
}

/// Decodes the only block of a text: nothing before it, nothing after it but white space, no headers.
///
/// # Errors
/// [`Error::InvalidPem`] for any other text; `expected` becomes part of its message.
pub fn decode(text: &str, label: &'static str, expected: &'static str) -> Result<Vec<u8>, Error> {
    let refuse = |found: String| Error::InvalidPem { found, expected };
    let text = text.trim_ascii();
    let blocks = text.matches(BEGIN).count();
    if blocks != 1 {
        return Err(refuse(format!("{blocks} PEM blocks")));
    }
    if !text.starts_with(BEGIN) {
        return Err(refuse("text before the PEM block".into()));
    }
    let (found, bytes) =
        pem_rfc7468::decode_vec(text.as_bytes()).map_err(|error| refuse(format!("no readable PEM block ({error})")))?;
    if found != label {
        return Err(refuse(format!("a block labelled {}", Quoted(found))));
    }
    Ok(bytes)
}

/// Returns whether a text contains the beginning of a block with this label.
pub fn contains(text: &str, label: &'static str) -> bool {
    text.match_indices(BEGIN).any(|(start, begin)| {
        text[start + begin.len()..].strip_prefix(label).is_some_and(|rest| rest.starts_with("-----"))
    })
}

/// Decodes all blocks of a text with this label, or returns `None` if there is none, or one that cannot be decoded.
pub fn all_blocks(text: &str, label: &'static str) -> Option<Vec<Vec<u8>>> {
    let count = text.matches(&format!("{BEGIN}{label}-----")).count();
    Some(blocks(text, label)).filter(|blocks| !blocks.is_empty() && blocks.len() == count)
}

/// Decodes all complete blocks of a text with this label, and leaves out those that are no base64.
pub fn blocks(text: &str, label: &'static str) -> Vec<Vec<u8>> {
    let (begin, end) = (format!("{BEGIN}{label}-----"), format!("{END}{label}-----"));
    let bodies = text.split(&begin).skip(1).filter_map(|rest| Some(rest.split_once(&end)?.0));
    let base64 = bodies.map(|body| body.split_whitespace().collect::<String>());
    base64.filter_map(|base64| Base64Unpadded::decode_vec(base64.trim_end_matches('=')).ok()).collect()
}

/// Returns the certificates of a text and nothing else: a file of them may hold a private key as well.
pub fn certificates(text: &str) -> String {
    let is_delimiter =
        |line: &str, edge| line.strip_prefix(edge).and_then(|line| line.strip_suffix("-----")) == Some(CERTIFICATE);
    let mut certificates = String::new();
    let mut inside = false;
    for line in text.lines().map(str::trim_end) {
        inside |= is_delimiter(line, BEGIN);
        if inside {
            certificates.push_str(line);
            certificates.push('\n');
        }
        inside &= !is_delimiter(line, END);
    }
    certificates
}

/// Returns whether two texts, of one block each, encode the same bytes; line lengths may differ.
pub fn is_same(one: &str, other: &str) -> bool {
    let body = |pem: &str| -> String {
        pem.lines().filter(|line| !line.starts_with("-----")).flat_map(str::split_whitespace).collect()
    };
    body(one) == body(other)
}

/// Decodes the base64 at the beginning of a text, ignoring line breaks, quotes and padding. Returns no bytes for a text
/// that begins with anything else.
pub fn decode_base64(text: &str) -> Vec<u8> {
    let mut base64: String = text
        .chars()
        .filter(|character| !character.is_whitespace() && !"\"'\\".contains(*character))
        .take_while(|character| is_base64(*character))
        .collect();
    loop {
        if let Ok(bytes) = Base64Unpadded::decode_vec(&base64) {
            return bytes;
        }
        // A word that follows without a space between leaves some bits over.
        if base64.pop().is_none() || base64.len().is_multiple_of(4) {
            return Base64Unpadded::decode_vec(&base64).unwrap_or_default();
        }
    }
}

/// Returns whether a character belongs to the alphabet of base64
/// ([RFC 4648, section 4](https://www.rfc-editor.org/rfc/rfc4648#section-4)), the padding excluded.
pub fn is_base64(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '+' || character == '/'
}

/// The label of a certificate ([RFC 7468, section 5](https://www.rfc-editor.org/rfc/rfc7468#section-5)).
pub const CERTIFICATE: &str = "CERTIFICATE";

/// The label of a PKCS#10 request ([RFC 7468, section 7](https://www.rfc-editor.org/rfc/rfc7468#section-7)). Kubernetes
/// does not take the older `NEW CERTIFICATE REQUEST`.
pub const CERTIFICATE_REQUEST: &str = "CERTIFICATE REQUEST";

/// The label of an unencrypted private key ([RFC 7468, section 10](https://www.rfc-editor.org/rfc/rfc7468#section-10)).
pub const PRIVATE_KEY: &str = "PRIVATE KEY";

/// The beginning of every block.
pub const BEGIN: &str = "-----BEGIN ";

/// The beginning of base64 of a text that begins with [`BEGIN`].
pub const BASE64_OF_BEGIN: &str = "LS0tLS1CRUdJTi";

/// The beginning of the end of every block.
pub const END: &str = "-----END ";

/// The characters of a line ([RFC 7468, section 2](https://www.rfc-editor.org/rfc/rfc7468#section-2)).
const LINE_CHARACTERS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_what_it_encodes_and_nothing_around_it() {
        let pem = encode(CERTIFICATE, b"bytes");
        assert_eq!(pem, "-----BEGIN CERTIFICATE-----\nYnl0ZXM=\n-----END CERTIFICATE-----\n");
        assert_eq!(decode(&pem, CERTIFICATE, "x"), Ok(b"bytes".to_vec()));
        assert_eq!(wrap(CERTIFICATE, "Ynl0\n ZXM="), pem);
        assert_eq!(wrap(CERTIFICATE, &"A".repeat(132)), encode(CERTIFICATE, &[0; 99]));
        for text in [format!("x{pem}"), format!("{pem}{pem}"), format!("{pem}x"), String::new()] {
            assert!(decode(&text, CERTIFICATE, "x").is_err(), "{text}");
        }
        assert!(decode(&pem, PRIVATE_KEY, "x").is_err());
    }

    #[test]
    fn finds_labels_and_tells_blocks_apart() {
        let pem = encode(CERTIFICATE_REQUEST, b"bytes");
        assert!(contains(&format!("text {pem}"), CERTIFICATE_REQUEST));
        assert!(!contains(&pem, CERTIFICATE));
        assert!(is_same(&pem, "-----BEGIN CERTIFICATE REQUEST-----\n Ynl0\r\nZXM=\n-----END CERTIFICATE REQUEST-----"));
        assert!(!is_same(&pem, &encode(CERTIFICATE_REQUEST, b"others")));
    }

    #[test]
    fn decodes_every_complete_block_of_a_bundle() {
        let (one, two) = (encode(CERTIFICATE, b"one"), encode(CERTIFICATE, b"two"));
        let bundle =
            format!("# ours\n{one}\n{pem}{two}-----BEGIN CERTIFICATE-----\n", pem = encode(PRIVATE_KEY, b"key"));
        assert_eq!(blocks(&bundle, CERTIFICATE), [b"one", b"two"]);
        assert!(blocks("-----BEGIN CERTIFICATE-----\nä\n-----END CERTIFICATE-----", CERTIFICATE).is_empty());
    }
}
