//! The names of the server's own account: it may get another one while it runs.

use serde_json::{Value, json};

use crate::{
    recorder::{ACCOUNT, Recorder, Scenario, created},
    running::{CSRS_PATH, NAME, Running, body, golden},
};

/// The account's name after a change, as EKS makes one for each session.
const LATER: &str = "arn:aws:sts::1:assumed-role/enroll/session-2";

#[tokio::test]
async fn goes_on_under_the_new_name_of_its_account() {
    let server = Running::start(Scenario::CreatedBy(LATER)).await;
    server.wait_for_watch(1).await;
    server.recorder.know(Some(LATER));
    // The watch has passed over it.
    server.recorder.tell(format!("{}\n", json!({"type": "ADDED", "object": object_of(LATER, 5)})));
    server.recorder.list(|listed| (listed.objects, listed.version) = (vec![object_of(LATER, 5)], 6));

    let answer = server.post(&body(&golden("jane")).to_string()).await;
    assert_eq!((answer.status, answer.json()["spec"]["username"].as_str()), (201, Some(LATER)));
    let found = server.get(&format!("{CSRS_PATH}/{NAME}")).await;
    assert_eq!((found.status, found.json()["spec"]["username"].as_str()), (200, Some(LATER)));
    assert_eq!(server.get("/config.json").await.json()["requestingUser"], LATER);
    assert_eq!(methods(&server), ["POST"], "it is known from the new list");
    assert_eq!(server.wait_for_watch(2).await, "6");
}

#[tokio::test]
async fn still_knows_the_objects_of_its_former_name() {
    let server = Running::with_listed(vec![object_of(ACCOUNT, 5)], 6).await;
    server.recorder.know(Some(LATER));
    server.recorder.answer(Scenario::CreatedBy(LATER));
    let mut other = body(&golden("jane"));
    other["metadata"]["name"] = "jane-bcdefghijk".into();
    assert_eq!(server.post(&other.to_string()).await.status, 201);
    assert_eq!(server.get(&format!("{CSRS_PATH}/{NAME}")).await.status, 200);
    // The former name once more, as with a token that was put back: config.json follows.
    server.recorder.answer(Scenario::Created);
    other["metadata"]["name"] = "jane-cdefghijkm".into();
    assert_eq!(server.post(&other.to_string()).await.status, 201);
    assert_eq!(server.get("/config.json").await.json()["requestingUser"], ACCOUNT);
}

#[tokio::test]
async fn creates_nothing_more_until_it_knows_who_it_is() {
    let server = Running::start(Scenario::CreatedBy(LATER)).await;
    server.recorder.know(None);
    let good = body(&golden("jane")).to_string();
    for _ in 0..2 {
        assert_eq!(server.post(&good).await.status, 503);
        assert_eq!(server.get(&format!("{CSRS_PATH}/{NAME}")).await.status, 503);
    }
    assert_eq!(methods(&server), ["POST"], "one object, however often it is tried");

    server.recorder.know(Some(LATER));
    server.recorder.list(|listed| (listed.objects, listed.version) = (vec![object_of(LATER, 5)], 6));
    let found = server.get(&format!("{CSRS_PATH}/{NAME}")).await;
    assert_eq!((found.status, found.json()["spec"]["username"].as_str()), (200, Some(LATER)));
}

#[tokio::test]
async fn shows_nobody_an_object_that_another_account_has_created() {
    let server = Running::start(Scenario::CreatedBy("them")).await;
    let good = body(&golden("jane")).to_string();
    assert_eq!(server.post(&good).await.status, 503);
    server.recorder.answer(Scenario::object(object_of("them", 5)));
    assert_eq!(server.get(&format!("{CSRS_PATH}/{NAME}")).await.status, 404);
    assert_eq!(server.get("/config.json").await.json()["requestingUser"], ACCOUNT);
}

#[tokio::test]
async fn takes_the_objects_of_configured_accounts_for_its_own_and_no_others() {
    let recorder = Recorder::start(Scenario::status(404, "{}")).await;
    let mut others = object_of("them", 5);
    others["metadata"]["name"] = "jane-bcdefghijk".into();
    recorder.list(|listed| (listed.objects, listed.version) = (vec![object_of("us-before", 5), others], 6));
    let server = Running::unready(recorder, |config| config.own_accounts = vec!["us-before".into()]).await;
    server.wait_until_ready().await;
    assert_eq!(server.get(&format!("{CSRS_PATH}/{NAME}")).await.status, 200);
    assert_eq!(server.get(&format!("{CSRS_PATH}/jane-bcdefghijk")).await.status, 404);
    assert_eq!(server.get("/config.json").await.json()["requestingUser"], ACCOUNT);
}

/// The object of that name as the cluster has it.
fn object_of(account: &str, version: u64) -> Value {
    let mut object = created(&body(&golden("jane")).to_string(), account);
    object["metadata"]["resourceVersion"] = version.to_string().into();
    object
}

/// Returns the methods of the requests that have reached the API server on behalf of clients.
fn methods(server: &Running) -> Vec<String> {
    server.recorder.seen().into_iter().map(|seen| seen.method).collect()
}
