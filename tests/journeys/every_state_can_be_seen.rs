//! The states on the way to a kubeconfig are drawn at the width of a phone and of a desk, light and dark, and axe-core
//! has nothing against them. The other states are looked at in the journeys that lead to them.

use kube_enroll_core::Algorithm;
use kube_enroll_e2e::{
    browser::{Browser, Kind},
    control_plane::ControlPlane,
    look::look,
    page::{Page, Wish},
    proxy::{Faults, Proxy},
    serve::Serve,
};

use crate::whole::{approve_by_the_page, looks_again};

#[tokio::test(flavor = "multi_thread")]
async fn on_the_way_to_a_kubeconfig() {
    let flags = [
        "--allowed-host=127.0.0.1",
        "--approver=Ask in #platform.",
        "--group=developers",
        // A powerful one may be asked for since it is named.
        "--group=kubeadm:cluster-admins",
    ];
    let serve = Serve::with(ControlPlane::shared(), &flags).await;
    let holds: &[&str] = &["/config.json", "/worker/kube_enroll_worker_bg.wasm"];
    let proxy = Proxy::start(&serve.url(), Faults { holds, ..Faults::default() }).await;
    let browser = Browser::start(Kind::Chromium).await;
    let page = Page { browser: &browser };

    // The link asks for a group that the operator does not name.
    browser.open(&format!("{}?group=on-call", proxy.url())).await;
    page.wait_for("loading").await;
    look(&browser, "loading").await;

    proxy.set(|faults| faults.holds = &["/worker/kube_enroll_worker_bg.wasm"]);
    if page.wait_for_any(&["editing", "error"]).await == "error" {
        // Looking took longer than the page waits for its settings.
        page.click("#retry").await;
        page.wait_for("editing").await;
    }
    look(&browser, "editing").await;
    page.fill(&Wish::new("jane.doe@example.com", &[])).await;
    page.click("#group-0").await;
    page.click("#group-1").await;
    page.unfold("#options").await;
    page.write("#label", "-").await;
    page.click("#create").await;
    assert!(!page.text("#groups-error").await.is_empty());
    assert!(!page.text("#label-error").await.is_empty());
    look(&browser, "editing-with-faults").await;
    page.write("#label", "laptop").await;
    page.click("#group-2").await;

    // The key worker waits for its module, and so does the key.
    page.choose(Algorithm::Rsa4096).await;
    page.click("#create").await;
    page.wait_for("generating").await;
    look(&browser, "generating").await;
    page.click("#cancel").await;
    page.wait_for("editing").await;
    page.choose(Algorithm::EcdsaP256).await;
    page.click("#create").await;
    page.wait_for("generating").await;
    proxy.set(|faults| faults.holds = &["/certificatesigningrequests"]);

    page.wait_for("submitting").await;
    look(&browser, "submitting").await;
    // Nothing is issued, as far as this page can see.
    proxy.set(|faults| *faults = Faults { certificate_pem: Some(String::new()), ..Faults::default() });

    page.wait_for("waiting").await;
    look(&browser, "waiting").await;
    approve_by_the_page(&page, &ControlPlane::shared().admin()).await;

    page.wait_for("approved").await;
    look(&browser, "approved").await;
    proxy.set(|faults| faults.certificate_pem = None);
    looks_again(&page).await;

    page.wait_for("issued").await;
    look(&browser, "issued").await;
    page.save().await;
    page.wait_until_shown("#after-save").await;
    look(&browser, "saved").await;
    browser.run("document.querySelectorAll('details').forEach(details => details.open = true)", vec![]).await;
    look(&browser, "saved-unfolded").await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
}
