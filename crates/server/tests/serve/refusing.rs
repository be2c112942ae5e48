use crate::{
    client::send,
    recorder::Scenario,
    running::{CSRS_PATH, NAME, Running, body, golden},
};

#[tokio::test]
async fn refuses_every_other_path_method_and_query() {
    let server = Running::start(Scenario::object("{}")).await;
    let own = format!("{CSRS_PATH}/{NAME}");
    for (method, target) in [
        ("DELETE", &*own),
        ("PATCH", &own),
        ("PUT", &own),
        ("OPTIONS", &own),
        ("HEAD", &own),
        ("DELETE", CSRS_PATH),
        ("POST", "/"),
        ("POST", "/config.json/"),
        ("PUT", &format!("{own}/approval")),
        ("GET", &format!("{own}/status")),
        ("GET", CSRS_PATH),
        ("GET", &format!("{CSRS_PATH}?watch=1")),
        ("GET", &format!("{CSRS_PATH}?labelSelector=a")),
        ("GET", &format!("{CSRS_PATH}?fieldSelector=metadata.name={NAME}&limit=1")),
        ("GET", &format!("{CSRS_PATH}/..%2f..%2f..%2fapi/v1/secrets")),
        ("GET", &format!("{CSRS_PATH}/%2e%2e/x")),
        ("GET", &format!("{CSRS_PATH}/{NAME}%00")),
        ("GET", &format!("{CSRS_PATH}/{NAME};x")),
        ("GET", &format!("{CSRS_PATH}//{NAME}")),
        ("GET", &format!("/{own}")),
        ("GET", "/api/v1/secrets"),
        ("GET", "/apis"),
        ("GET", "/version"),
        ("GET", "/metrics"),
        ("GET", "/openapi/v2"),
        ("POST", "/apis/authentication.k8s.io/v1/tokenreviews"),
    ] {
        let answer = server.ask(method, target, "", "").await;
        assert_eq!(answer.status, 403, "{method} {target}");
        if method != "HEAD" {
            let status = answer.json();
            assert_eq!(
                (&status["kind"], &status["reason"]),
                (&"Status".into(), &"Forbidden".into()),
                "{method} {target}"
            );
        }
        assert_eq!(server.recorder.seen().len(), 0, "{method} {target} went upstream");
    }
}

#[tokio::test]
async fn refuses_hosts_that_it_does_not_know_for_page_and_api_alike() {
    let server = Running::start(Scenario::object("{}")).await;
    for target in ["/", "/config.json", "/missing", &format!("{CSRS_PATH}/{NAME}")] {
        for host in ["Host: evil.example\r\n", "Host: localhost\r\n", "", "Host: \r\n", "Host: a\r\nHost: b\r\n"] {
            let answer =
                send(server.address, format!("GET {target} HTTP/1.1\r\n{host}Connection: close\r\n\r\n").as_bytes())
                    .await;
            assert!(matches!(answer.status, 400 | 403), "{target} {host}: {answer:?}");
        }
        let own = format!("Host: {}\r\n", server.address);
        let twice = format!("GET {target} HTTP/1.1\r\n{own}{own}Connection: close\r\n\r\n");
        assert_eq!(send(server.address, twice.as_bytes()).await.status, 400, "{target}");
        let absolute = format!("GET http://evil.example{target} HTTP/1.1\r\n{own}Connection: close\r\n\r\n");
        let answer = send(server.address, absolute.as_bytes()).await;
        assert_eq!(answer.status, 403, "{target}");
        let found = format!("names the host \"evil.example\", and its Host is \"{}\"", server.address);
        assert!(answer.json()["message"].as_str().is_some_and(|text| text.contains(&found)), "{answer:?}");
    }
    assert_eq!(server.recorder.seen().len(), 0);
    let localhost = format!("GET / HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\n\r\n", server.address.port());
    assert_eq!(send(server.address, localhost.as_bytes()).await.status, 200);
}

#[tokio::test]
async fn tells_a_person_in_words_that_the_host_is_not_known_and_a_program_in_json() {
    let server = Running::start(Scenario::object("{}")).await;
    let ask = async |accept: &str| {
        // As where a port-forward takes another port.
        let head = format!("GET / HTTP/1.1\r\nHost: localhost:9\r\nAccept: {accept}\r\nConnection: close\r\n\r\n");
        let answer = send(server.address, head.as_bytes()).await;
        assert_eq!(answer.status, 403);
        (answer.header("content-type").unwrap_or_default().to_owned(), answer.body)
    };
    let (content_type, body) = ask("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8").await;
    assert_eq!(content_type, "text/html; charset=utf-8");
    assert!(body.contains("<code>localhost:9</code>") && body.contains("--allowed-host=localhost:9"), "{body}");
    for accept in ["application/json", "*/*"] {
        let (content_type, body) = ask(accept).await;
        assert_eq!(content_type, "application/json");
        assert!(body.contains("\"localhost:9\\\" is not known here"), "{body}");
    }
}

#[tokio::test]
async fn escapes_a_host_with_odd_bytes_once_in_texts_and_pages() {
    let server = Running::start(Scenario::object("{}")).await;
    for (accept, expected) in [("*/*", r#"the Host "J\xe9" is not known"#), ("text/html", r"<code>J\xe9</code>")] {
        let head = [b"GET / HTTP/1.1\r\nHost: J\xe9\r\nConnection: close\r\nAccept: ", accept.as_bytes(), b"\r\n\r\n"];
        let answer = send(server.address, &head.concat()).await;
        let is_page = accept == "text/html";
        let text = if is_page { answer.body } else { answer.json()["message"].as_str().expect("a text").to_owned() };
        assert!(text.contains(expected), "{accept}: {text}");
    }
}

#[tokio::test]
async fn answers_the_hosts_that_the_operator_names_and_no_other() {
    let server =
        Running::with(Scenario::object("{}"), |config| config.allowed_hosts = vec!["enroll.example.com".into()]).await;
    let named = b"GET / HTTP/1.1\r\nHost: enroll.example.com\r\nConnection: close\r\n\r\n";
    assert_eq!(send(server.address, named).await.status, 200);
    assert_eq!(server.get("/").await.status, 403);
    // Probes name the pod's address.
    assert_eq!(server.get("/livez").await.status, 200);
}

#[tokio::test]
async fn refuses_what_another_sites_page_sends() {
    let server = Running::start(Scenario::Created).await;
    let good = body(&golden("jane")).to_string();
    let json = "Content-Type: application/json\r\n";
    for headers in [
        format!("{json}Origin: http://evil.example\r\n"),
        format!("{json}Origin: null\r\n"),
        format!("{json}Origin: http://{}.evil.example\r\n", server.address),
        format!("{json}Sec-Fetch-Site: cross-site\r\n"),
        format!("{json}Sec-Fetch-Site: same-site\r\n"),
    ] {
        let answer = server.ask("POST", CSRS_PATH, &headers, &good).await;
        assert_eq!(answer.status, 403, "{headers}");
        for target in [&*format!("{CSRS_PATH}/{NAME}"), "/config.json"] {
            assert_eq!(server.ask("GET", target, &headers, "").await.status, 403, "{target} {headers}");
        }
    }
    for content_type in [
        "",
        "Content-Type: text/plain\r\n",
        "Content-Type: application/x-www-form-urlencoded\r\n",
        "Content-Type: multipart/form-data; boundary=application/json\r\n",
        "Content-Type: text/plain; application/json\r\n",
        "Content-Type: application/jsonx\r\n",
        "Content-Type: text/plain\r\nContent-Type: application/json\r\n",
    ] {
        let answer = server.ask("POST", CSRS_PATH, content_type, &good).await;
        assert_eq!(
            (answer.status, answer.json()["reason"].as_str()),
            (415, Some("UnsupportedMediaType")),
            "{content_type}"
        );
    }
    assert_eq!(server.recorder.seen().len(), 0);

    let own = format!(
        "Content-Type: Application/JSON; charset=utf-8\r\nOrigin: http://{}\r\nSec-Fetch-Site: same-origin\r\n",
        server.address
    );
    assert_eq!(server.ask("POST", CSRS_PATH, &own, &good).await.status, 201);
    // A link from another site may open the page, though.
    assert_eq!(server.ask("GET", "/", "Sec-Fetch-Site: cross-site\r\n", "").await.status, 200);
}

#[tokio::test]
async fn never_says_that_another_site_may_read() {
    let server = Running::start(Scenario::object("{}")).await;
    for target in ["/", "/config.json", &format!("{CSRS_PATH}/{NAME}")] {
        let answer = server.ask("GET", target, "Origin: http://evil.example\r\n", "").await;
        assert_eq!(answer.header("access-control-allow-origin"), None, "{target}");
        assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"), "{target}");
    }
}
