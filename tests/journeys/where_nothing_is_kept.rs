//! A browser that refuses storage: said before anything is sent, and the whole way all the same.

use kube_enroll_e2e::{
    browser::{Browser, Kind, Options},
    control_plane::ControlPlane,
    look::look,
    page::{Page, Wish},
    proxy::{Faults, Proxy},
    serve::Serve,
    shell::Shell,
};
use serde_json::json;

use crate::whole::{approve_by_the_page, is_known_to_the_cluster};

#[tokio::test(flavor = "multi_thread")]
async fn it_is_said_first_and_the_browser_asks_before_the_page_is_left_in_chromium() {
    goes_on_without_storage(Kind::Chromium).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_said_first_and_the_browser_asks_before_the_page_is_left_in_firefox() {
    goes_on_without_storage(Kind::Firefox).await;
}

async fn goes_on_without_storage(kind: Kind) {
    let serve = Serve::start().await;
    let browser = Browser::with(Options { refuses_storage: true, ..Options::new(kind) }).await;
    let page = Page::open(&browser, &serve.url()).await;
    page.wait_until_shown("#storage-refused").await;
    assert!(!page.has("input[name='keep']").await);
    if kind == Kind::Chromium {
        look(&browser, "editing-without-storage").await;
    }
    assert!(!page.asks_before_leaving().await, "there is no key yet");

    let wish = Wish::new("nowhere", &["developers"]);
    page.submit(&wish).await;
    assert!(page.asks_before_leaving().await, "the key is only here");
    approve_by_the_page(&page, &ControlPlane::shared().admin()).await;
    page.wait_for("issued").await;
    assert!(page.asks_before_leaving().await, "the file is not saved yet");
    let file = page.save().await;
    page.wait_until_shown("#after-save").await;
    assert!(!page.asks_before_leaving().await, "the file is saved");
    is_known_to_the_cluster(&Shell::new(&file), &wish).await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_said_before_anything_is_sent_and_leaves_the_choice() {
    let serve = Serve::with(ControlPlane::shared(), &["--allowed-host=127.0.0.1"]).await;
    let proxy = Proxy::start(&serve.url(), Faults::default()).await;
    let browser = Browser::start(Kind::Chromium).await;
    let page = Page::open(&browser, &proxy.url()).await;
    let origin = proxy.url().trim_end_matches('/').to_owned();
    browser.devtools("Storage.overrideQuotaForOrigin", json!({ "origin": origin, "quotaSize": 1 })).await;
    page.fill(&Wish::new("full", &[])).await;
    page.click("#create").await;
    page.wait_for("unkept").await;
    look(&browser, "unkept").await;
    assert_eq!(proxy.posts(), 0);
    page.click("#go-on").await;
    page.wait_for("waiting").await;
    assert!(page.asks_before_leaving().await, "the key is only here");
    approve_by_the_page(&page, &ControlPlane::shared().admin()).await;
    page.wait_for("issued").await;
    page.save().await;
    page.wait_until_shown("#after-save").await;

    page.click("#restart").await;
    page.wait_for("editing").await;
    page.click("#create").await;
    page.wait_for("unkept").await;
    browser.devtools("Storage.overrideQuotaForOrigin", json!({ "origin": origin })).await;
    page.click("#retry").await;
    page.wait_for("waiting").await;
    assert!(!page.asks_before_leaving().await, "it is kept now");
    assert_eq!(proxy.posts(), 2);
}
