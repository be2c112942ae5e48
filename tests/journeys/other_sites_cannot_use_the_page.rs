//! A page of somebody else, open in the same browser, neither sends requests in a person's name nor dresses up the
//! page.

use std::fs;

use fantoccini::Locator;
use getrandom::{SysRng, rand_core::UnwrapErr};
use kube_enroll_core::{Algorithm, CSRS_PATH, CertificateSigningRequest, ObjectName, Subject};
use kube_enroll_e2e::{
    browser::{Browser, Kind},
    control_plane::ControlPlane,
    http::ask,
    page::Page,
    serve::Serve,
    site::Site,
};
use kube_enroll_keys::PrivateKey;
use serde_json::json;
use tempfile::TempDir;

#[tokio::test(flavor = "multi_thread")]
async fn in_chromium() {
    cannot_use_the_page(Kind::Chromium).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_firefox() {
    cannot_use_the_page(Kind::Firefox).await;
}

async fn cannot_use_the_page(kind: Kind) {
    let (serve, browser) = (Serve::start().await, Browser::start(kind).await);
    let (folder, foreign) = foreign_site(&serve.url()).await;
    let address = serve.url_of(CSRS_PATH);
    let admin = ControlPlane::shared().admin();

    browser.open(&foreign.url()).await;
    let mut names = Vec::new();
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/json"] {
        let (name, body) = good_request();
        // In no-cors mode a page may send the first two, and never sees the answer.
        let script = "const [address, type, body] = arguments; \
            await fetch(address, { method: 'POST', mode: 'no-cors', credentials: 'include', headers: { 'Content-Type': type }, body })\
                .catch(() => 0); \
            await fetch(address, { method: 'POST', headers: { 'Content-Type': type }, body }).catch(() => 0)";
        browser.run_async(script, vec![json!(address), json!(content_type), json!(body)]).await;
        names.push(name);
    }
    for name in &names {
        let found = admin.ok(&format!("kubectl get csr {name} --ignore-not-found --output name")).await;
        assert_eq!(found, "", "{name}");
    }
    // The body was good: the same one passes without the foreign page around it.
    let (name, body) = good_request();
    let (status, text) = ask("POST", &address, &[("content-type", "application/json")], &body).await;
    assert!(status.is_success(), "{status} {text}");
    admin.ok(&format!("kubectl delete csr {name}")).await;

    assert_eq!(framed(&browser, "#mine").await, Some("a frame of my own".to_owned()));
    assert_eq!(framed(&browser, "#page").await, None);
    Page::open(&browser, &serve.url()).await;
    drop(folder);
}

/// Returns what a person sees in a frame, where it is a document of its site.
async fn framed(browser: &Browser, frame: &str) -> Option<String> {
    let client = browser.client();
    let frame = client.find(Locator::Css(frame)).await.expect("the foreign page has the frame");
    frame.enter_frame().await.expect("a frame can be entered");
    let seen = browser.run("return document.querySelector('main')?.innerText", vec![]).await;
    client.enter_parent_frame().await.expect("a frame has a parent");
    seen.as_str().map(ToOwned::to_owned)
}

async fn foreign_site(page: &str) -> (TempDir, Site) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let frames = format!(
        "<!doctype html><title>win a prize</title><iframe id=mine src=mine.html></iframe><iframe id=page src='{page}'></iframe>"
    );
    fs::write(folder.path().join("index.html"), frames).expect("the folder is new");
    fs::write(folder.path().join("mine.html"), "<!doctype html><main>a frame of my own</main>")
        .expect("the folder is new");
    let site = Site::start(folder.path(), "/", None).await;
    (folder, site)
}

fn good_request() -> (ObjectName, String) {
    let rng = &mut UnwrapErr(SysRng);
    let subject = Subject::parse("jane", &[] as &[&str]).expect("a good name");
    let key = PrivateKey::generate(Algorithm::EcdsaP256, rng).expect("randomness makes a key");
    let request = key.request(&subject, rng).expect("a key makes a request");
    let mut random = [0; 7];
    getrandom::fill(&mut random).expect("the system has randomness");
    let name = ObjectName::new("jane", None, random);
    let object = CertificateSigningRequest::new(&name, &request.to_pem(), 3600);
    (name, serde_json::to_string(&object).expect("an object is JSON"))
}
