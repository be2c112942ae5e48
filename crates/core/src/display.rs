//! Untrusted texts, escaped for a page, a log or a terminal.

use std::fmt;

/// A character for a message: itself if it is printable ASCII, and its code point.
pub(crate) struct Escaped(pub(crate) char);

impl fmt::Display for Escaped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code_point = u32::from(self.0);
        if self.0.is_ascii_graphic() {
            write!(f, "{} (U+{code_point:04X})", self.0)
        } else {
            write!(f, "U+{code_point:04X}")
        }
    }
}

/// A text in quotes, with controls, invisible and bidirectional characters as code points.
pub struct Quoted<'a>(pub &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for character in self.0.chars() {
            match character {
                '"' | '\\' => write!(f, "\\{character}")?,
                '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' => {
                    write!(f, "\\u{{{:x}}}", u32::from(character))?;
                }
                character if character.is_control() => write!(f, "\\u{{{:x}}}", u32::from(character))?,
                character => write!(f, "{character}")?,
            }
        }
        f.write_str("\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_what_was_found_without_moving_the_cursor() {
        assert_eq!(Quoted("jane ü \"x\\").to_string(), r#""jane ü \"x\\""#);
        assert_eq!(Quoted("\u{1b}[2Jx\n\u{202e}").to_string(), r#""\u{1b}[2Jx\u{a}\u{202e}""#);
    }
}
