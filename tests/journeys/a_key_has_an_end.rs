//! A stored key is of use until its certificate ends: then it is deleted, and nothing of it is left.

use std::{fs, path::PathBuf};

use kube_enroll_e2e::{
    browser::{Browser, Kind},
    control_plane::ControlPlane,
    look::look,
    page::{Page, Wish},
    proxy::{Faults, Proxy},
    serve::Serve,
};
use serde_json::json;

use crate::{
    what_is_kept_is_not_believed::{REQUEST, change},
    whole::{approve_by_the_page, unique},
};

#[tokio::test(flavor = "multi_thread")]
async fn by_the_clusters_clock_it_is_deleted_at_the_next_visit() {
    for kind in [Kind::Chromium, Kind::Firefox] {
        let (serve, browser) = (Serve::start().await, Browser::start(kind).await);
        let wish = Wish::new(&unique("lapsed"), &["developers"]);
        saves(&browser, &serve.url(), &wish).await;
        change(&browser, &progress("notAfter: 1")).await;

        let page = Page::open(&browser, &serve.url()).await;
        page.wait_until_shown("[data-ended]").await;
        page.wait_for_enrollments(0).await;
        page.wait_until_kept(&[]).await;
        let text = page.text("[data-ended]").await;
        assert!(text.contains("has ended, so its key was deleted") && text.contains(&wish.user), "{text}");
        if kind == Kind::Chromium {
            look(&browser, "editing-with-a-key-that-ended").await;
        }
        page.click("[data-ended] button[data-act='again']").await;
        assert_eq!(page.value("#user", "value").await, wish.user);
        page.click("#create").await;
        page.wait_for("waiting").await;
        assert!(page.whole_text().await.contains("developers"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn by_the_browsers_clock_alone_it_is_asked() {
    let serve = Serve::with(ControlPlane::shared(), &["--allowed-host=127.0.0.1"]).await;
    let proxy = Proxy::start(&serve.url(), Faults::default()).await;
    let browser = Browser::start(Kind::Chromium).await;
    saves(&browser, &proxy.url(), &Wish::new(&unique("perhaps"), &[])).await;
    change(&browser, &progress("notAfter: 1")).await;
    // What the API says of the time, nobody can read.
    proxy.set(|faults| faults.date = Some("today".into()));

    let page = Page::open(&browser, &proxy.url()).await;
    let listed = page.wait_for_enrollments(1).await.remove(0);
    assert!(listed.text.contains("By this computer’s clock its certificate has ended"), "{}", listed.text);
    page.wait_until_kept(&["saved"]).await;
    look(&browser, "editing-with-a-key-that-may-have-ended").await;
    page.act(&listed.id, "forget").await;
    page.wait_for_enrollments(0).await;
    page.wait_until_kept(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_after_its_file_was_saved_the_first_question_is_whether_that_works() {
    let (serve, browser) = (Serve::start().await, Browser::start(Kind::Chromium).await);
    let file = saves(&browser, &serve.url(), &Wish::new(&unique("saved"), &[])).await;
    let page = Page::open(&browser, &serve.url()).await;
    page.wait_for_enrollments(1).await;
    assert!(!page.has("[data-act='works']").await, "today it is too early");

    change(&browser, &progress("savedAt: 1")).await;
    let page = Page::open(&browser, &serve.url()).await;
    page.wait_until_shown("[data-act='works']").await;
    assert!(page.whole_text().await.contains("Does the file work?"));
    look(&browser, "editing-with-a-question").await;
    page.click("[data-act='save-again']").await;
    page.wait_for("issued").await;
    // The driver's browser would write over it.
    fs::remove_file(&file).expect("it is there");
    let again = fs::read_to_string(page.save().await).expect("the file is text");
    assert!(again.contains("client-key-data"), "{again}");
    page.wait_until_kept(&["saved"]).await;
    let page = Page::open(&browser, &serve.url()).await;
    page.wait_for_enrollments(1).await;
    assert!(!page.has("[data-act='works']").await, "it was saved today");

    change(&browser, &progress("savedAt: 1")).await;
    let page = Page::open(&browser, &serve.url()).await;
    page.click("[data-act='works']").await;
    page.wait_for_enrollments(0).await;
    page.wait_until_kept(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forgetting_leaves_nothing_of_the_file_in_the_page() {
    let (serve, browser) = (Serve::start().await, Browser::start(Kind::Chromium).await);
    let page = Page::open(&browser, &serve.url()).await;
    page.submit(&Wish::new(&unique("left"), &[])).await;
    approve_by_the_page(&page, &ControlPlane::shared().admin()).await;
    page.wait_for("issued").await;
    browser.run(WITNESS, vec![]).await;
    assert_eq!(blobs_of_the_frame(&browser).await, 0, "before a click there is no file");
    page.save().await;
    assert_eq!(browser.run("return [made.length, revoked.length]", vec![]).await, json!([1, 0]));
    page.forget().await;
    assert_eq!(browser.run("return made.filter(url => !revoked.includes(url))", vec![]).await, json!([]));
    assert_eq!(blobs_of_the_frame(&browser).await, 0);
    let seen =
        "const { contentWindow } = document.querySelector('iframe'); window.seen = new contentWindow.Blob(['x'])";
    browser.run(seen, vec![]).await;
    assert_eq!(blobs_of_the_frame(&browser).await, 1, "one that is there is seen");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_deleted_is_said() {
    let (serve, browser) = (Serve::start().await, Browser::start(Kind::Chromium).await);
    let page = Page::open(&browser, &serve.url()).await;
    page.submit(&Wish::new(&unique("stays"), &[])).await;
    // A newer version of the page takes the storage over.
    let upgrade = format!("{REQUEST} (await request(indexedDB.open('kube-enroll /', 2))).close()");
    browser.run_async(&upgrade, vec![]).await;
    page.unfold("details:has(#forget)").await;
    page.click("#forget").await;
    page.wait_until_shown("#not-deleted").await;
    assert!(page.text("#not-deleted").await.contains("was not deleted"));
    look(&browser, "editing-with-a-key-that-stays").await;
    page.wait_until_kept(&["submitted"]).await;
}

/// Goes the whole way, to the file, and returns its path.
async fn saves(browser: &Browser, url: &str, wish: &Wish) -> PathBuf {
    let page = Page::open(browser, url).await;
    page.submit(wish).await;
    approve_by_the_page(&page, &ControlPlane::shared().admin()).await;
    page.wait_for("issued").await;
    assert!(page.text("#key-stays").await.contains("whether the file works"));
    let file = page.save().await;
    page.wait_until_kept(&["saved"]).await;
    file
}

/// Returns JavaScript that changes fields of a record's progress.
fn progress(fields: &str) -> String {
    format!("record.progress = JSON.stringify({{ ...JSON.parse(record.progress), {fields} }})")
}

/// Counts the files that live in the realm of the key worker's frame: those that the worker sends are its, and a query
/// from the page's own realm finds none of them.
async fn blobs_of_the_frame(browser: &Browser) -> u64 {
    let realm = realm_of_the_frame(browser).await;
    let prototype = json!({ "expression": "Blob.prototype", "contextId": realm });
    let prototype = browser.devtools("Runtime.evaluate", prototype).await;
    // Collects garbage first.
    let query = json!({ "prototypeObjectId": prototype["result"]["objectId"] });
    let found = browser.devtools("Runtime.queryObjects", query).await;
    let length = json!({
        "objectId": found["objects"]["objectId"],
        "functionDeclaration": "function () { return this.length }",
        "returnByValue": true,
    });
    let counted = browser.devtools("Runtime.callFunctionOn", length).await;
    counted["result"]["value"].as_u64().expect("a number")
}

/// Returns the number that the developer tools have for the frame's realm. They tell it in an event only, which the
/// driver does not pass on.
async fn realm_of_the_frame(browser: &Browser) -> u32 {
    for realm in 1..100 {
        let path = json!({ "expression": "location.pathname", "contextId": realm });
        let path = browser.try_devtools("Runtime.evaluate", path).await.unwrap_or_default();
        if path["result"]["value"] == "/worker/frame.html" {
            return realm;
        }
    }
    panic!("the page has no frame");
}

/// Notes the addresses that the page makes for files, and those that it revokes.
const WITNESS: &str = "window.made = []; window.revoked = [];
    const { createObjectURL, revokeObjectURL } = URL;
    URL.createObjectURL = file => { const url = createObjectURL.call(URL, file); made.push(url); return url; };
    URL.revokeObjectURL = url => { revoked.push(url); revokeObjectURL.call(URL, url); };";
