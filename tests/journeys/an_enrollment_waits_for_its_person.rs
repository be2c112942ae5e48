//! Somebody reloads the page, closes the browser, comes back tomorrow: the page goes on where it stopped, without a
//! click, and does nothing that a person has not asked for.

use kube_enroll_e2e::{
    browser::{Browser, Kind},
    control_plane::ControlPlane,
    page::{Page, Wish},
    proxy::{Faults, Proxy},
    serve::Serve,
    shell::Shell,
};

use crate::whole::{approve_by_the_page, cluster_of, create_somebody_elses, decide, is_known_to_the_cluster, unique};

#[tokio::test(flavor = "multi_thread")]
async fn through_a_reload_and_a_night_in_chromium() {
    waits(Kind::Chromium).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn through_a_reload_and_a_night_in_firefox() {
    waits(Kind::Firefox).await;
}

async fn waits(kind: Kind) {
    let admin = ControlPlane::shared().admin();
    let (_serve, proxy) = page_behind_a_proxy().await;
    let mut browser = Browser::start(kind).await;
    let wish = Wish::new(&unique("night"), &["developers"]);
    let (name, fingerprint) = asks(&browser, &proxy, &wish).await;

    let page = Page::open_in(&browser, &proxy.url(), "waiting").await;
    assert_eq!((page.object_name().await, page.fingerprint().await), (name.clone(), fingerprint.clone()));
    assert!(!page.asks_before_leaving().await, "nothing is lost by it");
    assert!(browser.client().title().await.expect("a title").starts_with("Waiting"));
    browser.close();

    admin.ok(&format!("kubectl certificate approve {name}")).await;
    browser.restart().await;
    let page = Page::open_in(&browser, &proxy.url(), "issued").await;
    assert!(browser.client().title().await.expect("a title").starts_with("Ready"));
    assert!(browser.downloads().is_empty(), "nothing is saved without a click");
    assert_eq!(proxy.posts(), 1);
    let file = page.save().await;
    is_known_to_the_cluster(&Shell::new(&file), &wish).await;
    page.wait_until_shown("#after-save").await;
    page.forget().await;
    assert_eq!(Page::open(&browser, &proxy.url()).await.enrollments().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn and_an_object_that_has_gone_is_sent_again_only_by_a_click() {
    let admin = ControlPlane::shared().admin();
    let (_serve, proxy) = page_behind_a_proxy().await;
    let mut browser = Browser::start(Kind::Chromium).await;
    for somebody_elses in [false, true] {
        let posts = proxy.posts();
        let (name, fingerprint) = asks(&browser, &proxy, &Wish::new(&unique("gone"), &["developers"])).await;
        browser.close();
        admin.ok(&format!("kubectl delete csr {name}")).await;
        if somebody_elses {
            create_somebody_elses(&admin, &name).await;
        }
        browser.restart().await;
        let page = Page::open_in(&browser, &proxy.url(), "gone").await;
        assert!(browser.client().title().await.expect("a title").starts_with("Look"));
        // Nor at a second look.
        let page = Page::open_in(page.browser, &proxy.url(), "gone").await;
        assert_eq!(proxy.posts() - posts, 1);

        page.click("#resubmit").await;
        page.wait_for("waiting").await;
        assert_ne!(page.object_name().await, name);
        assert_eq!(page.fingerprint().await, fingerprint);
        page.wait_until_kept(&["submitted"]).await;
        // The new name is the one that is kept.
        let page = Page::open_in(page.browser, &proxy.url(), "waiting").await;
        assert_ne!(page.object_name().await, name);
        assert_eq!(proxy.posts() - posts, 2);
        approve_by_the_page(&page, &admin).await;
        page.wait_for("issued").await;
        page.save().await;
        page.wait_until_shown("#after-save").await;
        page.forget().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn and_hears_of_a_no_that_was_said_meanwhile() {
    let admin = ControlPlane::shared().admin();
    let (_serve, proxy) = page_behind_a_proxy().await;
    let mut browser = Browser::start(Kind::Chromium).await;
    for (condition, state) in [("Denied", "denied"), ("Failed", "failed")] {
        let (name, _) = asks(&browser, &proxy, &Wish::new(&unique("no"), &[])).await;
        browser.close();
        decide(&admin, &name, condition, "NotToday", "ask again tomorrow").await;
        browser.restart().await;
        for _ in 0..2 {
            let page = Page::open_in(&browser, &proxy.url(), state).await;
            assert_eq!(page.text("#reason").await, "NotToday");
            assert_eq!(page.text("#message").await, "ask again tomorrow");
            // The object is cleaned up an hour later; what it said is kept.
            admin.ok(&format!("kubectl delete csr {name} --ignore-not-found")).await;
        }
        let page = Page { browser: &browser };
        page.click("#restart").await;
        page.wait_for("editing").await;
        page.wait_until_kept(&[]).await;
        assert_eq!(Page::open(&browser, &proxy.url()).await.enrollments().await, []);
    }
    assert_eq!(proxy.posts(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn and_another_cluster_behind_the_page_is_not_asked_about_it() {
    if std::env::var_os("E2E_KUBECONFIG").is_some() {
        eprintln!("skipped: there is one cluster only");
        return;
    }
    let (serve, proxy) = page_behind_a_proxy().await;
    let mut browser = Browser::start(Kind::Chromium).await;
    let (name, _) = asks(&browser, &proxy, &Wish::new(&unique("moved"), &[])).await;
    browser.close();
    let other = ControlPlane::start();
    let other_serve = Serve::with(&other, &["--allowed-host=127.0.0.1"]).await;
    proxy.lead_to(&other_serve.url());
    browser.restart().await;
    let page = Page::open_in(&browser, &proxy.url(), "othercluster").await;
    assert_eq!(page.object_name().await, name);
    kube_enroll_e2e::look::look(&browser, "othercluster").await;

    proxy.lead_to(&serve.url());
    let page = Page::open_in(&browser, &proxy.url(), "waiting").await;
    assert_eq!(page.object_name().await, name);
    approve_by_the_page(&page, &ControlPlane::shared().admin()).await;
    page.wait_for("issued").await;
    assert_eq!(proxy.posts(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_its_cluster_moves_and_changes_its_authorities() {
    let admin = ControlPlane::shared().admin();
    let (_serve, proxy) = page_behind_a_proxy().await;
    let browser = Browser::start(Kind::Chromium).await;
    let (name, _) = asks(&browser, &proxy, &Wish::new(&unique("rotated"), &[])).await;
    let before = cluster_of(&admin).await["server"].as_str().expect("an address").to_owned();

    // A bundle of the old authority, with a newline more, and of a new one; and a corrected address.
    admin
        .ok("kubectl config view --raw --minify --flatten -o jsonpath='{.clusters[0].cluster.certificate-authority-data}' \
             | base64 --decode > old.pem
             openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=new -keyout new.key -out new.pem -days 2 2> openssl.log
             { echo; cat old.pem; echo; cat new.pem; } > bundle.pem")
        .await;
    let fingerprint = admin.ok("openssl x509 -in new.pem -noout -fingerprint -sha256 | cut -d= -f2").await;
    let bundle = format!("--cluster-ca-file={}", admin.folder().join("bundle.pem").display());
    let now = before.replace("127.0.0.1", "localhost");
    assert_ne!(now, before);
    let server = format!("--cluster-server={now}");
    let moved = Serve::with(ControlPlane::shared(), &["--allowed-host=127.0.0.1", &bundle, &server]).await;
    proxy.lead_to(&moved.url());

    let page = Page::open_in(&browser, &proxy.url(), "waiting").await;
    assert_eq!(page.object_name().await, name);
    approve_by_the_page(&page, &admin).await;
    page.wait_for("issued").await;
    assert_eq!([page.text("#server-then").await, page.text("#server-now").await], [before, now.clone()]);
    assert_eq!(page.text(".new-authority").await, fingerprint.trim());
    kube_enroll_e2e::look::look(&browser, "issued-by-a-cluster-that-moved").await;
    let file = page.save().await;
    let owner = Shell::new(&file);
    assert_eq!(cluster_of(&owner).await["server"], now);
    let data = owner.ok("kubectl config view --raw -o jsonpath='{.clusters[0].cluster.certificate-authority-data}' | base64 --decode").await;
    assert_eq!(data.matches("BEGIN CERTIFICATE").count(), 2, "{data}");
    owner.ok("kubectl auth whoami").await;
}

async fn page_behind_a_proxy() -> (Serve, Proxy) {
    let serve = Serve::with(ControlPlane::shared(), &["--allowed-host=127.0.0.1"]).await;
    let proxy = Proxy::start(&serve.url(), Faults::default()).await;
    (serve, proxy)
}

/// Asks, and returns the object's name and the key's fingerprint.
async fn asks(browser: &Browser, proxy: &Proxy, wish: &Wish) -> (String, String) {
    let page = Page::open(browser, &proxy.url()).await;
    page.submit(wish).await;
    page.wait_until_kept(&["submitted"]).await;
    (page.object_name().await, page.fingerprint().await)
}
