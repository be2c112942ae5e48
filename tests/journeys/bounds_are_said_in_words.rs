//! What is more than the server gives is refused, and the page says so and goes on.

use kube_enroll_e2e::{
    browser::{Browser, Kind},
    control_plane::ControlPlane,
    deadline::{PATIENCE, eventually},
    look::look,
    page::{Page, Wish},
    serve::Serve,
};

use crate::whole::approve_by_the_page;

#[tokio::test(flavor = "multi_thread")]
async fn a_request_too_many_can_be_sent_again_later() {
    let serve = Serve::with(ControlPlane::shared(), &["--max-creates-per-address=1"]).await;
    let browser = Browser::start(Kind::Chromium).await;
    let page = Page::open(&browser, &serve.url()).await;
    page.submit(&Wish::new("first", &[])).await;
    page.begin_another().await;
    page.fill(&Wish::new("second", &[])).await;
    page.click("#create").await;
    page.wait_for("error").await;
    let text = page.whole_text().await;
    assert_eq!(page.text("h1").await, "Too many requests");
    assert!(text.contains("Many requests have come from your address"), "{text}");
    assert!(page.has("#retry").await, "the key is kept, and the same request can be sent again");
    look(&browser, "too-many-requests").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_whose_watch_is_refused_looks_by_itself() {
    let serve = Serve::with(ControlPlane::shared(), &["--max-streams-per-address=1"]).await;
    let (one, other) = (Browser::start(Kind::Chromium).await, Browser::start(Kind::Chromium).await);
    let first = Page::open(&one, &serve.url()).await;
    first.submit(&Wish::new("streams", &[])).await;
    first.wait_until_shown("#connection[data-connected='true']").await;
    let second = Page::open(&other, &serve.url()).await;
    second.submit(&Wish::new("polls", &[])).await;
    // Also false while it connects, and true after each look.
    eventually(PATIENCE, "the page says that it looks by itself", || async {
        let said = second.text("#connection").await;
        if said.contains("this page looks again by itself") { Ok(()) } else { Err(said) }
    })
    .await;
    approve_by_the_page(&second, &ControlPlane::shared().admin()).await;
    second.wait_for("issued").await;
}
