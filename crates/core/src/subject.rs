use serde::Serialize;

use crate::{Error, Field};

/// The most characters that a user or group name may have.
pub const MAX_NAME_CHARACTERS: usize = 200;

/// The most groups that one subject may have.
pub const MAX_GROUPS: usize = 64;

/// The most bytes of UTF-8 that all names of one subject may have together: so every request fits into the proxy's body
/// limit of 16 KiB, twice in base64.
pub const MAX_SUBJECT_BYTES: usize = 4096;

/// Who a certificate is for: one user and any number of groups.
///
/// Kubernetes reads the user from the subject's CN and each group from an O
/// ([X.509 client certificates](https://kubernetes.io/docs/reference/access-authn-authz/authentication/#x509-client-certificates)).
/// Names are taken as they are: nothing is trimmed, folded or normalised, since the API server compares bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Subject {
    user: String,
    groups: Vec<String>,
}

impl Subject {
    /// Parses a user and groups; the only way to a `Subject`.
    ///
    /// A name has 1 to [`MAX_NAME_CHARACTERS`] characters: letters and digits of any script, the characters
    /// `. _ - @ : # + = , /`, and spaces inside. Refused are controls, invisible and bidirectional marks, combining marks
    /// that are not letters of their script, compatibility forms such as full-width letters, phonetic letters that look
    /// like Latin ones, and words that mix scripts (Chinese, Japanese and Korean ones may stand beside any).
    ///
    /// # Errors
    /// [`Error::EmptyName`], [`Error::NameTooLong`], [`Error::ForbiddenCharacter`], [`Error::OuterSpace`] and
    /// [`Error::MixedScripts`] by these rules; [`Error::SystemName`] for a name that begins with `system:`;
    /// [`Error::DuplicateGroup`] and [`Error::TooManyGroups`] for the list of groups; [`Error::SubjectTooLong`] for all
    /// names together.
    pub fn parse<G: AsRef<str>>(user: &str, groups: &[G]) -> Result<Self, Error> {
        parse_name(user, Field::User)?;
        if groups.len() > MAX_GROUPS {
            return Err(Error::TooManyGroups { found: groups.len(), maximum: MAX_GROUPS });
        }
        let mut parsed: Vec<String> = Vec::with_capacity(groups.len());
        for (index, group) in groups.iter().enumerate() {
            let group = group.as_ref();
            parse_name(group, Field::Group(index))?;
            if parsed.iter().any(|earlier| earlier == group) {
                return Err(Error::DuplicateGroup { name: group.to_owned() });
            }
            parsed.push(group.to_owned());
        }
        let found_bytes = parsed.iter().map(String::len).sum::<usize>() + user.len();
        if found_bytes > MAX_SUBJECT_BYTES {
            return Err(Error::SubjectTooLong { found_bytes, maximum_bytes: MAX_SUBJECT_BYTES });
        }
        Ok(Self { user: user.to_owned(), groups: parsed })
    }

    /// Returns the user (CN).
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Returns the groups (O) in the order in which they were given.
    pub fn groups(&self) -> &[String] {
        &self.groups
    }
}

/// Judges one name by the rules of [`Subject::parse`].
///
/// # Errors
/// As [`Subject::parse`], for `field`.
pub fn parse_name(name: &str, field: Field) -> Result<(), Error> {
    if name.is_empty() {
        return Err(Error::EmptyName { field });
    }
    let found = name.chars().count();
    if found > MAX_NAME_CHARACTERS {
        return Err(Error::NameTooLong { field, found, maximum: MAX_NAME_CHARACTERS });
    }
    if let Some((index, character)) = name.chars().enumerate().find(|(_, character)| !is_allowed(*character)) {
        return Err(Error::ForbiddenCharacter { field, character, position: index + 1 });
    }
    if name.starts_with(' ') || name.ends_with(' ') {
        return Err(Error::OuterSpace { field });
    }
    // By words, so that a name in one script may have a domain in another.
    for word in name.split(|character: char| !character.is_alphanumeric()) {
        let mut scripts = word.chars().filter_map(script);
        if let Some(first) = scripts.next()
            && let Some(second) = scripts.find(|script| *script != first)
        {
            return Err(Error::MixedScripts { field, first, second });
        }
    }
    // Kubernetes compares bytes, but a person who signs does not: "System:masters" is refused as well.
    if name.get(..7).is_some_and(|prefix| prefix.eq_ignore_ascii_case("system:")) {
        return Err(Error::SystemName { field, name: name.to_owned() });
    }
    Ok(())
}

/// The names of some providers have `'` or `|` in them (`o'brien`, `auth0|123`). They stay out: the approver's block has names
/// in comment lines, and a shell that takes no comments from a keyboard, as zsh, runs what follows a `|` there, and waits for
/// a second `'`.
fn is_allowed(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_alphanumeric()
            || matches!(character, ' ' | '.' | '_' | '-' | '@' | ':' | '#' | '+' | '=' | ',' | '/');
    }
    // The combining marks that Unicode does not call alphabetic are out by this: "u" with U+0308 is not "ü".
    character.is_alphanumeric()
        && !COMPATIBILITY_FORMS.iter().any(|(first, last)| (*first..=*last).contains(&character))
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

/// Names the script of a letter or digit, as far as scripts are mistaken for each other (UTS #39, section 5): the plain digits
/// and the large East Asian scripts, which look like nothing else, belong to all.
fn script(character: char) -> Option<&'static str> {
    match character {
        'a'..='z' | 'A'..='Z' | '\u{00C0}'..='\u{02AF}' | '\u{1E00}'..='\u{1EFF}' => Some("Latin"),
        '\u{2C60}'..='\u{2C7F}' | '\u{A722}'..='\u{A7FF}' | '\u{AB30}'..='\u{AB6F}' => Some("Latin"),
        '\u{0370}'..='\u{03FF}' | '\u{1F00}'..='\u{1FFF}' => Some("Greek"),
        '\u{0400}'..='\u{052F}' | '\u{1C80}'..='\u{1C8F}' | '\u{A640}'..='\u{A69F}' => Some("Cyrillic"),
        '\u{3005}'..='\u{312F}' | '\u{31A0}'..='\u{31FF}' | '\u{3400}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7AF}' => None,
        '\u{1100}'..='\u{11FF}' | '\u{A960}'..='\u{A97F}' | '\u{D7B0}'..='\u{D7FF}' | '\u{20000}'..='\u{3FFFF}' => None,
        character if character.is_ascii() => None,
        _ => Some("other"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> Result<Subject, Error> {
        Subject::parse(name, &[] as &[&str])
    }

    #[test]
    fn takes_names_that_people_have() {
        for name in [
            "jane",
            "jane.doe@example.com",
            "no",
            "0x10",
            "ü",
            "a:b",
            "#c",
            "Ana María",
            "o=a,b+c/d",
            "https://issuer.example/realms/a_b#f:123-45",
            "Ольга",
            "ольга@example.com",
            "ışıl",
            "สมชาย",
            "नमन",
            "٣٤",
            "田中",
            "山田 taro",
        ] {
            assert_eq!(user(name).expect(name).user(), name);
        }
    }

    #[test]
    fn refuses_characters_that_hide_or_deceive() {
        let naughty = [
            "a\0b",
            "a\nb",
            "a\r",
            "a\tb",
            "\u{FEFF}a",
            "a\u{200B}b",
            "a\u{202E}b",
            "a\u{2066}b",
            "a\u{061C}b",
            "a\u{00AD}b",
            "u\u{0308}",
            "\u{FF41}dmin",
            "\u{1D41A}",
            "\u{3164}",
            "\u{115F}a",
            "a\u{00A0}b",
            "\u{FB01}",
            "o'brien",
            "a\"b",
            "a\\b",
            "a$b",
            "a`b",
            "a;b",
            "a|b",
            "a&b",
            "a<b",
            "a%b",
            "a*b",
            "a\u{2028}b",
            "a\u{85}b",
            "a\u{7f}b",
            "\u{E0061}",
            "\u{02BC}a",
            "j\u{1D0F}hn",
            "\u{0251}dmin",
            "\u{0261}roup",
            "admin\u{1DE7}",
            "a\u{2DE0}",
            "\u{2160}",
        ];
        for name in naughty {
            assert!(matches!(user(name), Err(Error::ForbiddenCharacter { .. })), "{name:?}");
        }
    }

    #[test]
    fn refuses_names_that_mix_look_alike_scripts() {
        // The second letter is U+0430.
        assert_eq!(user("jаne"), Err(Error::MixedScripts { field: Field::User, first: "Latin", second: "Cyrillic" }));
        for name in ["ΑΒadmin", "r\u{0ED0}ot", "r\u{0D20}\u{0D20}t", "x@аdmin", "\u{0561}dmin", "\u{13AA}dmin"] {
            assert!(matches!(user(name), Err(Error::MixedScripts { .. })), "{name:?}");
        }
    }

    #[test]
    fn refuses_empty_long_and_padded_names() {
        assert!(matches!(user(""), Err(Error::EmptyName { field: Field::User })));
        assert!(matches!(user(" a"), Err(Error::OuterSpace { .. })));
        assert!(matches!(user("a "), Err(Error::OuterSpace { .. })));
        assert!(user(&"x".repeat(MAX_NAME_CHARACTERS)).is_ok());
        assert!(matches!(user(&"x".repeat(MAX_NAME_CHARACTERS + 1)), Err(Error::NameTooLong { found: 201, .. })));
    }

    #[test]
    fn refuses_the_names_that_kubernetes_keeps_for_itself() {
        for name in ["system:admin", "system:", "System:x", "SYSTEM:masters"] {
            assert!(matches!(user(name), Err(Error::SystemName { .. })), "{name:?}");
            assert!(matches!(
                Subject::parse("jane", &["a", name]),
                Err(Error::SystemName { field: Field::Group(1), .. })
            ));
        }
        assert!(user("systemd").is_ok());
    }

    #[test]
    fn refuses_a_group_named_twice_and_too_many_groups() {
        assert!(matches!(Subject::parse("jane", &["a", "b", "a"]), Err(Error::DuplicateGroup { .. })));
        let groups: Vec<String> = (0..=MAX_GROUPS).map(|index| format!("g{index}")).collect();
        assert!(matches!(Subject::parse("jane", &groups), Err(Error::TooManyGroups { found: 65, .. })));
    }

    #[test]
    fn refuses_names_that_are_too_long_together() {
        let groups: Vec<String> = (10..30).map(|index| format!("{index}{}", "x".repeat(198))).collect();
        assert!(Subject::parse(&"x".repeat(96), &groups).is_ok());
        assert_eq!(
            Subject::parse(&"x".repeat(97), &groups),
            Err(Error::SubjectTooLong { found_bytes: 4097, maximum_bytes: MAX_SUBJECT_BYTES })
        );
    }

    #[test]
    fn keeps_the_order_of_groups() {
        assert_eq!(Subject::parse("jane", &["z", "a"]).expect("plain names").groups(), ["z", "a"]);
    }
}
