//! An approver or the signer says no.

use kube_enroll_e2e::{
    browser::{Browser, Kind},
    control_plane::ControlPlane,
    look::look,
    page::{Page, Wish},
    serve::Serve,
};

use crate::whole::{decide, decision};

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_request_shows_why_and_can_be_begun_again() {
    let (serve, browser) = (Serve::start().await, Browser::start(Kind::Chromium).await);
    let admin = ControlPlane::shared().admin();
    let page = Page::open(&browser, &serve.url()).await;
    page.submit(&Wish::new("denied", &["developers"])).await;
    let name = page.object_name().await;
    decide(&admin, &name, "Denied", "WrongGroup", "ask for\nthe group \"testers\"").await;
    page.wait_for("denied").await;
    assert_eq!(page.text("#reason").await, "WrongGroup");
    assert_eq!(page.text("#message").await, "ask for\nthe group \"testers\"");
    look(&browser, "denied").await;

    page.click("#restart").await;
    page.wait_for("editing").await;
    assert_eq!(page.value("#user", "value").await, "denied");
    page.click("#create").await;
    page.wait_for("waiting").await;
    assert_ne!(page.object_name().await, name);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denial_by_kubectl_has_no_reason_of_a_person_and_begins_again_after_a_reload_in_chromium() {
    is_denied_by_kubectl_and_begins_again(Kind::Chromium).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denial_by_kubectl_has_no_reason_of_a_person_and_begins_again_after_a_reload_in_firefox() {
    is_denied_by_kubectl_and_begins_again(Kind::Firefox).await;
}

async fn is_denied_by_kubectl_and_begins_again(kind: Kind) {
    let (serve, browser) = (Serve::start().await, Browser::start(kind).await);
    let page = Page::open(&browser, &serve.url()).await;
    page.submit(&Wish { namespace: "team".into(), ..Wish::new("denied", &["developers", "ops"]) }).await;
    // The line that the approver's block has as a comment.
    let block = page.text("#approver-block").await;
    ControlPlane::shared().admin().ok(decision(&block, "deny")).await;
    page.wait_for("denied").await;
    assert!(!page.has("#reason").await && !page.has("#message").await, "kubectl's own words are no reason");
    assert!(page.has("#silent").await);
    if kind == Kind::Chromium {
        look(&browser, "denied-without-a-reason").await;
    }

    // The form is filled in from the record: this visit has never seen it.
    let page = Page::open_in(&browser, &serve.url(), "denied").await;
    page.wait_until_kept(&["denied"]).await;
    browser
        .run("window.asked = []; window.confirm = question => (asked.push(question), asked.length > 1)", vec![])
        .await;
    page.click("#restart").await;
    page.wait_until_kept(&["denied"]).await;
    assert_eq!(page.state().await, "denied", "a no to the question changes nothing");
    page.click("#restart").await;
    page.wait_for("editing").await;
    page.wait_until_kept(&[]).await;
    let asked = browser.run("return asked", vec![]).await;
    assert!(asked[0].as_str().is_some_and(|question| question.contains("deleted from this browser")), "{asked}");
    assert_eq!(page.value("#user", "value").await, "denied");
    assert_eq!(page.value("#group-0", "value").await, "developers");
    assert_eq!(page.value("#group-1", "value").await, "ops");
    assert_eq!(page.value("#namespace", "value").await, "team");
    assert_eq!(page.value("input[name='algorithm']:checked", "value").await, "ECDSA-P256");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signer_that_gives_up_is_shown_with_its_reason() {
    let (serve, browser) = (Serve::start().await, Browser::start(Kind::Chromium).await);
    let page = Page::open(&browser, &serve.url()).await;
    page.submit(&Wish::new("failed", &[])).await;
    let name = page.object_name().await;
    decide(&ControlPlane::shared().admin(), &name, "Failed", "SignerValidationFailure", "not with this signer").await;
    page.wait_for("failed").await;
    assert_eq!(page.text("#reason").await, "SignerValidationFailure");
    assert_eq!(page.text("#message").await, "not with this signer");
    look(&browser, "failed").await;
}
