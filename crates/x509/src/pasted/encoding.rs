//! PEM (RFC 7468), base64 of it, and base64 of DER.

use kube_enroll_core::pem::{self, BASE64_OF_BEGIN, BEGIN, CERTIFICATE, decode_base64, is_base64};

use super::{Pasted, excerpt};

/// Returns whether a text has a certificate, as PEM or base64 of PEM.
pub(super) fn has_certificate(text: &str) -> bool {
    text.contains(BEGIN_CERTIFICATE) || text.contains(BASE64_OF_BEGIN_CERTIFICATE)
}

/// Extracts the certificates of a text, as PEM. Blocks of other kinds may stand before them.
pub(super) fn certificates(text: &str) -> Result<String, Pasted> {
    // Line breaks as a JSON string has them.
    let text = text.replace("\\r", "").replace("\\n", "\n");
    let packed = text.find(BASE64_OF_BEGIN_CERTIFICATE);
    if text.contains(if packed.is_some() { BEGIN_CERTIFICATE } else { BEGIN }) {
        return of_pem(&text);
    }
    if let Some(start) = packed.or_else(|| text.find(BASE64_OF_BEGIN)) {
        return of_pem(&String::from_utf8_lossy(&decode_base64(&text[start..])));
    }
    let der = decode_base64(&text);
    // Both are a sequence that begins with one: in a request with the version, in a certificate with the version in a
    // tag, or with the serial number.
    match content_of_sequence(&der).and_then(content_of_sequence) {
        Some([0x02, 0x01, 0x00, 0x30, ..]) => Err(Pasted::Request),
        Some([0x02 | 0xa0, ..]) => Ok(pem::encode(CERTIFICATE, &der)),
        _ => Err(Pasted::OtherText),
    }
}

/// Returns the bytes after the header of a DER SEQUENCE, or `None` if the DER is none.
pub(super) fn content_of_sequence(der: &[u8]) -> Option<&[u8]> {
    match der {
        [0x30, 0x82, _, _, content @ ..] | [0x30, 0x81, _, content @ ..] | [0x30, 0..=0x7f, content @ ..] => {
            Some(content)
        }
        _ => None,
    }
}

/// Re-encodes the certificates, without the text between blocks and between characters.
fn of_pem(text: &str) -> Result<String, Pasted> {
    let mut written = String::new();
    let mut other = None;
    for block in text.split(BEGIN).skip(1) {
        let (label, rest) = block.split_once("-----").ok_or(Pasted::Incomplete)?;
        if label != CERTIFICATE {
            other.get_or_insert(label);
            continue;
        }
        let (body, _) = rest.split_once("-----END CERTIFICATE").ok_or(Pasted::Incomplete)?;
        let body: String = body.chars().filter(|character| is_base64(*character) || *character == '=').collect();
        if body.is_empty() {
            return Err(Pasted::Incomplete);
        }
        written.push_str(&pem::wrap(CERTIFICATE, &body));
    }
    match other {
        _ if !written.is_empty() => Ok(written),
        Some("CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST") => Err(Pasted::Request),
        Some(label) => Err(Pasted::OtherPem { label: excerpt(label) }),
        None => Err(Pasted::OtherText),
    }
}

const BEGIN_CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----";

/// Base64 of [`BEGIN_CERTIFICATE`], which fills its last character.
const BASE64_OF_BEGIN_CERTIFICATE: &str = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t";
