//! The server's credentials become those of another account while it runs, as with each session on EKS: the request
//! that meets it first is created once and waits like any other, and requests of the former account go on.

use kube_enroll_core::{Algorithm, CSRS_PATH};
use kube_enroll_e2e::{
    browser::{Browser, Kind},
    control_plane::ControlPlane,
    deadline::{PATIENCE, eventually},
    http::ask,
    page::{Page, Wish},
    serve::Serve,
};
use serde_json::Value;

const FORMER: &str = "system:serviceaccount:kube-enroll:kube-enroll";
const LATER: &str = "system:serviceaccount:kube-enroll:moved";

#[tokio::test(flavor = "multi_thread")]
async fn and_nobody_notices() {
    let control_plane = ControlPlane::start();
    let admin = control_plane.admin();
    let kubeconfig = control_plane.service_account_kubeconfig().await.display().to_string();
    let token = admin.folder().join("token").display().to_string();
    let lines = |lines: &str| lines.replace("KUBECONFIG_OF_SERVER", &kubeconfig).replace("TOKEN", &token);
    admin.ok(&lines(MOVE)).await;
    let serve = Serve::with(&control_plane, &[]).await;
    let browser = Browser::start(Kind::Chromium).await;
    let page = Page::open(&browser, &serve.url()).await;
    page.submit(&Wish::new("before", &[]).with(Algorithm::EcdsaP256)).await;
    let before = page.object_name().await;
    page.begin_another().await;

    admin.ok(&lines("kubectl create token moved --namespace kube-enroll > 'TOKEN'")).await;
    page.submit(&Wish::new("after", &[]).with(Algorithm::EcdsaP256)).await;
    let after = page.object_name().await;
    let accounts = "kubectl get csr --output 'jsonpath={range .items[*]}{.metadata.name}={.spec.username} {end}'";
    let mut created: Vec<String> = admin.ok(accounts).await.split_whitespace().map(str::to_owned).collect();
    created.sort();
    assert_eq!(created, [format!("{after}={LATER}"), format!("{before}={FORMER}")], "no orphans");
    let log = serve.log();
    let line = log.lines().find(|line| line.contains("has another name")).unwrap_or_else(|| panic!("{log}"));
    assert!(line.contains(FORMER) && line.contains(LATER), "{line}");

    admin.ok(&format!("kubectl certificate approve {before} {after}")).await;
    page.wait_for("issued").await;
    eventually(PATIENCE, "the certificate of the former account's request", || async {
        let (_, body) = ask("GET", &serve.url_of(&format!("{CSRS_PATH}/{before}")), &[], "").await;
        let object: Value = serde_json::from_str(&body).map_err(|_| body.clone())?;
        if object["status"]["certificate"].is_string() { Ok(()) } else { Err(body) }
    })
    .await;
    let (_, settings) = ask("GET", &serve.url_of("/config.json"), &[], "").await;
    assert!(settings.contains(LATER) && !settings.contains(FORMER), "{settings}");
}

/// Makes the second account, and has the server's kubeconfig take the token from a file for each request. The policy
/// knows one account alone, and goes.
const MOVE: &str = r#"
kubectl delete validatingadmissionpolicybinding kube-enroll >&2
kubectl create serviceaccount moved --namespace kube-enroll >&2
kubectl create clusterrolebinding moved --clusterrole=kube-enroll --serviceaccount=kube-enroll:moved >&2
kubectl create token kube-enroll --namespace kube-enroll > 'TOKEN'
cat > credential <<'EOF'
#!/bin/sh
printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s","expirationTimestamp":"2020-01-01T00:00:00Z"}}' "$(cat 'TOKEN')"
EOF
chmod +x credential
export KUBECONFIG='KUBECONFIG_OF_SERVER'
kubectl config unset users >&2
kubectl config set-credentials kube-enroll --exec-command="$PWD/credential" \
  --exec-api-version=client.authentication.k8s.io/v1 --exec-interactive-mode=Never >&2
"#;
