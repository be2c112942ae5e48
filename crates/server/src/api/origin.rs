//! The origin of a request: pages of other sites may not ask.

use http::{HeaderMap, header};

use super::ApiError;

/// Refuses what another site's page has caused. Both headers are missing in older browsers, on plain HTTP (Sec-Fetch)
/// and from other programs; where they are, they must be right. The Host was checked before.
///
/// # Errors
/// [`ApiError::ForeignOrigin`].
pub(crate) fn check_origin(headers: &HeaderMap) -> Result<(), ApiError> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    for found in headers.get_all(header::ORIGIN) {
        // TLS may end before us, so the scheme is not ours to know.
        let authority = found
            .to_str()
            .ok()
            .and_then(|text| text.split_once("://"))
            .and_then(|(scheme, authority)| matches!(scheme, "http" | "https").then_some(authority));
        if !authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host)) {
            return Err(ApiError::ForeignOrigin { header: "Origin", found: visible(found.as_bytes()) });
        }
    }
    for found in headers.get_all("sec-fetch-site") {
        if found != "same-origin" && found != "none" {
            return Err(ApiError::ForeignOrigin { header: "Sec-Fetch-Site", found: visible(found.as_bytes()) });
        }
    }
    Ok(())
}

/// A header's value for a message: no more than a line, and only what is visible.
pub(crate) fn visible(value: &[u8]) -> String {
    String::from_utf8_lossy(value).chars().take(100).collect::<String>().escape_default().to_string()
}

#[cfg(test)]
pub(crate) mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    /// Makes the headers of a request.
    pub(crate) fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&str, &str)| {
            (name.parse::<HeaderName>().expect("a name"), HeaderValue::from_str(value).expect("a value"))
        };
        let mut map = HeaderMap::new();
        for (name, value) in pairs.iter().map(pair) {
            map.append(name, value);
        }
        map
    }

    #[test]
    fn refuses_pages_of_other_sites() {
        let check = |pairs: &[(&str, &str)]| check_origin(&headers(&[&[("host", "localhost:8080")], pairs].concat()));
        for pairs in [
            &[][..],
            &[("origin", "http://localhost:8080")],
            &[("origin", "https://localhost:8080"), ("sec-fetch-site", "same-origin")],
            &[("sec-fetch-site", "none")],
        ] {
            assert!(check(pairs).is_ok(), "{pairs:?}");
        }
        for pairs in [
            &[("origin", "null")][..],
            &[("origin", "")],
            &[("origin", "http://localhost:8081")],
            &[("origin", "http://localhost")],
            &[("origin", "http://evil.example")],
            &[("origin", "http://localhost:8080.evil.example")],
            &[("origin", "file://localhost:8080")],
            &[("origin", "http://localhost:8080"), ("origin", "http://evil.example")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "Same-Origin")],
            &[("origin", "http://localhost:8080"), ("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
        ] {
            assert!(matches!(check(pairs), Err(ApiError::ForeignOrigin { .. })), "{pairs:?}");
        }
    }
}
