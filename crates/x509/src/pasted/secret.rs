//! Detection of private keys in a text.

use kube_enroll_core::pem::{BASE64_OF_BEGIN, decode_base64};
use zeroize::Zeroizing;

use super::encoding::content_of_sequence;

pub(super) fn contains_private_key(text: &str) -> bool {
    has_marker(text)
        || starts_like_binary_key(text)
        || text.match_indices(BASE64_OF_BEGIN).any(|(start, _)| is_in_base64(&text[start..]))
        || words(text).any(is_in_base64)
        // Base64 of a whole file, such as a kubeconfig.
        || has_marker(&String::from_utf8_lossy(&Zeroizing::new(decode_base64(text))))
}

fn has_marker(text: &str) -> bool {
    MARKERS.iter().any(|marker| text.contains(marker)) || has_client_key(text) || is_json_web_key(text)
}

/// Returns whether a text has the `client-key-data` of a kubeconfig, in YAML or JSON, with a value that
/// `kubectl config view` has not redacted.
fn has_client_key(text: &str) -> bool {
    text.split("client-key-data").skip(1).any(|rest| {
        let Some(value) = rest.trim_start_matches(['"', '\'', ' ']).strip_prefix(':') else { return false };
        let value = value.trim_start_matches(|c: char| c.is_whitespace() || "\"'|>-".contains(c));
        value.starts_with(|c: char| c.is_ascii_alphanumeric())
            && !value.starts_with("DATA+OMITTED")
            && !value.starts_with("REDACTED")
    })
}

/// Returns whether a text has a private or symmetric JSON Web Key
/// ([RFC 7518, section 6](https://www.rfc-editor.org/rfc/rfc7518#section-6)): the member `d` or `k`.
fn is_json_web_key(text: &str) -> bool {
    text.contains("\"kty\"") && (text.contains("\"d\"") || text.contains("\"k\""))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || "\"',;:".contains(c)).filter(|word| word.len() >= BASE64_CHARACTERS.start)
}

fn is_in_base64(text: &str) -> bool {
    let end = text.char_indices().nth(BASE64_CHARACTERS.end).map_or(text.len(), |(index, _)| index);
    let bytes = Zeroizing::new(decode_base64(&text[..end]));
    is_der(&bytes) || has_marker(&String::from_utf8_lossy(&bytes))
}

/// Returns whether DER begins like PKCS#8, PKCS#1, SEC1, PKCS#12, or PKCS#8 encrypted by PKCS#5. Public structures
/// begin otherwise.
fn is_der(bytes: &[u8]) -> bool {
    let Some(content) = content_of_sequence(bytes) else { return false };
    match content {
        [0x02, 0x01, 0x00 | 0x01 | 0x03, 0x02 | 0x04 | 0x30, ..] => true,
        _ => content_of_sequence(content).is_some_and(|inner| inner.starts_with(PKCS_5)),
    }
}

/// Returns whether a text is a binary key that was read as text: bytes above 127 have become other characters.
fn starts_like_binary_key(text: &str) -> bool {
    let start: Vec<char> = text.chars().take(24).collect();
    let version = |at: &[char]| matches!(at, ['\u{2}', '\u{1}', '\0' | '\u{1}' | '\u{3}', ..]);
    start.first() == Some(&'0')
        && ((2..=4).any(|at| start.get(at..).is_some_and(version))
            || start.windows(3).any(|part| matches!(part, ['\r' | '\n', '\u{1}', '\u{5}'])))
}

/// Markers of private keys: PEM labels of all kinds, PuTTY's header, and the base64 of OpenSSH's magic bytes.
const MARKERS: [&str; 4] = ["PRIVATE KEY-----", "PRIVATE KEY BLOCK-----", "PuTTY-User-Key-File", "b3BlbnNzaC1rZXktdjE"];

/// The length of base64 that is examined, in characters: shorter words hold no key, and more is not needed to
/// recognise one.
const BASE64_CHARACTERS: std::ops::Range<usize> = 24..120;

/// The DER prefix of every object identifier of PKCS#5 (RFC 8018, appendix C).
const PKCS_5: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05";
