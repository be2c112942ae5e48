//! The enrollment page, as a person uses it.

mod kept;
mod manual;

use std::{path::PathBuf, time::Duration};

use fantoccini::{Locator, elements::Element, key::Key};
use kube_enroll_core::Algorithm;
use serde_json::json;

use crate::{
    browser::Browser,
    deadline::{PATIENCE, eventually},
};

/// The page in a browser, at its own URL.
pub struct Page<'a> {
    /// The browser that shows it.
    pub browser: &'a Browser,
}

/// How long the search for two primes may take: its time is a matter of luck.
const RSA_PATIENCE: Duration = Duration::from_secs(240);

/// What a person asks for.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The user.
    pub user: String,
    /// The groups, in order.
    pub groups: Vec<String>,
    /// The kind of key.
    pub algorithm: Algorithm,
    /// The namespace of the kubeconfig's context; empty means none.
    pub namespace: String,
    /// Locks the key while it is kept; empty means what the page proposes.
    pub passphrase: String,
}

impl Wish {
    /// Makes a wish with the quickest kind of key.
    pub fn new(user: &str, groups: &[&str]) -> Self {
        Self {
            user: user.to_owned(),
            groups: groups.iter().map(ToString::to_string).collect(),
            algorithm: Algorithm::EcdsaP256,
            namespace: String::new(),
            passphrase: String::new(),
        }
    }

    /// Has the key locked with a passphrase.
    pub fn locked_with(mut self, passphrase: &str) -> Self {
        self.passphrase = passphrase.to_owned();
        self
    }

    /// Asks for another kind of key.
    pub fn with(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self
    }
}

impl<'a> Page<'a> {
    /// Opens the page and waits for the form.
    pub async fn open(browser: &'a Browser, url: &str) -> Self {
        Self::open_in(browser, url, "editing").await
    }

    /// Opens the page and waits until it is in this state.
    pub async fn open_in(browser: &'a Browser, url: &str, state: &str) -> Self {
        browser.open(url).await;
        let page = Self { browser };
        page.wait_for(state).await;
        page
    }

    /// Fills in the form.
    pub async fn fill(&self, wish: &Wish) {
        self.write("#user", &wish.user).await;
        for (index, group) in wish.groups.iter().enumerate() {
            let field = format!("#group-{index}");
            if !self.has(&field).await {
                self.click("#add-group").await;
            }
            self.write(&field, group).await;
        }
        self.choose(wish.algorithm).await;
        if !wish.passphrase.is_empty() {
            self.pick("keep", "passphrase").await;
            self.write("#new-passphrase", &wish.passphrase).await;
        }
        if !wish.namespace.is_empty() {
            self.unfold("#options").await;
            self.write("#namespace", &wish.namespace).await;
        }
    }

    /// Chooses the kind of key.
    pub async fn choose(&self, algorithm: Algorithm) {
        self.pick("algorithm", algorithm.name()).await;
    }

    /// Chooses one of several.
    pub async fn pick(&self, name: &str, value: &str) {
        let radio = format!("input[name='{name}'][value='{value}']");
        // The radio itself may lie under its label's picture, so a person clicks the label.
        let clicked = self
            .browser
            .run(
                "const radio = document.querySelector(arguments[0]); \
                 if (!radio) return false; radio.closest('details')?.setAttribute('open', ''); \
                 radio.click(); return radio.checked;",
                vec![json!(radio)],
            )
            .await;
        assert_eq!(clicked, json!(true), "{radio} can be chosen");
    }

    /// Fills in the form, creates the request, and waits until the page waits for an approver.
    pub async fn submit(&self, wish: &Wish) {
        self.fill(wish).await;
        self.click("#create").await;
        let is_rsa = matches!(wish.algorithm, Algorithm::Rsa2048 | Algorithm::Rsa3072 | Algorithm::Rsa4096);
        self.wait_long_for(if is_rsa { RSA_PATIENCE } else { PATIENCE }, "waiting").await;
    }

    /// Returns the state that the page is in.
    pub async fn state(&self) -> String {
        let state = self.browser.run("return document.querySelector('main')?.dataset.state || ''", vec![]).await;
        state.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the page is in this state.
    pub async fn wait_for(&self, state: &str) {
        self.wait_long_for(PATIENCE, state).await;
    }

    /// Waits until the page is in this state, for as long as it may take by its own rules.
    pub async fn wait_long_for(&self, deadline: Duration, state: &str) {
        eventually(deadline, &format!("the page's state {state:?}"), || async {
            let found = self.state().await;
            if found == state { Ok(()) } else { Err(format!("{found:?}: {}", self.whole_text().await)) }
        })
        .await;
    }

    /// Returns an element's text, as the document has it.
    pub async fn text(&self, selector: &str) -> String {
        let text = self.browser.run("return document.querySelector(arguments[0])?.textContent", vec![json!(selector)]);
        text.await.as_str().unwrap_or_else(|| panic!("the page has no {selector}")).to_owned()
    }

    /// Returns an element's attribute or, where it is a field, what is in it.
    pub async fn value(&self, selector: &str, name: &str) -> String {
        let script = "const element = document.querySelector(arguments[0]); \
                      return element && String(element.getAttribute(arguments[1]) ?? element[arguments[1]])";
        let value = self.browser.run(script, vec![json!(selector), json!(name)]).await;
        value.as_str().unwrap_or_else(|| panic!("the page has no {selector}")).to_owned()
    }

    /// Waits until the page is in one of these states, and returns it.
    pub async fn wait_for_any(&self, states: &[&str]) -> String {
        eventually(PATIENCE, &format!("the page's state one of {states:?}"), || async {
            let found = self.state().await;
            if states.contains(&found.as_str()) {
                Ok(found)
            } else {
                Err(format!("{found:?}: {}", self.whole_text().await))
            }
        })
        .await
    }

    /// Waits until the page has such an element.
    pub async fn wait_until_shown(&self, selector: &str) {
        eventually(PATIENCE, &format!("{selector} on the page"), || async {
            if self.has(selector).await { Ok(()) } else { Err(self.whole_text().await) }
        })
        .await;
    }

    /// Tells whether the page has such an element.
    pub async fn has(&self, selector: &str) -> bool {
        self.browser.run("return !!document.querySelector(arguments[0])", vec![json!(selector)]).await == json!(true)
    }

    /// Clicks, with the mouse.
    pub async fn click(&self, selector: &str) {
        // The page may redraw between finding and clicking.
        eventually(PATIENCE, &format!("a click on {selector}"), || async {
            self.element(selector).await?.click().await.map_err(|error| error.to_string())
        })
        .await;
    }

    /// Unfolds what is folded away, unless it is unfolded already.
    pub async fn unfold(&self, details: &str) {
        if !self.has(&format!("{details}[open]")).await {
            self.click(&format!("{details} > summary")).await;
        }
        self.wait_until_shown(&format!("{details}[open]")).await;
    }

    /// Replaces what is in a field, with the keyboard.
    pub async fn write(&self, selector: &str, text: &str) {
        eventually(PATIENCE, &format!("{selector} holds {text:?}"), || async {
            let field = self.element(selector).await?;
            let keys = format!("{}a{}{}", char::from(Key::Control), char::from(Key::Null), char::from(Key::Delete));
            let typed = async {
                field.send_keys(&keys).await?;
                field.send_keys(text).await?;
                field.prop("value").await
            };
            match typed.await.map_err(|error| error.to_string())?.as_deref() {
                Some(found) if found == text => Ok(()),
                found => Err(format!("{found:?}")),
            }
        })
        .await;
    }

    /// Saves the file and returns its path.
    pub async fn save(&self) -> PathBuf {
        let before = self.browser.downloads();
        self.click("#save").await;
        self.browser.wait_for_download(&before, "kubeconfig").await
    }

    /// Returns the name of the object that waits for approval.
    pub async fn object_name(&self) -> String {
        self.text("#object-name").await.trim().to_owned()
    }

    /// Returns the fingerprint as openssl prints it.
    pub async fn fingerprint(&self) -> String {
        self.value("#fingerprint", "data-fingerprint").await
    }

    /// Returns all that a person can read, for the text of a failure.
    pub async fn whole_text(&self) -> String {
        self.whole_text_of("body").await
    }

    /// Returns all that a person can read of an element; nothing if there is none.
    pub async fn whole_text_of(&self, selector: &str) -> String {
        let text = "return document.querySelector(arguments[0])?.innerText";
        self.browser.run(text, vec![json!(selector)]).await.as_str().unwrap_or_default().to_owned()
    }

    async fn element(&self, selector: &str) -> Result<Element, String> {
        self.browser.client().find(Locator::Css(selector)).await.map_err(|error| error.to_string())
    }
}
