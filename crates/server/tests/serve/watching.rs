use std::time::Duration;

use kube_enroll_core::{WatchDecoder, WatchEvent};
use serde_json::json;

use crate::{
    client::Connection,
    reading::stored,
    recorder::{ACCOUNT, DATE, Scenario},
    running::{NAME, REQUESTS, Running},
};

fn target() -> String {
    format!("{REQUESTS}?watch=1&fieldSelector=metadata.name%3D{NAME}&resourceVersion=7&allowWatchBookmarks=true")
}

fn event(kind: &str, object: serde_json::Value) -> String {
    format!("{}\n", json!({"type": kind, "object": object}))
}

#[tokio::test]
async fn passes_events_of_our_objects_on_and_filters_the_rest() {
    let stream = [
        event("ADDED", stored("joe")),
        event("ADDED", stored(ACCOUNT)),
        event("MODIFIED", stored("joe")),
        event(
            "BOOKMARK",
            json!({"kind": "CertificateSigningRequest", "metadata": {"resourceVersion": "9",
            "annotations": {"hidden": "x"}}}),
        ),
        event("SOMETHING", json!({"hidden": 1})),
        event("MODIFIED", stored(ACCOUNT)),
        event("DELETED", stored("joe")),
        event("DELETED", stored(ACCOUNT)),
        event("ERROR", json!({"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"})),
    ]
    .concat();
    // Cut where it hurts: in the middle of events.
    let pieces = stream.as_bytes().chunks(97).map(|piece| String::from_utf8_lossy(piece).into_owned()).collect();
    let server = Running::start(Scenario::Stream { pieces, then_ends: true }).await;
    let answer = server.get(&target()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("date"), Some(DATE));
    assert_eq!(answer.header("x-accel-buffering"), Some("no"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(!answer.body.contains("hidden") && !answer.body.contains("joe"), "{}", answer.body);
    let events = WatchDecoder::new().push(answer.body.as_bytes()).expect("a good stream");
    assert!(matches!(
        &events[..],
        [WatchEvent::Added(_), WatchEvent::Bookmark { resource_version }, WatchEvent::Modified(_), WatchEvent::Deleted(_),
            WatchEvent::Error(status)] if resource_version == "9" && status.is_expired()
    ));
}

#[tokio::test]
async fn passes_each_event_on_at_once() {
    let pieces = vec![event("MODIFIED", stored(ACCOUNT))];
    let server = Running::start(Scenario::Stream { pieces, then_ends: false }).await;
    let mut connection = Connection::open(server.address, &server.request("GET", &target(), "", "")).await;
    connection.read_until("\"MODIFIED\"").await;
}

#[tokio::test]
async fn sends_the_head_before_there_is_any_event() {
    let server = Running::start(Scenario::Stream { pieces: vec![], then_ends: false }).await;
    let mut connection = Connection::open(server.address, &server.request("GET", &target(), "", "")).await;
    connection.read_until("\r\n\r\n").await;
}

#[tokio::test]
async fn passes_a_410_on_that_comes_before_the_stream() {
    let expired = json!({"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"});
    let server = Running::start(Scenario::status(410, expired)).await;
    let answer = server.get(&target()).await;
    assert_eq!((answer.status, answer.json()["reason"].as_str()), (410, Some("Expired")));
}

#[tokio::test]
async fn ends_a_watch_that_cannot_be_read() {
    let pieces = vec![event("MODIFIED", stored(ACCOUNT)), "<html>\n".into()];
    let server = Running::start(Scenario::Stream { pieces, then_ends: false }).await;
    let answer = server.get(&target()).await;
    assert_eq!(WatchDecoder::new().push(answer.body.as_bytes()).expect("a good stream").len(), 1);
}

#[tokio::test]
async fn ends_the_upstream_watch_when_the_browser_leaves() {
    let server = Running::start(Scenario::Stream { pieces: vec![], then_ends: false }).await;
    let mut connection = Connection::open(server.address, &server.request("GET", &target(), "", "")).await;
    connection.read_until("\r\n\r\n").await;
    assert_eq!(server.recorder.open_streams(), 1);
    drop(connection);
    let ended = async {
        while server.recorder.open_streams() > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), ended).await.expect("an end of the watch");
}

#[tokio::test]
async fn ends_watches_when_it_stops() {
    let server = Running::start(Scenario::Stream { pieces: vec![], then_ends: false }).await;
    let mut connection = Connection::open(server.address, &server.request("GET", &target(), "", "")).await;
    connection.read_until("\r\n\r\n").await;
    let began = std::time::Instant::now();
    server.stop().await;
    connection.read_to_end().await;
    assert!(connection.read.ends_with("\r\n0\r\n\r\n"), "{}", connection.read);
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn ends_everything_when_it_is_dropped() {
    let server = Running::start(Scenario::Stream { pieces: vec![], then_ends: false }).await;
    let mut connection = Connection::open(server.address, &server.request("GET", &target(), "", "")).await;
    connection.read_until("\r\n\r\n").await;
    let address = server.address;
    drop(server);
    connection.read_to_end().await;
    let refused = async { while tokio::net::TcpStream::connect(address).await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(5), refused).await.expect("a closed port");
}
