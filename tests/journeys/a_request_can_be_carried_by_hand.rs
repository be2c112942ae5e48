//! Without an API: the page on plain static hosting, kubectl alone on the other side, and a person who carries the
//! request there and the certificate back.

use std::fs;

use fantoccini::Locator;
use kube_enroll_e2e::{
    browser::{Browser, Kind, Options},
    control_plane::ControlPlane,
    deadline::{PATIENCE, eventually},
    look::look,
    page::{Page, Wish},
    programs,
    serve::Serve,
    shell::Shell,
    site::Site,
};
use serde_json::{Value, json};

use crate::whole::{cluster_of, decision, is_known_to_the_cluster, unique};

#[tokio::test(flavor = "multi_thread")]
async fn from_a_site_that_names_its_cluster_in_chromium() {
    with_a_site_that_names_its_cluster(Kind::Chromium).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn from_a_site_that_names_its_cluster_in_firefox() {
    with_a_site_that_names_its_cluster(Kind::Firefox).await;
}

async fn with_a_site_that_names_its_cluster(kind: Kind) {
    let admin = ControlPlane::shared().admin();
    let config = json!({ "apiBase": null, "cluster": cluster_of(&admin).await }).to_string();
    let site = Site::start(&programs::page_dir(), "/enroll/", Some(&config)).await;
    let browser = Browser::start(kind).await;
    for line in [YAML, BASE64] {
        let wish = Wish::new(&unique("carried"), &["developers"]);
        let name = carries_the_request(&browser, &site.url(), &wish, &admin).await;
        let page = Page { browser: &browser };
        page.bring(&admin.ok(&line.replace("NAME", &name)).await).await;
        saves_what_works(&page, &wish).await;
    }
    assert_eq!(browser.violations().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn from_a_site_without_any_configuration() {
    let admin = ControlPlane::shared().admin();
    let cluster = cluster_of(&admin).await;
    let site = Site::start(&programs::page_dir(), "/", None).await;
    let browser = Browser::start(Kind::Chromium).await;
    let page = Page { browser: &browser };

    let wish = Wish::new(&unique("typed"), &[]);
    let name = carries_the_request(&browser, &site.url(), &wish, &admin).await;
    // Dropped anywhere on the page.
    page.drop_file("main h1", "it.json", &admin.ok(&JSON.replace("NAME", &name)).await).await;
    page.wait_until_shown("#cluster-server").await;
    look(&browser, "verifying-without-a-cluster").await;
    page.write("#cluster-name", "typed").await;
    page.write("#cluster-server", cluster["server"].as_str().expect("an address")).await;
    page.paste("#cluster-authorities", cluster["certificateAuthorityData"].as_str().expect("base64")).await;
    page.click("#use-cluster").await;
    saves_what_works(&page, &wish).await;

    let wish = Wish::new(&unique("given"), &["developers"]);
    let name = carries_the_request(&browser, &site.url(), &wish, &admin).await;
    let file = admin.folder().join("it.crt");
    fs::write(&file, as_powershell_writes(&admin.ok(&PEM.replace("NAME", &name)).await)).expect("the folder is ours");
    page.choose_file("#pasted-file", &file).await;
    let server = cluster["server"].as_str().expect("an address");
    let data = cluster["certificateAuthorityData"].as_str().expect("base64");
    let authority = admin.ok(&format!("printf %s '{data}' | base64 -d | tee ca.crt")).await;
    page.paste("#cluster-kubeconfig", &admin.ok(&POINTING.replace("SERVER", server)).await).await;
    page.wait_until_shown("#cluster-notes p").await;
    assert_eq!(page.value("#cluster-name", "value").await, "given");
    for (place, sentence) in [
        ("#cluster-notes", "Of 2 clusters, this is \"given\", which the current context uses."),
        ("#cluster-notes", "the program \"aws\" (exec), which is not taken over"),
        ("#cluster-error", "The file points to ca.crt on your disk"),
    ] {
        let text = page.text(place).await;
        assert!(text.contains(sentence), "{text}");
    }
    look(&browser, "verifying-with-an-authority-on-a-disk").await;
    page.click("#use-cluster").await;
    assert_eq!(page.state().await, "verifying");
    page.paste("#cluster-authorities", &authority).await;
    page.click("#use-cluster").await;
    saves_what_works(&page, &wish).await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_plain_http_intranet_with_a_passphrase() {
    const HOST: &str = "intranet.test";
    let admin = ControlPlane::shared().admin();
    let site = Site::start(&programs::page_dir(), "/", Some(r#"{"apiBase":null}"#)).await;
    let url = site.url().replace("127.0.0.1", HOST);
    let browser = Browser::with(Options { intranet_host: Some(HOST), ..Options::new(Kind::Firefox) }).await;
    let wish = Wish::new(&unique("intranet"), &["developers"]).locked_with("carried on foot");
    let name = carries_the_request(&browser, &url, &wish, &admin).await;
    let page = Page { browser: &browser };
    page.bring(&admin.ok(&YAML.replace("NAME", &name)).await).await;
    // With an administrator's key in it, of which nothing is read.
    let kubeconfig = admin.ok("kubectl config view --raw --minify --flatten").await;
    page.drop_file("#cluster-kubeconfig", "config", &kubeconfig).await;
    uses_the_cluster(&page).await;
    // The page was reloaded since the key was made.
    page.wait_for("locked").await;
    page.unlock(&wish.passphrase).await;
    saves_what_works(&page, &wish).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn and_a_wrong_clock_is_named_and_can_be_set() {
    let admin = ControlPlane::shared().admin();
    let config = json!({ "apiBase": null, "cluster": cluster_of(&admin).await }).to_string();
    let site = Site::start(&programs::page_dir(), "/", Some(&config)).await;
    let browser = Browser::start(Kind::Chromium).await;
    let page = Page { browser: &browser };
    let wish = Wish::new(&unique("clock"), &[]);
    let name = carries_the_request(&browser, &site.url(), &wish, &admin).await;
    browser.run("window.right = Date.now; Date.now = () => right() - 30 * 60_000", vec![]).await;
    page.bring(&admin.ok(&YAML.replace("NAME", &name)).await).await;
    eventually(PATIENCE, "whose clock says what", || async {
        let fault = page.whole_text_of("#pasted-error").await;
        let is_told = fault.contains("This computer’s clock says ") && fault.contains(", the certificate begins at ");
        if is_told && fault.ends_with("Set the clock, then check again.") { Ok(()) } else { Err(fault) }
    })
    .await;
    look(&browser, "manual-with-a-wrong-clock").await;
    browser.run("Date.now = right", vec![]).await;
    page.click("#use-pasted").await;
    saves_what_works(&page, &wish).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn also_once_the_page_has_sent_it() {
    let admin = ControlPlane::shared().admin();
    let (serve, browser) = (Serve::start().await, Browser::start(Kind::Chromium).await);
    let page = Page::open(&browser, &serve.url()).await;
    let wish = Wish::new(&unique("sent"), &["developers"]);
    page.submit(&wish).await;
    let name = page.object_name().await;
    browser.run("document.querySelectorAll('details').forEach(details => details.open = true)", vec![]).await;
    page.click("#manual").await;
    page.wait_for("manual").await;
    admin.ok(&format!("kubectl certificate approve {name}")).await;
    admin.ok(&format!("kubectl wait --for=jsonpath='{{.status.certificate}}' --timeout=60s csr {name}")).await;
    page.bring(&admin.ok(&YAML.replace("NAME", &name)).await).await;
    saves_what_works(&page, &wish).await;
}

/// UTF-16 with a byte order mark, and Windows' ends of lines.
fn as_powershell_writes(text: &str) -> Vec<u8> {
    format!("\u{feff}{text}").replace('\n', "\r\n").encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Makes the request, carries it to the cluster and has it approved there. The page is reloaded on the way.
async fn carries_the_request(browser: &Browser, url: &str, wish: &Wish, admin: &Shell) -> String {
    let page = Page::open(browser, url).await;
    page.fill(wish).await;
    page.click("#create").await;
    page.wait_for("manual").await;
    let (manifest, fingerprint) = (page.text("#manifest").await, page.fingerprint().await);
    if browser.kind() == Kind::Chromium && wish.user.starts_with("typed") {
        look(browser, "manual").await;
    }
    let before = browser.downloads();
    page.click("#save-manifest").await;
    let file = browser.wait_for_download(&before, "yaml").await;
    assert_eq!(fs::read_to_string(&file).expect("the file is text").trim(), manifest.trim());
    let folder = file.parent().expect("a download is in a folder").display();
    let said = admin.ok(&format!("cd '{folder}'; {}", page.text("#cmd-apply").await)).await;
    // The copied text says the same.
    let again = admin.ok_with_input("kubectl apply -f - 2>/dev/null", &manifest).await;
    let name = file.file_stem().and_then(|name| name.to_str()).expect("a name").to_owned();
    assert!(said.contains(&format!("/{name} created")) && again.contains("unchanged"), "{said} {again}");

    let page = Page::open_in(browser, url, "manual").await;
    assert_eq!(page.text("#manifest").await, manifest);
    let block = page.text("#approver-block").await;
    let printed = admin.ok(&block).await;
    assert!(printed.contains(&fingerprint), "{fingerprint} is not in: {printed}");
    admin.ok(decision(&block, "approve")).await;
    let issued = format!("kubectl get csr {name} -o jsonpath='{{.status.certificate}}'");
    eventually(PATIENCE, "the certificate", || async {
        if admin.ok(&issued).await.is_empty() { Err("not yet") } else { Ok(()) }
    })
    .await;
    name
}

/// Has the certificate checked with the cluster that the page found in what it was given.
async fn uses_the_cluster(page: &Page<'_>) {
    eventually(PATIENCE, "the cluster in the form", || async {
        let server = page.value("#cluster-server", "value").await;
        if server.starts_with("https://") { Ok(()) } else { Err(page.whole_text().await) }
    })
    .await;
    page.click("#use-cluster").await;
}

async fn saves_what_works(page: &Page<'_>, wish: &Wish) {
    page.wait_for("issued").await;
    let file = page.save().await;
    is_known_to_the_cluster(&Shell::new(&file), wish).await;
    page.wait_until_shown("#after-save").await;
    page.forget().await;
}

const YAML: &str = "kubectl get csr NAME -o yaml";
const JSON: &str = "kubectl get csr NAME -o json";
const BASE64: &str = "kubectl get csr NAME -o jsonpath='{.status.certificate}'";
const PEM: &str = "kubectl get csr NAME -o jsonpath='{.status.certificate}' | base64 -d";

/// Writes a kubeconfig of two clusters, the authority of one of which is a file, and prints it as JSON.
const POINTING: &str = "export KUBECONFIG=$PWD/pointing
kubectl config set-cluster other --server=https://other.example:6443 >&2
kubectl config set-cluster given --server=SERVER --certificate-authority=ca.crt >&2
kubectl config set-credentials jane --exec-command=aws --exec-api-version=client.authentication.k8s.io/v1 >&2
kubectl config set-context jane@given --cluster=given --user=jane >&2
kubectl config use-context jane@given >&2
kubectl config view --raw -o json | sed \"s#$PWD/##\"";

/// What people paste by mistake, lines that print it, and how the page names it.
const MISTAKES: [(&str, &str, &str); 8] = [
    (
        "the certificate of somebody else",
        "kubectl config view --raw --minify --flatten -o jsonpath='{.users[0].user.client-certificate-data}'",
        "another key",
    ),
    ("an expired certificate", EXPIRED, "the certificate ended at"),
    ("a request", "kubectl get csr NAME -o jsonpath='{.spec.request}' | base64 -d", "a certification request"),
    (
        "an object that is not issued",
        "kubectl get csr NAME -o yaml | sed '/^ *certificate:/d'",
        "approved and not yet signed",
    ),
    ("a kubeconfig", "kubectl config view --raw --minify --flatten | sed '/client-key-data/d'", "a kubeconfig"),
    ("a page", "printf '<!doctype html><title>Sign in</title><p>Sign in'", "a web page"),
    ("nothing", "true", "nothing"),
    ("something else", "echo hello", "another text"),
];

/// Of the right key and the right names, by another authority, which alone a test can have sign what is over.
const EXPIRED: &str = r#"
kubectl get csr NAME -o jsonpath='{.spec.request}' | base64 -d > it.csr
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -subj /CN=ca 2>/dev/null
: > index; echo 01 > serial
cat > ca.cnf <<CONFIG
[ca]
default_ca = it
[it]
database = index
serial = serial
new_certs_dir = .
certificate = ca.crt
private_key = ca.key
default_md = sha256
policy = any
preserve = yes
copy_extensions = none
x509_extensions = client
[any]
commonName = supplied
organizationName = optional
[client]
extendedKeyUsage = clientAuth
keyUsage = digitalSignature
CONFIG
openssl ca -batch -notext -config ca.cnf -in it.csr -startdate 20200101000000Z -enddate 20200201000000Z 2>/dev/null
"#;

#[tokio::test(flavor = "multi_thread")]
async fn and_what_is_pasted_by_mistake_is_named() {
    let admin = ControlPlane::shared().admin();
    let config = json!({ "apiBase": null, "cluster": cluster_of(&admin).await }).to_string();
    let site = Site::start(&programs::page_dir(), "/", Some(&config)).await;
    let browser = Browser::start(Kind::Chromium).await;
    let wish = Wish::new(&unique("mistaken"), &["developers"]);
    let name = carries_the_request(&browser, &site.url(), &wish, &admin).await;
    let page = Page { browser: &browser };

    for (mistake, line, named) in MISTAKES {
        page.wait_for("manual").await;
        page.bring(&admin.ok(&line.replace("NAME", &name)).await).await;
        page.wait_until_shown("#pasted-error:not(:empty)").await;
        eventually(PATIENCE, &format!("{mistake} is named {named:?}"), || async {
            let said =
                page.browser.run("return document.querySelector('#pasted-error')?.textContent || ''", vec![]).await;
            let said = said.to_string();
            if said.contains(named) { Ok(()) } else { Err(said) }
        })
        .await;
    }
    look(&browser, "manual-with-a-mistake").await;

    for (line, encoding) in [(OWN_KEY, "PEM"), (&format!("{OWN_KEY} | base64"), "base64"), (ADMIN, "a kubeconfig")] {
        page.paste("#pasted", &admin.ok(line).await).await;
        page.wait_until_shown("#pasted-error:not(:empty)").await;
        assert_eq!(page.value("#pasted", "value").await, "", "a private key, {encoding}, is cleared at once");
        let html: Value = browser.run("return document.documentElement.outerHTML", vec![]).await;
        assert!(!html.to_string().contains("PRIVATE KEY-----"), "{encoding}");
    }
    assert!(browser.client().find(Locator::Css("#pasted")).await.is_ok());
    page.bring(&admin.ok(&PEM.replace("NAME", &name)).await).await;
    saves_what_works(&page, &wish).await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
}

const OWN_KEY: &str = "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256";
const ADMIN: &str = "kubectl config view --raw --minify --flatten";
