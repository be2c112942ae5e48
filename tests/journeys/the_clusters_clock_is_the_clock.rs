//! A person's clock may be wrong; what is valid is judged by the time that the API tells.

use kube_enroll_e2e::{
    browser::{Browser, Kind},
    control_plane::ControlPlane,
    look::look,
    page::{Page, Wish},
    proxy::{Faults, Proxy},
    serve::Serve,
};

use crate::whole::approve_by_the_page;

#[tokio::test(flavor = "multi_thread")]
async fn a_difference_gets_a_sentence_and_refuses_nothing() {
    let page_says = ends_in("655 seconds", "issued").await;
    assert!(page_says.contains("10 minutes behind"), "{page_says}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_has_expired_there_is_refused() {
    let page_says = ends_in("2 days", "refused").await;
    assert!(page_says.contains("not-valid-now"), "{page_says}");
}

/// Goes as far as it goes with a cluster whose clock is ahead, and returns all that the page says then.
async fn ends_in(ahead: &str, state: &str) -> String {
    let admin = ControlPlane::shared().admin();
    let serve = Serve::with(ControlPlane::shared(), &["--allowed-host=127.0.0.1"]).await;
    let proxy = Proxy::start(&serve.url(), Faults::default()).await;
    let browser = Browser::start(Kind::Chromium).await;
    let page = Page::open(&browser, &proxy.url()).await;
    // It stands still from here on.
    let date = admin.ok(&format!("LC_ALL=C date --utc --date '+{ahead}' '+%a, %d %b %Y %H:%M:%S GMT'")).await;
    proxy.set(|faults| faults.date = Some(date.trim().to_owned()));
    page.submit(&Wish::new("late", &[])).await;
    approve_by_the_page(&page, &admin).await;
    page.wait_for(state).await;
    page.wait_until_shown("#clock-warning").await;
    if state == "issued" {
        look(&browser, "issued-with-another-clock").await;
    }
    page.whole_text().await
}
