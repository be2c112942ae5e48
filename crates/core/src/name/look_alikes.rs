//! Letters as a person sees them: without accents, and as the Latin letter that they look like.

use super::marks::is_mark;

/// Returns the name as it looks to somebody who does not look twice, after the idea of [UTS #39, section
/// 4](https://www.unicode.org/reports/tr39/#Confusable_Detection): small letters, without accents, Latin ones for those
/// of other scripts that look like them. To compare with another, never to be used as a name.
pub(crate) fn skeleton(name: &str) -> String {
    let seen = |character: char| {
        let alike = || LOOK_ALIKES.split(' ').find(|alike| alike.contains(character))?.chars().next();
        plain(character).or_else(alike).unwrap_or(character)
    };
    name.chars().filter(|character| !is_mark(*character)).map(seen).collect()
}

/// Returns the small letter of ASCII that a Latin letter is written with where there is no other, `l` for `Ł` and `e`
/// for `ễ`, and an ASCII character in small letters. Returns `None` for other scripts, and for letters without one.
pub(crate) fn plain(character: char) -> Option<char> {
    if character.is_ascii() {
        return Some(character.to_ascii_lowercase());
    }
    let code_point = u32::from(character);
    let (first, letters) = if code_point < 0x1E00 { (0xC0, PLAIN) } else { (0x1E00, PLAIN_ADDITIONAL) };
    let letter = letters.get(usize::try_from(code_point.checked_sub(first)?).ok()?)?;
    Some(char::from(*letter)).filter(|letter| *letter != '?')
}

/// The plain letters of U+00C0 to U+024F, from their canonical decompositions and names; `?` for none.
const PLAIN: &[u8] = b"\
    aaaaaaaceeeeiiiidnooooo?ouuuuytsaaaaaaaceeeeiiiidnooooo?ouuuuytyaaaaaaccccccccddddeeeeeeeeeegggg\
    gggghhhhiiiiiiiiii??jjkkkllllllllllnnnnnn?nnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzz?\
    bbbb???cc?ddd????ffg???ikkl??nnooo??pp?????ttttuu?vyyzz??????????????d??l??n?aaiioouuuuuuuuuu?aa\
    aaaaggggkkoooo??j?d?gg??nnaaaaooaaaaeeeeiiiioooorrrruuuusstt??hhnd??zzaaeeooooooooyylnt???acclts\
    z??b??eejj?qrryy";

/// The plain letters of U+1E00 to U+1EFF.
const PLAIN_ADDITIONAL: &[u8] = b"\
    aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooooooopppprrrrrrrr\
    ssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwya?????aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeee\
    eeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy????yy";

/// Words of letters that look alike, the one of ASCII first. The scripts are those that have a whole reserved or
/// powerful name in such letters: Cyrillic, Greek, Cherokee, Lisu.
const LOOK_ALIKES: &str = "aаАαΑꓮᎪ bВΒЬꓐᏴ cсСϲϹꓚᏟ dԁꓓᎠ eеЕёЁѐЀΕꓰᎬ gԍԌꓖᏀ hһНΗꓧᎻ iіІїЇιΙꓲᎥ jјЈꓙᎫ kкКκΚꓗᏦ lӏꓡᏞ mмМΜꓟᎷ \
    nΝꓠ oоОοΟꓳ pрРρΡꓑᏢ rгꓣᎡ sѕЅꓢᏚ tтТτΤꓔᎢ uυսꓴ vνѵѴꓦᏙ wԝԜѡꓪᎳ xхХχΧꓫ yуУўЎӯӮүҮγΥꓬᎩ zΖꓜᏃ";
