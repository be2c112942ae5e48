//! The whole way by keyboard, as somebody with a screen reader goes it: what changes takes the focus or is announced.

use fantoccini::key::Key;
use kube_enroll_e2e::{
    browser::{Browser, Kind},
    control_plane::ControlPlane,
    page::{Page, Wish},
    serve::Serve,
    shell::Shell,
};
use serde_json::json;

use crate::whole::{approve_by_the_page, is_known_to_the_cluster};

#[tokio::test(flavor = "multi_thread")]
async fn in_chromium() {
    goes_the_way(Kind::Chromium).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_firefox() {
    goes_the_way(Kind::Firefox).await;
}

async fn goes_the_way(kind: Kind) {
    let (serve, browser) = (Serve::start().await, Browser::start(kind).await);
    let page = Page::open(&browser, &format!("{}?group=developers", serve.url())).await;
    let reader = Reader { browser: &browser };
    reader.types("jane").await;
    // Among the options is the quickest kind of key; the radio buttons are one stop, and the arrows choose.
    reader.tabs_to("#options > summary").await;
    reader.presses(Key::Enter).await;
    page.wait_until_shown("#options[open]").await;
    reader.tabs_to("input[name='algorithm']").await;
    reader.presses(Key::Down).await;
    assert!(page.text("#summary").await.starts_with("ECDSA-P256 key"), "{}", page.text("#summary").await);
    reader.tabs_to("#create").await;
    reader.presses(Key::Enter).await;

    page.wait_for("waiting").await;
    assert_eq!(reader.focused().await, "Waiting for approval");
    assert_eq!(page.text("ol.steps li:first-child").await, "Identify done");
    let name = page.value("#fingerprint", "aria-label").await;
    assert_eq!(name.split(", ").count(), 8, "one name, read in groups: {name}");
    reader.tabs_to("#copy-approval-message").await;
    approve_by_the_page(&page, &ControlPlane::shared().admin()).await;

    page.wait_for("issued").await;
    assert_eq!(reader.focused().await, "Your certificate is here");
    reader.tabs_to("#save").await;
    let before = browser.downloads();
    reader.presses(Key::Enter).await;
    let file = browser.wait_for_download(&before, "kubeconfig").await;
    page.wait_until_shown("#after-save").await;
    assert_eq!(reader.focused().await, "Your file is saved");
    is_known_to_the_cluster(&Shell::new(&file), &Wish::new("jane", &["developers"])).await;
}

/// Somebody who uses the keyboard only.
struct Reader<'a> {
    browser: &'a Browser,
}

impl Reader<'_> {
    /// Returns the text of the element with the focus.
    async fn focused(&self) -> String {
        let text = self.browser.run("return document.activeElement.textContent", vec![]).await;
        text.as_str().unwrap_or_default().to_owned()
    }

    async fn types(&self, text: &str) {
        let focused = self.browser.client().active_element().await.expect("something has the focus");
        focused.send_keys(text).await.expect("a keyboard");
    }

    async fn presses(&self, key: Key) {
        self.types(&char::from(key).to_string()).await;
    }

    /// Moves on until such an element has the focus.
    async fn tabs_to(&self, selector: &str) {
        for _ in 0..MAX_STOPS {
            self.presses(Key::Tab).await;
            let is_there = "return document.activeElement.matches(arguments[0])";
            if self.browser.run(is_there, vec![json!(selector)]).await == json!(true) {
                return;
            }
        }
        panic!("no {selector} within {MAX_STOPS} stops");
    }
}

/// The most stops from one thing to do to the next.
const MAX_STOPS: usize = 10;
