//! Where pages live in companies: under a path, on a plain-HTTP intranet, on a static host.

use kube_enroll_e2e::{
    browser::{Browser, Kind, Options},
    control_plane::ControlPlane,
    leak::network_log,
    page::{Page, Wish},
    programs,
    proxy::{Faults, Proxy},
    serve::Serve,
    site::Site,
};
use serde_json::json;

use crate::whole::goes_the_whole_way;

#[tokio::test(flavor = "multi_thread")]
async fn under_a_path_of_a_reverse_proxy() {
    let serve = Serve::with(ControlPlane::shared(), &["--allowed-host=127.0.0.1"]).await;
    let proxy = Proxy::under("/tools/enroll/", &serve.url(), Faults::default()).await;
    let browser = Browser::start(Kind::Chromium).await;
    goes_the_whole_way(&browser, &proxy.url(), &Wish::new("under.a.path", &["developers"])).await;
    let elsewhere: Vec<String> = proxy.requests().into_iter().filter(|it| !it.contains(" /tools/enroll/")).collect();
    assert_eq!(elsewhere, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn static_hosting_under_a_path_loads_nothing_from_elsewhere() {
    let site = Site::start(&programs::page_dir(), "/a/deep/path/", Some("{}")).await;
    let options = Options { records_network: true, ..Options::new(Kind::Chromium) };
    let browser = Browser::with(options).await;
    let page = Page::open(&browser, &site.url()).await;
    page.fill(&Wish::new("static", &["developers"])).await;
    page.click("#create").await;
    // The key worker has made the key, and there is no API to send the request to.
    page.wait_for("manual").await;
    assert_eq!(browser.violations().await, Vec::<String>::new());

    let asked_for = network_log::asked_for(&browser.quit().await.network_log(), "127.0.0.1");
    assert!(asked_for.iter().any(|url| url.ends_with("/worker/kube_enroll_worker_bg.wasm")), "{asked_for:#?}");
    let elsewhere: Vec<&String> = asked_for.iter().filter(|url| !url.starts_with(&site.url())).collect();
    assert_eq!(elsewhere, Vec::<&String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_http_intranet_in_chromium() {
    goes_the_whole_way_on_an_intranet(Kind::Chromium).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_http_intranet_in_firefox() {
    goes_the_whole_way_on_an_intranet(Kind::Firefox).await;
}

async fn goes_the_whole_way_on_an_intranet(kind: Kind) {
    const HOST: &str = "intranet.test";
    let serve = Serve::with(ControlPlane::shared(), &["--allowed-host=intranet.test"]).await;
    let browser = Browser::with(Options { intranet_host: Some(HOST), ..Options::new(kind) }).await;
    let url = format!("http://{HOST}:{}/", serve.port());
    let page = Page::open(&browser, &url).await;
    let place = "return [isSecureContext, typeof crypto.subtle, typeof navigator.clipboard]";
    assert_eq!(browser.run(place, vec![]).await, json!([false, "undefined", "undefined"]));
    assert!(page.has("#banner-http").await);

    let wish = Wish::new("on.an.intranet", &["developers"]).locked_with("nobody else on this wire");
    goes_the_whole_way(&browser, &url, &wish).await;
    page.click("#copy-cmd-whoami").await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
}
