//! PEM, the textual encoding of [RFC 7468](https://www.rfc-editor.org/rfc/rfc7468).

use base64ct::{Base64, Base64Unpadded, Encoding};
use pem_rfc7468::LineEnding;

use crate::{
    Error,
    display::{Escaped, Quoted},
};

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

/// Decodes the only block of a text: nothing before it, nothing after it but white space, no headers. Lines may have
/// any length ([RFC 7468, section 3](https://www.rfc-editor.org/rfc/rfc7468#section-3), `laxtextualmsg`): many programs
/// break them after 76 characters, as for mail.
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
    let (found, rest) = text[BEGIN.len()..].split_once("-----").unwrap_or_default();
    if found != label {
        return Err(refuse(format!("a block labelled {}", Quoted(&found.chars().take(40).collect::<String>()))));
    }
    let body = rest.strip_suffix("-----").and_then(|rest| rest.strip_suffix(label)?.strip_suffix(END));
    let body = body.ok_or_else(|| refuse("a block without its end".into()))?;
    if !body.trim_start_matches([' ', '\t', '\r']).starts_with('\n') {
        return Err(refuse("more in the first line than the label".into()));
    }
    let base64: String = body.split_ascii_whitespace().collect();
    Base64::decode_vec(&base64).map_err(|_| {
        match base64.chars().find(|&character| !is_base64(character) && character != '=') {
            Some(_) if base64.contains(':') => refuse("headers".into()),
            Some(other) => refuse(format!("the character {} in the base64", Escaped(other))),
            None => refuse("base64 that is not complete".into()),
        }
    })
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
    fn decodes_lines_of_any_length() {
        let bytes: Vec<u8> = (0..=255).collect();
        let pem = encode(CERTIFICATE, &bytes);
        let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        for columns in [1, 60, 63, 64, 65, 72, 76, 1000] {
            for end in ["\n", "\r\n", " \r\n", "\n\n"] {
                let lines = base64.as_bytes().chunks(columns).map(|line| String::from_utf8_lossy(line) + end);
                let lines: String = lines.collect();
                let text = format!("-----BEGIN CERTIFICATE-----{end}{lines}-----END CERTIFICATE-----{end}");
                assert_eq!(decode(&text, CERTIFICATE, "x").as_ref(), Ok(&bytes), "{columns} {end:?}");
            }
        }
    }

    #[test]
    fn names_what_is_wrong_with_a_block() {
        let pem = encode(CERTIFICATE, b"bytes");
        for (text, expected) in [
            (pem.replace("Ynl0", "Ynl*"), "the character * (U+002A) in the base64"),
            (pem.replace("Ynl0", "Proc-Type: 4,ENCRYPTED\n\nYnl0"), "headers"),
            (pem.replace("Ynl0", "Ynl\u{a0}0"), "the character U+00A0 in the base64"),
            (pem.replace("ZXM=", "ZXM"), "base64 that is not complete"),
            (pem.replace("ZXM=", "ZX=="), "base64 that is not complete"),
            (pem.replace("ZXM=", "ZXN="), "base64 that is not complete"),
            (pem.replace("Ynl0", "=Ynl0"), "base64 that is not complete"),
            (pem.replace("-----END", "----END"), "a block without its end"),
            (pem.replace("-----\nYnl0", "-----Ynl0"), "more in the first line than the label"),
            (pem.replace("BEGIN CERTIFICATE", "BEGIN NEW CERTIFICATE"), "a block labelled \"NEW CERTIFICATE\""),
            (pem.replace("END CERTIFICATE", "END PRIVATE KEY"), "a block without its end"),
        ] {
            let error = decode(&text, CERTIFICATE, "x").expect_err(&text);
            assert_eq!(error.to_string(), format!("PEM: found {expected}, expected x"), "{text}");
        }
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
