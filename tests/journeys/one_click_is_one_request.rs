//! What can happen between the click and the answer.

use kube_enroll_e2e::{
    browser::{Browser, Kind},
    control_plane::ControlPlane,
    deadline::PATIENCE,
    look::look,
    page::{Page, Wish},
    proxy::{Faults, Proxy},
    serve::Serve,
};
use serde_json::Value;
use tokio::{sync::oneshot, time::timeout};

use crate::whole::{approve_by_the_page, create_somebody_elses, unique};

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_reply_makes_no_second_request() {
    let serve = Serve::with(ControlPlane::shared(), &["--allowed-host=127.0.0.1"]).await;
    let proxy = Proxy::start(&serve.url(), Faults { loses_next_reply: true, ..Faults::default() }).await;
    let browser = Browser::start(Kind::Chromium).await;
    let admin = ControlPlane::shared().admin();
    let user = unique("lost");
    let page = Page::open(&browser, &proxy.url()).await;
    page.submit(&Wish::new(&user, &[])).await;

    let posts = proxy.requests().iter().filter(|request| request.starts_with("POST ")).count();
    assert!(posts >= 2, "{posts} POST: the reply of the first was lost");
    let objects = admin.ok(&format!("kubectl get csr --output name | grep -c '/{user}-'")).await;
    assert_eq!(objects.trim(), "1");
    approve_by_the_page(&page, &admin).await;
    page.wait_for("issued").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_somebody_else_made_under_the_name_is_not_adopted() {
    let serve = Serve::with(ControlPlane::shared(), &["--allowed-host=127.0.0.1"]).await;
    let (sender, held) = oneshot::channel();
    let proxy = Proxy::start(&serve.url(), Faults { holds_next_post: Some(sender), ..Faults::default() }).await;
    let browser = Browser::start(Kind::Chromium).await;
    let admin = ControlPlane::shared().admin();
    let page = Page::open(&browser, &proxy.url()).await;
    page.fill(&Wish::new("squatted", &[])).await;
    page.click("#create").await;

    // Somebody guesses the name, which takes 50 bits of luck, and is there first.
    let held = timeout(PATIENCE, held).await.expect("the page sends its POST").expect("the proxy passes it here");
    let object: Value = serde_json::from_slice(&held.body).expect("the page sends JSON");
    let name = object["metadata"]["name"].as_str().expect("the page chooses the name").to_owned();
    create_somebody_elses(&admin, &name).await;
    held.release.send(()).expect("the proxy waits");

    page.wait_for("error").await;
    look(&browser, "error").await;
    page.click("#retry").await;
    page.wait_for("waiting").await;
    assert_ne!(page.object_name().await, name);
    approve_by_the_page(&page, &admin).await;
    page.wait_for("issued").await;
    let decided = admin.ok(&format!("kubectl get csr {name} --output jsonpath='{{.status}}'")).await;
    assert_eq!(decided, "{}");
}
