//! A key worker that breaks, before it is asked or while it works, is a state with a button: no wait without end.

use std::fs;

use kube_enroll_e2e::{
    browser::{Browser, Kind},
    page::{Page, Wish},
    programs,
    site::Site,
};

use crate::whole::copy;

/// Breaks when it gets the module, as with a module of another version.
const BREAKS_AT_ONCE: &str = "onmessage = () => postMessage({ panicked: 'RuntimeError: unreachable' });";

/// Breaks at the first command, after the real start.
const BREAKS_AT_WORK: &str = "const first = onmessage;
onmessage = event => {
    first(event);
    onmessage = () => postMessage({ panicked: 'RuntimeError: unreachable' });
};";

#[tokio::test(flavor = "multi_thread")]
async fn before_it_is_asked_and_while_it_works() {
    for breaks in [BREAKS_AT_ONCE, BREAKS_AT_WORK] {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        copy(&programs::page_dir(), folder.path());
        let good = fs::read_to_string(folder.path().join("worker/bootstrap.js")).expect("the page is built");
        fs::write(folder.path().join("worker/bootstrap.js"), format!("{good}\n{breaks}")).expect("the folder is ours");
        let site = Site::start(folder.path(), "/", Some("{}")).await;
        let browser = Browser::start(Kind::Chromium).await;
        let page = Page::open(&browser, &site.url()).await;
        page.fill(&Wish::new("broken", &[])).await;
        page.click("#create").await;
        page.wait_for("error").await;
        assert!(page.whole_text().await.contains("broke down"));
        // The same once more, since the page keeps what it has loaded.
        page.click("#retry").await;
        page.wait_for("error").await;
        fs::write(folder.path().join("worker/bootstrap.js"), good).expect("the folder is ours");
        let page = Page::open(&browser, &site.url()).await;
        page.fill(&Wish::new("mended", &[])).await;
        page.click("#create").await;
        // The key is made, and there is no API to send the request to.
        page.wait_for("manual").await;
    }
}
