//! A page whose settings, API or key worker cannot work says so, and who has to change what, before anybody fills in
//! its form.

use hyper::StatusCode;
use kube_enroll_e2e::{
    browser::{Browser, Kind},
    http::{HttpServer, answer},
    look::look,
    page::Page,
    programs,
    proxy::{Faults, Proxy, Rule},
    site::Site,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_slip_of_the_pen_in_the_settings_with_line_and_column() {
    const SLIPS: [(&[u8], &str); 6] = [
        (b"{\n  \"apiBase\": null,\n}\n", "a comma behind the last value in line 2, column 18"),
        (b"{\n  // by hand\n  \"apiBase\": null\n}\n", "a comment in line 2, column 3"),
        ("{\n  “apiBase”: null\n}\n".as_bytes(), "a curly quote in line 2, column 3"),
        (b"\xff\xfe{\0\"\0a\0\"\0:\0n\0}\0", "UTF-16 in line 1, column 1"),
        (b"{&quot;apiBase&quot;: null}", "the & of text that is escaped for HTML in line 1, column 2"),
        (b"", "an empty file in line 1, column 1"),
    ];
    let rules: Vec<[Rule; 1]> = SLIPS
        .iter()
        .map(|(body, _)| {
            [Rule { path: "/config.json", status: 200, content_type: "application/json", body: Some(body) }]
        })
        .collect();
    let rules: &'static [[Rule; 1]] = rules.leak();
    let site = Site::start(&programs::page_dir(), "/", None).await;
    let proxy = Proxy::start(&site.url(), Faults::default()).await;
    let browser = Browser::start(Kind::Chromium).await;
    for (rule, (_, place)) in rules.iter().zip(SLIPS) {
        proxy.set(|faults| faults.rules = rule);
        let page = Page::open_in(&browser, &proxy.url(), "error").await;
        let text = page.whole_text().await;
        assert!(text.contains(&format!("config.json: found {place}")), "{text}");
        assert!(text.contains("Whoever runs the page") && !text.contains("connection"), "{text}");
    }
    look(&browser, "unreadable-settings").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_of_another_origin_to_which_nothing_is_sent_in_chromium() {
    asks_no_other_origin(Kind::Chromium).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_of_another_origin_to_which_nothing_is_sent_in_firefox() {
    asks_no_other_origin(Kind::Firefox).await;
}

async fn asks_no_other_origin(kind: Kind) {
    let other = HttpServer::start(|_| async { Ok(answer(StatusCode::OK, "application/json", "{}")) }).await;
    let config = format!(r#"{{"apiBase": "{}"}}"#, other.url());
    let site = Site::start(&programs::page_dir(), "/", Some(&config)).await;
    let browser = Browser::start(kind).await;
    let page = Page::open_in(&browser, &site.url(), "error").await;
    let text = page.whole_text().await;
    assert!(text.contains("The browser sent nothing") && text.contains("connect-src"), "{text}");
    assert!(!page.has("#retry").await && !page.has("#manual").await && !page.has("#create").await, "{text}");
    assert_eq!(other.connections(), 0);
    if kind == Kind::Chromium {
        look(&browser, "api-of-another-origin").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_that_keeps_the_key_worker_out_in_chromium() {
    names_the_header(Kind::Chromium).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_that_keeps_the_key_worker_out_in_firefox() {
    names_the_header(Kind::Firefox).await;
}

async fn names_the_header(kind: Kind) {
    const HEADERS: [&[(&str, &str, &str)]; 3] = [
        &[("/worker/frame.html", "x-frame-options", "DENY")],
        &[("/worker/frame.html", "content-security-policy", "script-src 'none'")],
        &[("/", "content-security-policy", "frame-src 'none'")],
    ];
    let site = Site::start(&programs::page_dir(), "/", Some(r#"{"apiBase": null}"#)).await;
    let proxy = Proxy::start(&site.url(), Faults::default()).await;
    let browser = Browser::start(kind).await;
    for adds in HEADERS {
        proxy.set(|faults| faults.adds = adds);
        browser.open(&proxy.url()).await;
        let page = Page { browser: &browser };
        page.wait_for("error").await;
        let text = page.whole_text().await;
        let (_, name, value) = adds[0];
        let named = if name == "x-frame-options" { format!("{name}: {value}") } else { name.to_owned() };
        assert!(text.contains(&named) || text.contains("the policy frame-src refuses"), "{adds:?}: {text}");
        assert!(text.contains("Whoever hosts this page") && !text.contains("missing"), "{adds:?}: {text}");
        assert!(!page.has("#retry").await && !page.has("#create").await, "{adds:?}: {text}");
    }
    proxy.set(|faults| faults.adds = &[]);
    Page::open(&browser, &proxy.url()).await;
}
