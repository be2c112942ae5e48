//! Combining marks: the accents of decomposed letters, and the signs of scripts that are not written without.

use super::NameError;

/// Returns whether a character is a combining mark that a name may have. The marks that Unicode calls alphabetic, most
/// vowel signs of Indic scripts among them, are letters here.
pub(crate) fn is_mark(character: char) -> bool {
    MARKS.iter().any(|(first, last)| (*first..=*last).contains(&character))
}

/// Checks that marks stand behind letters, at most [`MAX_MARKS`] of them and no two that are the same, which would be
/// drawn over each other ([UTS #39, section 5.4](https://www.unicode.org/reports/tr39/#Optional_Detection)).
pub(super) fn check(name: &str) -> Result<(), NameError> {
    let (mut letter, mut before, mut marks) = (None, None, 0);
    for (index, character) in name.chars().enumerate() {
        if is_mark(character) {
            marks += 1;
            // The dot of "i" is not drawn beside another.
            let is_hidden = character == '\u{307}' && letter.is_some_and(|letter| DOTTED.contains(letter));
            if letter.is_none() || is_hidden || marks > MAX_MARKS || before == Some(character) {
                return Err(NameError::MisplacedMark { character, position: index + 1 });
            }
        } else {
            letter = Some(character).filter(|character| character.is_alphabetic());
            marks = 0;
        }
        before = Some(character);
    }
    Ok(())
}

/// The most marks behind one letter. Decomposed Vietnamese has two, decomposed ancient Greek three.
const MAX_MARKS: usize = 3;

/// Letters whose dot, or whose missing dot, is replaced by U+0307.
const DOTTED: &str = "ijıȷіј";

/// The marks of names in living scripts. Left out are those that strike a letter out or enclose it, that stand over
/// two letters, that show nothing, and that look like letters.
const MARKS: &[(char, char)] = &[
    ('\u{0300}', '\u{0304}'), // accents of Latin, Greek and Cyrillic, with those of Vietnamese
    ('\u{0306}', '\u{030C}'),
    ('\u{030F}', '\u{030F}'),
    ('\u{0311}', '\u{0311}'),
    ('\u{0313}', '\u{0314}'), // breathings of Greek
    ('\u{031B}', '\u{031B}'), // horn
    ('\u{0323}', '\u{0328}'), // dots, ring, comma, cedilla and ogonek below
    ('\u{032D}', '\u{032E}'),
    ('\u{0330}', '\u{0331}'),
    ('\u{0342}', '\u{0342}'), // circumflex of Greek
    ('\u{0345}', '\u{0345}'), // iota of Greek
    ('\u{0658}', '\u{0658}'), // Arabic
    ('\u{093C}', '\u{093C}'), // nukta and virama: Devanagari
    ('\u{094D}', '\u{094D}'),
    ('\u{09BC}', '\u{09BC}'), // Bengali
    ('\u{09CD}', '\u{09CD}'),
    ('\u{0A3C}', '\u{0A3C}'), // Gurmukhi
    ('\u{0A4D}', '\u{0A4D}'),
    ('\u{0ABC}', '\u{0ABC}'), // Gujarati
    ('\u{0ACD}', '\u{0ACD}'),
    ('\u{0B3C}', '\u{0B3C}'), // Oriya
    ('\u{0B4D}', '\u{0B4D}'),
    ('\u{0BCD}', '\u{0BCD}'), // Tamil
    ('\u{0C3C}', '\u{0C3C}'), // Telugu
    ('\u{0C4D}', '\u{0C4D}'),
    ('\u{0CBC}', '\u{0CBC}'), // Kannada
    ('\u{0CCD}', '\u{0CCD}'),
    ('\u{0D4D}', '\u{0D4D}'), // Malayalam
    ('\u{0DCA}', '\u{0DCA}'), // Sinhala
    ('\u{0E47}', '\u{0E4C}'), // tones and signs of Thai
    ('\u{0EBA}', '\u{0EBA}'), // Lao
    ('\u{0EC8}', '\u{0ECC}'),
    ('\u{1037}', '\u{1037}'), // Myanmar
    ('\u{1039}', '\u{103A}'),
    ('\u{17C9}', '\u{17D2}'), // Khmer
    ('\u{17DD}', '\u{17DD}'),
    ('\u{1B34}', '\u{1B34}'), // Balinese
    ('\u{1B44}', '\u{1B44}'),
    ('\u{1BAA}', '\u{1BAA}'), // Sundanese
    ('\u{3099}', '\u{309A}'), // voiced sounds of decomposed Japanese
    ('\u{A9B3}', '\u{A9B3}'), // Javanese
    ('\u{A9C0}', '\u{A9C0}'),
    ('\u{ABED}', '\u{ABED}'), // Meetei
];
