//! The same bundle with no server of ours: `kubectl proxy` gives the page and the API.

use std::fs;

use kube_enroll_e2e::{
    browser::{Browser, Kind},
    kubectl_proxy::KubectlProxy,
    page::{Page, Wish},
    programs,
};

use crate::whole::{copy, goes_the_whole_way};

#[tokio::test(flavor = "multi_thread")]
async fn with_a_config_written_by_hand() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    copy(&programs::page_dir(), folder.path());
    fs::write(folder.path().join("config.json"), r#"{"apiBase": "/"}"#).expect("the folder is ours");

    let kubectl = KubectlProxy::start(folder.path());
    let browser = Browser::start(Kind::Chromium).await;
    let url = format!("{}ui/", kubectl.url());
    // Pages of pods and services have the same origin here, and could use a lock of the browser's.
    let page = Page::open(&browser, &url).await;
    page.wait_until_shown("input[name='keep'][value='passphrase']:checked").await;
    let wish = Wish::new("jane@proxy", &["developers"]).locked_with("no pod knows this");
    goes_the_whole_way(&browser, &url, &wish).await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
}
