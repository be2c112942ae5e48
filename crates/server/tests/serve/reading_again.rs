//! Objects that are known and whose JSON is not kept, or that do not fit: the API server is asked.

use std::time::Duration;

use kube_enroll_server::Config;

use crate::{
    client::Connection,
    recorder::Scenario,
    running::{CSRS_PATH, NAME, Running},
    watching::{at, event, events, target, target_from, watch},
};

/// A server that keeps no JSON, whose cluster has the object.
async fn forgetful() -> Running {
    let forgets = |config: &mut Config| config.limits.recent_period = Duration::ZERO;
    let server = Running::with_listed_and(vec![at(7, "first")], 7, forgets).await;
    server.wait_for_watch(1).await;
    server.recorder.answer(Scenario::object(at(7, "first")));
    server
}

#[tokio::test]
async fn reads_what_it_has_seen_and_does_not_keep() {
    let server = forgetful().await;
    let list = format!("{CSRS_PATH}?fieldSelector=metadata.name%3D{NAME}");
    for (reads, target) in [(1, format!("{CSRS_PATH}/{NAME}")), (2, list)] {
        let answer = server.get(&target).await;
        assert!(answer.status == 200 && answer.body.contains("\"first\""), "{answer:?}");
        assert_eq!(server.recorder.seen().len(), reads);
    }
    // A browser that has listed watches from there, and costs nothing.
    let request = server.request("GET", &target_from(7), "", "");
    let mut browser = Connection::open(server.address, &request).await;
    browser.read_until("BOOKMARK").await;
    assert_eq!(server.recorder.seen().len(), 2);
    server.recorder.answer(Scenario::object(at(8, "second")));
    server.recorder.tell(event("MODIFIED", &at(8, "second")));
    browser.read_until("\"second\"").await;
    assert_eq!(server.recorder.seen().len(), 3);
    // It is gone before the watch has shown it.
    server.recorder.answer(Scenario::status(404, "{}"));
    server.recorder.tell(event("MODIFIED", &at(9, "third")));
    browser.read_to_end().await;
    assert_eq!(events(&browser.read).last(), Some(&("ERROR", "Expired".into())));
}

#[tokio::test]
async fn waits_on_for_a_browser_while_the_api_server_cannot_be_asked() {
    let server = forgetful().await;
    let mut browser = watch(&server).await;
    server.recorder.answer(Scenario::status(503, "{}"));
    server.recorder.tell(event("MODIFIED", &at(8, "second")));
    let asked = async {
        while server.recorder.seen().len() < 3 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), asked).await.expect("another question");
    assert_eq!(events(&browser.read).len(), 1);
    server.recorder.answer(Scenario::object(at(8, "second")));
    browser.read_until("\"second\"").await;
}

#[tokio::test]
async fn shows_nobody_another_persons_object_that_it_reads() {
    let server = forgetful().await;
    let mut browser = watch(&server).await;
    let mut other = at(8, "other");
    other["metadata"]["annotations"]["kube-enroll/user"] = "joe".into();
    server.recorder.answer(Scenario::object(&other));
    assert_eq!(server.get(&format!("{CSRS_PATH}/{NAME}")).await.status, 404);
    browser.read_to_end().await;
    assert!(!browser.read.contains("other") && browser.read.contains("Expired"), "{}", browser.read);
}

#[tokio::test]
async fn serves_by_asking_where_there_are_more_objects_than_fit() {
    let name = |index: u64| {
        format!("jane-{}", char::from(b'a' + u8::try_from(index).expect("a letter")).to_string().repeat(10))
    };
    let named = |index: u64, version: u64, reason: &str| {
        let mut object = at(version, reason);
        (object["metadata"]["name"], object["metadata"]["uid"]) = (name(index).into(), index.to_string().into());
        object
    };
    let few = |config: &mut Config| config.limits.cached_objects = Some(3);
    let server = Running::with_listed_and((0..10).map(|index| named(index, 7, "first")).collect(), 7, few).await;
    server.wait_for_watch(1).await;
    let mut browsers = Vec::new();
    for index in 0..10 {
        server.recorder.answer(Scenario::object(named(index, 7, "first")));
        let target = target().replace(NAME, &name(index));
        let mut browser = Connection::open(server.address, &server.request("GET", &target, "", "")).await;
        browser.read_until("\"first\"").await;
        browsers.push(browser);
    }
    assert!(server.recorder.seen().len() >= 7, "{:?}", server.recorder.seen().len());
    for (index, browser) in (0..).zip(&mut browsers) {
        server.recorder.tell(event("MODIFIED", &named(index, 8 + index, "second")));
        browser.read_until("\"second\"").await;
    }
    assert_eq!(server.recorder.open_watches(), 1);
}
