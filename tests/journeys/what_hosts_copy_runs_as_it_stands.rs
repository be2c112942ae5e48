//! The examples for whoever hosts the page, copied from README and docs: settings, and blocks for nginx and Caddy.

use std::{fs, net::SocketAddr};

use kube_enroll_e2e::{
    browser::{Browser, Kind},
    caddy::Caddy,
    child::free_address,
    control_plane::ControlPlane,
    kubectl_proxy::KubectlProxy,
    nginx::Nginx,
    page::{Page, Wish},
    programs,
    shell::Shell,
    site::Site,
};
use tempfile::TempDir;

use crate::whole::copy;

#[tokio::test(flavor = "multi_thread")]
async fn the_settings_of_a_host_without_an_api() {
    let [without, _] = &examples()[..] else { panic!("two examples, {:?}", examples()) };
    let site = Site::start(&programs::page_dir(), "/", Some(without)).await;
    let browser = Browser::start(Kind::Chromium).await;
    let page = Page::open(&browser, &site.url()).await;
    assert!(page.whole_text().await.contains("you carry the request yourself"));
    page.fill(&Wish::new("by.hand", &[])).await;
    page.click("#create").await;
    page.wait_for("manual").await;
    assert!(page.whole_text().await.contains("prod"), "{}", page.whole_text().await);
    let asked = site.requests();
    assert!(!asked.iter().any(|path| path.contains("/apis/")), "{asked:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_settings_in_front_of_an_api() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    copy(&programs::page_dir(), folder.path());
    fs::write(folder.path().join("config.json"), &examples()[1]).expect("the folder is ours");
    let kubectl = KubectlProxy::start(folder.path());
    let browser = Browser::start(Kind::Chromium).await;
    let page = Page::open(&browser, &format!("{}ui/", kubectl.url())).await;
    page.fill(&Wish::new("by.the.readme", &[]).locked_with("no pod knows this")).await;
    page.click("#create").await;
    page.wait_for("waiting").await;
    assert!(page.whole_text().await.contains("Ask in #platform"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_block_for_nginx() {
    let (folder, front) = (hosted(), free_address());
    let listens = format!("listen {front};");
    let places = [("listen 80;", &*listens), ("/srv", folder.path().to_str().expect("UTF-8"))];
    let _nginx = Nginx::start(&block("nginx", "nginx"), front, &places);
    hosts_the_page(front).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_block_for_caddy() {
    let (folder, front) = (hosted(), free_address());
    let listens = format!("http://{front} {{");
    let places = [(":80 {", &*listens), ("/srv", folder.path().to_str().expect("UTF-8"))];
    let _caddy = Caddy::start(&block("Caddy", "caddy"), front, &places);
    hosts_the_page(front).await;
}

/// Checks what a host has to do, as curl and a browser see it.
async fn hosts_the_page(front: SocketAddr) {
    let shell = ControlPlane::shared().admin();
    let head = async |path: &str| head(&shell, &format!("http://{front}{path}")).await;
    let (index, moved) = (head("/enroll/").await, head("/enroll").await);
    assert!(index.contains("cache-control: no-cache") && index.contains("content-type: text/html"), "{index}");
    assert!(index.contains("x-frame-options: sameorigin") && index.contains("nosniff"), "{index}");
    assert!(moved.contains("/enroll/\n") && (moved.contains(" 301") || moved.contains(" 302")), "{moved}");
    let missing = head("/enroll/missing.json").await;
    assert!(missing.contains(" 404"), "{missing}");
    let glue = fs::read_dir(programs::page_dir()).expect("the page is built").flatten();
    let names = glue.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let hashed: Vec<String> = names.filter(|name| name.starts_with("kube-enroll-app-")).collect();
    assert!(hashed.len() >= 2, "{hashed:?}");
    for name in hashed {
        let file = head(&format!("/enroll/{name}")).await;
        assert!(file.contains("immutable") && !file.contains("no-cache"), "{name}: {file}");
        let content_type = if name.ends_with(".js") { "text/javascript" } else { "application/wasm" };
        assert!(file.contains(&format!("content-type: {content_type}")), "{name}: {file}");
    }
    let browser = Browser::start(Kind::Chromium).await;
    let page = Page::open(&browser, &format!("http://{front}/enroll")).await;
    assert!(page.text("#no-settings").await.contains("config.json"));
    page.fill(&Wish::new("hosted", &[])).await;
    page.click("#create").await;
    page.wait_for("manual").await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
}

async fn head(shell: &Shell, url: &str) -> String {
    let line = format!("curl --silent --noproxy '*' --dump-header - --output /dev/null '{url}'");
    shell.ok(&line).await.to_lowercase().replace('\r', "")
}

/// Puts the page where the examples have it.
fn hosted() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let page = folder.path().join("enroll");
    fs::create_dir(&page).expect("the folder is new");
    copy(&programs::page_dir(), &page);
    folder
}

/// Returns the settings that README has.
fn examples() -> Vec<String> {
    let text = fs::read_to_string(programs::repository().join("README.md")).expect("README is there");
    let blocks = text.split("```json\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap_or_default().to_owned()).collect()
}

/// Returns the block of a section of `docs/hosting.md`.
fn block(section: &str, kind: &str) -> String {
    let text = fs::read_to_string(programs::repository().join("docs/hosting.md")).expect("the page is there");
    let (_, section) = text.split_once(&format!("## {section}\n")).expect("the section");
    let (_, block) = section.split_once(&format!("```{kind}\n")).expect("the block");
    block.split_once("```").expect("its end").0.to_owned()
}
