//! While leaving the page would lose a key, the browser asks first.

use kube_enroll_e2e::{
    browser::{Browser, Kind},
    control_plane::ControlPlane,
    page::{Page, Wish},
    serve::Serve,
};

use crate::whole::approve_by_the_page;

#[tokio::test(flavor = "multi_thread")]
async fn from_the_request_until_the_file_is_saved() {
    let (serve, browser) = (Serve::start().await, Browser::start(Kind::Chromium).await);
    let page = Page::open(&browser, &serve.url()).await;
    assert!(!asks_before_leaving(&browser).await, "there is no key yet");
    page.submit(&Wish::new("leaving", &[])).await;
    assert!(asks_before_leaving(&browser).await, "the key is only here");
    approve_by_the_page(&page, &ControlPlane::shared().admin()).await;
    page.wait_for("issued").await;
    assert!(asks_before_leaving(&browser).await, "the file is not saved yet");
    page.save().await;
    assert!(!asks_before_leaving(&browser).await, "the file is saved");
}

/// Tells whether the page would have the browser ask. A driver answers the question itself, so the event is the page's own.
async fn asks_before_leaving(browser: &Browser) -> bool {
    let leave = "const leaving = new Event('beforeunload', { cancelable: true });
        window.dispatchEvent(leaving);
        return leaving.defaultPrevented;";
    browser.run(leave, vec![]).await.as_bool().expect("a boolean")
}
