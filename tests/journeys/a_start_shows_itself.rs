//! The page has words before any of its modules is there, and says which file did not load.

use std::fs;

use kube_enroll_e2e::{
    browser::{Browser, Kind},
    deadline::{PATIENCE, eventually},
    page::Page,
    programs,
    proxy::{Faults, Proxy},
    site::Site,
};

use crate::whole::copy;

#[tokio::test(flavor = "multi_thread")]
async fn with_the_products_name_before_any_module_in_chromium() {
    has_its_name_at_once(Kind::Chromium).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_products_name_before_any_module_in_firefox() {
    has_its_name_at_once(Kind::Firefox).await;
}

async fn has_its_name_at_once(kind: Kind) {
    let site = Site::start(&programs::page_dir(), "/", Some("{}")).await;
    let proxy = Proxy::start(&site.url(), Faults { holds: &[".wasm"], ..Faults::default() }).await;
    let browser = Browser::start(kind).await;
    browser.open(&proxy.url()).await;
    let page = Page { browser: &browser };
    assert_eq!(page.text("main[data-state=loading] h1").await, "kube-enroll");
    assert_eq!(page.text("#loading").await, "Loading…");
    let styled = browser.run("return getComputedStyle(document.querySelector('main')).maxWidth", vec![]).await;
    assert_ne!(styled, "none", "the style is in the page");
    proxy.set(|faults| faults.holds = &[]);
    page.wait_for("editing").await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn and_names_the_file_that_did_not_load_in_chromium() {
    names_what_is_missing(Kind::Chromium).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn and_names_the_file_that_did_not_load_in_firefox() {
    names_what_is_missing(Kind::Firefox).await;
}

async fn names_what_is_missing(kind: Kind) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    copy(&programs::page_dir(), folder.path());
    let site = Site::start(folder.path(), "/", Some("{}")).await;
    let entries = fs::read_dir(folder.path()).expect("the page is built").flatten();
    let glue = entries
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "js"))
        .expect("the page has its glue");
    fs::remove_file(&glue).expect("the folder is ours");
    let url = format!("{}{}", site.url(), glue.file_name().expect("it is a file").to_string_lossy());
    let browser = Browser::start(kind).await;
    browser.open(&site.url()).await;
    let page = Page { browser: &browser };
    eventually(PATIENCE, "the file that is missing is named", || async {
        let text = page.text("#loading").await;
        if text == format!("{url} did not load. Please reload this page.") { Ok(()) } else { Err(text) }
    })
    .await;
}
