//! The same bundle with no server of ours: `kubectl proxy` gives the page and the API.

use std::{ffi::OsStr, fs, net::SocketAddr};

use kube_enroll_e2e::{
    browser::{Browser, Kind},
    child::Child,
    control_plane::ControlPlane,
    page::{Page, Wish},
    programs,
};

use crate::whole::{copy, goes_the_whole_way};

#[tokio::test(flavor = "multi_thread")]
async fn with_a_config_written_by_hand() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    copy(&programs::page_dir(), folder.path());
    fs::write(folder.path().join("config.json"), r#"{"apiBase": "/"}"#).expect("the folder is ours");

    let kubeconfig = ControlPlane::shared().kubeconfig();
    let www = format!("--www={}", folder.path().display());
    let arguments = ["proxy", &www, "--www-prefix=/ui/", "--port=0"];
    let environment: [(&str, &OsStr); 1] = [("KUBECONFIG", kubeconfig.as_os_str())];
    let mut kubectl = Child::start(&programs::kubectl(), arguments, &environment, None);
    let address: SocketAddr =
        kubectl.wait_for_line("its address", |line| line.strip_prefix("Starting to serve on ")?.trim().parse().ok());

    let browser = Browser::start(Kind::Chromium).await;
    let url = format!("http://{address}/ui/");
    // Pages of pods and services have the same origin here, and could use a lock of the browser's.
    let page = Page::open(&browser, &url).await;
    page.wait_until_shown("input[name='keep'][value='passphrase']:checked").await;
    let wish = Wish::new("jane@proxy", &["developers"]).locked_with("no pod knows this");
    goes_the_whole_way(&browser, &url, &wish).await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
}
