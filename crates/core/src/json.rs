//! Reads the strings of a JSON text (RFC 8259), and no more: a whole reader is 13 KB of the key's room.

/// More than Kubernetes nests, and few enough that no text takes long.
const MAX_DEPTH: usize = 64;

/// What is found on the way through a text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// An object begins.
    Object,
    /// A string that is a value.
    Text(String),
}

/// Goes through all JSON objects and arrays in a text, whatever stands around them, and hands out what is found with the names
/// that lead to it. Arrays have none. It does not judge: of what is no JSON, anything may be found. It ends where more than
/// [`MAX_DEPTH`] are open within each other.
pub(crate) fn read(text: &str, mut take: impl FnMut(&[String], Found)) {
    // For each that is open, whether it is an object; and the names of those that are.
    let mut open: Vec<bool> = Vec::new();
    let mut names: Vec<String> = Vec::new();
    let mut is_name = false;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '{' | '[' if open.len() == MAX_DEPTH => return,
            '{' => {
                take(&names, Found::Object);
                open.push(true);
                names.push(String::new());
                is_name = true;
            }
            '[' => {
                open.push(false);
                is_name = false;
            }
            '}' | ']' => {
                if open.pop() == Some(true) {
                    names.pop();
                }
                is_name = false;
            }
            ',' => is_name = open.last() == Some(&true),
            ':' => is_name = false,
            '"' if !open.is_empty() => {
                let string = string(&mut characters);
                match names.last_mut() {
                    Some(name) if is_name => *name = string,
                    _ => take(&names, Found::Text(string)),
                }
            }
            _ => {}
        }
    }
}

/// Reads on to the end of a string.
fn string(characters: &mut std::str::Chars<'_>) -> String {
    let mut string = String::new();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => string.push(match characters.next() {
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some('b') => '\u{8}',
                Some('f') => '\u{C}',
                Some('u') => {
                    let digits: String = characters.by_ref().take(4).collect();
                    // Halves of a pair are no characters, and nothing that is looked for has them.
                    u32::from_str_radix(&digits, 16)
                        .ok()
                        .and_then(char::from_u32)
                        .unwrap_or(char::REPLACEMENT_CHARACTER)
                }
                Some(other) => other,
                None => break,
            }),
            character => string.push(character),
        }
    }
    string
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    type Texts = Vec<(Vec<String>, String)>;

    fn texts(json: &str) -> Texts {
        let mut texts = Vec::new();
        read(json, |names, found| {
            if let Found::Text(text) = found {
                texts.push((names.to_vec(), text));
            }
        });
        texts
    }

    fn texts_by_serde(names: &[String], value: &Value) -> Texts {
        match value {
            Value::String(text) => vec![(names.to_vec(), text.clone())],
            Value::Array(elements) => elements.iter().flat_map(|element| texts_by_serde(names, element)).collect(),
            Value::Object(fields) => {
                let inner = |name: &String| [names, std::slice::from_ref(name)].concat();
                fields.iter().flat_map(|(name, value)| texts_by_serde(&inner(name), value)).collect()
            }
            _ => vec![],
        }
    }

    #[test]
    fn finds_the_strings_that_serde_finds() {
        let value = json!({
            "a": "1", "b": ["2", {"c": "3", "d": {}, "e": []}, "4"], "f": 5, "g": null, "h": [true, ["6"]],
            "i\"\\/\n": "\"\\/\n\r\t\u{8}\u{c}\u{1}ü\u{1f600}", "": {"": ""},
        });
        for json in [value.to_string(), serde_json::to_string_pretty(&value).expect("JSON")] {
            assert_eq!(texts(&json), texts_by_serde(&[], &value), "{json}");
        }
        assert_eq!(texts(r#"["\u00fc\/"]"#), [(vec![], "ü/".into())]);
    }

    #[test]
    fn finds_what_stands_within_words() {
        assert_eq!(texts("[root@host ~]$ it's \"so\":\n{\"a\":\"1\"}\n$ "), [(vec!["a".into()], "1".into())]);
    }

    #[test]
    fn comes_to_an_end_with_what_is_no_json() {
        for text in ["", "{", "\"", "{\"", "{\"a\\", "{\"a\\u12", "]]]", "}{:,", "{\"a\"\"b\"}", "[\"\\ud800\"]"] {
            texts(text);
        }
    }
}
