//! Texts of others on lines of ours.

use kube_enroll_core::is_visible;

/// Splits a text of ours, in which texts of others are quoted, into its lines, and escapes what is invisible or drives
/// a terminal. A quoted text has no end of a line in it.
pub(super) fn lines(text: &str) -> impl Iterator<Item = String> {
    text.split('\n').map(|line| {
        let mut shown = String::new();
        for character in line.chars() {
            if is_visible(character) {
                shown.push(character);
            } else {
                shown.extend(character.escape_unicode());
            }
        }
        shown
    })
}

/// Cuts a text for a column.
pub(super) fn cell(text: &str, columns: usize) -> String {
    if text.chars().count() <= columns {
        return text.to_owned();
    }
    text.chars().take(columns.saturating_sub(1)).chain(['…']).collect()
}

/// Formats a number of seconds roughly, as kubectl shows an age: `3m`, `2d`.
pub(super) fn age(seconds: Option<i64>) -> String {
    match seconds {
        None => "?".into(),
        Some(seconds) if seconds < 120 => format!("{seconds}s"),
        Some(seconds) if seconds < 7_200 => format!("{}m", seconds / 60),
        Some(seconds) if seconds < 172_800 => format!("{}h", seconds / 3_600),
        Some(seconds) => format!("{}d", seconds / 86_400),
    }
}

/// Formats the lifetime that is asked for.
pub(super) fn lifetime(seconds: Option<i64>) -> String {
    match seconds {
        None => "the signer's longest".into(),
        Some(seconds) => {
            u32::try_from(seconds).map_or_else(|_| format!("{seconds} seconds"), kube_enroll_core::format_duration)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_lines_of_ours_and_escapes_all_that_is_not_seen() {
        let text = "user \"x\\n\":\n  \u{1b}[2J\u{9b}1m\u{202e}\u{e0041}\u{3164}\r\u{7f}end";
        let shown: Vec<String> = lines(text).collect();
        assert_eq!(shown[0], "user \"x\\n\":");
        assert_eq!(shown[1], "  \\u{1b}[2J\\u{9b}1m\\u{202e}\\u{e0041}\\u{3164}\\u{d}\\u{7f}end");
        assert_eq!(shown.len(), 2);
    }

    #[test]
    fn cuts_texts_and_rounds_ages() {
        assert_eq!((cell("abc", 3), cell("abcd", 3)), ("abc".to_owned(), "ab…".to_owned()));
        assert_eq!([5, 300, 7_200, 172_800].map(|seconds| age(Some(seconds))), ["5s", "5m", "2h", "2d"]);
    }
}
