//! Texts of strangers in a line: visible, on that line, and bounded.

use crate::UserName;

/// Returns a text in which everything is escaped that is not a letter, a digit or a visible character of ASCII: what is
/// invisible, turns a line around or drives a terminal. A text that is too long ends in `…`. What would be the name of
/// a user has none of these, and stays, with its combining marks.
pub fn visible(text: &str) -> String {
    if UserName::parse(text).is_ok() && !text.contains('\\') {
        return text.to_owned();
    }
    let mut shown = String::new();
    for (index, character) in text.chars().enumerate() {
        if index == MAX_CHARACTERS {
            shown.push('…');
            break;
        }
        match character {
            // So that what was written as an escape is not taken for one of ours.
            '\\' => shown.push_str("\\\\"),
            _ if is_visible(character) => shown.push(character),
            _ => shown.extend(character.escape_unicode()),
        }
    }
    shown
}

/// Returns whether a character is a letter, a digit or a visible character of ASCII. Letters that are there to fill a
/// space, and show nothing, are none.
pub fn is_visible(character: char) -> bool {
    matches!(character, ' '..='~') || character.is_alphanumeric() && !FILLERS.contains(&character)
}

/// The fillers of Hangul, which are letters to Unicode (`Default_Ignorable_Code_Point`).
const FILLERS: [char; 4] = ['\u{115f}', '\u{1160}', '\u{3164}', '\u{ffa0}'];

/// Longer than any name (200 characters).
const MAX_CHARACTERS: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_names_as_they_are() {
        for name in ["jane@example.com", "dev,ops", "Jürgen", "李雷", "प्रिया", "Jose\u{301}", "of \"quotes\""]
        {
            assert_eq!(visible(name), name);
        }
    }

    #[test]
    fn escapes_what_breaks_a_line_drives_a_terminal_or_is_invisible() {
        let hostile = "a\nb\r\u{1b}[2J\u{9b}31m\u{202e}\u{200b}\u{feff}\u{3164}\u{ffa0}\u{7f}\\u{a}";
        let shown = visible(hostile);
        assert!(!shown.contains(|character: char| !character.is_ascii_graphic()), "{shown}");
        assert_eq!(visible("a\nb"), "a\\u{a}b");
        assert_ne!(visible("\\u{a}"), visible("\n"), "an escape that was written is another text");
    }

    #[test]
    fn bounds_a_text() {
        let shown = visible(&"\u{1b}".repeat(100_000));
        assert!(shown.len() < 10 * MAX_CHARACTERS && shown.ends_with('…'), "{}", shown.len());
        assert_eq!(visible(&"x".repeat(MAX_CHARACTERS)), "x".repeat(MAX_CHARACTERS));
    }
}
