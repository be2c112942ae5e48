use serde_json::{Value, json};

use crate::{
    recorder::{ACCOUNT, DATE, Scenario},
    running::{CSRS_PATH, NAME, Running, TOKEN, body, golden},
};

/// An object as the API server has it, with all that nobody needs to see.
pub(crate) fn stored(username: &str) -> Value {
    json!({
        "apiVersion": "certificates.k8s.io/v1",
        "kind": "CertificateSigningRequest",
        "metadata": {"name": NAME, "uid": "u", "resourceVersion": "7", "creationTimestamp": "2030-01-01T00:00:00Z",
            "labels": {"hidden": "x"}, "annotations": {"hidden": "x"}, "managedFields": [{"manager": "hidden"}]},
        "spec": {"request": "AA==", "signerName": "kubernetes.io/kube-apiserver-client", "expirationSeconds": 3600,
            "usages": ["client auth"], "username": username, "uid": "hidden", "groups": ["hidden"],
            "extra": {"hidden": ["x"]}},
        "status": {"certificate": "AA==", "conditions": [{"type": "Approved", "status": "True", "reason": "r",
            "message": "<script>\u{1b}[31m", "lastUpdateTime": "2030-01-01T00:00:00Z", "lastTransitionTime": "hidden"}]}
    })
}

#[tokio::test]
async fn shows_an_object_without_what_nobody_needs() {
    let server = Running::start(Scenario::object(stored(ACCOUNT))).await;
    let answer = server.get(&format!("{CSRS_PATH}/{NAME}")).await;
    assert_eq!(answer.status, 200);
    assert!(answer.is_dated(DATE), "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert!(!answer.body.contains("hidden"), "{}", answer.body);
    let mut expected = stored(ACCOUNT);
    for key in ["labels", "annotations", "managedFields"] {
        expected["metadata"].as_object_mut().expect("an object").remove(key);
    }
    for key in ["uid", "groups", "extra"] {
        expected["spec"].as_object_mut().expect("an object").remove(key);
    }
    expected["status"]["conditions"][0].as_object_mut().expect("an object").remove("lastTransitionTime");
    assert_eq!(answer.json(), expected);
    // Controls in a message stay escaped: no terminal sees them raw.
    assert!(answer.body.contains("\\u001b"));
}

#[tokio::test]
async fn takes_a_foreign_object_for_an_absent_one() {
    let absent = json!({"kind": "Status", "code": 404, "reason": "NotFound", "message": "somewhat else"});
    let server = Running::start(Scenario::status(404, absent)).await;
    let target = format!("{CSRS_PATH}/{NAME}");
    let absent = server.get(&target).await;
    assert_eq!((absent.status, absent.json()["reason"].as_str()), (404, Some("NotFound")));

    let mut other_signer = stored(ACCOUNT);
    other_signer["spec"]["signerName"] = "kubernetes.io/kubelet-serving".into();
    for foreign in [stored("joe"), stored(""), other_signer] {
        server.recorder.answer(Scenario::object(foreign));
        let answer = server.get(&target).await;
        assert_eq!((answer.status, &answer.body), (404, &absent.body));
        assert!(answer.is_dated(DATE) && absent.is_dated(DATE), "{answer:?}");
        for header in ["content-type", "content-length", "cache-control"] {
            assert_eq!(answer.header(header), absent.header(header), "{header}");
        }
    }
}

#[tokio::test]
async fn takes_names_that_are_none_of_ours_for_absent_without_asking() {
    let server = Running::start(Scenario::object(stored(ACCOUNT))).await;
    let answer = server.get(&format!("{CSRS_PATH}/node-csr-x7f")).await;
    assert_eq!((answer.status, answer.json()["reason"].as_str()), (404, Some("NotFound")));
    assert_eq!(server.recorder.seen().len(), 0);
}

#[tokio::test]
async fn lists_one_object_with_the_version_that_has_been_seen() {
    let server = Running::start(Scenario::object(stored("joe"))).await;
    let target = format!("{CSRS_PATH}?fieldSelector=metadata.name%3D{NAME}");
    let shown = server.get(&target).await.json();
    assert_eq!(shown["kind"], "CertificateSigningRequestList");
    assert_eq!((&shown["metadata"]["resourceVersion"], &shown["items"]), (&json!("1"), &json!([])));

    server.recorder.answer(Scenario::object(stored(ACCOUNT)));
    let shown = server.get(&target).await.json();
    assert_eq!(shown["items"][0]["metadata"]["name"], NAME);
    assert!(!shown.to_string().contains("hidden"));
}

#[tokio::test]
async fn builds_the_upstream_address_from_typed_parts() {
    let server = Running::start(Scenario::status(404, "{}")).await;
    let targets = [
        format!("{CSRS_PATH}?fieldSelector=metadata.name={NAME}"),
        format!("{CSRS_PATH}?timeoutSeconds=99999&watch=1&resourceVersion=7&fieldSelector=metadata.name%3d{NAME}"),
        format!("{CSRS_PATH}/{NAME}"),
    ];
    for (count, asked) in targets.iter().enumerate() {
        server.get(asked).await;
        let seen = server.recorder.seen();
        assert_eq!(seen.len(), count + 1, "{asked}");
        assert_eq!(seen[count].target, format!("{CSRS_PATH}/{NAME}"), "{asked}");
    }
    let selector = "fieldSelector=spec.signerName%3Dkubernetes.io%2Fkube-apiserver-client";
    assert_eq!(
        server.recorder.followed(),
        [
            format!("{CSRS_PATH}?{selector}&limit=250"),
            format!("{CSRS_PATH}?watch=true&{selector}&resourceVersion=1&allowWatchBookmarks=true&timeoutSeconds=540"),
        ]
    );
}

#[tokio::test]
async fn never_passes_a_clients_headers_on() {
    // What is absent is asked for each time.
    let server = Running::start(Scenario::status(404, "{}")).await;
    let headers = "Authorization: Bearer theirs\r\nImpersonate-User: admin\r\nImpersonate-Group: system:masters\r\n\
                   Impersonate-Extra-x: y\r\nX-Remote-User: admin\r\nX-Forwarded-User: admin\r\nCookie: theirs=1\r\n\
                   Accept: application/vnd.kubernetes.protobuf\r\nAccept-Encoding: gzip\r\nX-Anything: theirs\r\n\
                   Connection: Authorization\r\n";
    let (json, object) = ("Content-Type: application/json\r\n", body(&golden("jane")).to_string());
    let selector = format!("{CSRS_PATH}?fieldSelector=metadata.name%3D{NAME}");
    for (method, target, more, body) in [
        ("GET", format!("{CSRS_PATH}/{NAME}"), "", ""),
        ("GET", selector.clone(), "", ""),
        ("GET", format!("{selector}&watch=1"), "", ""),
        ("GET", "/api/v1/namespaces/kube-public/configmaps/cluster-info".into(), "", ""),
        ("POST", CSRS_PATH.into(), json, &*object),
    ] {
        let already = server.recorder.seen().len();
        server.ask(method, &target, &format!("{headers}{more}"), body).await;
        let seen = server.recorder.seen();
        let [seen] = &seen[already..] else { panic!("{method} {target}: {seen:?}") };
        let mut names: Vec<_> = seen.headers.keys().map(|name| name.as_str()).collect();
        names.retain(|name| method == "GET" || !name.starts_with("content-"));
        names.sort_unstable();
        assert_eq!(names, ["accept", "accept-encoding", "authorization", "host", "user-agent"], "{method} {target}");
        assert_eq!(seen.headers["authorization"], format!("Bearer {TOKEN}"));
        assert_eq!(seen.headers["accept"], "application/json");
    }
}

#[tokio::test]
async fn shows_the_kubeconfig_of_cluster_info_and_nothing_else_of_it() {
    let map = json!({"metadata": {"name": "cluster-info", "managedFields": ["hidden"]},
        "data": {"kubeconfig": "apiVersion: v1", "jws-kubeconfig-abcdef": "hidden"}});
    let server = Running::start(Scenario::object(map)).await;
    let target = "/api/v1/namespaces/kube-public/configmaps/cluster-info";
    let answer = server.get(target).await;
    assert_eq!(answer.json()["data"], json!({"kubeconfig": "apiVersion: v1"}));
    assert!(!answer.body.contains("hidden"));
    assert_eq!(server.recorder.seen()[0].target, target);
    // However many pages load, the API server is asked once in a while.
    assert_eq!(server.get(target).await.status, 200);
    assert_eq!(server.recorder.seen().len(), 1);
    let server = Running::start(Scenario::status(404, "{}")).await;
    assert_eq!(server.get(target).await.status, 404);
}
