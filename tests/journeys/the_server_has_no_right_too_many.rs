//! What the server may do, judged by the API server; and what it lets through, by real objects behind it.

use hyper::StatusCode;
use kube_enroll_core::CSRS_PATH;
use kube_enroll_e2e::{control_plane::ControlPlane, http::ask, programs, serve::Serve, shell::Shell};
use serde_json::Value;

use crate::whole::{create_somebody_elses, unique};

#[tokio::test(flavor = "multi_thread")]
async fn its_manifests_are_as_the_api_server_takes_them() {
    let admin = ControlPlane::shared().admin();
    ControlPlane::shared().service_account_kubeconfig().await;
    let deploy = programs::repository().join("deploy");
    let applied = admin.ok(&format!("kubectl apply --dry-run=server --filename '{}' 2>&1", deploy.display())).await;
    for expected in
        ["deployment.apps/kube-enroll", "service/kube-enroll", "networkpolicy.networking.k8s.io/kube-enroll"]
    {
        assert!(applied.contains(&format!("{expected} created (server dry run)")), "{expected} in {applied}");
    }
    // The strictest profile has nothing against the pod.
    assert!(!applied.to_lowercase().contains("warning"), "{applied}");
}

#[tokio::test(flavor = "multi_thread")]
async fn its_account_may_ask_and_look_and_nothing_else() {
    let server = Shell::new(ControlPlane::shared().service_account_kubeconfig().await);
    for verb in ["create", "get", "list", "watch"] {
        let line = format!("kubectl auth can-i {verb} certificatesigningrequests.certificates.k8s.io 2>/dev/null");
        assert_eq!(server.ok(&line).await.trim(), "yes", "{verb}");
    }
    server.ok("kubectl get csr --output name >/dev/null").await;

    for what in [
        "update certificatesigningrequests.certificates.k8s.io",
        "patch certificatesigningrequests.certificates.k8s.io",
        "delete certificatesigningrequests.certificates.k8s.io",
        "deletecollection certificatesigningrequests.certificates.k8s.io",
        "update certificatesigningrequests.certificates.k8s.io --subresource=approval",
        "update certificatesigningrequests.certificates.k8s.io --subresource=status",
        "approve signers.certificates.k8s.io/kubernetes.io/kube-apiserver-client",
        "sign signers.certificates.k8s.io/kubernetes.io/kube-apiserver-client",
        "attest signers.certificates.k8s.io/kubernetes.io/kube-apiserver-client",
        "get secrets --all-namespaces",
        "list secrets --all-namespaces",
        "get secrets --namespace kube-enroll",
        "create pods --namespace kube-enroll",
        "create serviceaccounts --subresource=token --namespace kube-enroll",
        "impersonate users",
        "impersonate groups",
        "create clusterrolebindings.rbac.authorization.k8s.io",
        "bind clusterroles.rbac.authorization.k8s.io",
        "escalate clusterroles.rbac.authorization.k8s.io",
        "list namespaces",
        "list configmaps --namespace kube-public",
        "get configmaps/another --namespace kube-public",
        "'*' '*'",
    ] {
        let said = server.refused(&format!("kubectl auth can-i {what} 2>/dev/null")).await;
        assert!(said.starts_with("no"), "{what}: {said}");
    }
}

/// Everything that the API server lists for the account, beside what it lets every account do.
#[tokio::test(flavor = "multi_thread")]
async fn its_account_has_the_rights_of_every_account_and_one_more() {
    let kubeconfig = ControlPlane::shared().service_account_kubeconfig().await;
    let admin = ControlPlane::shared().admin();
    let nobody = unique("nobody");
    admin.ok(&format!("kubectl create serviceaccount {nobody} --namespace kube-enroll")).await;
    let token = admin.ok(&format!("kubectl create token {nobody} --namespace kube-enroll")).await;
    for namespace in ["default", "kube-enroll"] {
        let list = format!("kubectl auth can-i --list --no-headers --namespace {namespace} 2>/dev/null");
        // The columns are as wide as the list needs.
        let lines = |list: String| -> Vec<String> {
            list.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
        };
        let everybodys = lines(Shell::new(kubeconfig).ok(&format!("{list} --token={}", token.trim())).await);
        let mut more = lines(Shell::new(kubeconfig).ok(&list).await);
        more.retain(|line| !everybodys.contains(line));
        assert_eq!(more, ["certificatesigningrequests.certificates.k8s.io [] [] [create get list watch]"]);
    }
    admin.ok(&format!("kubectl delete serviceaccount {nobody} --namespace kube-enroll")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_cannot_approve_what_it_asked_for() {
    let server = Shell::new(ControlPlane::shared().service_account_kubeconfig().await);
    let name = unique("own");
    create_somebody_elses(&server, &name).await;
    let said = server.refused(&format!("kubectl certificate approve {name}")).await;
    assert!(said.contains("forbidden") || said.contains("Forbidden"), "{said}");
    ControlPlane::shared().admin().ok(&format!("kubectl delete csr {name}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn someone_elses_request_is_as_absent_as_one_that_is_not_there() {
    let serve = Serve::start().await;
    let admin = ControlPlane::shared().admin();
    // Of a shape that the server itself would give.
    let foreign = "jane-abcdefghjk";
    admin.ok(&format!("kubectl delete csr {foreign} --ignore-not-found")).await;
    create_somebody_elses(&admin, foreign).await;
    let there = read(&serve, foreign).await;
    admin.ok(&format!("kubectl delete csr {foreign}")).await;
    let absent = read(&serve, foreign).await;
    assert_eq!(there, absent);
    assert_eq!(there[0].0, StatusCode::NOT_FOUND);
    let list: Value = serde_json::from_str(&there[1].1).expect("the API speaks JSON");
    assert_eq!(list["items"], serde_json::json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_other_path_is_forbidden() {
    let serve = Serve::start().await;
    for (method, path) in [
        ("GET", "/api/v1/namespaces/kube-enroll/secrets"),
        ("GET", "/api/v1/namespaces/kube-public/configmaps"),
        ("GET", CSRS_PATH),
        ("GET", &format!("{CSRS_PATH}?labelSelector=a%3Db")),
        ("GET", &format!("{CSRS_PATH}/..%2f..%2f..%2f..%2fapi%2fv1%2fsecrets")),
        ("GET", "/apis"),
        ("GET", "/version"),
        ("GET", "/metrics"),
        ("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews"),
        ("POST", "/api/v1/namespaces/default/pods"),
        ("PUT", &format!("{CSRS_PATH}/jane-abcdefghjk/approval")),
        ("PATCH", &format!("{CSRS_PATH}/jane-abcdefghjk")),
        ("DELETE", &format!("{CSRS_PATH}/jane-abcdefghjk")),
        ("DELETE", CSRS_PATH),
    ] {
        let headers = [("content-type", "application/json"), ("accept", "application/json")];
        let (status, text) = ask(method, &serve.url_of(path), &headers, "{}").await;
        assert!(
            [StatusCode::FORBIDDEN, StatusCode::BAD_REQUEST, StatusCode::METHOD_NOT_ALLOWED].contains(&status),
            "{method} {path}: {status} {text}"
        );
        let body: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{method} {path}: {error} {text}"));
        assert_eq!(body["kind"], "Status", "{method} {path}: {text}");
    }
}

async fn read(serve: &Serve, name: &str) -> [(StatusCode, String); 2] {
    let accept = [("accept", "application/json")];
    let one = ask("GET", &serve.url_of(&format!("{CSRS_PATH}/{name}")), &accept, "").await;
    let selector = format!("fieldSelector=metadata.name%3D{name}");
    let (status, list) = ask("GET", &serve.url_of(&format!("{CSRS_PATH}?{selector}")), &accept, "").await;
    // The list's version grows with everything that happens in the cluster.
    let mut list: Value = serde_json::from_str(&list).expect("the API speaks JSON");
    list["metadata"]["resourceVersion"] = Value::Null;
    [one, (status, list.to_string())]
}
