//! The origin of a request: pages of other sites may not ask.

use http::{HeaderMap, header};

use super::ApiError;
use crate::config::{Host, PublicUrl};

/// Refuses what another site's page has caused. Both headers are missing in older browsers, on plain HTTP (Sec-Fetch)
/// and from other programs; where they are, they must be right. The Host was checked before: where it is that of the
/// public URL, the Origin must be too, else the Origin must be of the Host.
///
/// # Errors
/// [`ApiError::ForeignOrigin`].
pub(crate) fn check_origin(headers: &HeaderMap, public_url: Option<&PublicUrl>) -> Result<(), ApiError> {
    let host = host(headers);
    let public_url = public_url.filter(|url| is_host_of(host, url));
    for found in headers.get_all(header::ORIGIN) {
        let (is_own, expected) = match public_url {
            Some(url) => (found.to_str().is_ok_and(|text| text.eq_ignore_ascii_case(&url.origin())), url.origin()),
            None => {
                // TLS may end before us, so the scheme is not ours to know.
                let authority = found
                    .to_str()
                    .ok()
                    .and_then(|text| text.split_once("://"))
                    .and_then(|(scheme, authority)| matches!(scheme, "http" | "https").then_some(authority));
                let is_own = authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host));
                (is_own, format!("https://{0} or http://{0}, by the Host of the request", visible(host.as_bytes())))
            }
        };
        if !is_own {
            return Err(ApiError::ForeignOrigin { header: "Origin", found: visible(found.as_bytes()), expected });
        }
    }
    for found in headers.get_all("sec-fetch-site") {
        if found != "same-origin" && found != "none" {
            let expected = "same-origin".into();
            return Err(ApiError::ForeignOrigin {
                header: "Sec-Fetch-Site",
                found: visible(found.as_bytes()),
                expected,
            });
        }
    }
    Ok(())
}

/// Returns whether a request has come to the host of the public URL.
pub(crate) fn is_public(headers: &HeaderMap, public_url: &PublicUrl) -> bool {
    is_host_of(host(headers), public_url)
}

fn is_host_of(host: &str, public_url: &PublicUrl) -> bool {
    Host::parse(host).is_some_and(|host| public_url.host().allows(&host))
}

fn host(headers: &HeaderMap) -> &str {
    headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default()
}

/// A header's value for a message, in which it stands between quotes and is not escaped again: no more than a line, and
/// what is not visible ASCII as the bytes that came.
pub(crate) fn visible(value: &[u8]) -> String {
    value.iter().take(100).copied().flat_map(std::ascii::escape_default).map(char::from).collect()
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
        let check =
            |pairs: &[(&str, &str)]| check_origin(&headers(&[&[("host", "localhost:8080")], pairs].concat()), None);
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

    #[test]
    fn takes_the_origin_of_the_public_url_and_says_what_was_compared() {
        let url: PublicUrl = "https://enroll.example.com:8443/folder/".parse().expect("a URL");
        let check =
            |host: &str, origin: &str| check_origin(&headers(&[("host", host), ("origin", origin)]), Some(&url));
        let public = "enroll.example.com:8443";
        assert!(check(public, "https://enroll.example.com:8443").is_ok());
        // By another Host that is answered, as before.
        assert!(check("localhost:8080", "http://localhost:8080").is_ok());
        for (host, origin) in [
            (public, "http://enroll.example.com:8443"),
            (public, "https://enroll.example.com"),
            (public, "http://localhost:8080"),
            ("localhost:8080", "https://enroll.example.com:8443"),
        ] {
            let error = check(host, origin).expect_err(origin).to_string();
            let expected = if host == public { url.origin() } else { host.into() };
            assert!(error.contains(origin) && error.contains(&expected), "{error}");
        }
        let standard: PublicUrl = "https://enroll.example.com".parse().expect("a URL");
        for host in ["enroll.example.com", "enroll.example.com:443", "enroll.example.com:0443"] {
            let headers = headers(&[("host", host), ("origin", "https://enroll.example.com")]);
            assert!(check_origin(&headers, Some(&standard)).is_ok(), "{host}");
        }
    }
}
