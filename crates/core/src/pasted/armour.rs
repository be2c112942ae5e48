//! PEM (RFC 7468), base64 of it, and base64 of DER.

use base64ct::{Base64Unpadded, Encoding};

use super::{Pasted, excerpt};
use crate::x509::encode_pem;

const BEGIN: &str = "-----BEGIN ";
const LABEL: &str = "CERTIFICATE";

/// How base64 of a text begins that begins with [`BEGIN`].
pub(super) const BASE64_OF_BEGIN: &str = "LS0tLS1CRUdJTi";

/// Finds certificates, and writes them as PEM.
pub(super) fn certificates(text: &str) -> Result<String, Pasted> {
    // As within a string of JSON.
    let text = text.replace("\\r", "").replace("\\n", "\n");
    if text.contains(BEGIN) {
        return of_pem(&text);
    }
    if let Some(start) = text.find(BASE64_OF_BEGIN) {
        return of_pem(&String::from_utf8_lossy(&decode(&text[start..])));
    }
    let der = decode(&text);
    // Both are a sequence that begins with one: in a request with the version, in a certificate with the version in a tag, or
    // with the serial number.
    match content_of_sequence(&der).and_then(content_of_sequence) {
        Some([0x02, 0x01, 0x00, 0x30, ..]) => Err(Pasted::Request),
        Some([0x02 | 0xa0, ..]) => Ok(encode_pem(LABEL, &der)),
        _ => Err(Pasted::OtherText),
    }
}

/// Returns what stands in the DER of a SEQUENCE, and after it; nothing where it begins otherwise.
pub(super) fn content_of_sequence(der: &[u8]) -> Option<&[u8]> {
    match der {
        [0x30, 0x82, _, _, content @ ..] | [0x30, 0x81, _, content @ ..] | [0x30, 0..=0x7f, content @ ..] => {
            Some(content)
        }
        _ => None,
    }
}

/// Decodes the base64 that a text begins with, however it is broken into lines, quoted or padded; nothing where it is none.
pub(super) fn decode(text: &str) -> Vec<u8> {
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

/// Writes the certificates anew, without what stands between them and between their characters.
fn of_pem(text: &str) -> Result<String, Pasted> {
    let mut written = String::new();
    let mut other = None;
    for block in text.split(BEGIN).skip(1) {
        let (label, rest) = block.split_once("-----").ok_or(Pasted::Incomplete)?;
        if label != LABEL {
            other.get_or_insert(label);
            continue;
        }
        let (body, _) = rest.split_once("-----END CERTIFICATE").ok_or(Pasted::Incomplete)?;
        let body: Vec<char> = body.chars().filter(|character| is_base64(*character) || *character == '=').collect();
        if body.is_empty() {
            return Err(Pasted::Incomplete);
        }
        written.push_str("-----BEGIN CERTIFICATE-----\n");
        for line in body.chunks(64) {
            written.extend(line);
            written.push('\n');
        }
        written.push_str("-----END CERTIFICATE-----\n");
    }
    match other {
        _ if !written.is_empty() => Ok(written),
        Some("CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST") => Err(Pasted::Request),
        Some(label) => Err(Pasted::OtherPem { label: excerpt(label) }),
        None => Err(Pasted::OtherText),
    }
}

fn is_base64(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '+' || character == '/'
}
