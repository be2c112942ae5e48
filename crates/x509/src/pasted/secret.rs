//! Private keys, wherever they are in a text.

use kube_enroll_core::pem::{BASE64_OF_BEGIN, decode_base64};
use zeroize::Zeroizing;

use super::armour::content_of_sequence;

/// What only private keys have: PEM, as it begins or ends, of all kinds; PuTTY's; OpenSSH's in base64.
const MARKS: [&str; 4] = ["PRIVATE KEY-----", "PRIVATE KEY BLOCK-----", "PuTTY-User-Key-File", "b3BlbnNzaC1rZXktdjE"];

/// The fewest characters of base64 in which a key is looked for, and the most that are needed to tell.
const BASE64_CHARACTERS: std::ops::Range<usize> = 24..120;

pub(super) fn is_in(text: &str) -> bool {
    is_plainly_in(text)
        || starts_like_binary_key(text)
        || text.match_indices(BASE64_OF_BEGIN).any(|(start, _)| is_in_base64(&text[start..]))
        || words(text).any(is_in_base64)
        // Base64 of a whole file, such as a kubeconfig.
        || is_plainly_in(&String::from_utf8_lossy(&Zeroizing::new(decode_base64(text))))
}

fn is_plainly_in(text: &str) -> bool {
    MARKS.iter().any(|mark| text.contains(mark)) || has_client_key(text) || is_json_web_key(text)
}

/// Looks for `client-key-data` of a kubeconfig, in YAML or JSON, but for what `kubectl config view` puts in its place.
fn has_client_key(text: &str) -> bool {
    text.split("client-key-data").skip(1).any(|rest| {
        let Some(value) = rest.trim_start_matches(['"', '\'', ' ']).strip_prefix(':') else { return false };
        let value = value.trim_start_matches(|c: char| c.is_whitespace() || "\"'|>-".contains(c));
        value.starts_with(|c: char| c.is_ascii_alphanumeric())
            && !value.starts_with("DATA+OMITTED")
            && !value.starts_with("REDACTED")
    })
}

/// RFC 7517: a JSON Web Key with the member `d` is a private one.
fn is_json_web_key(text: &str) -> bool {
    text.contains("\"kty\"") && (text.contains("\"d\"") || text.contains("\"k\""))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || "\"',;:".contains(c)).filter(|word| word.len() >= BASE64_CHARACTERS.start)
}

fn is_in_base64(text: &str) -> bool {
    let end = text.char_indices().nth(BASE64_CHARACTERS.end).map_or(text.len(), |(index, _)| index);
    let bytes = Zeroizing::new(decode_base64(&text[..end]));
    is_der(&bytes) || is_plainly_in(&String::from_utf8_lossy(&bytes))
}

/// Tells by their first bytes PKCS#8, PKCS#1, SEC1 and PKCS#12, and PKCS#8 encrypted by PKCS#5, from everything public.
fn is_der(bytes: &[u8]) -> bool {
    let Some(content) = content_of_sequence(bytes) else { return false };
    match content {
        [0x02, 0x01, 0x00 | 0x01 | 0x03, 0x02 | 0x04 | 0x30, ..] => true,
        _ => content_of_sequence(content).is_some_and(|inner| inner.starts_with(PKCS_5)),
    }
}

/// The beginning of every object identifier of PKCS#5 (RFC 8018, appendix C).
const PKCS_5: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05";

/// The same for a file that was read as if it were text: bytes above 127 have become other characters.
fn starts_like_binary_key(text: &str) -> bool {
    let start: Vec<char> = text.chars().take(24).collect();
    let version = |at: &[char]| matches!(at, ['\u{2}', '\u{1}', '\0' | '\u{1}' | '\u{3}', ..]);
    start.first() == Some(&'0')
        && ((2..=4).any(|at| start.get(at..).is_some_and(version))
            || start.windows(3).any(|part| matches!(part, ['\r' | '\n', '\u{1}', '\u{5}'])))
}
