use kube_enroll_server::{IdentityFlags, ProxyFlags};
use serde_json::{Value, json};

use crate::{
    reading::stored,
    recorder::{ACCOUNT, Scenario},
    running::{CSRS_PATH, NAME, Running, allow_loopback, body, by_header, golden, only},
};

/// A server that takes these tests for its proxy.
async fn behind_a_proxy(scenario: Scenario, groups: &[&str]) -> Running {
    Running::with(scenario, |config| {
        config.identity =
            IdentityFlags { sign_out_url: Some("/oauth2/sign_out".into()), ..by_header(allow_loopback()) };
        config.policy.groups = only(groups);
    })
    .await
}

/// An object that this server has made for somebody.
fn made_for(user: &str) -> Value {
    let mut object = stored(ACCOUNT);
    object["metadata"]["annotations"] = json!({"kube-enroll/user": user});
    object
}

const JSON: &str = "Content-Type: application/json\r\n";

#[tokio::test]
async fn says_who_is_signed_in_and_that_nobody_is() {
    let server = behind_a_proxy(Scenario::Created, &["developers", "admins"]).await;
    let headers = "X-User: jane\r\nX-Groups: developers|other\r\n";
    let answer = server.ask("GET", "/whoami.json", headers, "").await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")));
    assert_eq!(
        answer.json(),
        json!({"identity": "header", "user": "jane", "groups": ["developers"], "signOutUrl": "/oauth2/sign_out"})
    );
    assert_eq!(server.ask("GET", "/config.json", headers, "").await.json()["identity"], "header");

    for target in ["/whoami.json", "/config.json"] {
        let nobody = server.get(target).await;
        assert_eq!((nobody.status, nobody.json()["reason"].as_str()), (401, Some("Unauthorized")), "{target}");
        assert_eq!(nobody.header("www-authenticate"), None);
        for inside in ["developers", "https://", ACCOUNT] {
            assert!(!nobody.body.contains(inside), "{target}: {nobody:?}");
        }
    }
    // The page itself says nothing about the cluster, and probes ask for nothing else.
    for target in ["/", "/livez", "/readyz"] {
        assert_eq!(server.get(target).await.status, 200, "{target}");
    }
    let foreign = server.ask("GET", "/whoami.json", &format!("{headers}Origin: http://evil.example\r\n"), "").await;
    assert_eq!(foreign.status, 403);
}

#[tokio::test]
async fn lets_people_in_whose_names_have_combining_marks_and_passes_them_on_as_they_are() {
    let server = behind_a_proxy(Scenario::Created, &["тест"]).await;
    for (user, prefix, request) in [("प्रिया", "user", "marks"), ("Jose\u{301}", "jose", "accents")] {
        let headers = format!("X-User: {user}\r\nX-Groups: тест\r\n");
        let answer = server.ask("GET", "/whoami.json", &headers, "").await;
        assert_eq!((answer.status, answer.json()["user"].as_str()), (200, Some(user)), "{answer:?}");
        let mut body = body(&golden(request));
        body["metadata"]["name"] = format!("{prefix}-abcdefghij").into();
        let answer = server.ask("POST", CSRS_PATH, &format!("{headers}{JSON}"), &body.to_string()).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let sent: Value =
            serde_json::from_str(&server.recorder.seen().last().expect("it was sent").body).expect("JSON");
        assert_eq!(sent["metadata"]["annotations"]["kube-enroll/user"], user);
        assert_eq!(sent["spec"]["request"], body["spec"]["request"]);
    }
}

#[tokio::test]
async fn has_no_whoami_where_nobody_is_known() {
    let server = Running::start(Scenario::Created).await;
    assert_eq!(server.get("/whoami.json").await.status, 404);
    assert_eq!(server.get("/config.json").await.json().get("identity"), None);
}

#[tokio::test]
async fn says_at_once_that_a_name_cannot_be_used() {
    let server = behind_a_proxy(Scenario::Created, &[]).await;
    for (user, code) in [("auth0|x", "forbidden-character"), ("system:admin", "system-name")] {
        let whoami = server.ask("GET", "/whoami.json", &format!("X-User: {user}\r\n"), "").await.json();
        assert_eq!((&whoami["user"], &whoami["refusal"]["code"]), (&user.into(), &code.into()));
        assert!(whoami["refusal"]["message"].as_str().is_some_and(|text| !text.is_empty()));
    }
}

#[tokio::test]
async fn passes_nothing_on_for_nobody() {
    let server = behind_a_proxy(Scenario::Created, &["developers"]).await;
    let object = body(&golden("jane")).to_string();
    for forged in ["", "X_User: jane\r\n", "X-User: joe\r\nX-User: jane\r\n", "X-User: joe, jane\r\n", "X-User:\r\n"] {
        for (method, target, sent) in [
            ("POST", CSRS_PATH, &*object),
            ("GET", &format!("{CSRS_PATH}/{NAME}"), ""),
            ("GET", &format!("{CSRS_PATH}?fieldSelector=metadata.name={NAME}"), ""),
            ("GET", &format!("{CSRS_PATH}?watch=1&fieldSelector=metadata.name={NAME}"), ""),
            ("GET", "/api/v1/namespaces/kube-public/configmaps/cluster-info", ""),
        ] {
            let answer = server.ask(method, target, &format!("{JSON}{forged}"), sent).await;
            assert_eq!(
                (answer.status, answer.json()["reason"].as_str()),
                (401, Some("Unauthorized")),
                "{target} {forged}"
            );
        }
    }
    assert_eq!(server.recorder.seen().len(), 0);
}

#[tokio::test]
async fn believes_loopback_only_with_the_secret_where_there_is_one() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("secret");
    std::fs::write(&file, "a-secret-of-the-proxy\n").expect("a folder to write to");
    let server = Running::with(Scenario::Created, |config| {
        config.identity = by_header(ProxyFlags { proxy_secret_file: Some(file), ..ProxyFlags::default() });
    })
    .await;
    for (secret, status) in [
        ("", 401),
        ("X-Kube-Enroll-Proxy-Secret: a-secret-of-the-prox\r\n", 401),
        ("X-Kube-Enroll-Proxy-Secret: a-secret-of-the-proxy\r\n", 200),
    ] {
        let answer = server.ask("GET", "/whoami.json", &format!("X-User: jane\r\n{secret}"), "").await;
        assert_eq!(answer.status, status, "{secret}");
    }
}

#[tokio::test]
async fn refuses_requests_for_another_user_and_for_groups_of_others() {
    let server = behind_a_proxy(Scenario::Created, &["developers", "admins"]).await;
    for (request, headers) in [
        ("jane", "X-User: joe\r\nX-Groups: developers\r\n"),
        ("jane", "X-User: Jane\r\nX-Groups: developers\r\n"),
        ("jane", "X-User: jane\r\n"),
        ("jane", "X-User: jane\r\nX-Groups: developers,admins\r\n"),
        ("admins", "X-User: jane\r\nX-Groups: developers\r\n"),
    ] {
        let sent = body(&golden(request)).to_string();
        let answer = server.ask("POST", CSRS_PATH, &format!("{JSON}{headers}"), &sent).await;
        assert_eq!((answer.status, answer.json()["reason"].as_str()), (403, Some("Forbidden")), "{headers}");
    }
    assert_eq!(server.recorder.seen().len(), 0);

    let own = format!("{JSON}X-User: jane\r\nX-Groups: developers\r\n");
    assert_eq!(server.ask("POST", CSRS_PATH, &own, &body(&golden("jane")).to_string()).await.status, 201);
    let seen = server.recorder.seen();
    let object: Value = serde_json::from_str(&seen[0].body).expect("JSON");
    assert_eq!(object["metadata"]["annotations"]["kube-enroll/user"], "jane");
    assert!(!seen[0].headers.contains_key("x-user"));
}

#[tokio::test]
async fn takes_another_persons_object_for_an_absent_one() {
    let target = format!("{CSRS_PATH}/{NAME}");
    let server = behind_a_proxy(Scenario::status(404, "{}"), &[]).await;
    let ask = async |user: &str| server.ask("GET", &target, &format!("X-User: {user}\r\n"), "").await;
    let absent = ask("joe").await;
    assert_eq!(absent.status, 404);
    server.recorder.answer(Scenario::object(made_for("jane")));
    assert_eq!(ask("jane").await.status, 200);
    let foreign = ask("joe").await;
    assert_eq!((foreign.status, &foreign.body), (404, &absent.body));
    for header in ["date", "content-type", "content-length", "cache-control"] {
        assert_eq!(foreign.header(header), absent.header(header), "{header}");
    }
    // The same question goes upstream for all three.
    let seen = server.recorder.seen();
    assert!(seen.iter().all(|seen| (&*seen.method, &seen.target) == ("GET", &target)));
    assert_eq!(seen.len(), 3);
    // Without an annotation it is nobody's; with another account's it is not ours.
    let mut forged = made_for("joe");
    forged["spec"]["username"] = "joe".into();
    for object in [stored(ACCOUNT), forged] {
        server.recorder.answer(Scenario::object(object));
        assert_eq!(ask("joe").await.status, 404);
    }
}
