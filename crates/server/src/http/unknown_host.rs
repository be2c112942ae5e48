//! The answer to a Host that is not known here: in words where a browser asks for a page, as with a port-forward to
//! another port, which is an operator's first act.

use axum::response::{Html, IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};

use crate::config::PublicUrl;

/// Returns whether HTML is requested: a browser does so when a person opens an address, and no script of the page does.
pub(super) fn wants_html(headers: &HeaderMap) -> bool {
    let mut accepts = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepts.any(|value| value.to_ascii_lowercase().contains("text/html"))
}

/// Answers with a page that names the Host, as it was found, and the address of the page where it is known.
pub(super) fn page(found: &str, public_url: Option<&PublicUrl>) -> Response {
    let address = match public_url.map(|url| escape(&url.to_string())) {
        Some(url) => format!("open <a href=\"{url}\">{url}</a>"),
        None => "use the address that you were given".into(),
    };
    let page = include_str!("unknown_host.html").replace("HOST", &escape(found)).replace("ADDRESS", &address);
    (StatusCode::FORBIDDEN, Html(page)).into_response()
}

fn escape(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '&' => "&amp;".into(),
            '<' => "&lt;".into(),
            '>' => "&gt;".into(),
            '"' => "&quot;".into(),
            '\'' => "&#39;".into(),
            other => other.to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    #[tokio::test]
    async fn shows_a_hostile_host_as_text() {
        let url = "https://enroll.example.com/HOST/'".parse().ok();
        let response = page("<script>\"'&", url.as_ref());
        let body = to_bytes(response.into_body(), 1 << 20).await.expect("a page");
        let body = String::from_utf8_lossy(&body);
        assert!(body.contains(r#"<a href="https://enroll.example.com/HOST/&#39;/">"#), "{body}");
        assert!(!body.contains("<script>") && body.contains("<code>&lt;script&gt;&quot;&#39;&amp;</code>"), "{body}");
    }
}
