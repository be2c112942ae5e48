//! Names and messages that would like to be programs.

use kube_enroll_e2e::{
    browser::{Browser, Kind},
    control_plane::ControlPlane,
    look::look,
    page::{Page, Wish},
    serve::Serve,
};

use crate::whole::{decide, goes_the_whole_way};

const HOSTILE: &str = "<img src=x onerror=\"smuggled('image')\"><script>smuggled('script')</script>\
    <a href=\"javascript:smuggled('link')\">click</a>\u{1b}[31m\u{1b}]0;title\u{7}\u{202e}{{7*7}}";

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_denial_runs_no_script_in_chromium() {
    shows_a_hostile_denial(Kind::Chromium).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_denial_runs_no_script_in_firefox() {
    shows_a_hostile_denial(Kind::Firefox).await;
}

async fn shows_a_hostile_denial(kind: Kind) {
    let (serve, browser) = (Serve::start().await, Browser::start(kind).await);
    let page = Page::open(&browser, &serve.url()).await;
    page.submit(&Wish::new("hostile", &[])).await;
    let name = page.object_name().await;
    decide(&ControlPlane::shared().admin(), &name, "Denied", HOSTILE, HOSTILE).await;
    page.wait_for("denied").await;
    for selector in ["#reason", "#message"] {
        let shown = page.text(selector).await;
        assert!(shown.contains("<img src=x onerror="), "{shown}");
        assert!(shown.contains("</script>"), "{shown}");
    }
    assert!(!page.has("main img, main script, main a[href^='javascript']").await);
    assert_eq!(browser.violations().await, Vec::<String>::new());
    if kind == Kind::Chromium {
        look(&browser, "denied-with-a-hostile-message").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_link_to_the_page_fills_the_form_with_text_and_is_refused() {
    let (serve, browser) = (Serve::start().await, Browser::start(Kind::Chromium).await);
    let query = "?user=%3Cscript%3Esmuggled('user')%3C%2Fscript%3E&group=%3Cimg%20src%3Dx%20onerror%3Dsmuggled('group')%3E\
                 &group=%E2%80%AEadmins&algorithm=%22%3E%3Cscript%3Esmuggled(1)%3C%2Fscript%3E&lifetime=javascript%3A1";
    let page = Page::open(&browser, &format!("{}{query}#%3Cscript%3Esmuggled('hash')%3C/script%3E", serve.url())).await;
    assert_eq!(page.value("#user", "value").await, "<script>smuggled('user')</script>");
    page.click("#create").await;
    assert_eq!(page.state().await, "editing");
    assert!(!page.text("#user-error").await.is_empty());
    assert_eq!(browser.violations().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_hide_or_deceive_are_refused_beside_their_field() {
    let (serve, browser) = (Serve::start().await, Browser::start(Kind::Chromium).await);
    let page = Page::open(&browser, &serve.url()).await;
    let names = [
        "a\u{202e}b",
        "a\u{200b}b",
        "j\u{430}ne",
        "a'b",
        "a$(b)",
        "a`b",
        "system:admin",
        "a  b",
        "a;b",
        "\u{feff}a",
        "",
    ];
    for name in names {
        // Not by the keyboard: a person pastes these.
        let paste = "const field = document.querySelector('#user'); field.value = arguments[0]; \
                     field.dispatchEvent(new Event('input', { bubbles: true }));";
        browser.run(paste, vec![name.into()]).await;
        page.click("#create").await;
        assert_eq!(page.state().await, "editing", "{name:?}");
        assert!(!page.text("#user-error").await.is_empty(), "{name:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_with_every_character_that_is_allowed_go_the_whole_way() {
    let (serve, browser) = (Serve::start().await, Browser::start(Kind::Chromium).await);
    let wish = Wish::new("#c, x/y=+ w:ü", &["no", "a: b", "0x10", "-x"]);
    goes_the_whole_way(&browser, &serve.url(), &wish).await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
}
