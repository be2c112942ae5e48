//! Three servers that share nothing, behind haproxy: any of them knows what was asked of another, and one may die.

use std::{fs, path::Path, process::Command, time::Duration};

use base64ct::{Base64, Encoding};
use hyper::StatusCode;
use kube_enroll_core::CSRS_PATH;
use kube_enroll_e2e::{
    browser::{Browser, Kind},
    control_plane::ControlPlane,
    deadline::{PATIENCE, eventually},
    haproxy::Haproxy,
    http::ask,
    page::{Page, Wish},
    programs,
    serve::Serve,
    shell::Shell,
};

use sha2::{Digest, Sha256};

use crate::whole::{approve_by_the_page, copy, is_known_to_the_cluster};

#[tokio::test(flavor = "multi_thread")]
async fn while_somebody_waits() {
    let mut replicas = Vec::new();
    for _ in 0..3 {
        replicas.push(
            Serve::with(ControlPlane::shared(), &["--allowed-host=127.0.0.1", "--metrics-listen=127.0.0.1:0"]).await,
        );
    }
    let haproxy = Haproxy::start(&replicas.iter().map(Serve::address).collect::<Vec<_>>());
    let browser = Browser::start(Kind::Chromium).await;
    let page = Page::open(&browser, &haproxy.url()).await;
    let wish = Wish::new("replicated", &["developers"]);
    page.submit(&wish).await;
    page.wait_until_shown("#connection[data-connected='true']").await;
    let (name, fingerprint) = (page.object_name().await, page.fingerprint().await);

    // No replica was told by the one that created it; each finds it all the same.
    for replica in &replicas {
        let url = replica.url_of(&format!("{CSRS_PATH}/{name}"));
        assert_eq!(ask("GET", &url, &[], "").await.0, StatusCode::OK, "{}", replica.url());
    }

    // The very one that tells this browser, and then the one that does so after it.
    for _ in 0..2 {
        let teller = eventually(PATIENCE, "one replica tells the browser", || teller(&replicas)).await;
        replicas.remove(teller).kill();
        assert_eq!(page.state().await, "waiting");
    }
    eventually(PATIENCE, "the last replica tells the browser", || teller(&replicas)).await;
    page.wait_until_shown("#connection[data-connected='true']").await;
    assert_eq!((page.object_name().await, page.fingerprint().await), (name, fingerprint));
    approve_by_the_page(&page, &ControlPlane::shared().admin()).await;
    page.wait_for("issued").await;
    is_known_to_the_cluster(&Shell::new(&page.save().await), &wish).await;
}

/// Finds the one replica that holds a stream.
async fn teller(replicas: &[Serve]) -> Result<usize, String> {
    for (number, replica) in replicas.iter().enumerate() {
        let log = replica.log();
        let (_, address) = log.split_once("metrics on http://").expect("it logs where its metrics are");
        let address = address.split_whitespace().next().expect("an address follows");
        let (_, metrics) =
            ask("GET", &format!("http://{}/metrics", address.trim_end_matches("/metrics")), &[], "").await;
        if metrics.lines().any(|line| line == "kube_enroll_streams 1") {
            return Ok(number);
        }
    }
    Err("none".to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn and_a_new_version_can_roll_out_without_a_silent_load() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    another_build(folder.path());
    let flags = ["--allowed-host=127.0.0.1"];
    let old = Serve::with(ControlPlane::shared(), &flags).await;
    let new = Serve::with_page(ControlPlane::shared(), &flags, folder.path()).await;
    let servers = [old.address(), new.address()];
    for (balance, works_always) in [("source", true), ("roundrobin", false)] {
        let haproxy = Haproxy::balancing(balance, &servers);
        let browser = Browser::start(Kind::Chromium).await;
        for _ in 0..LOADS {
            // A tab of its own, as of somebody else.
            let first = browser.tab().await;
            browser.open_tab(&haproxy.url()).await;
            let state = "const words = document.querySelector('#not-started');
                if (words) return getComputedStyle(words).visibility === 'visible' ? 'words' : null;
                return document.querySelector('main').dataset.state === 'editing' ? 'page' : null";
            let found = eventually(Duration::from_secs(15), "the page, or words", || async {
                let found = browser.run(state, vec![]).await;
                found.as_str().map(str::to_owned).ok_or(found)
            })
            .await;
            assert!(found == "page" || !works_always, "{balance}: {found}");
            browser.close_tab(&first).await;
        }
    }
}

/// Writes the page as another build would be: under other names, and with another version.
fn another_build(folder: &Path) {
    copy(&programs::page_dir(), folder);
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("the page is built");
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).expect("the folder is ours");
    let entries = fs::read_dir(folder).expect("the page is built").flatten();
    let names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    let glue = names.iter().find(|name| name.ends_with(".js")).expect("the page has its glue");
    let stem = glue.trim_end_matches(".js");
    for name in names.iter().filter(|name| name.starts_with(stem)) {
        fs::rename(folder.join(name), folder.join(name.replace(stem, OTHER_STEM))).expect("the folder is ours");
    }
    let (version, page) = (read("version.json"), read("index.html"));
    let build = version.split('"').nth(3).expect("a version");
    write("version.json", &version.replace(build, "0123456789abcdef"));
    let mut changed = page.replace(stem, OTHER_STEM).replace(build, "0123456789abcdef");
    // The policy names the module script by its hash.
    let module = |page: &str| {
        let script = page.split_once("<script type=\"module\">").and_then(|(_, rest)| rest.split_once("</script>"));
        Base64::encode_string(&Sha256::digest(script.expect("a module script").0))
    };
    changed = changed.replace(&module(&page), &module(&changed));
    write("index.html", &changed);
    let script = programs::repository().join("scripts/write-manifest.mjs");
    let written = Command::new("node").arg(script).arg(folder).status().expect("node");
    assert!(written.success());
}

const OTHER_STEM: &str = "kube-enroll-app-0123456789abcdef";

/// The number of loads, each by somebody else.
const LOADS: usize = 12;
