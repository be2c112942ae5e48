//! What happens to a cluster and to a network while somebody waits for a yes.

use std::time::{Duration, Instant};

use kube_enroll_e2e::{
    browser::{Browser, Kind},
    control_plane::ControlPlane,
    deadline::{PATIENCE, eventually},
    look::look,
    page::{Page, Wish},
    proxy::{Faults, Proxy, SignedOut},
    serve::Serve,
};

use crate::whole::{approve_by_the_page, looks_again};

/// How long the server is away.
const AWAY: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_request_can_be_sent_again_with_the_same_key() {
    let (serve, browser) = (Serve::start().await, Browser::start(Kind::Chromium).await);
    let admin = ControlPlane::shared().admin();
    let page = Page::open(&browser, &serve.url()).await;
    page.submit(&Wish::new("deleted", &["developers"])).await;
    let (name, fingerprint) = (page.object_name().await, page.fingerprint().await);
    admin.ok(&format!("kubectl delete csr {name}")).await;
    page.wait_for("gone").await;
    look(&browser, "gone").await;

    page.click("#resubmit").await;
    page.wait_for("waiting").await;
    assert_ne!(page.object_name().await, name);
    assert_eq!(page.fingerprint().await, fingerprint);
    approve_by_the_page(&page, &admin).await;
    page.wait_for("issued").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_the_api_server_is_waited_out() {
    if std::env::var_os("E2E_KUBECONFIG").is_some() {
        eprintln!("skipped: somebody else's API server is not for a test to restart");
        return;
    }
    let control_plane = ControlPlane::start();
    let (serve, browser) = (Serve::with(&control_plane, &[]).await, Browser::start(Kind::Chromium).await);
    let page = Page::open(&browser, &serve.url()).await;
    page.submit(&Wish::new("restarted", &["developers"])).await;
    page.wait_until_shown("#connection[data-connected='true']").await;
    control_plane.stop();
    // The server looks for the API server; its browsers need not know.
    control_plane.admin().refused("kubectl get csr --request-timeout=2s").await;
    assert_eq!(page.state().await, "waiting");
    assert!(page.has("#connection[data-connected='true']").await);
    control_plane.resume();
    approve_by_the_page(&page, &control_plane.admin()).await;
    page.wait_for("issued").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_seconds_without_the_server_are_waited_out() {
    let (serve, browser) = (Serve::start().await, Browser::start(Kind::Chromium).await);
    let page = Page::open(&browser, &serve.url()).await;
    page.submit(&Wish::new("away", &[])).await;
    page.wait_until_shown("#connection[data-connected='true']").await;
    let begin = Instant::now();
    serve.stop();
    page.wait_until_shown("#connection[data-connected='false']").await;
    look(&browser, "waiting-without-contact").await;
    // The yes comes while nobody can tell the page.
    approve_by_the_page(&page, &ControlPlane::shared().admin()).await;
    eventually(AWAY, "the end of the pause", || async {
        assert_eq!(page.state().await, "waiting");
        if begin.elapsed() >= AWAY { Ok(()) } else { Err("less") }
    })
    .await;
    serve.resume();
    page.wait_for("issued").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_holds_streams_back_only_delays() {
    let serve = Serve::with(ControlPlane::shared(), &["--allowed-host=127.0.0.1"]).await;
    let proxy = Proxy::start(&serve.url(), Faults { buffers: true, ..Faults::default() }).await;
    let browser = Browser::start(Kind::Chromium).await;
    let page = Page::open(&browser, &proxy.url()).await;
    page.submit(&Wish::new("buffered", &[])).await;
    approve_by_the_page(&page, &ControlPlane::shared().admin()).await;
    page.wait_long_for(Duration::from_secs(60), "issued").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ended_asks_to_sign_in_and_keeps_the_key() {
    let serve = Serve::with(ControlPlane::shared(), &["--allowed-host=127.0.0.1"]).await;
    let signed_out = |how| Faults { signed_out: Some(how), ..Faults::default() };
    let proxy = Proxy::start(&serve.url(), signed_out(SignedOut::Page)).await;
    let browser = Browser::start(Kind::Chromium).await;
    // Before anybody fills in a form.
    let page = Page::open_in(&browser, &proxy.url(), "error").await;
    assert!(page.whole_text().await.contains("Please sign in"), "{}", page.whole_text().await);
    proxy.set(|faults| *faults = Faults::default());
    page.click("#retry").await;
    page.wait_for("editing").await;

    page.fill(&Wish::new("signed-out", &[])).await;
    proxy.set(|faults| *faults = signed_out(SignedOut::Page));
    page.click("#create").await;
    page.wait_for("signin").await;
    look(&browser, "signin").await;
    proxy.set(|faults| *faults = Faults::default());
    page.click("#retry").await;
    page.wait_for("waiting").await;
    let (name, fingerprint) = (page.object_name().await, page.fingerprint().await);

    for how in [SignedOut::Unauthorized, SignedOut::Page] {
        proxy.set(|faults| *faults = signed_out(how));
        looks_again(&page).await;
        page.wait_for("signin").await;
        proxy.set(|faults| *faults = Faults::default());
        page.click("#retry").await;
        page.wait_for("waiting").await;
    }
    assert_eq!((page.object_name().await, page.fingerprint().await), (name, fingerprint));
    approve_by_the_page(&page, &ControlPlane::shared().admin()).await;
    page.wait_for("issued").await;
    eventually(PATIENCE, "a file to save", || async { if page.has("#save").await { Ok(()) } else { Err("none") } })
        .await;
}
