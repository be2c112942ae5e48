//! Quoting for shells and for openssl's `-subj`: a value that a person typed stays one word.

/// Quotes a word for a POSIX shell
/// ([quoting](https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02)).
pub fn posix(word: &str) -> String {
    if is_plain(word) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// Quotes a word for PowerShell
/// ([quoting rules](https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_quoting_rules)).
///
/// PowerShell takes the typographic single quotes for the plain one, so all of them are doubled.
pub(super) fn powershell(word: &str) -> String {
    let mut quoted = String::from("'");
    for character in word.chars() {
        quoted.push(character);
        if matches!(character, '\'' | '\u{2018}' | '\u{2019}' | '\u{201A}' | '\u{201B}') {
            quoted.push(character);
        }
    }
    quoted.push('\'');
    quoted
}

/// Quotes one value of openssl's `-subj` (`/type=value`; `+` joins values, `\` escapes), not yet for the shell.
pub(super) fn openssl_subject_value(value: &str) -> String {
    let mut quoted = String::new();
    for character in value.chars() {
        if matches!(character, '/' | '+' | '\\') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted
}

fn is_plain(word: &str) -> bool {
    word.starts_with(|character: char| character.is_ascii_alphanumeric())
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-@:/+=,".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_plain_words_alone_and_quotes_the_rest() {
        assert_eq!(posix("jane@dev"), "jane@dev");
        assert_eq!(posix(""), "''");
        assert_eq!(posix("a b"), "'a b'");
        assert_eq!(posix("#c"), "'#c'");
        assert_eq!(posix("it's"), r"'it'\''s'");
        assert_eq!(posix("$(x)"), "'$(x)'");
        assert_eq!(posix("~x"), "'~x'");
        assert_eq!(powershell("it's\u{2019}"), "'it''s\u{2019}\u{2019}'");
        assert_eq!(openssl_subject_value(r"a/b+c\d"), r"a\/b\+c\\d");
    }
}
