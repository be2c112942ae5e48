//! With an identity, a person asks only for themselves. The proxies in front are the real nginx and the real oauth2-proxy, before a
//! real OpenID provider; their settings and the flags are those of `docs/identity.md`, as written there.

use kube_enroll_core::Algorithm;
use kube_enroll_e2e::{
    browser::{Browser, Kind, Options},
    child::free_address,
    control_plane::ControlPlane,
    look::look,
    nginx::Nginx,
    oauth2_proxy::OAuth2Proxy,
    page::{Page, Wish},
    provider::Provider,
    serve::Serve,
    shell::Shell,
};
use serde_json::{Value, json};

use crate::whole::{approve_by_the_page, documented, documented_flags, is_known_to_the_cluster, looks_again, signs_in};

const BESIDE: &str = "A proxy beside the server";
const ELSEWHERE: &str = "A proxy elsewhere";

#[tokio::test(flavor = "multi_thread")]
async fn behind_nginx_a_person_gets_access_in_their_own_name() {
    let example = Example::start(BESIDE).await;
    let browser = Browser::with(Options { trusts_everybody: true, ..Options::new(Kind::Chromium) }).await;
    let url = example.nginx.url();
    let page = signs_in(&browser, &format!("{url}?user=ann&group=on-call"), "jane").await;
    let user =
        browser.run("const user = document.querySelector('#user'); return [user.value, user.readOnly]", vec![]).await;
    assert_eq!(user, json!(["jane.doe", true]));
    assert!(page.has("a#sign-out[href='/oauth2/sign_out']").await);
    let groups =
        browser.run("return [...document.querySelectorAll('input[id^=group-]')].map(box => box.value)", vec![]).await;
    // What the link says is shown to be taken out; of the provider's groups, those that the operator names.
    assert_eq!(groups, json!(["developers", "on-call"]));
    page.click("#group-0").await;
    page.click("#group-1").await;
    page.choose(Algorithm::EcdsaP256).await;
    look(&browser, "signed-in").await;
    page.click("#create").await;
    page.wait_for("waiting").await;
    assert!(page.text("#approver-block").await.contains("kube-enroll/user=jane.doe"));
    let (name, fingerprint) = (page.object_name().await, page.fingerprint().await);
    let admin = ControlPlane::shared().admin();
    let annotation =
        admin.ok(&format!("kubectl get csr {name} -o jsonpath='{{.metadata.annotations.kube-enroll/user}}'")).await;
    assert_eq!(annotation.trim(), "jane.doe");

    // Ann asks for the very name of her request, and for one that is not there: both are the same to her.
    let [jane, ann] = [example.signs_in_by_curl(&admin, "jane").await, example.signs_in_by_curl(&admin, "ann").await];
    let ask = async |person: &str, name: &str| {
        let url = format!("{url}apis/certificates.k8s.io/v1/certificatesigningrequests/{name}");
        let (code, body) = curl(&admin, &format!("{person} '{url}'")).await;
        (code, body.to_string().replace(name, "NAME"))
    };
    assert_eq!(ask(&jane, &name).await.0, 200);
    let (foreign, absent) = (ask(&ann, &name).await, ask(&ann, "jane.doe-aaaaaaaaaa").await);
    assert_eq!((foreign.0, &foreign), (404, &absent));

    // Her session ends elsewhere; the page asks her to sign in, and goes on with the same key.
    let tab = browser.tab().await;
    browser.open_tab(&format!("{url}oauth2/sign_out")).await;
    browser.switch_to(&tab).await;
    looks_again(&page).await;
    page.wait_for("signin").await;
    let other = browser.open_tab(&url).await;
    page.wait_for_any(&["editing", "elsewhere"]).await;
    browser.switch_to(&other).await;
    browser.close_tab(&tab).await;
    page.click("#retry").await;
    page.wait_for("waiting").await;
    assert_eq!((page.object_name().await, page.fingerprint().await), (name, fingerprint));

    approve_by_the_page(&page, &admin).await;
    page.wait_for("issued").await;
    let file = page.save().await;
    is_known_to_the_cluster(&Shell::new(&file), &Wish::new("jane.doe", &["developers"])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_becomes_somebody_else_by_sending_the_header() {
    let example = Example::start(BESIDE).await;
    let shell = ControlPlane::shared().admin();
    let whoami = format!("'{}whoami.json'", example.nginx.url());
    let ann = example.signs_in_by_curl(&shell, "ann").await;
    for spoofed in ["X-Enroll-User: joe", "x-enroll-user: joe", "X_Enroll_User: joe", "X-Enroll-User: ann, joe"] {
        let (code, who) = curl(&shell, &format!("{ann} --header '{spoofed}' {whoami}")).await;
        assert_eq!((code, &who["user"]), (200, &Value::from("ann")), "{spoofed}");
    }
    let (code, _) = curl(&shell, &whoami).await;
    assert_eq!(code, 302, "nobody has signed in");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_elsewhere_is_believed_by_its_secret_alone() {
    let example = Example::start(ELSEWHERE).await;
    let shell = ControlPlane::shared().admin();
    let ann = example.signs_in_by_curl(&shell, "ann").await;
    let (code, who) = curl(&shell, &format!("{ann} '{}whoami.json'", example.nginx.url())).await;
    assert_eq!((code, &who["user"]), (200, &Value::from("ann")));
    let straight = example.serve.url();
    for wrong in ["", "--header 'X-Kube-Enroll-Proxy-Secret: 4f6b1d0c9a7e5832f6b1d0c9a7e58325'"] {
        let spoofed = format!("--header 'X-Enroll-User: jane' {wrong} '{straight}whoami.json'");
        assert_eq!(curl(&shell, &spoofed).await.0, 401, "{wrong}");
    }
    // The page itself has no secret, and says what to do.
    let browser = Browser::start(Kind::Chromium).await;
    let page = Page::open_in(&browser, &straight, "error").await;
    assert!(page.whole_text().await.contains("Please sign in"));
    look(&browser, "not-signed-in").await;
}

/// A section of `docs/identity.md`, running. Who holds it has signed nobody in yet.
struct Example {
    nginx: Nginx,
    _oauth2_proxy: OAuth2Proxy,
    serve: Serve,
    provider: Provider,
}

impl Example {
    async fn start(section: &str) -> Self {
        let secret = tempfile::NamedTempFile::new().expect("a file");
        let nginx = documented(section, "nginx");
        if let Some((_, rest)) = nginx.split_once("X-Kube-Enroll-Proxy-Secret ") {
            std::fs::write(secret.path(), rest.split(';').next().expect("a value")).expect("a file to write to");
        }
        let mut flags = documented_flags(section, "kube-enroll serve");
        flags.retain(|flag| !flag.starts_with("--listen="));
        for flag in &mut flags {
            match flag.split_once('=').expect("each flag has a value").0 {
                "--allowed-host" => *flag = "--allowed-host=127.0.0.1".to_owned(),
                "--proxy-secret-file" => *flag = format!("--proxy-secret-file={}", secret.path().display()),
                _ => {}
            }
        }
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let serve = Serve::with(ControlPlane::shared(), &flags).await;
        let (provider, front) = (Provider::start(), free_address());
        let flags = documented_flags(BESIDE, "oauth2-proxy");
        let oauth2_proxy = OAuth2Proxy::start(&flags, &provider, Some(front), serve.port());
        let nginx = Nginx::start(&nginx, front, oauth2_proxy.address(), serve.port());
        Self { nginx, _oauth2_proxy: oauth2_proxy, serve, provider }
    }

    /// Signs somebody in without a browser, and returns the arguments by which curl stays so.
    async fn signs_in_by_curl(&self, shell: &Shell, person: &str) -> String {
        let jar = format!("--cookie-jar {person}.jar --cookie {person}.jar");
        let follow = format!(
            "curl --silent --show-error --fail --noproxy '*' --location --cacert '{}' {jar} --output answer",
            self.provider.authority().display()
        );
        // The provider asks who it is, and leads back.
        let lines = format!(
            "asked=$({follow} --write-out '%{{url_effective}}' '{}whoami.json')\n{follow} \"$asked?as={person}\"\ncat answer",
            self.nginx.url()
        );
        let who = shell.ok(&lines).await;
        assert!(who.contains(r#""user":"#), "{who}");
        jar
    }
}

/// Asks with curl; returns the code and the JSON.
async fn curl(shell: &Shell, arguments: &str) -> (u16, Value) {
    let printed = shell.ok(&format!("curl --silent --noproxy '*' --write-out '\\n%{{http_code}}' {arguments}")).await;
    let (body, code) = printed.trim_end().rsplit_once('\n').expect("a code");
    (code.parse().expect("a number"), serde_json::from_str(body).unwrap_or_default())
}
