//! JSON ([RFC 8259](https://www.rfc-editor.org/rfc/rfc8259)), only as far as single fields of printed objects need: the
//! key worker is 4 KB smaller (`make size`) than with a tree of every value.

/// The visitor of a value: gets the path of each object that begins, and of each string with its text, in which escapes
/// are as they stand.
pub(super) type Visitor<'a, 'v> = dyn FnMut(&[&'a str], Option<&'a str>) + 'v;

/// Reads the value at the beginning of a text. Returns the text after it, or `None` if there is none, or one that is
/// nested deeper than [`MAX_DEPTH`].
pub(super) fn read<'a>(text: &'a str, visit: &mut Visitor<'a, '_>) -> Option<&'a str> {
    value(text, &mut Vec::new(), MAX_DEPTH, visit)
}

fn value<'a>(text: &'a str, path: &mut Vec<&'a str>, depth: usize, visit: &mut Visitor<'a, '_>) -> Option<&'a str> {
    if let Some((string, rest)) = string(text) {
        visit(path, Some(string));
        return Some(rest);
    }
    let Some(mut rest) = text.strip_prefix(['{', '[']) else {
        let rest =
            text.trim_start_matches(|character: char| character.is_ascii_alphanumeric() || "+-.".contains(character));
        return (rest.len() < text.len()).then_some(rest);
    };
    let depth = depth.checked_sub(1)?;
    let is_object = text.starts_with('{');
    if is_object {
        visit(path, None);
    }
    let end = if is_object { '}' } else { ']' };
    rest = rest.trim_start();
    if let Some(rest) = rest.strip_prefix(end) {
        return Some(rest);
    }
    loop {
        if is_object {
            let (key, after) = string(rest)?;
            path.push(key);
            rest = after.trim_start().strip_prefix(':')?.trim_start();
        }
        rest = value(rest, path, depth, visit)?.trim_start();
        if is_object {
            path.pop();
        }
        match rest.strip_prefix(',') {
            Some(after) => rest = after.trim_start(),
            None => return rest.strip_prefix(end),
        }
    }
}

/// Splits a string, without its quotes, from the text after it.
fn string(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix('"')?;
    let mut escaped = false;
    let end = text.find(|character| {
        let ends = character == '"' && !escaped;
        escaped = character == '\\' && !escaped;
        ends
    })?;
    Some((&text[..end], &text[end + 1..]))
}

/// The depth of nested values that is read: an object that a cluster prints has less than ten.
const MAX_DEPTH: usize = 64;
