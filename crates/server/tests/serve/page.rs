use std::process::Command;

use serde_json::json;

use crate::{
    recorder::{ACCOUNT, Scenario},
    running::{CSRS_PATH, NAME, Running, only},
};

#[tokio::test]
async fn answers_settings_from_its_flags_and_its_kubeconfig() {
    let server = Running::with(Scenario::object("{}"), |config| {
        config.approver = "Ask in #platform".into();
        config.policy.groups = only(&["developers"]);
    })
    .await;
    let answer = server.get("/config.json").await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let settings = kube_enroll_core::Settings::parse(&answer.body).expect("settings");
    let cluster = settings.cluster.expect("a cluster");
    assert_eq!((cluster.name().as_str(), cluster.server()), ("dev", "https://api.example.com:6443"));
    assert_eq!(settings.policy.groups, only(&["developers"]));
    assert_eq!(answer.json()["approver"], "Ask in #platform");
    assert_eq!(answer.json()["apiBase"], "./");
    assert_eq!(answer.json()["origin"], "own");
    assert_eq!(answer.json()["requestingUser"], json!(ACCOUNT));
}

/// Makes a page of the tests' own.
pub(crate) fn folder() -> tempfile::TempDir {
    let folder = tempfile::TempDir::new().expect("a folder");
    std::fs::create_dir(folder.path().join("worker")).expect("a folder");
    for (name, content) in
        [("index.html", PAGE), ("worker/frame.html", PAGE), ("a.wasm", "\0asm"), ("config.json", "{}")]
    {
        std::fs::write(folder.path().join(name), content).expect("a file");
    }
    let script = format!("{}/../../scripts/write-manifest.mjs", env!("CARGO_MANIFEST_DIR"));
    let written = Command::new("node").arg(script).arg(folder.path()).status().expect("node");
    assert!(written.success());
    folder
}

const PAGE: &str = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'self'\">";

#[tokio::test]
async fn serves_a_folder_with_the_headers_of_a_page() {
    let folder = folder();
    let server = Running::with(Scenario::object("{}"), |config| config.page_dir = Some(folder.path().into())).await;
    let answer = server.get("/").await;
    assert_eq!((answer.status, &*answer.body), (200, PAGE));
    for (header, value) in [
        ("content-security-policy", "default-src 'self'; frame-ancestors 'none'"),
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cache-control", "no-store"),
        ("vary", "Accept-Encoding"),
    ] {
        assert_eq!(answer.header(header), Some(value), "{header}");
    }
    let frame = server.get("/worker/frame.html").await;
    assert_eq!(frame.header("content-security-policy"), Some("default-src 'self'; frame-ancestors 'self'"));
    assert_eq!(frame.header("x-frame-options"), Some("SAMEORIGIN"));
    assert_eq!(server.get("/a.wasm").await.header("content-type"), Some("application/wasm"));
    // The settings are the server's, whatever lies in the folder.
    assert_ne!(server.get("/config.json").await.body, "{}");
    assert_eq!(server.get("/worker/").await.status, 404);
    assert_eq!(server.get("/../Cargo.toml").await.status, 404);
    assert_eq!(server.ask("HEAD", "/", "", "").await.body, "");
}

#[tokio::test]
async fn keeps_every_answer_that_is_somebodys_out_of_caches() {
    let server = Running::start(Scenario::object("{}")).await;
    for target in ["/", "/config.json", "/livez", "/readyz", "/missing", "/apis", &format!("{CSRS_PATH}/{NAME}")] {
        assert_eq!(server.get(target).await.header("cache-control"), Some("no-store"), "{target}");
    }
}
