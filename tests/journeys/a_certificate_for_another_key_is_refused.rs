//! Somebody on the way swaps the certificate: nothing of it is saved.

use kube_enroll_e2e::{
    browser::{Browser, Kind},
    control_plane::ControlPlane,
    look::look,
    page::{Page, Wish},
    proxy::{Faults, Proxy},
    serve::Serve,
};

use crate::whole::{approve_by_the_page, create_request, unique};

#[tokio::test(flavor = "multi_thread")]
async fn and_nothing_is_saved() {
    let admin = ControlPlane::shared().admin();
    // A real certificate of the same cluster for the same user: only the key is another one.
    let name = unique("swapped");
    create_request(&admin, &name, "/CN=swapped/O=developers").await;
    let certificate_pem = admin.ok(&CERTIFICATE.replace("NAME", &name)).await;
    let serve = Serve::with(ControlPlane::shared(), &["--allowed-host=127.0.0.1"]).await;
    let faults = Faults { certificate_pem: Some(certificate_pem), ..Faults::default() };
    let proxy = Proxy::start(&serve.url(), faults).await;
    let browser = Browser::start(Kind::Chromium).await;
    let page = Page::open(&browser, &proxy.url()).await;
    page.submit(&Wish::new("swapped", &["developers"])).await;
    approve_by_the_page(&page, &admin).await;

    page.wait_for("refused").await;
    assert_eq!(page.text("#reason").await, "other-key");
    look(&browser, "refused").await;
    assert!(!page.has("#save").await);
    assert!(!page.has("#show-key").await);
    page.click("#retry").await;
    page.wait_for("refused").await;
    assert_eq!(browser.downloads(), Vec::<std::path::PathBuf>::new());

    // The cluster has had the right one all the while, also for a page that comes back.
    proxy.set(|faults| faults.certificate_pem = None);
    browser.open(&proxy.url()).await;
    page.wait_for("refused").await;
    page.click("#retry").await;
    page.wait_for("issued").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn and_one_that_the_named_authorities_did_not_sign() {
    let admin = ControlPlane::shared().admin();
    admin
        .ok("openssl req -x509 -newkey rsa:2048 -nodes -subj '/CN=kube-enroll development CA' -keyout other.key \
                 -out other.pem -days 2 2> openssl.log
             kubectl config view --raw --minify --flatten -o jsonpath='{.clusters[0].cluster.certificate-authority-data}' \
                 | base64 --decode > own.pem
             cat other.pem own.pem > both.pem")
        .await;
    let browser = Browser::start(Kind::Chromium).await;
    for (file, state) in [("other.pem", "refused"), ("both.pem", "issued")] {
        let file = format!("--cluster-client-ca-file={}", admin.folder().join(file).display());
        let serve = Serve::with(ControlPlane::shared(), &[&file]).await;
        let page = Page::open(&browser, &serve.url()).await;
        page.submit(&Wish::new(&unique("issuer"), &[])).await;
        approve_by_the_page(&page, &admin).await;
        page.wait_for(state).await;
        if state == "refused" {
            assert_eq!(page.text("#reason").await, "other-issuer");
            assert!(!page.has("#save").await);
        }
    }
}

const CERTIFICATE: &str = r"
kubectl certificate approve NAME >/dev/null
kubectl wait --for=jsonpath='{.status.certificate}' --timeout=60s csr NAME >/dev/null
kubectl get csr NAME -o jsonpath='{.status.certificate}' | base64 -d
";
