//! The characters allowed in a name, and the scripts that one word must not mix.

use super::marks::is_mark;

/// Returns whether a name may contain a character.
///
/// Some identity providers use `'` or `|` in names (`o'brien`, `auth0|123`). Both are refused: the approver's block
/// puts names into comment lines, and zsh, which by default does not read comments in interactive input, would run the
/// text after a `|`, and wait for a second `'`.
pub(super) fn is_allowed(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_alphanumeric()
            || matches!(character, ' ' | '.' | '_' | '-' | '@' | ':' | '#' | '+' | '=' | ',' | '/');
    }
    is_mark(character) || is_letter_or_digit(character)
}

/// Returns whether a character outside of ASCII is a letter or a digit and no form of another.
fn is_letter_or_digit(character: char) -> bool {
    character.is_alphanumeric()
        && !COMPATIBILITY_FORMS.iter().any(|(first, last)| (*first..=*last).contains(&character))
}

/// Returns the script of a letter or digit, for the detection of mixed scripts ([UTS #39, section
/// 5](https://www.unicode.org/reports/tr39/#Mixed_Script_Detection)). Returns `None` for ASCII digits and the large
/// East Asian scripts, which are not confusable with others and may stand beside any, and for accents, which several
/// scripts share.
pub(super) fn script(character: char) -> Option<&'static str> {
    match character {
        'a'..='z' | 'A'..='Z' | '\u{00C0}'..='\u{02AF}' | '\u{1E00}'..='\u{1EFF}' => Some("Latin"),
        '\u{2C60}'..='\u{2C7F}' | '\u{A722}'..='\u{A7FF}' | '\u{AB30}'..='\u{AB6F}' => Some("Latin"),
        '\u{0370}'..='\u{03FF}' | '\u{1F00}'..='\u{1FFF}' => Some("Greek"),
        '\u{0400}'..='\u{052F}' | '\u{1C80}'..='\u{1C8F}' | '\u{A640}'..='\u{A69F}' => Some("Cyrillic"),
        '\u{3005}'..='\u{312F}' | '\u{31A0}'..='\u{31FF}' | '\u{3400}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7AF}' => None,
        '\u{1100}'..='\u{11FF}' | '\u{A960}'..='\u{A97F}' | '\u{D7B0}'..='\u{D7FF}' | '\u{20000}'..='\u{3FFFF}' => None,
        '\u{0300}'..='\u{036F}' => None,
        character if character.is_ascii() => None,
        _ => Some("other"),
    }
}

/// Letters and digits that look like others, or like nothing at all, by design of Unicode: forms kept for round trips
/// with older character sets, which NFKC folds away. The API server would take them as different names.
const COMPATIBILITY_FORMS: &[(char, char)] = &[
    ('\u{00AA}', '\u{00AA}'),    // feminine ordinal indicator
    ('\u{00B2}', '\u{00B3}'),    // superscript digits
    ('\u{00B9}', '\u{00BA}'),    // superscript one, masculine ordinal indicator
    ('\u{00BC}', '\u{00BE}'),    // fractions
    ('\u{0132}', '\u{0133}'),    // ligature IJ
    ('\u{013F}', '\u{0140}'),    // L with middle dot
    ('\u{0149}', '\u{0149}'),    // n preceded by apostrophe
    ('\u{017F}', '\u{017F}'),    // long s
    ('\u{01C0}', '\u{01CC}'),    // click letters that look like | and !, digraphs
    ('\u{01F1}', '\u{01F3}'),    // digraphs
    ('\u{0251}', '\u{0252}'),    // phonetic alpha
    ('\u{0261}', '\u{0262}'),    // phonetic g
    ('\u{026A}', '\u{026E}'),    // phonetic i, l
    ('\u{0274}', '\u{0288}'),    // phonetic n, o, r, s, t
    ('\u{028C}', '\u{0291}'),    // phonetic v, w, y, z
    ('\u{0293}', '\u{02AF}'),    // further phonetic letters
    ('\u{02B0}', '\u{036F}'),    // modifier letters such as U+02BC, which looks like an apostrophe; combining marks
    ('\u{037A}', '\u{037A}'),    // iota subscript
    ('\u{0483}', '\u{0489}'),    // combining Cyrillic
    ('\u{0587}', '\u{0587}'),    // Armenian ligature
    ('\u{0675}', '\u{0678}'),    // Arabic with high hamza
    ('\u{06DD}', '\u{06DD}'),    // end of ayah
    ('\u{115F}', '\u{1160}'),    // Hangul fillers: letters that show nothing
    ('\u{17B4}', '\u{17B5}'),    // Khmer vowels that show nothing
    ('\u{1D00}', '\u{1DFF}'),    // phonetic small capitals and modifiers, combining letters
    ('\u{1E9A}', '\u{1E9B}'),    // a with right half ring, long s with dot
    ('\u{2000}', '\u{2BFF}'),    // super- and subscripts, letter-like symbols, number forms, enclosed letters
    ('\u{2C7C}', '\u{2C7D}'),    // subscript j, modifier V
    ('\u{2D6F}', '\u{2D6F}'),    // Tifinagh modifier
    ('\u{2DE0}', '\u{2DFF}'),    // combining Cyrillic letters
    ('\u{2E2F}', '\u{2E2F}'),    // vertical tilde
    ('\u{2E80}', '\u{2FDF}'),    // CJK and Kangxi radicals
    ('\u{3021}', '\u{3029}'),    // Hangzhou numerals
    ('\u{3038}', '\u{303A}'),    // Hangzhou numerals
    ('\u{3131}', '\u{318F}'),    // Hangul compatibility letters, with the filler U+3164
    ('\u{3192}', '\u{319F}'),    // Kanbun
    ('\u{3200}', '\u{33FF}'),    // enclosed and squared CJK
    ('\u{A69C}', '\u{A69D}'),    // Cyrillic modifiers
    ('\u{A700}', '\u{A721}'),    // tone letters
    ('\u{A770}', '\u{A770}'),    // modifier letter us
    ('\u{A788}', '\u{A78A}'),    // modifiers that look like ^ : =
    ('\u{A7F2}', '\u{A7F4}'),    // modifier capital letters
    ('\u{A7F8}', '\u{A7F9}'),    // modifier letters
    ('\u{AB5B}', '\u{AB5F}'),    // modifier letters
    ('\u{AB69}', '\u{AB69}'),    // modifier letter small turned w
    ('\u{F900}', '\u{FAFF}'),    // CJK compatibility ideographs
    ('\u{FB00}', '\u{FDFF}'),    // Latin ligatures, Hebrew and Arabic presentation forms
    ('\u{FE00}', '\u{FFFF}'),    // variation selectors, Arabic presentation forms, half- and full-width forms
    ('\u{10780}', '\u{107BF}'),  // Latin modifier letters
    ('\u{1D400}', '\u{1D7FF}'),  // mathematical letters and digits
    ('\u{1E030}', '\u{1E06F}'),  // Cyrillic modifier letters
    ('\u{1EE00}', '\u{1EEFF}'),  // Arabic mathematical letters
    ('\u{1F100}', '\u{1F1FF}'),  // enclosed letters, regional indicators
    ('\u{1FBF0}', '\u{1FBF9}'),  // segmented digits
    ('\u{2F800}', '\u{2FA1F}'),  // CJK compatibility ideographs
    ('\u{E0000}', '\u{10FFFF}'), // tags, private use
];
