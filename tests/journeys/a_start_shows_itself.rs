//! The page has words before any of its modules is there, and says what keeps it from starting.

use std::{
    fs,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use hyper::StatusCode;
use kube_enroll_e2e::{
    browser::{Browser, Kind, Options},
    deadline::{PATIENCE, eventually},
    look::look,
    page::{Page, Wish},
    programs,
    proxy::{Faults, Proxy},
    site::{Served, Site},
};
use serde_json::json;

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

/// A change that a host or a proxy makes to the page's files, and the page's finding, or "" where nobody can know.
type Mishap = (fn(&str, &mut Served), &'static str);

const MISHAPS: [Mishap; 9] = [
    (
        |path, served| {
            if is_script(path) {
                gone(served)
            }
        },
        "HTTP 404",
    ),
    (
        |path, served| {
            if path.ends_with(".wasm") {
                gone(served)
            }
        },
        "HTTP 404",
    ),
    // A host that answers everything with its front page.
    (
        |path, served| {
            if is_script(path) {
                front_page(served)
            }
        },
        "answered with a page",
    ),
    (
        |path, served| {
            if path.ends_with(".wasm") {
                front_page(served)
            }
        },
        "answered with a page",
    ),
    (
        |path, served| {
            if is_script(path) {
                served.content_type = "text/plain"
            }
        },
        "came as “text/plain”",
    ),
    // A proxy that opens TLS and puts something of its own into scripts.
    (
        |path, served| {
            if is_script(path) {
                served.body.extend(b";")
            }
        },
        "other bytes",
    ),
    (|_, served| served.policy = Some("script-src 'self' 'unsafe-inline'"), "A policy that this page did not bring"),
    (|_, served| served.policy = Some("script-src 'none'"), ""),
    (rocket_loader, ""),
];

#[tokio::test(flavor = "multi_thread")]
async fn and_words_for_every_mishap_in_chromium() {
    fails_in_words(Kind::Chromium).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn and_words_for_every_mishap_in_firefox() {
    fails_in_words(Kind::Firefox).await;
}

async fn fails_in_words(kind: Kind) {
    let browser = Browser::start(kind).await;
    for (mishap, (alter, finding)) in MISHAPS.into_iter().enumerate() {
        // Each of an origin of its own, for which the tab remembers nothing.
        let site = Site::altered(&programs::page_dir(), "/", Some("{}"), alter).await;
        browser.open(&site.url()).await;
        let text = words(&browser, &mishap.to_string()).await;
        assert!(text.contains(finding), "{mishap}: {finding:?} in {text}");
        let loads = site.requests().iter().filter(|path| *path == "/").count();
        assert!(loads <= 2, "{mishap}: it reloads itself once at most, and not {loads} times");
        // From here on without animations, as some people have it: the words still come.
        if mishap == 0 && kind == Kind::Chromium {
            look(&browser, "not-started").await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn and_words_without_webassembly_and_without_any_script() {
    let site = Site::start(&programs::page_dir(), "/", Some("{}")).await;
    let locked_down = Options { is_locked_down: true, ..Options::new(Kind::Chromium) };
    let browser = Browser::with(locked_down).await;
    browser.open(&site.url()).await;
    assert!(words(&browser, "locked down").await.contains("WebAssembly is switched off"));
    let browser = Browser::start(Kind::Chromium).await;
    browser.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    browser.open(&site.url()).await;
    assert!(words(&browser, "no script").await.contains("JavaScript is switched off"));
}

#[tokio::test(flavor = "multi_thread")]
async fn and_a_file_that_was_missing_once_is_loaded_again_by_itself() {
    let first = AtomicBool::new(true);
    let site = Site::altered(&programs::page_dir(), "/", Some("{}"), move |path, served| {
        if path.ends_with(".wasm") && first.swap(false, Ordering::SeqCst) {
            gone(served);
        }
    })
    .await;
    let browser = Browser::start(Kind::Chromium).await;
    browser.open(&site.url()).await;
    Page { browser: &browser }.wait_for("editing").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn also_at_the_address_of_its_folder_without_the_slash() {
    for kind in [Kind::Chromium, Kind::Firefox] {
        let index = fs::read(programs::page_dir().join("index.html")).expect("the page is built");
        let site = Site::altered(&programs::page_dir(), "/enroll/", Some("{}"), move |path, served| {
            if path == "/enroll" {
                *served = Served { body: index.clone(), ..Served::page() };
            }
        })
        .await;
        let browser = Browser::start(kind).await;
        let page = Page { browser: &browser };
        // Also the second time.
        for _ in 0..2 {
            browser.open(&format!("{}?user=jane", site.url().trim_end_matches('/'))).await;
            page.wait_for("editing").await;
            assert_eq!(page.value("#user", "value").await, "jane");
        }
        page.fill(&Wish::new("slashless", &[])).await;
        page.click("#create").await;
        page.wait_for("manual").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn and_a_page_that_was_kept_on_the_way_is_loaded_anew_once_and_then_says_so() {
    for kind in [Kind::Chromium, Kind::Firefox] {
        let site = Site::altered(&programs::page_dir(), "/", Some("{}"), |path, served| {
            if path == "/version.json" {
                served.body = br#"{"build":"another"}"#.into();
            }
        })
        .await;
        let browser = Browser::start(kind).await;
        browser.open(&site.url()).await;
        let page = Page { browser: &browser };
        eventually(PATIENCE, "a word about the newer page", || async {
            // Between two loads there is a document without it.
            let shown = browser.run("return document.querySelector('#updated')?.hidden === false", vec![]).await;
            if shown == json!(true) { Ok(()) } else { Err(site.requests().join(" ")) }
        })
        .await;
        page.wait_for("editing").await;
        assert_eq!(site.requests().iter().filter(|path| *path == "/").count(), 2);
        if kind == Kind::Chromium {
            look(&browser, "updated").await;
        }
    }
}

/// Waits for the words of a page that has not started, and returns them.
async fn words(browser: &Browser, mishap: &str) -> String {
    let shown = "const words = document.querySelector('#not-started');
        return words && getComputedStyle(words).visibility === 'visible' ? words.textContent : null";
    let text = eventually(Duration::from_secs(15), &format!("words, {mishap}"), || async {
        let text = browser.run(shown, vec![]).await;
        text.as_str().map(str::to_owned).ok_or(text)
    })
    .await;
    assert!(text.contains("openssl genpkey") && text.contains("kubectl certificate approve"), "{text}");
    text
}

fn is_script(path: &str) -> bool {
    path.starts_with("/kube-enroll-app") && path.ends_with(".js")
}

fn gone(served: &mut Served) {
    *served = Served { status: StatusCode::NOT_FOUND, content_type: "text/plain", ..Served::page() };
}

fn front_page(served: &mut Served) {
    *served = Served { body: b"<!doctype html><title>Another page</title>".into(), ..Served::page() };
}

/// Changes the type of each script, to run them itself, as a content network does that makes pages faster. Its own
/// script is refused by the page's policy.
fn rocket_loader(path: &str, served: &mut Served) {
    if path == "/" {
        let html = String::from_utf8(served.body.clone()).expect("the page is text");
        let html = html.replace("<script>", "<script type=\"1a2b-text/javascript\">");
        let html = html.replace("<script type=\"module\">", "<script type=\"1a2b-module\">");
        served.body = html.into_bytes();
    }
}
