//! RSA keys take their time, and people change their minds.

use kube_enroll_core::Algorithm;
use kube_enroll_e2e::{
    browser::{Browser, Kind},
    control_plane::ControlPlane,
    page::{Page, Wish},
    serve::Serve,
};
use serde_json::json;

use crate::whole::approve_by_the_page;

#[tokio::test(flavor = "multi_thread")]
async fn and_the_next_one_is_made_in_a_new_room() {
    let (serve, browser) = (Serve::start().await, Browser::start(Kind::Chromium).await);
    let page = Page::open(&browser, &serve.url()).await;
    let mut given_up = 0;
    while given_up < 2 {
        page.fill(&Wish::new("undecided", &["developers"]).with(Algorithm::Rsa4096)).await;
        page.click("#create").await;
        page.wait_for_any(&["generating", "keeping", "submitting", "waiting"]).await;
        let cancel = "const cancel = document.querySelector('#cancel'); cancel?.click(); return !!cancel";
        if browser.run(cancel, vec![]).await == json!(true) {
            page.wait_for("editing").await;
            given_up += 1;
        } else {
            // By luck the primes were found at once.
            page.wait_for("waiting").await;
            page.begin_another().await;
        }
    }
    page.submit(&Wish::new("decided", &["developers"])).await;
    approve_by_the_page(&page, &ControlPlane::shared().admin()).await;
    page.wait_for("issued").await;
    assert_eq!(page.text("#subject-user").await, "decided");
}
