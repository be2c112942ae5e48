//! The main journey: somebody types a name, presses one button, and is known to the cluster.

use kube_enroll_core::Algorithm;
use kube_enroll_e2e::{
    browser::{Browser, Kind},
    page::Wish,
    serve::Serve,
};

use crate::whole::goes_the_whole_way;

#[tokio::test(flavor = "multi_thread")]
async fn with_an_rsa_key_in_chromium() {
    goes_from_a_click_to_a_kubeconfig(Kind::Chromium, Algorithm::Rsa3072).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_an_ecdsa_key_in_chromium() {
    goes_from_a_click_to_a_kubeconfig(Kind::Chromium, Algorithm::EcdsaP256).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_an_ecdsa_key_in_firefox() {
    goes_from_a_click_to_a_kubeconfig(Kind::Firefox, Algorithm::EcdsaP256).await;
}

async fn goes_from_a_click_to_a_kubeconfig(kind: Kind, algorithm: Algorithm) {
    let serve = Serve::start().await;
    let browser = Browser::start(kind).await;
    let wish = Wish::new("jane.doe@example.com", &["developers", "on-call: team 7"]).with(algorithm);
    let file = goes_the_whole_way(&browser, &serve.url(), &wish).await;
    assert_eq!(file.file_name().and_then(|name| name.to_str()), Some("jane.doe@example.com@dev.kubeconfig"));
    assert_eq!(browser.violations().await, Vec::<String>::new());
}
