use super::*;

/// One line for each environment and URL, as Go's programs choose (`tests/golden/proxies.go`).
const GO: &str = include_str!("../../tests/golden/proxies.json");

fn proxies(variables: &[(&str, &str)]) -> ForwardProxies {
    let find = |name: &str| variables.iter().find(|(found, _)| *found == name).map(|(_, text)| (*text).to_owned());
    ForwardProxies::from_variables(find)
}

/// Writes a proxy as Go's `url.URL` does.
fn written(proxy: &ForwardProxy) -> String {
    proxy.0.uri().to_string().trim_end_matches('/').to_owned()
}

#[test]
fn chooses_the_proxy_that_go_chooses() {
    let cases: Vec<[String; 5]> = serde_json::from_str(GO).expect("a golden file");
    assert!(cases.len() > 400);
    for [https, http, no, url, expected] in &cases {
        let proxies = proxies(&[("HTTPS_PROXY", https), ("HTTP_PROXY", http), ("NO_PROXY", no)]);
        let found = proxies.for_url(&url.parse().expect("a URL")).expect("a proxy that can be used");
        let found = found.map(written).unwrap_or_default();
        // The user is not in the address here.
        let expected = match expected.split_once('@') {
            Some((user, host)) => format!("{}://{host}", user.split("://").next().expect("a scheme")),
            None => expected.clone(),
        };
        assert_eq!(found, expected, "HTTPS_PROXY={https} HTTP_PROXY={http} NO_PROXY={no:?} {url}");
    }
}

#[test]
fn takes_names_in_lower_case_where_the_others_are_empty_or_not_set() {
    let url = Uri::from_static("https://api.example.com");
    let found = |variables: &[(&str, &str)]| proxies(variables).for_url(&url).expect("a proxy").map(written);
    assert_eq!(found(&[("https_proxy", "low")]).as_deref(), Some("http://low"));
    assert_eq!(found(&[("https_proxy", "low"), ("HTTPS_PROXY", "")]).as_deref(), Some("http://low"));
    assert_eq!(found(&[("https_proxy", "low"), ("HTTPS_PROXY", "up")]).as_deref(), Some("http://up"));
    assert_eq!(found(&[("HTTPS_PROXY", "up"), ("no_proxy", "example.com")]), None);
    // curl's, which Go does not know.
    assert_eq!(found(&[("ALL_PROXY", "all")]), None);
}

#[test]
fn takes_the_user_of_a_proxy_and_shows_no_password() {
    let http = ForwardProxy::parse("a setting", "http://jane:pass%40word@proxy.example:3128").expect("a proxy");
    assert_eq!(http.0.basic_auth().expect("a user"), "Basic amFuZTpwYXNzQHdvcmQ=");
    let socks = ForwardProxy::parse("a setting", "socks5://jane:pass%40word@proxy.example:1080").expect("a proxy");
    assert_eq!(socks.0.raw_auth(), Some(("jane", "pass@word")));
    for proxy in [http, socks] {
        let shown = format!("{:?}", ForwardProxies::always(proxy));
        assert!(shown.contains("proxy.example") && !shown.contains("pass") && !shown.contains("jane"), "{shown}");
    }
}

#[test]
fn refuses_what_is_no_proxy_and_goes_past_none_that_somebody_has_set() {
    let url = Uri::from_static("https://api.example.com");
    for text in ["socks4://proxy.example", "ftp://proxy.example", "http://", "proxy.example:3128", "http://a b", ""] {
        let error = ForwardProxy::parse("a setting", text).expect_err(text).to_string();
        assert!(error.starts_with("a setting names no proxy") && !error.contains("proxy.example"), "{error}");
    }
    for text in ["ftp://proxy.example", "http://", "://", "http://a b", "a b"] {
        let error = proxies(&[("https_proxy", text)]).for_url(&url).expect_err(text).to_string();
        assert!(error.starts_with("https_proxy names no proxy"), "{error}");
        let exempt = proxies(&[("https_proxy", text), ("NO_PROXY", "example.com")]);
        assert!(exempt.for_url(&url).expect("an exception").is_none(), "{text}");
    }
}

#[test]
fn makes_no_exception_where_one_proxy_is_for_all() {
    let always = ForwardProxies::always(ForwardProxy::parse("a setting", "http://proxy.example").expect("a proxy"));
    for url in ["https://127.0.0.1:6443", "https://localhost", "http://[::1]:8001", "https://api.example.com"] {
        assert!(always.for_url(&url.parse().expect("a URL")).expect("a proxy").is_some(), "{url}");
    }
    let none = ForwardProxies::default();
    assert!(none.for_url(&Uri::from_static("https://api.example.com")).expect("none").is_none());
}
