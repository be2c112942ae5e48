//! With an identity, a person asks only for themselves. The proxies in front are the real nginx and the real
//! oauth2-proxy, before a real OpenID provider; their settings and the flags are those of `docs/identity.md`, as
//! written there.

use std::fs;

use kube_enroll_core::{Algorithm, CSRS_PATH};
use kube_enroll_e2e::{
    browser::{Browser, Kind, Options},
    child::free_address,
    control_plane::ControlPlane,
    deadline::{PATIENCE, eventually},
    look::look,
    nginx::Nginx,
    oauth2_proxy::OAuth2Proxy,
    page::{Page, Wish},
    provider::Provider,
    serve::Serve,
    shell::Shell,
};
use serde_json::{Value, json};

use crate::a_translated_page_goes_the_whole_way::TRANSLATE;
use crate::whole::{
    approve_by_the_page, documented, documented_flags, is_known_to_the_cluster, serve_as_documented, signs_in,
};

const OAUTH2_PROXY: &str = "oauth2-proxy beside the server";
const NGINX: &str = "nginx beside the server";
const ELSEWHERE: &str = "A proxy elsewhere";
const CERTIFICATE: &str = "By a certificate";

#[tokio::test(flavor = "multi_thread")]
async fn behind_nginx_a_person_gets_access_in_their_own_name() {
    let example = Example::start(NGINX).await;
    let browser = Browser::with(Options { trusts_everybody: true, ..Options::new(Kind::Chromium) }).await;
    let url = example.nginx.url();
    let page = signs_in(&browser, &format!("{url}?user=ann&group=on-call"), "jane").await;
    assert_eq!(page.text("#user").await, "jane@example.com");
    assert!(!page.has("input#user").await, "she can ask for nobody else");
    assert!(page.has("a#sign-out[href='/oauth2/sign_out']").await);
    let groups =
        browser.run("return [...document.querySelectorAll('input[id^=group-]')].map(box => box.value)", vec![]).await;
    // What the link says is shown to be taken out; of the provider's groups, those that the operator names.
    assert_eq!(groups, json!(["developers", "on-call"]));
    page.click("#group-0").await;
    page.click("#group-1").await;
    page.choose(Algorithm::EcdsaP256).await;
    assert!(page.text("#asked-for").await.contains("You will ask for: developers"));
    look(&browser, "signed-in").await;
    // What she will ask for follows her ticks, in another language too.
    browser.run(TRANSLATE, vec![]).await;
    for asked in ["no groups", "developers"] {
        page.click("#group-0").await;
        eventually(PATIENCE, asked, || async {
            let text = page.whole_text_of("#asked-for").await;
            if text.contains(&format!("You will ask for: {asked}")) { Ok(()) } else { Err(text) }
        })
        .await;
    }
    // Her session ends before she sends the request: her key is kept until she has signed in again.
    browser.client().delete_cookie("_oauth2_proxy").await.expect("the cookie of her session");
    page.click("#create").await;
    page.wait_for("signin").await;
    let tab = browser.tab().await;
    // The provider remembers her.
    let other = browser.open_tab(&url).await;
    page.wait_for_any(&["editing", "elsewhere"]).await;
    browser.switch_to(&other).await;
    browser.close_tab(&tab).await;
    page.click("#retry").await;
    page.wait_for("waiting").await;
    assert!(page.text("#approver-block").await.contains("kube-enroll/user=jane@example.com"));
    let name = page.object_name().await;
    let admin = ControlPlane::shared().admin();
    let annotation =
        admin.ok(&format!("kubectl get csr {name} -o jsonpath='{{.metadata.annotations.kube-enroll/user}}'")).await;
    assert_eq!(annotation.trim(), "jane@example.com");

    // Ann asks for the very name of her request, and for one that is not there: both are the same to her.
    let [jane, ann] = [example.signs_in(&admin, "jane").await, example.signs_in(&admin, "ann").await];
    let ask = async |person: &str, name: &str| {
        let url = format!("{}{CSRS_PATH}/{name}", url.trim_end_matches('/'));
        let (code, body) = curl(&admin, &format!("{person} '{url}'")).await;
        (code, body.to_string().replace(name, "NAME"))
    };
    assert_eq!(ask(&jane, &name).await.0, 200);
    let (foreign, absent) = (ask(&ann, &name).await, ask(&ann, "jane.example.com-aaaaaaaaaa").await);
    assert_eq!((foreign.0, &foreign), (404, &absent));

    approve_by_the_page(&page, &admin).await;
    page.wait_for("issued").await;
    let file = page.save().await;
    is_known_to_the_cluster(&Shell::new(&file), &Wish::new("jane@example.com", &["developers"])).await;

    // Out and in again: the provider says the same of her until she signs out there.
    page.click("#restart").await;
    page.wait_for("editing").await;
    let before = session(&browser).await;
    page.click("#sign-out").await;
    eventually(PATIENCE, "another session of hers", || async {
        let now = session(&browser).await;
        if now.is_some() && now != before { Ok(()) } else { Err(browser.client().current_url().await.expect("a URL")) }
    })
    .await;
    page.wait_for("editing").await;
    assert_eq!(page.text("#user").await, "jane@example.com");
}

/// Returns the cookie by which oauth2-proxy knows who it is.
async fn session(browser: &Browser) -> Option<String> {
    browser.client().get_named_cookie("_oauth2_proxy").await.ok().map(|cookie| cookie.value().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn oauth2_proxy_alone_says_who_it_is() {
    let (serve, provider) = (serve_as_documented(OAUTH2_PROXY, &[]).await, Provider::start());
    let proxy = OAuth2Proxy::start(&documented_flags(OAUTH2_PROXY, "oauth2-proxy"), &provider, None, &serve);
    let shell = ControlPlane::shared().admin();
    // Whoever comes to a port of it is nobody, from this machine too.
    let (code, _) =
        curl(&shell, &format!("--header 'X-Forwarded-Email: jane@example.com' '{}'", serve.url_of("/whoami.json")))
            .await;
    assert_eq!(code, 401);
    let jane = signs_in_by_curl(&shell, &provider, &proxy.url(), "jane").await;
    let whoami = format!("'{}whoami.json'", proxy.url());
    let (code, who) = curl(&shell, &format!("{jane} {whoami}")).await;
    assert_eq!((code, &who["user"], &who["groups"]), (200, &json!("jane@example.com"), &json!(["developers"])));
    for spoofed in
        ["X-Forwarded-Email: joe@example.com", "x-forwarded-groups: on-call", "X_Forwarded_Email: joe@example.com"]
    {
        let (code, who) = curl(&shell, &format!("{jane} --header '{spoofed}' {whoami}")).await;
        let found = (code, &who["user"], &who["groups"]);
        assert_eq!(found, (200, &json!("jane@example.com"), &json!(["developers"])), "{spoofed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_becomes_somebody_else_by_sending_the_header() {
    let example = Example::start(NGINX).await;
    let shell = ControlPlane::shared().admin();
    let whoami = format!("'{}whoami.json'", example.nginx.url());
    let ann = example.signs_in(&shell, "ann").await;
    for spoofed in
        ["X-Enroll-User: joe", "x-enroll-user: joe", "X_Enroll_User: joe", "X-Enroll-User: ann@example.com, joe"]
    {
        let (code, who) = curl(&shell, &format!("{ann} --header '{spoofed}' {whoami}")).await;
        assert_eq!((code, &who["user"]), (200, &json!("ann@example.com")), "{spoofed}");
    }
    let (code, _) = curl(&shell, &whoami).await;
    assert_eq!(code, 302, "nobody has signed in");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_elsewhere_is_believed_by_its_secret_alone() {
    let example = Example::start(ELSEWHERE).await;
    let shell = ControlPlane::shared().admin();
    let ann = example.signs_in(&shell, "ann").await;
    let (code, who) = curl(&shell, &format!("{ann} '{}whoami.json'", example.nginx.url())).await;
    assert_eq!((code, &who["user"]), (200, &json!("ann@example.com")));
    let straight = example.serve.url();
    for wrong in
        ["", "--header 'X-Kube-Enroll-Proxy-Secret: 4f6b1d0c9a7e5832f6b1d0c9a7e583254f6b1d0c9a7e5832f6b1d0c9a7e58325'"]
    {
        let spoofed = format!("--header 'X-Enroll-User: jane' {wrong} '{straight}whoami.json'");
        assert_eq!(curl(&shell, &spoofed).await.0, 401, "{wrong}");
    }
    // The page itself has no secret, and says what to do.
    let browser = Browser::start(Kind::Chromium).await;
    let page = Page::open_in(&browser, &straight, "error").await;
    let text = page.whole_text().await;
    assert!(text.contains("Please sign in") && text.contains("nobody is signed in"), "{text}");
    look(&browser, "not-signed-in").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_elsewhere_is_believed_by_its_certificate_alone() {
    let shell = ControlPlane::shared().admin();
    let files = Certificates::issue(&shell).await;
    let own = files.flags();
    let serve = serve_as_documented(CERTIFICATE, &own).await;
    let (provider, front) = (Provider::start(), free_address());
    let oauth2_proxy = OAuth2Proxy::start(&documented_flags(NGINX, "oauth2-proxy"), &provider, Some(front), &serve);
    let (listens, signs_in) = (format!("listen {front};"), format!("http://{}", oauth2_proxy.address()));
    let (lines, passes_on) = (documented(CERTIFICATE, "nginx"), format!("proxy_pass https://{};", serve.address()));
    let _nginx = Nginx::start(
        &documented(ELSEWHERE, "nginx"),
        front,
        &[
            ("listen 80;", &*listens),
            ("http://127.0.0.1:4180", &*signs_in),
            ("include /etc/nginx/kube-enroll-secret.conf;", ""),
            ("proxy_pass http://kube-enroll.kube-enroll.svc;", &*lines),
            ("proxy_pass https://kube-enroll.kube-enroll.svc;", &*passes_on),
            ("/etc/nginx/", &*files.folder()),
        ],
    );
    let url = format!("http://{front}/");
    let ann = signs_in_by_curl(&shell, &provider, &url, "ann").await;
    let (code, who) = curl(&shell, &format!("{ann} '{url}whoami.json'")).await;
    assert_eq!((code, &who["user"]), (200, &json!("ann@example.com")));
    // Past the proxy: without a certificate, and with that of somebody else.
    let straight = format!("https://{}/whoami.json", serve.address());
    let other = format!("--cert {0}other.pem --key {0}other.key", files.folder());
    for certificate in ["", &*other] {
        let spoofed = format!("--cacert {}authority.pem --header 'X-Enroll-User: jane' {certificate}", files.folder());
        assert_eq!(curl(&shell, &format!("{spoofed} '{straight}'")).await.0, 401, "{certificate}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_whose_proxy_changes_the_host_says_so_before_the_form() {
    let serve = Serve::with(ControlPlane::shared(), &["--public-url=http://127.0.0.1"]).await;
    let front = free_address();
    // The port is left out of $host: all loads, and a create would be refused.
    let server = "server {\n    listen FRONT;\n    location / {\n        proxy_set_header Host $host;\n        \
                  proxy_pass BACK;\n    }\n}\n";
    let [front_address, back] = [front.to_string(), format!("http://{}", serve.address())];
    let nginx = Nginx::start(server, front, &[("FRONT", &*front_address), ("BACK", &*back)]);
    let browser = Browser::start(Kind::Chromium).await;
    let page = Page::open_in(&browser, &nginx.url(), "error").await;
    let text = page.whole_text().await;
    for expected in [&*nginx.url(), "http://127.0.0.1/", "changes the Host"] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
    assert!(page.has("a#open[href='http://127.0.0.1/']").await && !page.has("#create").await);
    look(&browser, "another-address").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_a_certificate_of_its_own_needs_no_proxy() {
    let shell = ControlPlane::shared().admin();
    let files = Certificates::issue(&shell).await;
    let tls = [format!("--tls-cert={}server.pem", files.folder()), format!("--tls-key={}server.key", files.folder())];
    let serve = Serve::with(ControlPlane::shared(), &tls.each_ref().map(String::as_str)).await;
    let browser = Browser::with(Options { trusts_everybody: true, ..Options::new(Kind::Chromium) }).await;
    let page = Page::open(&browser, &serve.url()).await;
    let wish = Wish::new("over.tls", &["developers"]);
    page.fill(&wish).await;
    page.click("#create").await;
    page.wait_for("waiting").await;
    approve_by_the_page(&page, &shell).await;
    page.wait_for("issued").await;
    is_known_to_the_cluster(&Shell::new(&page.save().await), &wish).await;
}

/// Certificates of an authority: the server's, its proxy's, and one of somebody else.
struct Certificates(tempfile::TempDir);

impl Certificates {
    async fn issue(shell: &Shell) -> Self {
        let files = Self(tempfile::tempdir().expect("a temporary folder can be made"));
        let lines = format!(
            "cd {}\n\
             new='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2'\n\
             openssl req -x509 $new -keyout authority.key -out authority.pem -subj /CN=authority 2>&1\n\
             for name in server=IP:127.0.0.1,DNS:kube-enroll.kube-enroll.svc proxy=DNS:proxy.example.com other=DNS:other.example.com; do\n\
             openssl req -x509 $new -CA authority.pem -CAkey authority.key -keyout ${{name%%=*}}.key -out ${{name%%=*}}.pem \
             -subj /CN=proxy.example.com -addext basicConstraints=critical,CA:FALSE -addext subjectAltName=${{name#*=}} 2>&1\n\
             done",
            files.folder()
        );
        shell.ok(&lines).await;
        files
    }

    /// Returns the folder, with a slash at its end.
    fn folder(&self) -> String {
        format!("{}/", self.0.path().display())
    }

    /// Returns the flags of [`CERTIFICATE`] with these files.
    fn flags(&self) -> Vec<String> {
        let flags = [("tls-cert", "server.pem"), ("tls-key", "server.key"), ("proxy-ca-file", "authority.pem")];
        flags.map(|(flag, name)| format!("--{flag}={}{name}", self.folder())).to_vec()
    }
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
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let keep_secret = |name: &str, text: &str| {
            let file = folder.path().join(name);
            fs::write(&file, text).expect("the folder is ours");
            file.display().to_string()
        };
        let in_server = keep_secret("proxy-secret", &format!("{SECRET}\n"));
        let in_nginx = keep_secret("nginx.conf", &format!("proxy_set_header X-Kube-Enroll-Proxy-Secret {SECRET};\n"));
        let own = (section == ELSEWHERE).then(|| format!("--proxy-secret-file={in_server}"));
        let serve = serve_as_documented(section, own.as_slice()).await;
        let (provider, front) = (Provider::start(), free_address());
        let flags = documented_flags(NGINX, "oauth2-proxy");
        let oauth2_proxy = OAuth2Proxy::start(&flags, &provider, Some(front), &serve);
        let server = documented(section, "nginx");
        let listens = format!("listen {front};");
        let [signs_in, passes_on] =
            [oauth2_proxy.address(), serve.address()].map(|address| format!("http://{address}"));
        let socket = if section == ELSEWHERE { String::new() } else { serve.socket().display().to_string() };
        let mut places = vec![("listen 80;", &*listens), ("http://127.0.0.1:4180", &*signs_in)];
        if section == ELSEWHERE {
            places.push(("http://kube-enroll.kube-enroll.svc", &*passes_on));
            places.push(("/etc/nginx/kube-enroll-secret.conf", &*in_nginx));
        } else {
            places.push(("/run/kube-enroll/socket", &*socket));
        }
        Self { nginx: Nginx::start(&server, front, &places), _oauth2_proxy: oauth2_proxy, serve, provider }
    }

    /// Signs somebody in without a browser, and returns the arguments by which curl stays so.
    async fn signs_in(&self, shell: &Shell, person: &str) -> String {
        signs_in_by_curl(shell, &self.provider, &self.nginx.url(), person).await
    }
}

async fn signs_in_by_curl(shell: &Shell, provider: &Provider, url: &str, person: &str) -> String {
    let jar = format!("--cookie-jar {person}.jar --cookie {person}.jar");
    let follow = format!(
        "curl --silent --show-error --fail --noproxy '*' --location --cacert '{}' {jar} --output answer",
        provider.authority().display()
    );
    // The provider asks who it is, and leads back.
    let lines = format!(
        "asked=$({follow} --write-out '%{{url_effective}}' '{url}oauth2/start?rd=/whoami.json')\n\
         {follow} \"$asked?as={person}\"\ncat answer"
    );
    let who = shell.ok(&lines).await;
    assert!(who.contains(r#""user":"#), "{who}");
    jar
}

/// As `openssl rand -hex 32` makes one.
const SECRET: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";

/// Asks with curl; returns the code and the JSON.
async fn curl(shell: &Shell, arguments: &str) -> (u16, Value) {
    let printed = shell.ok(&format!("curl --silent --noproxy '*' --write-out '\\n%{{http_code}}' {arguments}")).await;
    let (body, code) = printed.trim_end().rsplit_once('\n').expect("a code");
    (code.parse().expect("a number"), serde_json::from_str(body).unwrap_or_default())
}
