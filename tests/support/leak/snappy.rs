//! What browsers compress before they keep it: Snappy, without a frame
//! ([format](https://github.com/google/snappy/blob/main/format_description.txt)).

/// The most that a value may become; a kept enrollment has some kilobytes.
const MAX_BYTES: usize = 1 << 16;

/// Decompresses from every byte at which a value may begin, as far as it goes: there is no mark where one does. What
/// holds no copy of its own beginning is left out, since it lies there as it is.
pub(super) fn decompress_all(bytes: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> + '_ {
    (0..bytes.len()).filter_map(|at| Some((at, decompress(&bytes[at..])?)))
}

fn decompress(bytes: &[u8]) -> Option<Vec<u8>> {
    let (length, mut rest) = varint(bytes)?;
    if !(1..=MAX_BYTES).contains(&length) {
        return None;
    }
    let mut value = Vec::new();
    let mut has_copies = false;
    while value.len() < length {
        match element(rest, &value) {
            Some((Element::Literal(literal), after)) => {
                value.extend_from_slice(literal);
                rest = after;
            }
            Some((Element::Copy { back, length }, after)) => {
                // Byte by byte: it may reach into what it writes.
                (0..length).for_each(|_| value.push(value[value.len() - back]));
                has_copies = true;
                rest = after;
            }
            None => break,
        }
    }
    has_copies.then_some(value)
}

enum Element<'a> {
    Literal(&'a [u8]),
    Copy { back: usize, length: usize },
}

fn element<'a>(bytes: &'a [u8], value: &[u8]) -> Option<(Element<'a>, &'a [u8])> {
    let (tag, rest) = bytes.split_first()?;
    let upper = usize::from(tag >> 2);
    let (back, length, rest) = match tag & 3 {
        0 => {
            // Up to 60 bytes are in the tag, more in the 1 to 4 bytes after it.
            let (length, rest) = if upper < 60 { (upper, rest) } else { little_endian(rest, upper - 59)? };
            let (literal, rest) = rest.split_at_checked(length + 1)?;
            return Some((Element::Literal(literal), rest));
        }
        1 => {
            let (low, rest) = little_endian(rest, 1)?;
            (usize::from(tag >> 5) << 8 | low, (upper & 7) + 4, rest)
        }
        2 => {
            let (back, rest) = little_endian(rest, 2)?;
            (back, upper + 1, rest)
        }
        _ => {
            let (back, rest) = little_endian(rest, 4)?;
            (back, upper + 1, rest)
        }
    };
    (1..=value.len()).contains(&back).then_some((Element::Copy { back, length }, rest))
}

fn little_endian(bytes: &[u8], count: usize) -> Option<(usize, &[u8])> {
    let (number, rest) = bytes.split_at_checked(count)?;
    Some((number.iter().rev().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), rest))
}

fn varint(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let end = bytes.iter().take(3).position(|byte| byte & 0x80 == 0)?;
    let number = bytes[..=end].iter().rev().fold(0, |sum, byte| sum << 7 | usize::from(byte & 0x7F));
    Some((number, &bytes[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decompresses_what_the_format_describes() {
        // "abcd" as a literal, 8 bytes from 4 back, and 5 from 12 back.
        let compressed = [17, 3 << 2, b'a', b'b', b'c', b'd', 4 << 2 | 1, 4, 4 << 2 | 2, 12, 0];
        let inside = [b"before".as_slice(), &compressed, b"after"].concat();
        let all: Vec<_> = decompress_all(&inside).collect();
        assert!(all.contains(&(6, b"abcdabcdabcdabcda".to_vec())), "{all:?}");
    }
}
