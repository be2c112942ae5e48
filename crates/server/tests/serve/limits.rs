//! Limits of one client, over the socket.

use kube_enroll_server::{Config, Limits, Server, StartError};
use tempfile::TempDir;

use crate::{
    client::{Answer, Connection, send},
    reading::stored,
    recorder::{ACCOUNT, Scenario},
    running::{CSRS_PATH, NAME, Running, allow_loopback, body, by_header, golden, only, write_kubeconfig},
};

/// Puts a client behind a proxy that says where it is.
fn from(address: &str) -> String {
    format!("X-Forwarded-For: {address}\r\n")
}

fn watch() -> String {
    format!("{CSRS_PATH}?watch=1&fieldSelector=metadata.name%3D{NAME}")
}

fn is_refused(answer: &Answer, code: u16, words: &str) {
    assert_eq!(answer.status, code, "{answer:?}");
    let status = answer.json();
    let reason = if code == 429 { "TooManyRequests" } else { "ServiceUnavailable" };
    assert_eq!((status["kind"].as_str(), status["reason"].as_str()), (Some("Status"), Some(reason)));
    assert!(status["message"].as_str().is_some_and(|text| text.contains(words)), "{words} in {status}");
    let seconds: u64 = answer.header("retry-after").and_then(|text| text.parse().ok()).expect("a Retry-After");
    assert_eq!(status["details"]["retryAfterSeconds"].as_u64(), Some(seconds));
    assert!((1..=60).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn refuses_one_watch_too_many_of_an_address_and_takes_the_next_when_one_has_ended() {
    let limits = Limits { streams_per_address: 2, streams: 3, ..Limits::default() };
    let server = Running::with(Scenario::object(stored(ACCOUNT)), |config| config.limits = limits).await;
    let open = async |address: &str| {
        let request = server.request("GET", &watch(), &from(address), "");
        let mut connection = Connection::open(server.address, &request).await;
        connection.read_until("\"ADDED\"").await;
        connection
    };
    let held = [open("203.0.113.1").await, open("203.0.113.1").await];
    is_refused(&server.ask("GET", &watch(), &from("203.0.113.1"), "").await, 429, "at your address");
    let _other = open("203.0.113.2").await;
    is_refused(&server.ask("GET", &watch(), &from("203.0.113.3"), "").await, 503, "as many people waiting");
    // To look is possible all the same: it is what the page does then.
    let target = format!("{CSRS_PATH}/{NAME}");
    assert_eq!(server.ask("GET", &target, &from("203.0.113.1"), "").await.status, 200);
    drop(held);
    let opened = async {
        // Its answer has no end: that it begins is enough.
        loop {
            let request = server.request("GET", &watch(), &from("203.0.113.1"), "");
            let mut connection = Connection::open(server.address, &request).await;
            connection.read_until("\r\n\r\n").await;
            if connection.read.contains("200 OK") {
                break;
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), opened).await.expect("a free place");
}

#[tokio::test]
async fn refuses_more_creates_than_an_address_has_in_a_minute_and_none_of_another() {
    let limits = Limits { creates_per_address: 2, ..Limits::default() };
    let server = Running::with(Scenario::Created, |config| config.limits = limits).await;
    let object = body(&golden("jane")).to_string();
    let create = async |address: &str| {
        let headers = format!("Content-Type: application/json\r\n{}", from(address));
        server.ask("POST", CSRS_PATH, &headers, &object).await
    };
    for _ in 0..2 {
        assert_eq!(create("203.0.113.1").await.status, 201);
    }
    is_refused(&create("203.0.113.1").await, 429, "from your address");
    // Nobody is somebody else by what they write themselves: only the last hop counts.
    is_refused(&create("198.51.100.7, 203.0.113.1").await, 429, "from your address");
    assert_eq!(create("203.0.113.2").await.status, 201);
    assert_eq!(server.recorder.seen().len(), 3);
}

#[tokio::test]
async fn lets_no_address_take_the_questions_of_all() {
    let limits = Limits { lookups_per_address: 2, ..Limits::default() };
    let server = Running::with(Scenario::status(404, "{}"), |config| config.limits = limits).await;
    let ask = async |address: &str, letter: char| {
        server.ask("GET", &format!("{CSRS_PATH}/jane-{}", String::from(letter).repeat(10)), &from(address), "").await
    };
    let mut asked = 0;
    // They come again with time, so how many there are depends on the machine.
    let refused = loop {
        let answer = ask("203.0.113.1", char::from(b'a' + asked % 26)).await;
        if answer.status != 404 {
            break answer;
        }
        asked += 1;
    };
    is_refused(&refused, 429, "your address has asked");
    assert!(asked >= 2);
    assert_eq!(ask("203.0.113.2", 'c').await.status, 404);
}

#[tokio::test]
async fn refuses_a_person_with_too_many_requests_that_wait() {
    let mut waiting = stored(ACCOUNT);
    waiting["status"] = serde_json::json!({});
    waiting["metadata"]["annotations"]["kube-enroll/user"] = "jane".into();
    let server = knowing_jane(Scenario::Created, vec![waiting]).await;
    is_refused(&send(server.address, creates(&server, "jane-zzzzzzzzzz").as_bytes()).await, 429, "wait for a decision");
    assert_eq!(server.recorder.seen().len(), 0);
    // The same again, since its answer was lost, is for the API server to refuse.
    send(server.address, creates(&server, NAME).as_bytes()).await;
    assert_eq!(server.recorder.seen().len(), 1);
}

#[tokio::test]
async fn lets_one_persons_junk_cost_another_one_behind_the_same_proxy_nothing() {
    let server = knowing_jane(Scenario::Created, Vec::new()).await;
    let create = async |user: &str, body: &str| {
        let headers = format!("Content-Type: application/json\r\nX-User: {user}\r\nX-Groups: developers\r\n");
        server.ask("POST", CSRS_PATH, &headers, body).await
    };
    let mut refused = None;
    for _ in 0..200 {
        let answer = create("mallory", "junk").await;
        if answer.status == 429 {
            refused = Some(answer);
        }
    }
    is_refused(&refused.expect("a bound of hers"), 429, "you have sent many requests");
    for letter in ["a", "b", "c"] {
        let target = format!("{CSRS_PATH}/made-up-{}", letter.repeat(10));
        for _ in 0..40 {
            server.ask("GET", &target, "X-User: mallory\r\n", "").await;
        }
    }
    assert_eq!(create("jane", &body(&golden("jane")).to_string()).await.status, 201);
}

#[tokio::test]
async fn refuses_an_address_of_which_too_many_requests_wait_and_takes_one_more_after_a_decision() {
    let limits = Limits { pending_per_address: 2, pending_per_network: 3, pending: 4, ..Limits::default() };
    let server = Running::with(Scenario::Created, |config| config.limits = limits).await;
    let create = async |address: &str, letter: &str| {
        let mut object = body(&golden("jane"));
        object["metadata"]["name"] = format!("jane-{}", letter.repeat(10)).into();
        let headers = format!("Content-Type: application/json\r\n{}", from(address));
        server.ask("POST", CSRS_PATH, &headers, &object.to_string()).await
    };
    for (address, letter) in [("203.0.113.1", "a"), ("203.0.113.1", "b"), ("203.0.113.2", "c"), ("198.51.100.1", "d")] {
        assert_eq!(create(address, letter).await.status, 201, "{address} {letter}");
    }
    is_refused(&create("203.0.113.1", "e").await, 429, "from your address wait");
    is_refused(&create("203.0.113.3", "e").await, 429, "from your network wait");
    is_refused(&create("192.0.2.1", "e").await, 429, "tell your approvers");
    // The same again, since its answer was lost, is for the API server to refuse.
    assert_eq!(create("203.0.113.1", "a").await.status, 201);
}

#[tokio::test]
async fn counts_a_create_that_is_under_way_though_its_person_has_left() {
    let server = knowing_jane(Scenario::Silence, Vec::new()).await;
    let first = Connection::open(server.address, &creates(&server, NAME)).await;
    server.wait_for_request().await;
    let second = creates(&server, "jane-zzzzzzzzzz");
    is_refused(&send(server.address, second.as_bytes()).await, 429, "wait for a decision");
    drop(first);
    // Long enough for the server to see that the connection has ended.
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    is_refused(&send(server.address, second.as_bytes()).await, 429, "wait for a decision");
}

/// A server that knows jane by a header, that lets her have one request that waits, and that knows these.
async fn knowing_jane(scenario: Scenario, objects: Vec<serde_json::Value>) -> Running {
    let recorder = crate::recorder::Recorder::start(scenario).await;
    recorder.list(|listed| (listed.objects, listed.version) = (objects, 7));
    let server = Running::unready(recorder, |config| {
        config.identity = by_header(allow_loopback());
        config.policy.groups = only(&["developers"]);
        config.limits.pending_per_user = 1;
    })
    .await;
    server.wait_until_ready().await;
    server
}

/// Writes jane's create of a name.
fn creates(server: &Running, name: &str) -> String {
    let headers = "Content-Type: application/json\r\nX-User: jane\r\nX-Groups: developers\r\n";
    let mut object = body(&golden("jane"));
    object["metadata"]["name"] = name.into();
    server.request("POST", CSRS_PATH, headers, &object.to_string())
}

#[tokio::test]
async fn refuses_bounds_that_let_nothing_pass() {
    let folder = TempDir::new().expect("a folder");
    let kubeconfig = folder.path().join("kubeconfig");
    write_kubeconfig(&kubeconfig, "127.0.0.1:1".parse().expect("an address"));
    for (limits, flag) in [
        (Limits { streams: 0, ..Limits::default() }, "--max-streams"),
        (Limits { lookups_per_second: 0, ..Limits::default() }, "--max-lookups-per-second"),
        (Limits { header_timeout: std::time::Duration::MAX, ..Limits::default() }, "--header-timeout-seconds"),
        (Limits { body_timeout: std::time::Duration::ZERO, ..Limits::default() }, "--body-timeout-seconds"),
    ] {
        let config = Config { kubeconfig: Some(kubeconfig.clone()), limits, ..Config::default() };
        match Server::bind(config).await.err() {
            Some(StartError::InvalidLimit { flag: found, .. }) => assert_eq!(found, flag),
            other => panic!("{flag}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn asks_the_api_server_no_more_however_many_come_back() {
    let server = Running::with_listed(vec![stored(ACCOUNT)], 7).await;
    server.wait_for_watch(1).await;
    for _ in 0..50 {
        let mut connection = Connection::open(server.address, &server.request("GET", &watch(), "", "")).await;
        connection.read_until("\"ADDED\"").await;
    }
    assert_eq!((server.recorder.seen().len(), server.recorder.open_watches()), (0, 1));
}
