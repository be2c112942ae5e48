//! What an error names, as it can be shown anywhere.

use std::fmt;

/// Which name of a [`crate::Subject`] an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The user (CN).
    User,
    /// A group (O), counted from 0.
    Group(usize),
    /// The cluster's name.
    Cluster,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User => f.write_str("the user name"),
            Self::Group(index) => write!(f, "group {}", index + 1),
            Self::Cluster => f.write_str("the cluster's name"),
        }
    }
}

/// A character as it can be shown anywhere: itself where it is visible, and always its code point.
pub(super) struct Shown(pub(super) char);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code_point = u32::from(self.0);
        if self.0.is_ascii_graphic() {
            write!(f, "{} (U+{code_point:04X})", self.0)
        } else {
            write!(f, "U+{code_point:04X}")
        }
    }
}

/// A text as it can be shown anywhere, a terminal too: in quotes, and with what is not visible or turns the line around as
/// code points. `Debug` would do, for 3 KB more in the page.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

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
