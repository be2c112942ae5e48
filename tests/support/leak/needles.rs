//! A key in pieces of 12 bytes, in every encoding: so a part of it is found as well as the whole, and line breaks hide
//! nothing.

use std::fmt::Write;

use base64ct::{Base64Unpadded, Base64UrlUnpadded, Encoding};

use super::Secret;

/// The length of a piece: 96 bits do not occur by chance.
const PIECE_BYTES: usize = 12;

/// The length of a piece of a decimal number: 80 bits.
const PIECE_DIGITS: usize = 24;

/// Returns every needle with its name.
pub(super) fn of(secret: &Secret) -> Vec<(String, Vec<u8>)> {
    let mut needles = Vec::new();
    for (name, number) in &secret.numbers {
        needles.extend(of_number(name, number));
    }
    let (lines, armoured) = secret_texts(secret);
    for (form, runs) in [("PEM line", lines), ("client-key-data", armoured)] {
        for piece in runs.iter().flat_map(|run| pieces(run.as_bytes(), PIECE_BYTES)) {
            text(&mut needles, form, piece);
        }
    }
    needles
}

/// Returns every needle of a number or of a key that is no more than random bytes, with its name.
pub(super) fn of_number(name: &str, number: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut needles = Vec::new();
    let reversed: Vec<u8> = number.iter().rev().copied().collect();
    binary(&mut needles, name, number);
    binary(&mut needles, &format!("{name} reversed"), &reversed);
    for piece in pieces(decimal(number).as_bytes(), PIECE_DIGITS) {
        text(&mut needles, &format!("{name} decimal"), piece);
    }
    needles
}

fn binary(needles: &mut Vec<(String, Vec<u8>)>, name: &str, bytes: &[u8]) {
    for piece in pieces(bytes, PIECE_BYTES) {
        text(needles, name, piece);
        let percent = |upper| hex(piece, "%", upper);
        let component = piece.iter().fold(String::new(), |text, byte| text + &percent_encoded(*byte));
        let latin1: String = piece.iter().copied().map(char::from).collect();
        let latin1_component = latin1.bytes().fold(String::new(), |text, byte| text + &percent_encoded(byte));
        let list = |separator| piece.iter().map(u8::to_string).collect::<Vec<_>>().join(separator);
        for (encoding, needle) in [
            ("percent-encoded", percent(true)),
            ("percent-encoded", percent(false)),
            ("percent-encoded where it must be", component),
            ("UTF-8 of its bytes as characters", latin1),
            ("percent-encoded UTF-8 of its bytes as characters", latin1_component),
            ("list of bytes", list(",")),
            ("list of bytes", list(", ")),
        ] {
            needles.push((format!("{name}, {encoding}"), needle.into_bytes()));
        }
    }
}

/// Adds what applies to texts and bytes alike.
fn text(needles: &mut Vec<(String, Vec<u8>)>, name: &str, piece: &[u8]) {
    let mut add = |encoding: &str, needle: &[u8]| {
        if needle.is_ascii() && needle.iter().any(|byte| b"+/=".contains(byte)) {
            for escapes in [["%2B", "%2F", "%3D"], ["%2b", "%2f", "%3d"]] {
                let text = String::from_utf8_lossy(needle);
                let text = text.replace('+', escapes[0]).replace('/', escapes[1]).replace('=', escapes[2]);
                needles.push((format!("{name}, {encoding}, percent-encoded"), text.into_bytes()));
            }
        }
        needles.push((format!("{name}, {encoding}"), needle.to_vec()));
    };
    add("plain", piece);
    add("hex", hex(piece, "", true).as_bytes());
    add("hex", hex(piece, "", false).as_bytes());
    for alignment in 0..3 {
        add("base64", aligned::<Base64Unpadded>(piece, alignment).as_bytes());
        add("base64url", aligned::<Base64UrlUnpadded>(piece, alignment).as_bytes());
    }
}

/// Encodes a piece as it looks in the middle of a longer base64 text, `alignment` bytes after a boundary of three:
/// without the characters that its neighbours have a part in.
fn aligned<E: Encoding>(piece: &[u8], alignment: usize) -> String {
    let padded: Vec<u8> = std::iter::repeat_n(0, alignment).chain(piece.iter().copied()).collect();
    let whole_characters = padded.len() * 8 / 6;
    let first_own = (alignment * 8).div_ceil(6);
    E::encode_string(&padded)[first_own..whole_characters].to_owned()
}

/// Returns the parts of the PEM's lines, and of the base64 of the PEM, that tell something secret: headers, algorithm
/// and public key are in the request as well, and prove nothing.
fn secret_texts(secret: &Secret) -> (Vec<String>, Vec<String>) {
    let mut is_secret = vec![false; secret.der.len()];
    for (name, number) in &secret.numbers {
        let places: Vec<usize> =
            secret.der.windows(number.len()).enumerate().filter(|(_, it)| it == number).map(|(at, _)| at).collect();
        assert!(!places.is_empty(), "{name} is in the DER");
        places.iter().for_each(|at| is_secret[*at..at + number.len()].fill(true));
    }

    let mut of_pem = Vec::with_capacity(secret.pem.len());
    let mut lines = Vec::new();
    let mut character = 0;
    for line in secret.pem.split_inclusive('\n') {
        if line.starts_with("-----") {
            of_pem.extend(line.bytes().map(|_| false));
            continue;
        }
        let body = line.trim_end();
        let of_line: Vec<bool> = body.bytes().map(|_| take(&is_secret, &mut character)).collect();
        // A line break between two secret characters hides nothing.
        let line_break = of_line.last().copied().unwrap_or_default();
        lines.extend(runs(body, &of_line));
        of_pem.extend(of_line);
        of_pem.extend(line[body.len()..].bytes().map(|_| line_break));
    }

    let base64 = base64ct::Base64::encode_string(secret.pem.as_bytes());
    let of_base64: Vec<bool> = (0..base64.len()).map(|mut character| take(&of_pem, &mut character)).collect();
    (lines, runs(&base64, &of_base64))
}

/// Tells whether a character of base64 comes from secret bytes alone, and goes on to the next.
fn take(is_secret: &[bool], character: &mut usize) -> bool {
    let (first_bit, last_bit) = (*character * 6, *character * 6 + 5);
    *character += 1;
    let secret = |bit: usize| is_secret.get(bit / 8).copied().unwrap_or_default();
    secret(first_bit) && secret(last_bit)
}

fn runs(text: &str, is_secret: &[bool]) -> Vec<String> {
    let marked: String = text.chars().zip(is_secret).map(|(it, secret)| if *secret { it } else { '\n' }).collect();
    marked.split('\n').map(ToOwned::to_owned).collect()
}

/// Cuts into pieces without gaps; the last one may overlap. What is shorter than a piece is left out.
fn pieces(bytes: &[u8], length: usize) -> Vec<&[u8]> {
    let Some(last) = bytes.len().checked_sub(length) else { return vec![] };
    (0..last).step_by(length).chain([last]).map(|at| &bytes[at..at + length]).collect()
}

fn hex(bytes: &[u8], before_each: &str, upper: bool) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let written =
            if upper { write!(text, "{before_each}{byte:02X}") } else { write!(text, "{before_each}{byte:02x}") };
        written.expect("a string takes everything");
        text
    })
}

/// Encodes as `encodeURIComponent` does.
fn percent_encoded(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

/// Writes a big-endian number in decimal.
fn decimal(number: &[u8]) -> String {
    // Digits of base 10^9, the least significant first.
    let mut digits: Vec<u64> = vec![0];
    for byte in number {
        let mut carry = u64::from(*byte);
        for digit in &mut digits {
            let value = *digit * 256 + carry;
            (*digit, carry) = (value % 1_000_000_000, value / 1_000_000_000);
        }
        if carry > 0 {
            digits.push(carry);
        }
    }
    let padded = digits.iter().rev().fold(String::new(), |text, digit| text + &format!("{digit:09}"));
    padded.trim_start_matches('0').to_owned()
}

#[cfg(test)]
mod tests {
    use base64ct::{Base64, Base64Url};
    use flate2::{Compression, write::DeflateEncoder, write::GzEncoder, write::ZlibEncoder};

    use super::*;
    use crate::leak::Search;

    /// `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`
    const EC: &str = include_str!("testdata/p256.pem");
    /// `openssl genpkey -algorithm ED25519`
    const ED25519: &str = include_str!("testdata/ed25519.pem");
    /// `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072`
    const RSA: &str = include_str!("testdata/rsa3072.pem");

    #[test]
    fn writes_numbers_in_decimal() {
        assert_eq!(decimal(&[1, 0]), "256");
        assert_eq!(decimal(&[0xFF; 16]), u128::MAX.to_string());
    }

    #[test]
    fn finds_every_number_in_every_encoding() {
        for pem in [EC, ED25519, RSA] {
            let secret = Secret::of_pem(pem);
            let search = Search::new(&secret);
            for (name, number) in &secret.numbers {
                let reversed: Vec<u8> = number.iter().rev().copied().collect();
                let list = number.iter().map(u8::to_string).collect::<Vec<_>>().join(",");
                for bytes in [number, &reversed] {
                    assert_found(&search, name, bytes);
                    assert_found(&search, name, hex(bytes, "", false).as_bytes());
                    assert_found(&search, name, hex(bytes, "%", true).as_bytes());
                    for alignment in 0..3 {
                        let padded = [&b"??"[..alignment], bytes].concat();
                        assert_found(&search, name, Base64::encode_string(&padded).as_bytes());
                        assert_found(&search, name, Base64Url::encode_string(&padded).as_bytes());
                    }
                }
                assert_found(&search, name, decimal(number).as_bytes());
                assert_found(&search, name, list.as_bytes());
            }
        }
    }

    #[test]
    fn finds_the_key_in_every_text_around_it() {
        for pem in [EC, ED25519, RSA] {
            let secret = Secret::of_pem(pem);
            let search = Search::new(&secret);
            let key_data = Base64::encode_string(pem.as_bytes());
            for text in [pem.to_owned(), pem.replace('\n', "\\n"), pem.replace('\n', "\r\n"), key_data.clone()] {
                assert_found(&search, "text", text.as_bytes());
                assert_found(&search, "hex of text", hex(text.as_bytes(), "", true).as_bytes());
                let percent: String = text.bytes().map(percent_encoded).collect();
                assert_found(&search, "percent-encoded text", percent.as_bytes());
                for alignment in 0..3 {
                    let padded = ["??".get(..alignment).unwrap_or_default(), &text].concat();
                    assert_found(&search, "base64 of text", Base64::encode_string(padded.as_bytes()).as_bytes());
                }
            }
        }
        // The header, and the modulus with what is before it, fill the first ten lines.
        let search = Search::new(&Secret::of_pem(RSA));
        for line in RSA.lines().skip(10).filter(|line| line.len() == 64) {
            assert_found(&search, "line", line.as_bytes());
        }
    }

    #[test]
    fn finds_what_is_compressed() {
        let secret = Secret::of_pem(EC);
        let search = Search::new(&secret);
        for bytes in [secret.pem.as_bytes(), secret.number(), &secret.der] {
            let mut gzip = GzEncoder::new(b"POST / HTTP/1.1\r\n\r\n".to_vec(), Compression::best());
            std::io::Write::write_all(&mut gzip, bytes).unwrap();
            assert_found(&search, "gzip", &gzip.finish().unwrap());
            let mut zlib = ZlibEncoder::new(b"POST / HTTP/1.1\r\n\r\n".to_vec(), Compression::default());
            std::io::Write::write_all(&mut zlib, bytes).unwrap();
            assert_found(&search, "zlib", &zlib.finish().unwrap());
            let mut raw = DeflateEncoder::new(b"POST / HTTP/1.1\r\n\r\n".to_vec(), Compression::default());
            std::io::Write::write_all(&mut raw, bytes).unwrap();
            assert_found(&search, "deflate", &raw.finish().unwrap());
        }
    }

    #[test]
    fn takes_no_other_key_and_no_public_part_for_the_key() {
        for (pem, other) in [(EC, ED25519), (ED25519, RSA), (RSA, EC)] {
            let search = Search::new(&Secret::of_pem(pem));
            assert_eq!(search.bytes("another key", other.as_bytes()), Default::default());
        }
        // The modulus is in the request, and so are the beginnings of the PEM.
        let search = Search::new(&Secret::of_pem(RSA));
        let first_lines: String = RSA.lines().take(8).collect();
        assert_eq!(search.bytes("the modulus", first_lines.as_bytes()), Default::default());
    }

    fn assert_found(search: &Search, what: &str, bytes: &[u8]) {
        assert!(!search.bytes("here", bytes).is_empty(), "{what}: {}", String::from_utf8_lossy(bytes));
    }
}
