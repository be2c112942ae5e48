//! The headers that every answer carries.

use axum::{extract::Request, middleware::Next, response::Response};
use http::{HeaderName, HeaderValue, header};
use http_body::Body as _;

/// Adds the headers that every answer carries, where the answer has none of its own.
pub(super) async fn add_common(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in COMMON_HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    let is_script =
        headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/javascript"));
    if !is_script {
        headers
            .entry(header::CONTENT_SECURITY_POLICY)
            .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    }
    response
}

/// Makes a request with a body the last one of its connection: what stands behind the body was not judged
/// ([`super::strict`]), and must not be read as a request.
pub(super) async fn close_after_body(request: Request, next: Next) -> Response {
    let has_body = request.body().size_hint().exact() != Some(0);
    let mut response = next.run(request).await;
    if has_body {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Makes a response the last one of its connection.
pub(super) async fn close(mut response: Response) -> Response {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

const COMMON_HEADERS: [(HeaderName, &str); 7] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];
