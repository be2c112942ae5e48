//! RSA keys take their time, and people change their minds.

use kube_enroll_core::Algorithm;
use kube_enroll_e2e::{
    browser::{Browser, Kind},
    control_plane::ControlPlane,
    page::{Page, Wish},
    serve::Serve,
};

use crate::whole::approve_by_the_page;

#[tokio::test(flavor = "multi_thread")]
async fn and_the_next_one_is_made_in_a_new_room() {
    let (serve, browser) = (Serve::start().await, Browser::start(Kind::Chromium).await);
    let page = Page::open(&browser, &serve.url()).await;
    for _ in 0..2 {
        page.fill(&Wish::new("undecided", &["developers"]).with(Algorithm::Rsa4096)).await;
        page.click("#create").await;
        page.wait_for("generating").await;
        page.click("#cancel").await;
        page.wait_for("editing").await;
    }
    page.submit(&Wish::new("decided", &["developers"])).await;
    approve_by_the_page(&page, &ControlPlane::shared().admin()).await;
    page.wait_for("issued").await;
    assert_eq!(page.text("#subject-user").await, "decided");
}
