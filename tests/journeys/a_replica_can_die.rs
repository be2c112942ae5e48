//! Three servers that share nothing, behind haproxy: any of them knows what was asked of another, and one may die.

use hyper::StatusCode;
use kube_enroll_core::CSRS_PATH;
use kube_enroll_e2e::{
    browser::{Browser, Kind},
    control_plane::ControlPlane,
    deadline::{PATIENCE, eventually},
    haproxy::Haproxy,
    http::ask,
    page::{Page, Wish},
    serve::Serve,
    shell::Shell,
};

use crate::whole::{approve_by_the_page, is_known_to_the_cluster};

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
