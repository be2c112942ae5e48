//! Names that have far-reaching rights wherever a common tool has made the cluster are refused by the form, with and
//! without a server, and where the operator names them, an approver sees it with kubectl.

use kube_enroll_core::Algorithm;
use kube_enroll_e2e::{
    browser::{Browser, Kind},
    control_plane::ControlPlane,
    page::{Page, Wish},
    programs,
    serve::Serve,
    site::Site,
};

#[tokio::test(flavor = "multi_thread")]
async fn on_a_page_without_a_server() {
    let browser = Browser::start(Kind::Chromium).await;
    let config = r#"{"apiBase": null, "cluster": {"name": "prod", "server": "https://api.example.com"}}"#;
    let site = Site::start(&programs::page_dir(), "/", Some(config)).await;
    let page = Page::open(&browser, &site.url()).await;
    page.fill(&Wish::new("kubernetes-admin", &["kubeadm:cluster-admins"])).await;
    page.click("#create").await;
    for (fault, flag) in [("#user-error", "--powerful-user"), ("#groups-error", "--group")] {
        let text = page.text(fault).await;
        assert!(text.contains("far-reaching rights") && text.contains(flag), "{text}");
    }
    assert_eq!(page.state().await, "editing");

    // The same by hand, with the names of the settings.
    let config = r#"{"apiBase": null, "cluster": {"name": "prod", "server": "https://api.example.com"},
        "policy": {"groups": ["kubeadm:cluster-admins"], "powerfulUsers": ["kubernetes-admin"]}}"#;
    let site = Site::start(&programs::page_dir(), "/", Some(config)).await;
    let page = Page::open(&browser, &site.url()).await;
    page.write("#user", "kubernetes-admin").await;
    page.click("#group-0").await;
    assert_eq!(page.whole_text_of("form").await.matches("has far-reaching rights in this cluster").count(), 2);
    page.choose(Algorithm::EcdsaP256).await;
    page.click("#create").await;
    page.wait_for("manual").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_front_of_a_cluster_an_approver_sees_the_warning_and_the_fingerprint() {
    let serve =
        Serve::with(ControlPlane::shared(), &["--group=kubeadm:cluster-admins", "--powerful-user=kube-admin"]).await;
    let browser = Browser::start(Kind::Chromium).await;
    let page = Page::open(&browser, &serve.url()).await;
    page.write("#user", "kube-admin").await;
    page.click("#group-0").await;
    page.choose(Algorithm::EcdsaP256).await;
    page.click("#create").await;
    page.wait_for("waiting").await;
    let (name, fingerprint) = (page.object_name().await, page.fingerprint().await);
    let described = ControlPlane::shared().admin().ok(&format!("kubectl describe csr {name}")).await;
    for expected in [
        format!("kube-enroll/fingerprint={fingerprint}"),
        r#"kube-enroll/warning=user "kube-admin" has far-reaching rights; group "kubeadm:cluster-admins" has far-reaching rights"#.into(),
    ] {
        assert!(described.contains(&expected), "{expected} in {described}");
    }
    let requesting_user = described.lines().find(|line| line.starts_with("Requesting User:")).unwrap_or_default();
    assert!(requesting_user.ends_with(" system:serviceaccount:kube-enroll:kube-enroll"), "{described}");
    let block = page.text("#approver-block").await;
    assert!(block.contains("Annotations count only beside that user."), "{block}");
    let message = page.text("#approval-message").await;
    assert!(message.contains("Its annotations count only where"), "{message}");
}
