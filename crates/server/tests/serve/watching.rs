//! Many browsers, one watch.

use std::time::Duration;

use kube_enroll_core::{WatchDecoder, WatchEvent};
use kube_enroll_server::{Config, Limits, Shutdown};
use serde_json::{Value, json};

use crate::{
    client::Connection,
    reading::stored,
    recorder::{ACCOUNT, DATE, Scenario},
    running::{CSRS_PATH, NAME, Running, body, golden},
};

pub(crate) fn target() -> String {
    target_from(0)
}

/// A watch of a browser that has seen everything up to this version.
pub(crate) fn target_from(version: u64) -> String {
    format!(
        "{CSRS_PATH}?watch=1&fieldSelector=metadata.name%3D{NAME}&resourceVersion={version}&allowWatchBookmarks=true"
    )
}

/// The object at a version, decided on or not.
pub(crate) fn at(version: u64, reason: &str) -> Value {
    let mut object = stored(ACCOUNT);
    object["metadata"]["resourceVersion"] = version.to_string().into();
    object["status"]["conditions"][0]["reason"] = reason.into();
    object
}

pub(crate) fn event(kind: &str, object: &Value) -> String {
    format!("{}\n", json!({"type": kind, "object": object}))
}

/// A server whose cluster has the object, at version 7.
async fn running() -> Running {
    let server = Running::with_listed(vec![at(7, "first")], 7).await;
    server.wait_for_watch(1).await;
    server
}

pub(crate) async fn watch(server: &Running) -> Connection {
    let mut connection = Connection::open(server.address, &server.request("GET", &target(), "", "")).await;
    connection.read_until("\"first\"").await;
    connection
}

/// The events that a browser has got, by type and reason.
pub(crate) fn events(read: &str) -> Vec<(&'static str, String)> {
    let lines: String = read.lines().filter(|line| line.starts_with('{')).map(|line| format!("{line}\n")).collect();
    let reason = |object: &kube_enroll_core::CertificateSigningRequest| {
        object.status.as_ref().map(|status| status.conditions[0].reason.clone()).unwrap_or_default()
    };
    let events = WatchDecoder::new().push(lines.as_bytes()).expect("a good stream");
    let named = |event: &WatchEvent| match event {
        WatchEvent::Added(object) => ("ADDED", reason(object)),
        WatchEvent::Modified(object) => ("MODIFIED", reason(object)),
        WatchEvent::Deleted(object) => ("DELETED", reason(object)),
        WatchEvent::Bookmark { .. } => ("BOOKMARK", String::new()),
        WatchEvent::Error(status) => ("ERROR", status.reason.clone()),
    };
    events.iter().map(named).collect()
}

#[tokio::test]
async fn begins_with_the_present_state() {
    let server = running().await;
    // With no version, and with one before the object's.
    for target in [target().replace("&resourceVersion=0", ""), target_from(0), target_from(6)] {
        let mut connection = Connection::open(server.address, &server.request("GET", &target, "", "")).await;
        connection.read_until("\"first\"").await;
        assert_eq!(events(&connection.read), [("ADDED", "first".into())]);
        let headers = ["HTTP/1.1 200 OK", "x-accel-buffering: no", "cache-control: no-store", "application/json"];
        // As the request asks for.
        for header in headers.into_iter().chain(["connection: close", "transfer-encoding: chunked"]) {
            assert!(connection.read.contains(header), "{header} in {}", connection.read);
        }
        assert!(connection.answer().is_dated(DATE));
        assert!(!connection.read.contains("hidden"), "{}", connection.read);
    }
    assert_eq!(server.recorder.seen().len(), 0);
}

#[tokio::test]
async fn says_at_once_that_there_is_nothing_new_for_a_browser_that_has_seen_the_present_state() {
    let server = Running::with_listed(vec![at(7, "first")], 9).await;
    server.wait_for_watch(1).await;
    let mut browsers = Vec::new();
    for version in [7, 9] {
        let request = server.request("GET", &target_from(version), "", "");
        let mut browser = Connection::open(server.address, &request).await;
        browser.read_until("\"resourceVersion\":\"9\"").await;
        assert_eq!(events(&browser.read), [("BOOKMARK", String::new())]);
        browsers.push(browser);
    }
    server.recorder.tell(event("MODIFIED", &at(10, "second")));
    for mut browser in browsers {
        browser.read_until("\"second\"").await;
        assert_eq!(events(&browser.read)[1..], [("MODIFIED", "second".into())]);
    }
}

/// Another replica has told it of versions that this one has not seen, or etcd was restored since.
#[tokio::test]
async fn tells_the_present_state_in_time_to_a_browser_that_is_ahead() {
    let often = |config: &mut Config| config.limits.bookmark_period = Duration::from_millis(500);
    let server = Running::with_listed_and(vec![at(7, "first")], 9, often).await;
    let request = server.request("GET", &target_from(9999), "", "");
    let mut connection = Connection::open(server.address, &request).await;
    connection.read_until("\r\n1\r\n\n\r\n").await;
    assert_eq!(events(&connection.read), []);
    connection.read_until("BOOKMARK").await;
    assert_eq!(events(&connection.read), [("MODIFIED", "first".into()), ("BOOKMARK", String::new())]);
}

#[tokio::test]
async fn tells_many_browsers_from_one_watch() {
    let server = running().await;
    let mut browsers = Vec::new();
    for _ in 0..20 {
        browsers.push(watch(&server).await);
    }
    let bytes =
        [event("MODIFIED", &stored("joe")), event("SOMETHING", &json!({})), event("MODIFIED", &at(8, "second"))];
    // Cut where it hurts: in the middle of events.
    for piece in bytes.concat().as_bytes().chunks(97) {
        assert_eq!(server.recorder.tell(piece.to_vec()), 1);
    }
    for browser in &mut browsers {
        browser.read_until("\"second\"").await;
        assert_eq!(events(&browser.read), [("ADDED", "first".into()), ("MODIFIED", "second".into())]);
        assert!(!browser.read.contains("joe") && !browser.read.contains("hidden"), "{}", browser.read);
    }
    assert_eq!((server.recorder.open_watches(), server.recorder.seen().len()), (1, 0));
}

#[tokio::test]
async fn tells_of_a_deletion_and_ends() {
    let server = running().await;
    let mut browser = watch(&server).await;
    server.recorder.tell(event("DELETED", &at(9, "last")));
    browser.read_to_end().await;
    assert_eq!(events(&browser.read), [("ADDED", "first".into()), ("DELETED", "last".into())]);
    // Not the API server's answer: it is asked, and says that there is none.
    server.recorder.answer(Scenario::status(404, "{}"));
    assert_eq!(server.get(&format!("{CSRS_PATH}/{NAME}")).await.status, 404);
}

#[tokio::test]
async fn answers_the_request_behind_a_watch_once_that_has_ended() {
    for is_sent_with_it in [true, false] {
        let server = running().await;
        let request =
            |target: &str, fields: &str| format!("GET {target} HTTP/1.1\r\nHost: {}\r\n{fields}\r\n", server.address);
        let (watch, next) = (request(&target(), ""), request("/livez", "Connection: close\r\n"));
        let mut connection =
            Connection::open(server.address, &if is_sent_with_it { watch + &next } else { watch }).await;
        connection.read_until("\"first\"").await;
        if !is_sent_with_it {
            connection.write(&next).await;
        }
        for (version, kind) in [(8, "MODIFIED"), (9, "DELETED")] {
            server.recorder.tell(event(kind, &at(version, kind)));
            connection.read_until(&format!("\"reason\":\"{kind}\"")).await;
        }
        connection.read_to_end().await;
        let (watched, answer) = connection.read.split_once("\r\n0\r\n\r\n").expect("an end of the watch");
        assert_eq!(events(watched).len(), 3, "{watched}");
        assert!(!watched.contains("connection: close"), "{watched}");
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nok\n"), "{answer}");
    }
}

#[tokio::test]
async fn sends_no_chunks_to_a_client_that_knows_none() {
    let server = running().await;
    let request = format!("GET {} HTTP/1.0\r\nHost: {}\r\n\r\n", target(), server.address);
    let mut browser = Connection::open(server.address, &request).await;
    browser.read_until("\"first\"").await;
    server.recorder.tell(event("DELETED", &at(9, "last")));
    browser.read_to_end().await;
    assert_eq!(events(&browser.read), [("ADDED", "first".into()), ("DELETED", "last".into())]);
    assert!(!browser.read.contains("transfer-encoding"), "{}", browser.read);
}

#[tokio::test]
async fn never_goes_back_to_an_older_state() {
    let server = running().await;
    let mut browser = watch(&server).await;
    for (version, reason) in [(8, "second"), (6, "older"), (8, "same"), (9, "third")] {
        server.recorder.tell(event("MODIFIED", &at(version, reason)));
        if reason != "older" && reason != "same" {
            browser.read_until(reason).await;
        }
    }
    let expected = [("ADDED", "first"), ("MODIFIED", "second"), ("MODIFIED", "third")];
    assert_eq!(events(&browser.read), expected.map(|(kind, reason)| (kind, reason.to_owned())));
}

#[tokio::test]
async fn heals_a_watch_that_ends_without_the_browsers_noticing() {
    let server = running().await;
    let mut browser = watch(&server).await;
    server.recorder.tell(event("MODIFIED", &at(8, "second")));
    browser.read_until("\"second\"").await;
    server.recorder.end_watches();
    assert_eq!(server.wait_for_watch(2).await, "8");
    server.recorder.tell(event("MODIFIED", &at(9, "third")));
    browser.read_until("\"third\"").await;
    assert_eq!(events(&browser.read).len(), 3);
}

#[tokio::test]
async fn heals_a_forgotten_version_by_listing_and_tells_what_has_changed() {
    let expired = json!({"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"});
    // As an answer of its own, and as an event.
    for inside in [false, true] {
        let server = running().await;
        let mut browser = watch(&server).await;
        server.recorder.list(|listed| {
            listed.objects = vec![at(50, "second")];
            listed.version = 60;
            listed.refuses = (!inside).then(|| expired.clone());
        });
        if inside {
            server.recorder.tell(event("ERROR", &expired));
        } else {
            server.recorder.end_watches();
        }
        browser.read_until("\"second\"").await;
        server.recorder.list(|listed| listed.refuses = None);
        // The refused one counts as well.
        let version = server.wait_for_watch(if inside { 2 } else { 3 }).await;
        assert_eq!(version, "60");
        server.recorder.tell(event("MODIFIED", &at(61, "third")));
        browser.read_until("\"third\"").await;
        assert_eq!(events(&browser.read).len(), 3, "{}", browser.read);
    }
}

#[tokio::test]
async fn sends_on_a_deletion_that_only_a_list_has_shown() {
    let server = running().await;
    let mut browser = watch(&server).await;
    server.recorder.list(|listed| (listed.objects, listed.version) = (vec![], 60));
    server.recorder.tell(event("ERROR", &json!({"kind": "Status", "code": 410, "reason": "Expired"})));
    browser.read_to_end().await;
    assert_eq!(events(&browser.read), [("ADDED", "first".into()), ("DELETED", "first".into())]);
}

#[tokio::test]
async fn heals_a_watch_that_cannot_be_read() {
    let server = running().await;
    let mut browser = watch(&server).await;
    server.recorder.tell("<html>\n");
    server.wait_for_watch(2).await;
    server.recorder.tell(event("MODIFIED", &at(8, "second")));
    browser.read_until("\"second\"").await;
}

#[tokio::test]
async fn goes_on_by_listing_where_the_watch_brings_the_same_bad_line_again_and_again() {
    let server = running().await;
    let mut browser = watch(&server).await;
    server.recorder.list(|listed| {
        (listed.objects, listed.version, listed.first) = (vec![at(50, "second")], 60, "<html>\n");
    });
    server.recorder.end_watches();
    browser.read_until("\"second\"").await;
    server.recorder.list(|listed| (listed.objects, listed.version) = (vec![at(70, "third")], 80));
    browser.read_until("\"third\"").await;
}

#[tokio::test]
async fn tells_nobody_of_another_object_under_the_same_name() {
    for field in ["uid", "user"] {
        let server = running().await;
        let mut browser = watch(&server).await;
        let mut other = at(20, "other");
        match field {
            "uid" => other["metadata"]["uid"] = "another".into(),
            _ => other["metadata"]["annotations"]["kube-enroll/user"] = "joe".into(),
        }
        server.recorder.tell(event("MODIFIED", &other));
        browser.read_to_end().await;
        assert_eq!(events(&browser.read), [("ADDED", "first".into()), ("DELETED", "first".into())], "{field}");
    }
}

#[tokio::test]
async fn follows_a_cluster_that_counts_anew() {
    let server = running().await;
    let mut browser = watch(&server).await;
    server.recorder.list(|listed| (listed.objects, listed.version) = (vec![at(2, "restored")], 3));
    server.recorder.tell(event("ERROR", &json!({"kind": "Status", "code": 410, "reason": "Expired"})));
    browser.read_to_end().await;
    assert_eq!(server.wait_for_watch(2).await, "3");
    let found = server.get(&format!("{CSRS_PATH}/{NAME}")).await;
    assert!(found.body.contains("restored"), "{found:?}");
}

#[tokio::test]
async fn gives_a_sign_of_life_where_nothing_happens_and_tells_the_version_to_those_who_ask() {
    let default = Limits::default().bookmark_period;
    assert!(default * 6 / 5 <= Duration::from_secs(30), "{default:?}: some proxies cut what is silent for 30 s");
    let often = |config: &mut Config| config.limits.bookmark_period = Duration::from_millis(50);
    let server = Running::with_listed_and(vec![at(7, "first")], 9, often).await;

    let mut asks = watch(&server).await;
    asks.read_until("BOOKMARK").await;
    asks.read_until("\"resourceVersion\":\"9\"").await;
    let silent = target().replace("&allowWatchBookmarks=true", "");
    let mut silent = Connection::open(server.address, &server.request("GET", &silent, "", "")).await;
    silent.read_until("\"first\"").await;
    // A chunk with nothing but the end of a line.
    silent.read_until("\r\n1\r\n\n\r\n").await;
    assert_eq!(events(&silent.read), [("ADDED", "first".into())]);
}

/// A watch from a version that is to come is opened, and tells of nothing.
#[tokio::test]
async fn lists_again_when_the_watch_is_silent_for_too_long() {
    let soon = |config: &mut Config| config.limits.upstream_silence = Duration::from_secs(1);
    let server = Running::with_listed_and(vec![at(7, "first")], 7, soon).await;
    let mut browser = watch(&server).await;
    server.recorder.list(|listed| (listed.objects, listed.version) = (vec![at(2, "restored")], 3));
    browser.read_to_end().await;
    let found = server.get(&format!("{CSRS_PATH}/{NAME}")).await;
    assert!(found.body.contains("restored"), "{found:?}");
}

#[tokio::test]
async fn asks_one_question_for_all_who_ask_at_the_same_time() {
    let server = Running::start(Scenario::Silence).await;
    let mut asking = Vec::new();
    for _ in 0..20 {
        let request = server.request("GET", &format!("{CSRS_PATH}/{NAME}"), "", "");
        asking.push(Connection::open(server.address, &request).await);
    }
    server.wait_for_request().await;
    assert_eq!(server.get("/livez").await.status, 200);
    assert_eq!(server.recorder.seen().len(), 1);
}

#[tokio::test]
async fn lists_page_by_page() {
    let mut others = Vec::new();
    for (index, letter) in ('a'..='e').enumerate() {
        let mut object = at(index as u64 + 1, "first");
        object["metadata"]["name"] = format!("jane-{}", String::from(letter).repeat(10)).into();
        others.push(object);
    }
    let server = Running::with_listed(others, 7).await;
    let lists = server.recorder.followed().iter().filter(|target| !target.contains("watch=true")).count();
    assert_eq!(lists, 5);
    let answer = server.get(&format!("{CSRS_PATH}/jane-eeeeeeeeee")).await;
    assert_eq!((answer.status, server.recorder.seen().len()), (200, 0));
}

#[tokio::test]
async fn asks_for_fewer_objects_where_a_page_is_too_long_and_for_more_again_behind_it() {
    let recorder = crate::recorder::Recorder::start(Scenario::Created).await;
    let objects = (1..=4).map(|index| {
        let mut object = at(index, "first");
        object["metadata"]["name"] = format!("jane-{}", ["a", "b", "c", "d"][index as usize - 1].repeat(10)).into();
        object
    });
    recorder.list(|listed| (listed.objects, listed.version, listed.heavy) = (objects.collect(), 7, Some((1, 50))));
    let server = Running::unready(recorder, |_| {}).await;
    server.wait_until_ready().await;
    let lists: Vec<_> = server
        .recorder
        .followed()
        .into_iter()
        .filter(|target| !target.contains("watch=true"))
        .map(|target| target.split_once("limit=").expect("a bound").1.to_owned())
        .collect();
    // Not from the beginning, and not with few objects for ever.
    let expected = [
        "250",
        "250&continue=1",
        "125&continue=1",
        "62&continue=1",
        "31&continue=1",
        "62&continue=2",
        "124&continue=3",
    ];
    assert_eq!(lists, expected);
}

#[tokio::test]
async fn passes_over_an_object_of_others_that_is_too_long_and_watches_on() {
    let server = running().await;
    let mut browser = watch(&server).await;
    let mut other = at(20, "other");
    other["metadata"]["name"] = "somebody-elses".into();
    other["metadata"]["annotations"]["long"] = "x".repeat(3 << 20).into();
    server.recorder.tell(event("ADDED", &other));
    server.recorder.tell(event("MODIFIED", &at(21, "second")));
    browser.read_until("\"second\"").await;
    let lists = server.recorder.followed().iter().filter(|target| !target.contains("watch=true")).count();
    assert_eq!(lists, 1);
}

#[tokio::test]
async fn shows_what_was_just_created_in_a_cluster_that_counts_anew() {
    let recorder = crate::recorder::Recorder::start(Scenario::Created).await;
    recorder.list(|listed| (listed.objects, listed.version) = (Vec::new(), 5_000_000));
    let server = Running::unready(recorder, |_| {}).await;
    server.wait_until_ready().await;
    assert_eq!(server.wait_for_watch(1).await, "5000000");
    // etcd was restored, and nothing has told the watch: its versions are lower again.
    let object = body(&golden("jane"));
    let restored = crate::recorder::created(&object.to_string(), ACCOUNT);
    server.recorder.list(|listed| (listed.objects, listed.version) = (vec![restored], 1_000_001));
    assert_eq!(server.post(&object.to_string()).await.status, 201);
    assert_eq!(server.get(&format!("{CSRS_PATH}/{NAME}")).await.status, 200);
    assert_eq!(server.wait_for_watch(2).await, "1000001");
    assert_eq!(server.get(&format!("{CSRS_PATH}/{NAME}")).await.status, 200);
}

#[tokio::test]
async fn asks_once_for_a_name_that_it_does_not_know() {
    let server = Running::start(Scenario::object(at(7, "first"))).await;
    server.wait_for_watch(1).await;
    // Made by another replica a moment ago: the watch has not shown it yet.
    let mut browser = watch(&server).await;
    let asked = server.recorder.seen();
    assert_eq!(asked.iter().map(|seen| &*seen.target).collect::<Vec<_>>(), [format!("{CSRS_PATH}/{NAME}")]);
    assert_eq!(server.get(&format!("{CSRS_PATH}/{NAME}")).await.status, 200);
    assert_eq!(server.recorder.seen().len(), 1);
    server.recorder.tell(event("ADDED", &at(7, "same")));
    server.recorder.tell(event("MODIFIED", &at(8, "second")));
    browser.read_until("\"second\"").await;
    assert_eq!(events(&browser.read), [("ADDED", "first".into()), ("MODIFIED", "second".into())]);
}

#[tokio::test]
async fn tells_a_browser_to_list_again_where_there_is_nothing_to_watch() {
    let server = Running::start(Scenario::status(404, "{}")).await;
    for found in [Scenario::status(404, "{}"), Scenario::object(stored("joe"))] {
        server.recorder.answer(found);
        let answer = server.get(&target()).await;
        assert_eq!((answer.status, answer.json()["reason"].as_str()), (410, Some("Expired")));
    }
}

#[tokio::test]
async fn asks_only_so_often_for_names_that_it_does_not_know() {
    let server = Running::with(Scenario::status(404, "{}"), |config| config.limits.lookups_per_second = 1).await;
    let mut refused = 0;
    for letter in 'a'..='h' {
        let answer = server.get(&format!("{CSRS_PATH}/jane-{}", String::from(letter).repeat(10))).await;
        if answer.status == 503 {
            refused += 1;
            assert!(matches!(answer.header("retry-after"), Some("2" | "3")), "{answer:?}");
            assert!(answer.json()["message"].as_str().is_some_and(|text| text.contains("try again")));
        }
    }
    assert_eq!(refused, 8 - server.recorder.seen().len());
    assert!(refused > 0);
}

#[tokio::test]
async fn is_not_ready_before_it_has_listed() {
    let recorder = crate::recorder::Recorder::start(Scenario::Created).await;
    recorder.list(|listed| listed.objects = vec![json!("no object")]);
    let server = Running::unready(recorder, |_| {}).await;
    let listing = async {
        while server.recorder.followed().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), listing).await.expect("a list");
    for target in ["/readyz", &format!("{CSRS_PATH}/{NAME}")] {
        assert_eq!(server.get(target).await.status, 503, "{target}");
    }
    server.recorder.list(|listed| listed.objects = vec![]);
    server.wait_until_ready().await;
    // And it stays ready while the API server is away.
    server.recorder.list(|listed| listed.refuses = Some(json!({"kind": "Status", "code": 503})));
    server.recorder.end_watches();
    assert_eq!(server.get("/readyz").await.status, 200);
}

#[tokio::test]
async fn says_that_it_ends_before_it_ends() {
    let limits = Limits {
        unready_period: Duration::from_secs(5),
        ending_period: Duration::from_millis(300),
        ..Limits::default()
    };
    let mut server = Running::with(Scenario::object(at(7, "first")), |config| config.limits = limits).await;
    let mut browser = watch(&server).await;
    server.begin_shutdown(Shutdown::Graceful);
    let unready = async {
        while server.get("/readyz").await.status == 200 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), unready).await.expect("an announcement");
    // Who comes all the same is served.
    assert_eq!(server.get(&format!("{CSRS_PATH}/{NAME}")).await.status, 200);
    browser.read_to_end().await;
    assert!(browser.read.ends_with("\r\n0\r\n\r\n"), "{}", browser.read);
    server.stop().await;
}

#[tokio::test]
async fn ends_watches_when_it_stops() {
    let server = running().await;
    let mut browser = watch(&server).await;
    let began = std::time::Instant::now();
    server.stop().await;
    browser.read_to_end().await;
    assert!(browser.read.ends_with("\r\n0\r\n\r\n"), "{}", browser.read);
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn ends_everything_when_it_is_dropped() {
    let server = running().await;
    let mut browser = watch(&server).await;
    let address = server.address;
    drop(server);
    browser.read_to_end().await;
    let refused = async { while tokio::net::TcpStream::connect(address).await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(5), refused).await.expect("a closed port");
}
