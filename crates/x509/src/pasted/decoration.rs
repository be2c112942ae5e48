//! Decorations of lines: what chats, editors and terminals put in front of each, and colours.

/// Removes colours and decorations of lines: the marks of a quotation, the numbers of `cat -n`, `grep -n` and `bat`.
/// The indentation behind them stays, since YAML is read by it.
pub(super) fn without(text: &str) -> String {
    let text = without_colours(text);
    let lines: Vec<&str> = text.lines().map(after_marks).collect();
    let numbered = lines.iter().filter(|line| after_number(line).is_some()).count();
    let empty = lines.iter().filter(|line| line.is_empty()).count();
    // A single number may begin a line of another text.
    let are_numbered = numbered * 2 > lines.len() - empty;
    let bare = lines.into_iter().map(|line| after_number(line).filter(|_| are_numbered).map_or(line, after_marks));
    bare.flat_map(|line| [line, "\n"]).collect()
}

/// Removes ANSI's "select graphic rendition" ([ECMA-48, section
/// 8.3.117](https://ecma-international.org/publications-and-standards/standards/ecma-48/)), also where a clipboard has
/// lost the escape before it.
fn without_colours(text: &str) -> String {
    let mut parts = text.split('[');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|character: char| character.is_ascii_digit() || character == ';');
        let is_colour = plain.ends_with('\u{1b}') || rest.len() < part.len();
        match rest.strip_prefix(['m', 'K']).filter(|_| is_colour) {
            Some(rest) => {
                plain.truncate(plain.trim_end_matches('\u{1b}').len());
                plain.push_str(rest);
            }
            None => {
                plain.push('[');
                plain.push_str(part);
            }
        }
    }
    plain
}

/// Returns a line behind its number, or `None` where it has none.
fn after_number(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let rest = line.trim_start_matches(|character: char| character.is_ascii_digit());
    (rest.len() < line.len()).then_some(rest)?.strip_prefix(['\t', ' ', ':', '|', '│'])
}

/// Returns a line behind the marks of a quotation and the rule of a frame.
fn after_marks(mut line: &str) -> &str {
    while let Some(rest) = line.trim_start().strip_prefix(['>', '|', '│', '┃']) {
        line = rest.strip_prefix(' ').unwrap_or(rest);
    }
    line
}
