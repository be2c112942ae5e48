//! With an identity, a person asks only for themselves. The proxy in front is the real nginx, and its configuration and the flags
//! are those of `docs/identity.md`, as written there.

use kube_enroll_core::Algorithm;
use kube_enroll_e2e::{
    browser::{Browser, Kind},
    control_plane::ControlPlane,
    look::look,
    nginx::Nginx,
    page::{Page, Wish},
    serve::Serve,
    shell::Shell,
};
use serde_json::Value;

use crate::whole::{approve_by_the_page, documented, is_known_to_the_cluster};

#[tokio::test(flavor = "multi_thread")]
async fn behind_nginx_a_person_gets_access_in_their_own_name() {
    let (serve, nginx) = example("A proxy beside the server").await;
    let browser = Browser::start(Kind::Chromium).await;
    // The browser remembers who has signed in.
    browser.open(&nginx.url_of("jane")).await;
    let page = Page::open(&browser, &format!("{}?user=joe&group=on-call", nginx.url())).await;
    let user =
        browser.run("const user = document.querySelector('#user'); return [user.value, user.readOnly]", vec![]).await;
    assert_eq!(user, serde_json::json!(["jane", true]));
    assert!(page.has("a#sign-out[href='/oauth2/sign_out']").await);
    let groups =
        browser.run("return [...document.querySelectorAll('input[id^=group-]')].map(box => box.value)", vec![]).await;
    // What the link says is shown to be taken out; of the provider's groups, those that the operator names.
    assert_eq!(groups, serde_json::json!(["developers", "on-call"]));
    page.click("#group-0").await;
    page.click("#group-1").await;
    page.choose(Algorithm::EcdsaP256).await;
    look(&browser, "signed-in").await;
    page.click("#create").await;
    page.wait_for("waiting").await;
    assert!(page.text("#approver-block").await.contains("kube-enroll/user=jane"));
    let name = page.object_name().await;
    let admin = ControlPlane::shared().admin();
    let annotation =
        admin.ok(&format!("kubectl get csr {name} -o jsonpath='{{.metadata.annotations.kube-enroll/user}}'")).await;
    assert_eq!(annotation.trim(), "jane");

    // Joe asks for the very name of her request, and for one that is not there: both are the same to him.
    let ask = async |person: &str, name: &str| {
        let url = format!("{}apis/certificates.k8s.io/v1/certificatesigningrequests/{name}", nginx.url_of(person));
        let (code, body) = curl(&admin, &format!("'{url}'")).await;
        (code, body.to_string().replace(name, "NAME"))
    };
    assert_eq!(ask("jane", &name).await.0, 200);
    let (foreign, absent) = (ask("joe", &name).await, ask("joe", "jane-aaaaaaaaaa").await);
    assert_eq!((foreign.0, &foreign), (404, &absent));

    approve_by_the_page(&page, &admin).await;
    page.wait_for("issued").await;
    let file = page.save().await;
    is_known_to_the_cluster(&Shell::new(&file), &Wish::new("jane", &["developers"])).await;
    drop(serve);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_becomes_somebody_else_by_sending_the_header() {
    let (serve, nginx) = example("A proxy beside the server").await;
    let shell = ControlPlane::shared().admin();
    let whoami = format!("'{}whoami.json'", nginx.url_of("jane"));
    for spoofed in ["X-Enroll-User: joe", "x-enroll-user: joe", "X_Enroll_User: joe", "X-Enroll-User: jane, joe"] {
        let (code, who) = curl(&shell, &format!("--header '{spoofed}' {whoami}")).await;
        assert_eq!((code, &who["user"]), (200, &Value::from("jane")), "{spoofed}");
    }
    let (code, _) = curl(&shell, &format!("'{}whoami.json'", nginx.url())).await;
    assert_eq!(code, 401, "nobody has signed in");
    drop(serve);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_elsewhere_is_believed_by_its_secret_alone() {
    let (serve, nginx) = example("A proxy elsewhere").await;
    let shell = ControlPlane::shared().admin();
    let (code, who) = curl(&shell, &format!("'{}whoami.json'", nginx.url_of("joe"))).await;
    assert_eq!((code, &who["user"]), (200, &Value::from("joe")));
    for wrong in ["", "--header 'X-Kube-Enroll-Proxy-Secret: 4f6b1d0c9a7e5832f6b1d0c9a7e58325'"] {
        let straight = format!("--header 'X-Enroll-User: jane' {wrong} '{}whoami.json'", serve.url());
        assert_eq!(curl(&shell, &straight).await.0, 401, "{wrong}");
    }
    // The page itself has no secret, and says what to do.
    let browser = Browser::start(Kind::Chromium).await;
    let page = Page::open_in(&browser, &serve.url(), "error").await;
    assert!(page.whole_text().await.contains("Please sign in"));
    look(&browser, "not-signed-in").await;
}

/// Starts nginx and serve as a section of `docs/identity.md` says.
async fn example(section: &str) -> (Serve, Nginx) {
    let secret = tempfile::NamedTempFile::new().expect("a file");
    let nginx = documented(section, "nginx");
    if let Some((_, rest)) = nginx.split_once("X-Kube-Enroll-Proxy-Secret ") {
        std::fs::write(secret.path(), rest.split(';').next().expect("a value")).expect("a file to write to");
    }
    let flags: Vec<String> = documented(section, "sh")
        .split_whitespace()
        .filter(|word| word.starts_with("--") && !word.starts_with("--listen="))
        .map(|flag| match flag.split_once('=').expect("each flag has a value") {
            ("--allowed-host", _) => "--allowed-host=127.0.0.1".to_owned(),
            ("--proxy-secret-file", _) => format!("--proxy-secret-file={}", secret.path().display()),
            _ => flag.to_owned(),
        })
        .collect();
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let serve = Serve::with(ControlPlane::shared(), &flags).await;
    let nginx = Nginx::start(&nginx, serve.port());
    (serve, nginx)
}

/// Asks with curl; returns the code and the JSON.
async fn curl(shell: &Shell, arguments: &str) -> (u16, Value) {
    let printed = shell.ok(&format!("curl --silent --noproxy '*' --write-out '\\n%{{http_code}}' {arguments}")).await;
    let (body, code) = printed.trim_end().rsplit_once('\n').expect("a code");
    (code.parse().expect("a number"), serde_json::from_str(body).unwrap_or_default())
}
