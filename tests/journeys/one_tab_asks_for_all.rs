//! Eight tabs of one enrollment: all of them load and say how it stands, and only one asks the API.

use kube_enroll_e2e::{
    browser::{Browser, Kind, Options},
    control_plane::ControlPlane,
    deadline::{PATIENCE, eventually},
    look::look,
    page::{Page, Wish},
    proxy::{Faults, Proxy},
    serve::Serve,
};

use crate::whole::{approve_by_the_page, unique};

/// More than a browser connects to one place at a time.
const TABS: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn in_chromium() {
    one_tab_asks(Kind::Chromium, None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_firefox() {
    one_tab_asks(Kind::Firefox, None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_plain_http_intranet_in_chromium() {
    one_tab_asks(Kind::Chromium, Some("intranet.test")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_plain_http_intranet_in_firefox() {
    one_tab_asks(Kind::Firefox, Some("intranet.test")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn and_a_tab_whose_lock_is_stolen_stops() {
    for kind in [Kind::Chromium, Kind::Firefox] {
        let serve = Serve::with(ControlPlane::shared(), &["--allowed-host=127.0.0.1"]).await;
        let proxy = Proxy::start(&serve.url(), Faults::default()).await;
        let browser = Browser::start(kind).await;
        let page = Page::open(&browser, &proxy.url()).await;
        page.submit(&Wish::new(&unique("stolen"), &[])).await;
        page.wait_until_kept(&["submitted"]).await;
        browser.run_async(STEAL, vec![]).await;
        page.wait_for("elsewhere").await;
        eventually(PATIENCE, "no watch", || async { if proxy.watches() == 0 { Ok(()) } else { Err(proxy.watches()) } })
            .await;
        browser.run("giveBack()", vec![]).await;
        page.wait_for("waiting").await;
        approve_by_the_page(&page, &ControlPlane::shared().admin()).await;
        page.wait_for("issued").await;
        assert_eq!(proxy.posts(), 1);
    }
}

/// Takes the lock that the page's key worker holds, as another page of this origin can.
const STEAL: &str = "const { held } = await navigator.locks.query();
    if (held.length !== 1) throw new Error(JSON.stringify(held));
    await new Promise(stolen => navigator.locks.request(held[0].name, { steal: true }, () => {
        stolen();
        return new Promise(release => window.giveBack = release);
    }));";

async fn one_tab_asks(kind: Kind, intranet_host: Option<&'static str>) {
    let serve = Serve::with(ControlPlane::shared(), &["--allowed-host=127.0.0.1,intranet.test"]).await;
    let proxy = Proxy::start(&serve.url(), Faults::default()).await;
    let url = proxy.url().replace("127.0.0.1", intranet_host.unwrap_or("127.0.0.1"));
    let browser = Browser::with(Options { intranet_host, ..Options::new(kind) }).await;
    let page = Page::open(&browser, &url).await;
    let wish = Wish::new(&unique("tabs"), &[]).locked_with("eight tabs, one key");
    page.submit(&wish).await;
    let name = page.object_name().await;

    let owner = browser.tab().await;
    let mut others = Vec::new();
    for _ in 1..TABS {
        others.push(browser.open_tab(&url).await);
        page.wait_for("elsewhere").await;
        assert_eq!(page.object_name().await, name);
        tells_the_stage(&page, "waiting for approval").await;
    }
    if kind == Kind::Chromium && intranet_host.is_none() {
        look(&browser, "elsewhere").await;
    }
    eventually(PATIENCE, "one watch", || async { if proxy.watches() == 1 { Ok(()) } else { Err(proxy.watches()) } })
        .await;

    browser.switch_to(&owner).await;
    page.wait_for("waiting").await;
    browser.close_tab(&others[0]).await;
    // One of those that are left goes on, and the others hear of it.
    let heir = heir(&browser, &page, &others).await;
    eventually(PATIENCE, "one watch", || async { if proxy.watches() == 1 { Ok(()) } else { Err(proxy.watches()) } })
        .await;
    ControlPlane::shared().admin().ok(&format!("kubectl certificate approve {name}")).await;
    browser.switch_to(&others[heir]).await;
    let state = page.wait_for_any(&["issued", "locked"]).await;
    browser.switch_to(&others[usize::from(heir == 0)]).await;
    tells_the_stage(&page, "the certificate is here").await;
    browser.switch_to(&others[heir]).await;
    if state == "locked" {
        page.unlock(&wish.passphrase).await;
        page.wait_for("issued").await;
    }
    assert_eq!(proxy.posts(), 1);
    // What is forgotten in one tab is forgotten in all.
    page.forget().await;
    browser.switch_to(&others[usize::from(heir == 0)]).await;
    page.wait_for("editing").await;
    assert_eq!(page.enrollments().await, []);
}

/// Waits until a tab that does not ask says how far the one that does has come.
async fn tells_the_stage(page: &Page<'_>, expected: &str) {
    eventually(PATIENCE, "the stage in another tab", || async {
        assert_eq!(page.state().await, "elsewhere");
        let stage = page.text("#stage").await;
        if stage == expected { Ok(()) } else { Err(stage) }
    })
    .await;
}

/// Finds the tab that goes on.
async fn heir(browser: &Browser, page: &Page<'_>, tabs: &[fantoccini::wd::WindowHandle]) -> usize {
    eventually(PATIENCE, "another tab goes on", || async {
        let mut states = Vec::new();
        for (at, tab) in tabs.iter().enumerate() {
            browser.switch_to(tab).await;
            let state = page.state().await;
            if state == "waiting" {
                return Ok(at);
            }
            states.push(state);
        }
        Err(format!("{states:?}"))
    })
    .await
}
