//! Names with far-reaching rights, and what an approver sees of a request.

use kube_enroll_core::{Groups, UserName};
use serde_json::{Value, json};

use crate::{
    jwt,
    provider::{Key, Provider},
    recorder::Scenario,
    running::{CSRS_PATH, Running, allow_loopback, body, by_header, golden, only},
};

const JSON: &str = "Content-Type: application/json\r\n";

#[tokio::test]
async fn refuses_powerful_names_on_loopback_too_and_says_which_flag_allows_them() {
    let server = Running::start(Scenario::Created).await;
    for (body, flag) in [(root(), "--powerful-user"), (cluster_admin(), "--group")] {
        let answer = server.post(&body.to_string()).await;
        let status = answer.json();
        assert_eq!(
            (answer.status, status["details"]["causes"][0]["reason"].as_str()),
            (422, Some("powerful-name")),
            "{status}"
        );
        assert!(status["message"].as_str().expect("a text").ends_with(flag), "{status}");
    }
    assert_eq!(server.recorder.seen().len(), 0);
}

#[tokio::test]
async fn lets_pass_the_powerful_names_that_the_operator_names_and_warns_their_approver() {
    let server = Running::with(Scenario::Created, |config| {
        config.policy.groups = only(&["kubeadm:cluster-admins"]);
        config.policy.powerful_users = vec![UserName::parse("root").expect("a name")];
    })
    .await;
    for (body, warning) in [
        (root(), "user \"root\" has far-reaching rights"),
        (cluster_admin(), "group \"kubeadm:cluster-admins\" has far-reaching rights"),
    ] {
        assert_eq!(server.post(&body.to_string()).await.status, 201, "{warning}");
        assert_eq!(annotations(&server)["kube-enroll/warning"], warning);
    }
}

#[tokio::test]
async fn a_signed_in_person_with_a_powerful_name_needs_no_flag_and_their_groups_do() {
    let server = Running::with(Scenario::Created, |config| {
        config.policy.groups = only(&["developers"]);
        config.identity = by_header(allow_loopback());
    })
    .await;
    let headers = format!("{JSON}X-User: root\r\n");
    assert_eq!(server.ask("POST", CSRS_PATH, &headers, &root().to_string()).await.status, 201);
    let found = annotations(&server);
    assert_eq!(
        (&found["kube-enroll/user"], &found["kube-enroll/warning"]),
        (&json!("root"), &json!("user \"root\" has far-reaching rights"))
    );
    // Somebody else's name is refused as any other is.
    let headers = format!("{JSON}X-User: jane\r\nX-Groups: kubeadm:cluster-admins\r\n");
    assert_eq!(server.ask("POST", CSRS_PATH, &headers, &root().to_string()).await.status, 403);
    assert_eq!(server.ask("POST", CSRS_PATH, &headers, &cluster_admin().to_string()).await.status, 422);
    assert_eq!(server.ask("GET", "/whoami.json", &headers, "").await.json()["groups"], json!([]));
}

#[tokio::test]
async fn a_token_proves_a_powerful_name_as_well() {
    let key = Key::new("one");
    let provider = Provider::start(&[&key]).await;
    let server = Running::with(Scenario::Created, |config| jwt::believe(config, &provider)).await;
    let post = async |user: &str, body: Value| {
        let token = key.sign(&provider.issuer, user, 600);
        let headers = format!("{JSON}Authorization: Bearer {token}\r\n");
        server.ask("POST", CSRS_PATH, &headers, &body.to_string()).await.status
    };
    assert_eq!(post("jane", root()).await, 403);
    assert_eq!(post("root", root()).await, 201);
    assert_eq!(annotations(&server)["kube-enroll/warning"], "user \"root\" has far-reaching rights");
}

#[tokio::test]
async fn any_group_is_not_a_powerful_one() {
    let server = Running::with(Scenario::Created, |config| config.policy.groups = Groups::Any).await;
    assert_eq!(server.post(&body(&golden("admins")).to_string()).await.status, 201);
    assert_eq!(annotations(&server).get("kube-enroll/warning"), None);
    assert_eq!(server.post(&cluster_admin().to_string()).await.status, 422);
}

#[tokio::test]
async fn writes_the_fingerprint_of_the_key_for_the_approver() {
    let server = Running::start(Scenario::Created).await;
    let answer = server.post(&body(&golden("jane")).to_string()).await;
    assert_eq!(answer.status, 201);
    // openssl req -in jane.pem -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -c
    assert_eq!(annotations(&server), json!({"kube-enroll/fingerprint": FINGERPRINT_OF_JANE}));
    assert_eq!(answer.json()["metadata"].get("annotations"), None, "clients see none");
}

/// A request of the user `root`.
fn root() -> Value {
    let mut body = body(&golden("powerful-user"));
    body["metadata"]["name"] = "root-abcdefghij".into();
    body
}

/// A request for the group `kubeadm:cluster-admins`.
fn cluster_admin() -> Value {
    body(&golden("powerful-group"))
}

/// The annotations of the object that was created last.
fn annotations(server: &Running) -> Value {
    let sent = server.recorder.seen().pop().expect("it was sent");
    let object: Value = serde_json::from_str(&sent.body).expect("JSON");
    object["metadata"]["annotations"].clone()
}

pub(crate) const FINGERPRINT_OF_JANE: &str =
    "a2:d4:e2:33:3c:94:e2:77:ac:cd:3b:fb:9d:fc:63:7b:23:03:dd:26:50:41:4c:63:e7:2d:6b:7f:f3:b5:76:65";
