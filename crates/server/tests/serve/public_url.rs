//! The public URL: the source of Host, Origin and HSTS, and where those are led who come by plain HTTP.

use kube_enroll_server::{Config, Server, StartError};

use crate::{
    client::{Answer, send},
    recorder::Scenario,
    running::{CSRS_PATH, Running, body, golden},
};

const PUBLIC: &str = "https://enroll.example.com:8443/enroll/";

/// A server of [`PUBLIC`], that takes these tests for its proxy.
async fn public(change: impl FnOnce(&mut Config)) -> Running {
    Running::with(Scenario::Created, |config| {
        config.public_url = PUBLIC.parse().ok();
        change(config);
    })
    .await
}

async fn ask(server: &Running, method: &str, target: &str, headers: &str, body: &str) -> Answer {
    let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    let request = format!("{method} {target} HTTP/1.1\r\nConnection: close\r\n{length}{headers}\r\n{body}");
    send(server.address, request.as_bytes()).await
}

const HOST: &str = "Host: enroll.example.com:8443\r\n";

#[tokio::test]
async fn answers_to_its_host_and_takes_its_origin_alone() {
    let server = public(|_| {}).await;
    let create = async |origin: &str| {
        let headers = format!("{HOST}Content-Type: application/json\r\nOrigin: {origin}\r\n");
        ask(&server, "POST", CSRS_PATH, &headers, &body(&golden("jane")).to_string()).await
    };
    assert_eq!(create("https://enroll.example.com:8443").await.status, 201);
    for origin in ["http://enroll.example.com:8443", "https://enroll.example.com"] {
        let refused = create(origin).await;
        let text = refused.json()["message"].as_str().expect("words").to_owned();
        assert_eq!(refused.status, 403);
        assert!(text.contains(origin) && text.contains("expected https://enroll.example.com:8443"), "{text}");
    }
    // A proxy that leaves the port out is told so by the first page.
    let page = ask(&server, "GET", "/", "Host: enroll.example.com\r\nAccept: text/html\r\n", "").await;
    assert_eq!(page.status, 403);
    assert!(page.body.contains(&format!("<a href=\"{PUBLIC}\">")) && page.body.contains("$http_host"), "{page:?}");
}

#[tokio::test]
async fn names_its_address_to_pages_of_its_own_host_alone() {
    let server = public(|config| config.allowed_hosts = vec!["localhost:8080".into()]).await;
    let settings = async |headers: &str| ask(&server, "GET", "/config.json", headers, "").await.json();
    assert_eq!(settings(HOST).await["publicUrl"], PUBLIC);
    assert_eq!(settings("Host: localhost:8080\r\n").await.get("publicUrl"), None);
    for (host, expected) in
        [(HOST, Some("max-age=31536000")), ("Host: localhost:8080\r\n", None), ("Host: a\r\n", None)]
    {
        let answer = ask(&server, "GET", "/", host, "").await;
        assert_eq!(answer.header("strict-transport-security"), expected, "{host}");
    }
}

#[tokio::test]
async fn leads_plain_http_to_its_public_url_and_never_to_the_host_that_was_sent() {
    let server = public(|_| {}).await;
    let http = "X-Forwarded-Proto: http\r\n";
    for (method, target, host, location) in [
        ("GET", "/", HOST, "/"),
        ("GET", "/a?b=c&d", HOST, "/a?b=c&d"),
        ("GET", "//evil.example/", HOST, "//evil.example/"),
        ("GET", "/", "Host: evil.example\r\n", "/"),
        ("POST", CSRS_PATH, HOST, CSRS_PATH),
    ] {
        let answer = ask(&server, method, target, &format!("{host}{http}"), "").await;
        let expected = format!("https://enroll.example.com:8443/enroll{location}");
        assert_eq!((answer.status, answer.header("location")), (308, Some(&*expected)), "{target}");
        assert_eq!(answer.header("strict-transport-security"), None, "{target}");
    }
    for proto in ["X-Forwarded-Proto: https\r\n", "X-Forwarded-Proto: http, https\r\n", ""] {
        let answer = ask(&server, "GET", "/", &format!("{HOST}{proto}"), "").await;
        assert_eq!((answer.status, answer.header("strict-transport-security")), (200, Some("max-age=31536000")));
    }
    for probe in ["/livez", "/readyz"] {
        assert_eq!(ask(&server, "GET", probe, &format!("Host: 10.0.0.1:8080\r\n{http}"), "").await.status, 200);
    }
}

#[tokio::test]
async fn believes_no_scheme_without_a_proof() {
    let server = public(|config| config.identity.proxy = Default::default()).await;
    let answer = ask(&server, "GET", "/", &format!("{HOST}X-Forwarded-Proto: http\r\n"), "").await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn tells_hsts_only_where_it_is_of_https_and_nobody_minds() {
    for (url, no_hsts) in [("https://enroll.example.com", true), ("http://enroll.example.com", false)] {
        let server = Running::with(Scenario::Created, |config| {
            (config.public_url, config.no_hsts) = (url.parse().ok(), no_hsts);
        })
        .await;
        let headers = "Host: enroll.example.com\r\nX-Forwarded-Proto: http\r\n";
        let answer = ask(&server, "GET", "/", headers, "").await;
        assert_eq!((answer.status == 308, answer.header("strict-transport-security")), (no_hsts, None), "{url}");
    }
    let config = Config { no_hsts: true, ..Config::default() };
    let error = Server::check(&config).await.expect_err("nothing to leave out");
    assert!(matches!(error, StartError::UnusedFlag { flag: "--no-hsts", .. }), "{error}");
}
