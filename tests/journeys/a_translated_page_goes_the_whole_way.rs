//! A browser that translates the page puts elements of its own in the place of each text. The page goes on all the
//! same, and shows the words of the state that it is in.

use std::time::Duration;

use kube_enroll_core::Algorithm;
use kube_enroll_e2e::{
    browser::{Browser, Kind},
    control_plane::ControlPlane,
    deadline::{PATIENCE, eventually},
    page::{Page, Wish},
    proxy::{Faults, Proxy},
    serve::Serve,
};
use serde_json::json;

use crate::whole::{approve_by_the_page, decide, looks_again, unique};

#[tokio::test(flavor = "multi_thread")]
async fn in_chromium() {
    goes_the_way(Kind::Chromium).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_firefox() {
    goes_the_way(Kind::Firefox).await;
}

async fn goes_the_way(kind: Kind) {
    let serve = Serve::with(ControlPlane::shared(), &["--allowed-host=127.0.0.1"]).await;
    let proxy = Proxy::start(&serve.url(), Faults::default()).await;
    let browser = Browser::start(kind).await;
    let admin = ControlPlane::shared().admin();
    let page = Page::open(&browser, &proxy.url()).await;
    browser.run(TRANSLATE, vec![]).await;
    let translated = browser.run("return document.querySelectorAll('main font font').length", vec![]).await;
    assert!(translated.as_u64() > Some(20), "{translated} texts are translated");

    // Every text of the form that comes, changes and goes.
    page.write("#user", "Jane ").await;
    reads(&page, "#user-capitals", "two users").await;
    reads(&page, "#user-trimmed", "left out").await;
    page.write("#user", "system:jane").await;
    reads(&page, "#user-error", "system:").await;
    page.write("#user", "jané|").await;
    reads(&page, "#user-error", "position 5").await;
    page.write("#group-0", "dev, ops, qa").await;
    reads(&page, "#group-0-parts", "One group, or 3?").await;
    page.write("#group-0", "dev, ops").await;
    reads(&page, "#group-0-parts", "One group, or 2?").await;
    page.click("#split-group-0").await;
    page.click("#add-group").await;
    page.write("#group-2", "kubeadm:cluster-admins").await;
    reads(&page, "#groups-error", "far-reaching rights in many clusters").await;
    page.write("#group-2", "kubeadm:clüster-admins").await;
    reads(&page, "main", "looks like a group with far-reaching rights").await;
    page.click("#remove-group-2").await;
    page.choose(Algorithm::Ed25519).await;
    reads(&page, "#summary", "Ed25519 key, for 1 day, kept in this browser").await;
    page.pick("keep", "passphrase").await;
    reads(&page, "#summary", "under your passphrase").await;
    page.click("#create").await;
    reads(&page, "#new-passphrase-error", "At least").await;
    page.pick("keep", "browser").await;
    let user = unique("translated");
    page.write("#user", &user).await;
    // A key that takes long enough to count its seconds.
    page.choose(Algorithm::Rsa4096).await;
    page.click("#create").await;
    page.wait_for("generating").await;
    reads(&page, "h1", "Making your key").await;
    page.click("#cancel").await;
    page.wait_for("editing").await;
    reads(&page, "h1", "Get access to your cluster").await;
    page.choose(Algorithm::EcdsaP256).await;
    page.click("#create").await;

    page.wait_for("waiting").await;
    reads(&page, "h1", "Waiting for approval").await;
    reads(&page, "#connection", "Connected.").await;
    page.click("#copy-approval-message").await;
    reads(&page, "#copy-approval-message", "Copied").await;
    reads(&page, "#copy-approval-message", "Copy the message").await;
    serve.stop();
    reads(&page, "#connection", "Reconnecting. No contact since").await;
    proxy.set(|faults| *faults = Faults { certificate_pem: Some(String::new()), ..Faults::default() });
    serve.resume();
    looks_again(&page).await;
    reads(&page, "#connection", "Connected.").await;
    approve_by_the_page(&page, &admin).await;
    page.wait_for("approved").await;
    reads(&page, "h1", "Approved").await;
    let waited = page.text("#elapsed").await;
    eventually(PATIENCE, "another second", || async {
        let now = page.text("#elapsed").await;
        if now != waited { Ok(()) } else { Err(now) }
    })
    .await;
    proxy.set(|faults| faults.certificate_pem = None);
    looks_again(&page).await;

    page.wait_for("issued").await;
    reads(&page, "h1", "Your certificate is here").await;
    let names =
        "return document.querySelectorAll('[translate=no] font, #subject-user font, #subject-groups font').length";
    assert_eq!(browser.run(names, vec![]).await, json!(0), "names are as they were given");
    page.save().await;
    reads(&page, "h1", "Your file is saved").await;
    reads(&page, "footer", "only in what you saved").await;
    page.write("#file-name", "a/b").await;
    reads(&page, "#file-name-error", "are possible").await;
    page.write("#file-name", "mine").await;
    reads(&page, "#cmd-whoami", "--kubeconfig=mine").await;
    page.forget().await;
    reads(&page, "footer", "never leaves it").await;

    // A list of what is stored, which other tabs change, and a no.
    let wishes = [Wish::new(&unique("listed"), &[]), Wish::new(&unique("denied"), &[])];
    page.submit(&wishes[0]).await;
    page.begin_another().await;
    page.wait_for_enrollments(1).await;
    page.submit(&wishes[1]).await;
    decide(&admin, &page.object_name().await, "Denied", "Not today", "").await;
    page.wait_for("denied").await;
    reads(&page, "h1", "Denied").await;
    reads(&page, "#reason", "Not today").await;
    page.click("#restart").await;
    page.wait_for("editing").await;
    let listed = page.wait_for_enrollments(1).await;
    assert!(listed[0].text.contains("waiting for approval"), "{listed:?}");
    page.act(&listed[0].id, "forget").await;
    page.wait_for_enrollments(0).await;
    let shown = page.whole_text().await;
    assert_eq!(shown.matches("Get access to your cluster").count(), 1, "nothing stays of an earlier state: {shown}");
    assert!(!shown.contains("Denied") && !shown.contains("Your requests"), "{shown}");
}

/// Waits until an element reads so.
async fn reads(page: &Page<'_>, selector: &str, words: &str) {
    eventually(PATIENCE + Duration::from_secs(30), &format!("{words:?} in {selector}"), || async {
        let found = page.whole_text_of(selector).await;
        if found.contains(words) { Ok(()) } else { Err(found) }
    })
    .await;
}

/// Does to the page what a translation does, but for the words, as long as the page is open: each text that may be
/// translated is replaced by elements with a text of their own.
pub const TRANSLATE: &str = "
    const translate = () => {
        const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
        while (texts.nextNode()) found.push(texts.currentNode);
        for (const text of found) {
            const spared = '[translate=no], script, style, textarea, font';
            if (!text.data.trim() || text.parentElement.closest(spared)) continue;
            const [outer, inner] = [document.createElement('font'), document.createElement('font')];
            inner.textContent = text.data;
            outer.append(inner);
            text.replaceWith(outer);
        }
    };
    translate();
    new MutationObserver(translate).observe(document.body, { childList: true, subtree: true, characterData: true });
";
