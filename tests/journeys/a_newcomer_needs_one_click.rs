//! Somebody who has never used kubectl: a short form in the first window, one click, one message to send, one file.

use kube_enroll_core::{ObjectName, shell};
use kube_enroll_e2e::{
    browser::{Browser, Kind},
    control_plane::ControlPlane,
    deadline::{PATIENCE, eventually},
    look::look,
    page::{Page, Wish},
    serve::Serve,
    shell::Shell,
};
use serde_json::{Value, json};

use crate::whole::{folder_of, is_known_to_the_cluster};

#[tokio::test(flavor = "multi_thread")]
async fn in_chromium() {
    goes_the_way(Kind::Chromium).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_firefox() {
    goes_the_way(Kind::Firefox).await;
}

/// Types a name, clicks once, sends the message, saves twice, and runs the lines of the last file.
async fn goes_the_way(kind: Kind) {
    let (serve, browser) = (Serve::start().await, Browser::start(kind).await);
    let admin = ControlPlane::shared().admin();
    let page = Page::open(&browser, &serve.url()).await;
    browser
        .run(
            "window.clicks = 0; addEventListener('click', event => window.clicks += Number(event.isTrusted), true)",
            vec![],
        )
        .await;
    eventually(PATIENCE, "the focus in the first field", || async {
        let id = browser.run("return document.activeElement.id", vec![]).await;
        if id == json!("user") { Ok(()) } else { Err(id.to_string()) }
    })
    .await;
    assert_eq!(page.value("#user", "autocomplete").await, "username");
    browser.client().active_element().await.expect("the focus").send_keys("jane").await.expect("a keyboard");
    page.click("#create").await;
    page.wait_long_for(PATIENCE * 4, "waiting").await;
    assert_eq!(browser.run("return window.clicks", vec![]).await, json!(1));

    let message = page.text("#approval-message").await;
    for part in ["access to the cluster dev for jane in no groups, for 1 day", "RSA-3072", &page.object_name().await] {
        assert!(message.contains(part), "{part} in {message}");
    }
    assert!(page.whole_text().await.contains("You can close this page"));
    assert!(!page.has("#approver-lines[open]").await, "one thing to do");
    approves_by_the_message(&admin, &message).await;
    page.wait_for("issued").await;

    let first = page.save().await;
    page.wait_until_shown("#after-save").await;
    let text = page.whole_text().await;
    assert!(text.contains("Your file is saved") && !text.contains("never leaves it"), "{text}");
    let second = page.save().await;
    assert!(second.ends_with("jane@dev-2.kubeconfig"), "{first:?}, then {second:?}");
    assert_eq!(page.value("#file-name", "value").await, "jane@dev-2.kubeconfig");
    let owner = Shell::new(&second);
    let whoami = page.text("#cmd-whoami").await;
    assert!(whoami.contains("jane@dev-2.kubeconfig"), "{whoami}");
    owner.ok(&format!("cd '{}'; {whoami}", folder_of(&second))).await;
    is_known_to_the_cluster(&owner, &Wish::new("jane", &[])).await;

    // The last thing on the page, and quiet.
    let buttons = "return [...document.querySelectorAll('main button')].map(button => [button.id, button.className])";
    let Value::Array(buttons) = browser.run(buttons, vec![]).await else { panic!("a list of buttons") };
    assert_eq!(buttons.last(), Some(&json!(["forget", "quiet"])), "{buttons:?}");
    browser.run("window.confirm = question => (window.asked = question, false)", vec![]).await;
    page.click("#forget").await;
    assert!(browser.run("return asked", vec![]).await.as_str().is_some_and(|asked| asked.contains("file works")));
    page.wait_until_kept(&["saved"]).await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
}

/// An approver who has nothing but the message finds the request, compares the fingerprint, and says yes.
async fn approves_by_the_message(admin: &Shell, message: &str) {
    let of = |start: &str| {
        let line = message.lines().find_map(|line| line.strip_prefix(start));
        line.unwrap_or_else(|| panic!("no {start:?} in {message}")).trim()
    };
    let name = ObjectName::parse(of("Request: ")).expect("a name");
    let printed = admin.ok(&shell::print_fingerprint(&name)).await;
    let fingerprint = of("Fingerprint of the key: ").replace(' ', ":");
    assert!(printed.trim().ends_with(&fingerprint), "{fingerprint} is not in {printed}");
    admin.ok(&shell::approve(&name)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn and_the_form_stands_in_the_first_window_in_at_most_ninety_words() {
    let (serve, browser) = (Serve::start().await, Browser::start(Kind::Chromium).await);
    for (width, height, is_phone) in [(390, 844, false), (390, 844, true), (1280, 800, false)] {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_phone });
        browser.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
        browser.devtools("Emulation.setTouchEmulationEnabled", json!({ "enabled": is_phone })).await;
        let page = Page::open(&browser, &serve.url()).await;
        assert_eq!(page.has("#on-a-phone").await, is_phone);
        let words = page.whole_text().await.split_whitespace().count();
        assert!(words <= 90, "{words} words: {}", page.whole_text().await);
        let bottom =
            browser.run("return document.querySelector('#create').getBoundingClientRect().bottom", vec![]).await;
        assert!(bottom.as_f64() <= Some(f64::from(height)), "the button ends at {bottom} of {height} pixels");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn and_a_phone_leads_to_the_computer_with_kubectl() {
    let (serve, browser) = (Serve::start().await, Browser::start(Kind::Chromium).await);
    let metrics = json!({ "width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true });
    browser.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
    browser.devtools("Emulation.setTouchEmulationEnabled", json!({ "enabled": true })).await;
    let sheet = "window.shared = []; navigator.share = async data => void shared.push(data)";
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": sheet })).await;
    let url = format!("{}?user=jane", serve.url());
    let page = Page::open(&browser, &url).await;
    assert!(page.text("#on-a-phone").await.contains("the computer that has kubectl"));
    assert_ne!(browser.run("return document.activeElement.id", vec![]).await, json!("user"), "no keyboard opens");
    page.click("#share-link").await;
    assert_eq!(browser.run("return shared", vec![]).await, json!([{ "text": url }]));
    look(&browser, "editing-on-a-phone").await;

    page.submit(&Wish::new("jane", &[])).await;
    page.click("#share-approval-message").await;
    let message = page.text("#approval-message").await;
    assert_eq!(browser.run("return shared[1]", vec![]).await, json!({ "text": message }));
    page.forget().await;
}
