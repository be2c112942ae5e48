//! Content security policies. A page brings its own in a `meta` element, so that it travels with static hosting; the
//! header repeats it and adds `frame-ancestors`, which works only there
//! ([CSP3, section 3.3](https://www.w3.org/TR/CSP3/#meta-element)).

use http::HeaderValue;

/// Returns the policy of a page: the one of its `meta` element, with `frame-ancestors`.
pub(super) fn of_page(path: &str, html: &[u8], ancestors: &str) -> HeaderValue {
    let html = String::from_utf8_lossy(html);
    let policy = meta_policy(&html).unwrap_or_else(|| {
        tracing::warn!(path, "the page has no Content-Security-Policy in a meta element: nothing in it will run");
        NOTHING.into()
    });
    let policy = policy.split_whitespace().collect::<Vec<_>>().join(" ");
    let policy = format!("{}; frame-ancestors {ancestors}", policy.trim_end_matches([';', ' ']));
    HeaderValue::from_str(&policy).unwrap_or_else(|_| {
        tracing::warn!(path, "the page's Content-Security-Policy is no header: nothing in it will run");
        of_data()
    })
}

/// Returns the policy of what is no page.
pub(crate) fn of_data() -> HeaderValue {
    HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")
}

/// Finds the `content` of the first `<meta http-equiv="Content-Security-Policy">`.
fn meta_policy(html: &str) -> Option<String> {
    let mut rest = html;
    while let Some(start) = find_ignoring_case(rest, "<meta") {
        rest = &rest[start + "<meta".len()..];
        let attributes = attributes(rest);
        let value = |name: &str| attributes.iter().find(|(found, _)| found == name).map(|(_, value)| value);
        if value("http-equiv").is_some_and(|kind| kind.eq_ignore_ascii_case("content-security-policy")) {
            return value("content").cloned();
        }
    }
    None
}

/// Reads the attributes of a tag up to its `>`, quoted or not: minifiers leave out quotes where they can.
fn attributes(tag: &str) -> Vec<(String, String)> {
    let mut attributes = Vec::new();
    let mut rest = tag;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        let end = rest.find(|c: char| c.is_ascii_whitespace() || matches!(c, '=' | '>' | '/')).unwrap_or(rest.len());
        if end == 0 {
            return attributes;
        }
        let name = rest[..end].to_ascii_lowercase();
        rest = rest[end..].trim_start();
        let mut value = "";
        if let Some(after) = rest.strip_prefix('=') {
            let after = after.trim_start();
            let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
            (value, rest) = match quote {
                Some(quote) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
                None => {
                    after.split_at(after.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(after.len()))
                }
            };
        }
        attributes.push((name, unescape(value)));
    }
}

/// Decodes the character references that a policy can need.
fn unescape(text: &str) -> String {
    text.replace("&#39;", "'")
        .replace("&#x27;", "'")
        .replace("&apos;", "'")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

fn find_ignoring_case(text: &str, needle: &str) -> Option<usize> {
    text.as_bytes().windows(needle.len()).position(|window| window.eq_ignore_ascii_case(needle.as_bytes()))
}

/// For a page that brings no policy: better a page that shows nothing than one that lets everything in.
const NOTHING: &str = "default-src 'none'";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_policy_from_the_page_and_adds_who_may_frame_it() {
        for html in [
            r#"<meta http-equiv="Content-Security-Policy" content="default-src 'self'; script-src 'self'">"#,
            r#"<meta charset=utf-8><META HTTP-EQUIV=content-security-policy CONTENT="default-src 'self'; script-src 'self';"/>"#,
            r#"<meta content="default-src &#39;self&#39;; script-src &#39;self&#39;" http-equiv='Content-Security-Policy'>"#,
            "<meta\n  http-equiv=\"Content-Security-Policy\"\n  content=\"\n    default-src 'self';\n    script-src 'self'\n\">",
        ] {
            let policy = of_page("index.html", html.as_bytes(), "'none'");
            assert_eq!(policy, "default-src 'self'; script-src 'self'; frame-ancestors 'none'", "{html}");
        }
    }

    #[test]
    fn lets_nothing_run_in_a_page_without_a_policy() {
        for html in
            ["", "<meta", "<meta http-equiv=Content-Security-Policy>", "<meta name=x content=y>", "<script>1</script>"]
        {
            let policy = of_page("index.html", html.as_bytes(), "'none'");
            assert_eq!(policy, "default-src 'none'; frame-ancestors 'none'", "{html}");
        }
    }
}
