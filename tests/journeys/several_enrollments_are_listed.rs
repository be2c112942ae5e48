//! Who has begun more than one enrollment finds all of them in a list, and does with each what is to be done.

use std::fs;

use kube_enroll_e2e::{
    browser::{Browser, Kind},
    control_plane::ControlPlane,
    deadline::{PATIENCE, eventually},
    look::look,
    page::{Page, Wish},
    serve::Serve,
};
use serde_json::json;

use crate::whole::{approve_by_the_page, unique};

#[tokio::test(flavor = "multi_thread")]
async fn with_a_button_for_each_thing_to_do() {
    let (serve, mut browser) = (Serve::start().await, Browser::start(Kind::Chromium).await);
    let admin = ControlPlane::shared().admin();
    let (first, second) = (unique("first"), unique("second"));
    let page = Page::open(&browser, &serve.url()).await;
    page.submit(&Wish::new(&first, &[])).await;
    let (first_name, first_fingerprint) = (page.object_name().await, page.fingerprint().await);
    page.begin_another().await;
    assert_eq!(page.wait_for_enrollments(1).await[0].stage, "submitted");
    page.submit(&Wish::new(&second, &["developers"])).await;
    approve_by_the_page(&page, &admin).await;
    page.wait_for("issued").await;
    browser.restart().await;

    // More than one: the person says which.
    let page = Page::open(&browser, &serve.url()).await;
    let mut listed = page.wait_for_enrollments(2).await;
    // The oldest first; of one second, in any order.
    listed.sort_by_key(|kept| !kept.text.contains(&first_name));
    assert!(listed[0].text.contains(&first_name), "{listed:?}");
    assert_eq!([&listed[0].stage, &listed[1].stage], ["submitted", "issued"]);
    look(&browser, "editing-with-enrollments").await;

    let before = browser.downloads();
    page.act(&listed[0].id, "export").await;
    let request = browser.wait_for_download(&before, "csr").await;
    let request = fs::read_to_string(request).expect("the file is text");
    let printed = admin.ok_with_input(FINGERPRINT, &request).await;
    assert!(
        printed.trim().ends_with(&first_fingerprint.to_lowercase()) || printed.contains(&first_fingerprint),
        "{printed}"
    );

    page.act(&listed[1].id, "resume").await;
    page.wait_for("issued").await;
    assert_eq!(page.text("#subject-user").await, second);
    page.save().await;
    page.wait_until_shown("#after-save").await;
    page.click("#restart").await;
    page.wait_for("editing").await;
    eventually(PATIENCE, "one that is saved", || async {
        let kept = page.wait_for_enrollments(2).await;
        if kept.iter().any(|kept| kept.stage == "saved") { Ok(()) } else { Err(format!("{kept:?}")) }
    })
    .await;

    page.act(&listed[1].id, "forget").await;
    page.wait_for_enrollments(1).await;
    page.act(&listed[0].id, "resume").await;
    page.wait_for("waiting").await;
    assert_eq!(page.fingerprint().await, first_fingerprint);
    page.forget().await;
    assert_eq!(Page::open(&browser, &serve.url()).await.enrollments().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn and_who_has_asked_for_it_is_notified() {
    let (serve, browser) = (Serve::start().await, Browser::start(Kind::Chromium).await);
    let page = Page::open(&browser, &serve.url()).await;
    browser.devtools("Browser.grantPermissions", json!({ "permissions": ["notifications"] })).await;
    page.submit(&Wish::new(&unique("notified"), &[])).await;
    page.click("#notify").await;
    page.wait_until_shown("#notifies").await;
    // Kept where another tab of the origin can read it: this one is not to be looked at before it has notified.
    let spy = "window.Notification = class extends window.Notification { \
               constructor(...all) { super(...all); localStorage.setItem('notified', all[0]); } }";
    browser.run(spy, vec![]).await;
    let name = page.object_name().await;
    let tab = browser.tab().await;
    browser.open_tab(&format!("{}config.json", serve.url())).await;
    ControlPlane::shared().admin().ok(&format!("kubectl certificate approve {name}")).await;
    eventually(PATIENCE, "the notification", || async {
        let notified = browser.run("return localStorage.getItem('notified')", vec![]).await;
        notified.as_str().filter(|text| !text.is_empty()).map(drop).ok_or("none yet")
    })
    .await;
    browser.switch_to(&tab).await;
    page.wait_for("issued").await;
}

/// As the approver's block prints it.
const FINGERPRINT: &str = "openssl req -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -c";
