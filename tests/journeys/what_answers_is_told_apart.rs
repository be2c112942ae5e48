//! A host, a proxy and a firewall answer in the place of a file or of the API: the page says which it was, and what
//! helps.

use kube_enroll_e2e::{
    browser::{Browser, Kind},
    control_plane::ControlPlane,
    look::look,
    page::{Page, Wish},
    programs,
    proxy::{Faults, Proxy, Rule},
    serve::Serve,
    site::Site,
};

use crate::whole::approve_by_the_page;

const FIREWALL: &[u8] = b"<!doctype html><title>403 Forbidden</title><h1>Request blocked</h1>";
const BUCKET: &[u8] = b"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>";

const fn rule(path: &'static str, status: u16, content_type: &'static str, body: Option<&'static [u8]>) -> Rule {
    Rule { path, status, content_type, body }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_without_settings_has_the_defaults_and_one_sentence_for_whoever_runs_it() {
    const HOSTS: [&[Rule]; 4] = [
        // A fallback to the page, with success and with 404.
        &[rule("/config.json", 200, "text/html", None), rule("/apis/", 200, "text/html", None)],
        &[rule("/config.json", 404, "text/html", None), rule("/apis/", 404, "text/html", None)],
        // A bucket, and an API gateway.
        &[
            rule("/config.json", 403, "application/xml", Some(BUCKET)),
            rule("/apis/", 403, "application/xml", Some(BUCKET)),
        ],
        &[
            rule("/config.json", 404, "application/json", Some(b"{}")),
            rule("/apis/", 404, "text/plain", Some(b"no route")),
        ],
    ];
    let site = Site::start(&programs::page_dir(), "/", None).await;
    let proxy = Proxy::start(&site.url(), Faults::default()).await;
    let browser = Browser::start(Kind::Chromium).await;
    for rules in HOSTS {
        proxy.set(|faults| faults.rules = rules);
        let page = Page::open(&browser, &proxy.url()).await;
        assert!(page.text("#no-settings").await.contains("For whoever runs this page"), "{rules:?}");
        page.fill(&Wish::new("nobody.asks", &[])).await;
        page.click("#create").await;
        page.wait_for("manual").await;
        assert!(page.whole_text().await.contains("There is no Kubernetes API behind this page"), "{rules:?}");
        page.forget().await;
        page.wait_for("editing").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_firewall_is_no_sign_in_in_chromium() {
    is_no_sign_in(Kind::Chromium).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_firewall_is_no_sign_in_in_firefox() {
    is_no_sign_in(Kind::Firefox).await;
}

async fn is_no_sign_in(kind: Kind) {
    const BLOCKED: &[Rule] = &[rule("/apis/", 403, "text/html", Some(FIREWALL))];
    const NO_SETTINGS: &[Rule] = &[rule("/config.json", 403, "text/html", Some(FIREWALL))];
    let serve = Serve::with(ControlPlane::shared(), &["--allowed-host=127.0.0.1"]).await;
    let proxy = Proxy::start(&serve.url(), Faults { rules: NO_SETTINGS, ..Faults::default() }).await;
    let browser = Browser::start(kind).await;
    let page = Page::open_in(&browser, &proxy.url(), "error").await;
    assert!(page.text("#message").await.contains("refused this (HTTP 403)"), "{}", page.whole_text().await);
    proxy.set(|faults| faults.rules = &[]);
    page.click("#reload").await;
    page.wait_for("editing").await;

    page.fill(&Wish::new("blocked", &[])).await;
    proxy.set(|faults| faults.rules = BLOCKED);
    page.click("#create").await;
    page.wait_for("error").await;
    let text = page.whole_text().await;
    assert!(text.contains("Something between you and the cluster refused this (HTTP 403)"), "{text}");
    assert!(text.contains("Reload, if your sign-in may have ended") && text.contains("Your key is kept"), "{text}");
    if kind == Kind::Chromium {
        look(&browser, "blocked").await;
    }
    proxy.set(|faults| faults.rules = &[]);
    page.click("#retry").await;
    page.wait_until_shown("#connection[data-connected='true']").await;

    proxy.set(|faults| faults.rules = BLOCKED);
    crate::whole::looks_again(&page).await;
    page.wait_until_shown("#reload").await;
    let text = page.text("#connection").await;
    assert!(text.contains("something between you and the cluster refused this, HTTP 403"), "{text}");
    assert_eq!(page.state().await, "waiting");
    proxy.set(|faults| faults.rules = &[]);
    page.click("#reload").await;
    page.wait_for("waiting").await;
    approve_by_the_page(&page, &ControlPlane::shared().admin()).await;
    page.wait_for("issued").await;
}
