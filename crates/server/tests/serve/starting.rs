use std::{
    io::{BufRead, BufReader, Read},
    process::{Command, Stdio},
    time::Duration,
};

use kube_enroll_server::{ClusterFlags, Config, Error, Server};

use crate::{
    client::send,
    recorder::{Recorder, Scenario},
    running::{NAME, REQUESTS, Running, TOKEN, body, golden, write_kubeconfig},
};

#[tokio::test]
async fn is_alive_but_not_ready_until_it_knows_who_it_is() {
    let recorder = Recorder::start(Scenario::Created).await;
    recorder.know(None);
    let server = Running::unready(recorder, |_| {}).await;
    assert_eq!(server.get("/livez").await.status, 200);
    assert_eq!(server.get("/").await.status, 200);
    for target in ["/readyz", "/config.json", &format!("{REQUESTS}/{NAME}")] {
        let answer = server.get(target).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("2")), "{target}");
        assert_eq!(answer.json()["kind"], "Status", "{target}");
    }
    assert_eq!(server.recorder.seen().len(), 0);
    server.recorder.know(Some("us"));
    server.wait_until_ready().await;
}

#[tokio::test]
async fn answers_503_while_the_api_server_is_away() {
    let mut server = Running::start(Scenario::Created).await;
    let elsewhere = Recorder::start(Scenario::Created).await;
    drop(std::mem::replace(&mut server.recorder, elsewhere));
    let answer = server.get(&format!("{REQUESTS}/{NAME}")).await;
    assert_eq!((answer.status, answer.json()["reason"].as_str()), (503, Some("ServiceUnavailable")));
    assert!(!answer.body.contains("127.0.0.1"), "{}", answer.body);
    assert_eq!(server.get("/readyz").await.status, 200);
}

#[tokio::test]
async fn takes_authorities_and_server_name_from_the_kubeconfig_and_its_files() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let certificate = "-----BEGIN CERTIFICATE-----\nAAEC\n-----END CERTIFICATE-----\n";
    std::fs::write(
        folder.path().join("ca.crt"),
        format!("{certificate}-----BEGIN PRIVATE KEY-----\nAAEC\n-----END PRIVATE KEY-----\n"),
    )
    .expect("a file");
    let recorder = Recorder::start(Scenario::Created).await;
    let kubeconfig = folder.path().join("kubeconfig");
    write_kubeconfig(&kubeconfig, recorder.address);
    let text = std::fs::read_to_string(&kubeconfig).expect("just written");
    let text = text.replace(
        "server: http",
        "certificate-authority: ca.crt\n    tls-server-name: inside.example\n    server: http",
    );
    std::fs::write(&kubeconfig, text).expect("a file");
    // Authorities that no client could use, so only the settings are looked at.
    let server = Running::unready(recorder, |config| config.cluster.name = Some("prod".into())).await;
    drop(server);
    let config = Config {
        listen: "127.0.0.1:0".parse().expect("an address"),
        kubeconfig: Some(kubeconfig),
        cluster: ClusterFlags { server: Some("https://a".into()), ..ClusterFlags::default() },
        ..Config::default()
    };
    match Server::bind(config).await {
        Ok(_) | Err(Error::Kubeconfig { .. }) => {}
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn refuses_to_start_with_flags_that_cannot_work() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let kubeconfig = folder.path().join("kubeconfig");
    write_kubeconfig(&kubeconfig, "127.0.0.1:1".parse().expect("an address"));
    let good = || Config {
        listen: "127.0.0.1:0".parse().expect("an address"),
        kubeconfig: Some(kubeconfig.clone()),
        cluster: ClusterFlags { server: Some("https://api.example.com".into()), ..ClusterFlags::default() },
        ..Config::default()
    };
    assert!(Server::bind(good()).await.is_ok());

    let missing = folder.path().join("missing");
    let no_kubeconfig = Config { kubeconfig: Some(missing.clone()), ..good() };
    assert!(matches!(Server::bind(no_kubeconfig).await, Err(Error::Kubeconfig { .. })));
    let no_context = Config { context: Some("other".into()), ..good() };
    assert!(matches!(Server::bind(no_context).await, Err(Error::Kubeconfig { .. })));
    let no_page = Config { page_dir: Some(missing.clone()), ..good() };
    assert!(matches!(Server::bind(no_page).await, Err(Error::ReadFile { .. })));
    let no_host = Config { allowed_hosts: vec!["https://a".into()], ..good() };
    assert!(matches!(Server::bind(no_host).await, Err(Error::AllowedHost { .. })));
    // The kubeconfig's own address is not https.
    let no_server = Config { cluster: ClusterFlags::default(), ..good() };
    assert!(matches!(Server::bind(no_server).await, Err(Error::Cluster(_))));
    let mut no_policy = good();
    no_policy.policy.groups = vec!["system:masters".into()];
    assert!(matches!(Server::bind(no_policy).await, Err(Error::Policy(_))));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let no_address = Config { listen: taken.local_addr().expect("an address"), ..good() };
    assert!(matches!(Server::bind(no_address).await, Err(Error::Listen { .. })));
}

#[tokio::test]
async fn writes_neither_requests_nor_tokens_to_its_log_and_ends_on_sigterm() {
    let recorder = Recorder::start(Scenario::Created).await;
    let folder = tempfile::TempDir::new().expect("a folder");
    let kubeconfig = folder.path().join("kubeconfig");
    write_kubeconfig(&kubeconfig, recorder.address);
    let mut process = Command::new(env!("CARGO_BIN_EXE_kube-enroll"))
        .args(["serve", "--listen=127.0.0.1:0", "--cluster-server=https://api.example.com", "--log-format=json"])
        .arg("--kubeconfig")
        .arg(&kubeconfig)
        .env("RUST_LOG", "trace")
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary");
    let mut lines = BufReader::new(process.stderr.take().expect("piped"));
    let mut log = String::new();
    let address = loop {
        let start = log.len();
        assert!(lines.read_line(&mut log).expect("text") > 0, "{log}");
        let line: serde_json::Value = serde_json::from_str(&log[start..]).expect("a JSON line");
        if let Some(address) = line["message"].as_str().and_then(|text| text.strip_prefix("listening on http://")) {
            break address.parse().expect("an address");
        }
    };
    let reader = std::thread::spawn(move || lines.read_to_string(&mut log).map(|_| log));

    let ready = async {
        let request = format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        while send(address, request.as_bytes()).await.status != 200 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), ready).await.expect("a server that gets ready");
    let object = body(&golden("jane"));
    for body in [object.to_string(), body(&golden("admins")).to_string().replace("client auth", "server auth")] {
        let request = format!(
            "POST {REQUESTS} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nCookie: session=COOKIE\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        send(address, request.as_bytes()).await;
    }
    let id = process.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().expect("kill").success());
    assert!(process.wait().expect("an end").success());
    let log = reader.join().expect("no panic").expect("text");

    assert!(log.contains(NAME) && log.contains("\"status\":201"), "{log}");
    assert!(log.contains("\"code\":\"invalid-object\""), "{log}");
    let request = object["spec"]["request"].as_str().expect("text");
    let pem = golden("jane");
    for hidden in [
        request,
        &request[100..140],
        pem.lines().nth(1).expect("a line"),
        "BEGIN CERTIFICATE",
        TOKEN,
        "COOKIE",
        "developers",
    ] {
        assert!(!log.contains(hidden), "{hidden} in {log}");
    }
}
