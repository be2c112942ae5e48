//! The slips of the pen in a `config.json` that a person has written: each with its place, and with the word for what
//! it is, which a JSON parser does not know.

use crate::Error;

/// Makes the error of a `config.json` that is no JSON object of settings.
pub(super) fn refuse(json: &str, error: &serde_json::Error) -> Error {
    if json.contains('\0') {
        return at(json, 0, "UTF-16", "UTF-8: save the file in that encoding");
    }
    let offset = offset(json, error.line(), error.column());
    let (before, rest) = json.split_at(offset);
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    match rest.chars().next() {
        _ if json.trim().is_empty() => at(json, 0, "an empty file", OBJECT),
        _ if error.is_data() => at(json, offset, text, OBJECT),
        Some('}' | ']') if before.trim_end().ends_with(',') => {
            at(json, before.trim_end().len() - 1, "a comma behind the last value", "none there")
        }
        Some('/' | '#') if COMMENTS.iter().any(|comment| rest.starts_with(comment)) => {
            at(json, offset, "a comment", "none: JSON has no comments")
        }
        Some('“' | '”' | '„' | '‟' | '‘' | '’' | '«' | '»') => {
            at(json, offset, "a curly quote", STRAIGHT_QUOTE)
        }
        Some('\'') => at(json, offset, "a single quote", STRAIGHT_QUOTE),
        Some('&') => at(json, offset, "the & of text that is escaped for HTML", "plain JSON: a quote is \""),
        _ => at(json, offset, text, OBJECT),
    }
}

/// Makes the error of settings that are not known, by their paths. The first is looked for by the name in it.
pub(super) fn unknown(json: &str, paths: &[String]) -> Error {
    let name = paths.first().and_then(|path| path.rsplit('.').next()).unwrap_or_default();
    let offset = json.find(&format!("\"{name}\"")).unwrap_or_default();
    at(json, offset, &format!("a setting that is not known ({})", paths.join(", ")), OBJECT)
}

fn at(json: &str, offset: usize, found: &str, expected: &str) -> Error {
    let before = &json[..offset];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let found = format!("{found} in line {line}, column {column}");
    Error::InvalidObject { field: "config.json", found, expected: expected.into() }
}

/// Returns the place of a character in the text. The parser counts bytes, and begins both line and column with 1.
fn offset(json: &str, line: usize, column: usize) -> usize {
    let line_start: usize = json.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let offset = (line_start + column.saturating_sub(1)).min(json.len());
    (0..=offset).rev().find(|&offset| json.is_char_boundary(offset)).unwrap_or_default()
}

const OBJECT: &str = "settings of kube-enroll as a JSON object";
const COMMENTS: [&str; 3] = ["//", "/*", "#"];
const STRAIGHT_QUOTE: &str = "the straight one, \"";

#[cfg(test)]
mod tests {
    use crate::Settings;

    #[test]
    fn names_each_slip_of_the_pen_and_its_place() {
        for (json, message) in [
            ("", "an empty file in line 1, column 1, expected settings of kube-enroll as a JSON object"),
            (" \n\n", "an empty file in line 1, column 1, expected settings of kube-enroll as a JSON object"),
            ("{\n  \"apiBase\": null,\n}\n", "a comma behind the last value in line 2, column 18, expected none there"),
            (
                "{\"policy\": {\"groups\": [\"dev\", ]}}",
                "a comma behind the last value in line 1, column 29, expected none there",
            ),
            (
                "{\n  // none\n  \"apiBase\": null}",
                "a comment in line 2, column 3, expected none: JSON has no comments",
            ),
            ("# none\n{}", "a comment in line 1, column 1, expected none: JSON has no comments"),
            ("{\"apiBase\": /* none */ null}", "a comment in line 1, column 13, expected none: JSON has no comments"),
            ("{}\n// none", "a comment in line 2, column 1, expected none: JSON has no comments"),
            ("{\n  “apiBase”: null}", "a curly quote in line 2, column 3, expected the straight one, \""),
            (
                "{\"approver\": \"Zoë\", \"apiBase\": “./”}",
                "a curly quote in line 1, column 32, expected the straight one, \"",
            ),
            (
                "{\"apiBase\": /}",
                "expected value in line 1, column 13, expected settings of kube-enroll as a JSON object",
            ),
            ("{'apiBase': null}", "a single quote in line 1, column 2, expected the straight one, \""),
            (
                "{&quot;apiBase&quot;: null}",
                "the & of text that is escaped for HTML in line 1, column 2, expected plain JSON: a quote is \"",
            ),
            // As browsers decode UTF-16, with the mark of its byte order and without.
            (
                "\u{fffd}\u{fffd}{\0\"\0a\0\"\0",
                "UTF-16 in line 1, column 1, expected UTF-8: save the file in that encoding",
            ),
            ("\0{\0}", "UTF-16 in line 1, column 1, expected UTF-8: save the file in that encoding"),
        ] {
            let error = Settings::parse(json).expect_err(json).to_string();
            assert_eq!(error, format!("config.json: found {message}"), "{json}");
        }
    }

    #[test]
    fn names_the_place_of_every_other_fault() {
        for (json, place) in [
            ("[]", "line 1, column 1"),
            ("<html>", "line 1, column 1"),
            ("{\n  \"apibase\": null\n}", "a setting that is not known (apibase) in line 2, column 3"),
            ("{\n  \"apiBase\": 5\n}", "line 2, column 14"),
            ("{\"apiBase\": null", "line 1, column 16"),
        ] {
            let error = Settings::parse(json).expect_err(json).to_string();
            assert!(error.contains(place), "{error}");
        }
    }
}
