//! Behind a proxy that passes the provider's ID token on, the token says who asks: not the form, and not the proxy.

use kube_enroll_core::{Algorithm, CSRS_PATH};
use kube_enroll_e2e::{
    browser::{Browser, Kind, Options},
    control_plane::ControlPlane,
    deadline::{PATIENCE, eventually},
    http::ask,
    look::look,
    oauth2_proxy::OAuth2Proxy,
    page::{Page, Wish},
    provider::{Provider, now_seconds},
    proxy::{Faults, Proxy},
    serve::Serve,
    shell::Shell,
};
use serde_json::{Value, json};

use crate::whole::{approve_by_the_page, documented_flags, is_known_to_the_cluster, serve_as_documented, signs_in};

/// The section of `docs/identity.md` whose flags these tests run.
const SECTION: &str = "An OpenID token";

#[tokio::test(flavor = "multi_thread")]
async fn and_a_person_gets_access_in_the_name_of_their_token() {
    let provider = Provider::start();
    let serve = as_documented(&provider).await;
    let faults = Faults { id_token: Some(provider.sign_in("jane", "kube-enroll")), ..Faults::default() };
    let proxy = Proxy::start(&serve.url(), faults).await;
    let browser = Browser::start(Kind::Chromium).await;
    let page = Page::open(&browser, &format!("{}?user=joe", proxy.url())).await;
    assert_eq!(page.text("#user").await, "jane@example.com");
    assert!(!page.has("input#user").await, "she can ask for nobody else");
    page.choose(Algorithm::EcdsaP256).await;
    page.click("#create").await;
    page.wait_for("waiting").await;
    page.wait_until_shown("#connection[data-connected='true']").await;
    let (name, fingerprint) = (page.object_name().await, page.fingerprint().await);

    // A token that ends while she waits: her watch ends with it, her key does not.
    let mut claims = provider.claims();
    claims["exp"] = json!(now_seconds() + 15);
    proxy.set(|faults| faults.id_token = Some(provider.sign("RS256", &claims)));
    let page = Page::open_in(&browser, &proxy.url(), "waiting").await;
    page.wait_for("signin").await;
    // oauth2-proxy may still take her for signed in, and would not ask.
    assert!(page.has("#sign-out[target='_blank']").await);
    look(&browser, "token-ended").await;
    proxy.set(|faults| faults.id_token = Some(provider.sign_in("jane", "kube-enroll")));
    page.click("#retry").await;
    page.wait_for("waiting").await;
    assert_eq!((page.object_name().await, page.fingerprint().await), (name, fingerprint));

    approve_by_the_page(&page, &ControlPlane::shared().admin()).await;
    page.wait_for("issued").await;
    let file = page.save().await;
    is_known_to_the_cluster(&Shell::new(&file), &Wish::new("jane@example.com", &[])).await;
}

/// The proxy that passes it on is the real oauth2-proxy, with the flags of `docs/identity.md`.
#[tokio::test(flavor = "multi_thread")]
async fn also_where_oauth2_proxy_brings_it() {
    let provider = Provider::start();
    let serve = as_documented(&provider).await;
    let proxy = OAuth2Proxy::start(&documented_flags(SECTION, "oauth2-proxy"), &provider, None, &serve);
    let browser = Browser::with(Options { trusts_everybody: true, ..Options::new(Kind::Chromium) }).await;
    let page = signs_in(&browser, &format!("{}?user=ann&group=developers", proxy.url()), "jane").await;
    assert_eq!(page.text("#user").await, "jane@example.com");
    // The link's groups are chosen already where they are hers.
    assert!(page.has("#group-0[value='developers']").await);
    page.choose(Algorithm::EcdsaP256).await;
    page.click("#create").await;
    page.wait_for("waiting").await;
    page.wait_until_shown("#connection[data-connected='true']").await;
    approve_by_the_page(&page, &ControlPlane::shared().admin()).await;
    page.wait_for("issued").await;
    let file = page.save().await;
    is_known_to_the_cluster(&Shell::new(&file), &Wish::new("jane@example.com", &["developers"])).await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn and_groups_that_cannot_be_asked_for_are_named_with_the_reason() {
    let provider = Provider::start();
    let serve = as_documented(&provider).await;
    let mut claims = provider.claims();
    claims["groups"] = json!(["R&D", "developers", "Team (EU)"]);
    let faults = Faults { id_token: Some(provider.sign("RS256", &claims)), ..Faults::default() };
    let proxy = Proxy::start(&serve.url(), faults).await;
    let browser = Browser::start(Kind::Chromium).await;
    let page = Page::open(&browser, &proxy.url()).await;
    assert!(page.has("#group-0[value='developers']").await);
    for (place, group) in ["R&D", "Team (EU)"].into_iter().enumerate() {
        let note = page.text(&format!("#group-problem-{place}")).await;
        assert!(note.contains(&format!("\"{group}\" is left out")) && note.contains("at position"), "{note}");
    }
    look(&browser, "groups-left-out").await;

    claims.as_object_mut().expect("an object").remove("groups");
    claims["_claim_names"] = json!({"groups": "src1"});
    proxy.set(|faults| faults.id_token = Some(provider.sign("RS256", &claims)));
    let page = Page::open(&browser, &proxy.url()).await;
    assert!(page.text("#group-problem-0").await.contains("too many groups for your sign-in"));
}

#[tokio::test(flavor = "multi_thread")]
async fn and_new_keys_of_the_provider_are_followed_and_known_ones_outlive_it() {
    let mut provider = Provider::start();
    let serve = as_documented(&provider).await;
    let before = provider.sign_in("jane", "kube-enroll");
    assert_eq!(status(&serve, &before).await, 200);
    provider.rotate();
    let after = provider.sign_in("jane", "kube-enroll");
    eventually(PATIENCE, "the new key is known", || async {
        match status(&serve, &after).await {
            200 => Ok(()),
            other => Err(other),
        }
    })
    .await;
    assert_eq!(status(&serve, &before).await, 200);
    // Signed by a key of another provider's, under the name of one of this provider's.
    let stranger = Provider::start();
    assert_eq!(status(&serve, &stranger.sign("RS256", &provider.claims())).await, 401);

    provider.stop();
    assert_eq!(status(&serve, &before).await, 200);
    assert_eq!(status(&serve, &after).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn and_others_requests_are_as_absent_as_those_that_are_not_there() {
    let provider = Provider::start();
    let flags =
        ["--identity=jwt".to_owned(), "--oidc-username-prefix=-".to_owned(), "--allowed-host=127.0.0.1".to_owned()];
    let flags = [&flags[..], &provider.flags("kube-enroll")].concat();
    let serve = Serve::with(ControlPlane::shared(), &flags.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let (jane, joe) = (provider.sign_in("jane", "kube-enroll"), provider.sign_in("joe", "kube-enroll"));
    let browser = Browser::start(Kind::Chromium).await;
    let proxy = Proxy::start(&serve.url(), Faults { id_token: Some(jane.clone()), ..Faults::default() }).await;
    let page = Page::open(&browser, &proxy.url()).await;
    page.choose(Algorithm::EcdsaP256).await;
    page.click("#create").await;
    page.wait_for("waiting").await;
    let name = page.object_name().await;

    let read = async |token: &str, name: &str, what: &str| {
        let path = format!("{CSRS_PATH}{}", what.replace("NAME", name));
        let bearer = format!("Bearer {token}");
        let (status, text) = ask("GET", &serve.url_of(&path), &[("authorization", &bearer)], "").await;
        let mut said: Value = serde_json::from_str(&text.replace(name, "NAME")).expect("JSON");
        // Of the whole store, which others change meanwhile.
        said["metadata"]["resourceVersion"] = Value::Null;
        (status.as_u16(), said.to_string())
    };
    for what in ["/NAME", "?fieldSelector=metadata.name%3DNAME"] {
        let (status, said) = read(&jane, &name, what).await;
        assert!(status == 200 && said.contains("kubernetes.io/kube-apiserver-client"), "{what}: {status} {said}");
    }
    for what in ["/NAME", "?fieldSelector=metadata.name%3DNAME", "?watch=1&fieldSelector=metadata.name%3DNAME"] {
        let his = read(&joe, &name, what).await;
        assert_eq!(his, read(&joe, "jane-aaaaaaaaaa", what).await, "{what}");
        assert!(!his.1.contains("kubernetes.io/kube-apiserver-client"), "{what}: {his:?}");
    }
}

/// Starts serve with the flags of `docs/identity.md`, but for its addresses and the provider's.
async fn as_documented(provider: &Provider) -> Serve {
    let own = provider.flags("kube-enroll");
    assert!(documented_flags(SECTION, "kube-enroll serve").contains(&own[2]), "the client is the documented one");
    serve_as_documented(SECTION, &own).await
}

async fn status(serve: &Serve, token: &str) -> u16 {
    let url = format!("{}whoami.json", serve.url());
    ask("GET", &url, &[("authorization", &format!("Bearer {token}"))], "").await.0.as_u16()
}
