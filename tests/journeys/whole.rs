//! What most journeys have in common: from the form to a file that Kubernetes accepts.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use kube_enroll_core::{CSRS_PATH, Cluster, ClusterFields};
use kube_enroll_e2e::{
    browser::Browser,
    control_plane::ControlPlane,
    deadline::{PATIENCE, eventually},
    page::{Page, Wish},
    programs,
    serve::Serve,
    shell::Shell,
};
use serde_json::{Value, json};

/// Goes the whole way on the page at `url`: asks, is approved with the very lines that the page shows, saves, and is
/// known to the cluster by name and groups, and by the rights that the page's last lines give. Returns the saved file.
pub async fn goes_the_whole_way(browser: &Browser, url: &str, wish: &Wish) -> PathBuf {
    let admin = ControlPlane::shared().admin();
    let namespace = new_namespace(&admin).await;
    let wish = Wish { namespace: namespace.clone(), ..wish.clone() };

    let page = Page::open(browser, url).await;
    page.submit(&wish).await;
    approve_by_the_page(&page, &admin).await;
    page.wait_for("issued").await;
    assert_eq!(page.text("#subject-user").await, wish.user);
    for group in &wish.groups {
        assert!(page.text("#subject-groups").await.contains(group.as_str()), "{group} is shown");
    }
    let file = page.save().await;
    page.wait_for("issued").await;

    let owner = Shell::new(&file);
    owner.ok(&format!("cd '{}'; {}", folder_of(&file), page.text("#cmd-whoami").await)).await;
    is_known_to_the_cluster(&owner, &wish).await;

    owner.refused("kubectl auth can-i list pods").await;
    admin.ok(&page.text("#cmd-rights").await).await;
    is_allowed(&owner, "kubectl auth can-i list pods").await;
    admin.ok(&format!("kubectl delete namespace {namespace} --wait=false")).await;
    file
}

/// Waits until the cluster says yes: it hears of a new RoleBinding a moment after it has taken it.
pub async fn is_allowed(owner: &Shell, line: &str) {
    eventually(PATIENCE, line, || async { owner.run(line, "").await.map(drop) }).await;
}

/// Runs the approver's block as the page shows it, and compares what it prints with what the page shows.
pub async fn approve_by_the_page(page: &Page<'_>, admin: &Shell) {
    // Read first: the page goes on as soon as the last line has run.
    let (name, fingerprint) = (page.object_name().await, page.fingerprint().await);
    let account = page.text("#requesting-user").await;
    let block = page.text("#approver-block").await;
    let printed = admin.ok(&block).await;
    assert_eq!(fingerprint.split(':').count(), 32, "{fingerprint}");
    assert!(printed.contains(&fingerprint), "{fingerprint} is not in: {printed}");
    assert!(printed.contains(account.trim()), "{account:?} is not in: {printed}");
    // Pasted whole, the block decides nothing.
    let conditions = admin.ok(&format!("kubectl get csr {name} -o jsonpath='{{.status.conditions}}'")).await;
    assert_eq!(conditions.trim(), "");
    let approved = admin.ok(decision(&block, "approve")).await;
    assert!(approved.contains(&format!("certificatesigningrequest.certificates.k8s.io/{name} approved")), "{approved}");
}

/// Returns the line of the approver's block that decides so; it stands there as a comment.
pub fn decision<'a>(block: &'a str, verb: &str) -> &'a str {
    let start = format!("kubectl certificate {verb} ");
    let mut lines = block.lines().map(|line| line.trim_start_matches(['#', ' ']));
    lines.find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("no line decides {verb}: {block}"))
}

/// Asks the API server who holds the file.
pub async fn is_known_to_the_cluster(owner: &Shell, wish: &Wish) {
    let whoami: Value =
        serde_json::from_str(&owner.ok("kubectl auth whoami -o json").await).expect("kubectl writes JSON");
    let info = &whoami["status"]["userInfo"];
    assert_eq!(info["username"], wish.user);
    let groups: Vec<&str> = info["groups"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for group in &wish.groups {
        assert!(groups.contains(&group.as_str()), "{group} is not among {groups:?}");
    }
    // Newer clusters tell which certificate it was.
    if let Some(credential) = info["extra"]["authentication.kubernetes.io/credential-id"][0].as_str() {
        let digest = owner.ok(CERTIFICATE_DIGEST).await.trim().rsplit("= ").next().unwrap_or_default().to_owned();
        assert_eq!(credential, format!("X509SHA256={digest}"));
    }
}

/// Returns the cluster as `config.json` names it.
pub async fn cluster_of(admin: &Shell) -> Value {
    let view = admin.ok("kubectl config view --raw --minify --flatten -o json").await;
    let view: Value = serde_json::from_str(&view).expect("kubectl writes JSON");
    let cluster = &view["clusters"][0]["cluster"];
    json!({
        "name": view["clusters"][0]["name"],
        "server": cluster["server"],
        "certificateAuthorityData": cluster["certificate-authority-data"],
    })
}

/// Makes a namespace of this journey's own, so that journeys do not meet.
pub async fn new_namespace(admin: &Shell) -> String {
    let namespace = unique("journey");
    admin.ok(&format!("kubectl create namespace {namespace}")).await;
    namespace
}

/// Makes a name that no other journey has, of this run or of an earlier one on the same cluster.
pub fn unique(name: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).expect("now is after 1970").as_millis();
    format!("{name}{since_epoch}n{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Reads the cluster of the administrator's kubeconfig, and gives it this name.
pub async fn cluster_named(name: &str, admin: &Shell) -> Cluster {
    let view = admin.ok("kubectl config view --raw --minify --flatten -o json").await;
    let view: Value = serde_json::from_str(&view).expect("kubectl writes JSON");
    let text = |field: &str| view["clusters"][0]["cluster"][field].as_str().unwrap_or_default().to_owned();
    Cluster::parse(ClusterFields {
        name: name.into(),
        server: text("server"),
        certificate_authority_data: text("certificate-authority-data"),
        tls_server_name: text("tls-server-name"),
        ..ClusterFields::default()
    })
    .expect("the control plane writes a usable kubeconfig")
}

/// Writes a condition as a program does that is not kubectl: with every text that the API server takes.
pub async fn decide(admin: &Shell, name: &str, condition: &str, reason: &str, message: &str) {
    let path = format!("{CSRS_PATH}/{name}");
    let mut object: Value =
        serde_json::from_str(&admin.ok(&format!("kubectl get --raw {path}")).await).expect("the API speaks JSON");
    object["status"]["conditions"] =
        json!([{ "type": condition, "status": "True", "reason": reason, "message": message }]);
    // The signer says that it failed; everything else is a decision.
    let part = if condition == "Failed" { "status" } else { "approval" };
    admin.ok_with_input(&format!("kubectl replace --raw {path}/{part} -f -"), &object.to_string()).await;
}

/// Creates a request under this name whose key nobody has.
pub async fn create_somebody_elses(shell: &Shell, name: &str) {
    create_request(shell, name, "/CN=somebody.else").await;
}

/// The same for a subject, as openssl takes it.
pub async fn create_request(shell: &Shell, name: &str, subject: &str) {
    shell.ok(&REQUEST.replace("NAME", name).replace("SUBJECT", subject)).await;
}

const REQUEST: &str = r#"
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -subj SUBJECT -out other.csr 2>/dev/null
kubectl create -f - <<EOF
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata:
  name: NAME
spec:
  signerName: kubernetes.io/kube-apiserver-client
  usages: [client auth]
  expirationSeconds: 3600
  request: $(base64 < other.csr | tr -d '\n')
EOF
"#;

/// Returns the first block of a kind in a section of `docs/identity.md`.
pub fn documented(section: &str, kind: &str) -> String {
    documented_block(section, &format!("```{kind}\n"))
}

/// Returns the flags with which a section of `docs/identity.md` runs a program.
pub fn documented_flags(section: &str, program: &str) -> Vec<String> {
    let lines = documented_block(section, &format!("```sh\n{program} "));
    let flags = lines.split("\\\n").map(|line| line.trim().replace('"', "")).filter(|flag| !flag.is_empty());
    flags.inspect(|flag| assert!(flag.starts_with("--"), "one flag on each line, not {flag:?}")).collect()
}

/// Starts serve with the flags of a section of `docs/identity.md`, on a free port. Each of the test's `own` takes the
/// place of the documented one of its name; none but the authority of the test's own provider is added. No TLS is in
/// front of it here, and the public URL is any of 127.0.0.1.
pub async fn serve_as_documented(section: &str, own: &[String]) -> Serve {
    let name = |flag: &String| flag.split_once('=').expect("each flag has a value").0.to_owned();
    let public_url = |flag: String| {
        if flag == "--public-url=https://enroll.example.com" { "--allowed-host=127.0.0.1".into() } else { flag }
    };
    let mut flags: Vec<_> = documented_flags(section, "kube-enroll serve").into_iter().map(public_url).collect();
    assert!(flags.iter().any(|flag| flag == "--allowed-host=127.0.0.1"), "no public URL in {section:?}");
    for flag in own.iter().map(name).filter(|flag| flag != "--oidc-ca-file") {
        assert!(flags.iter().map(name).any(|documented| documented == flag), "{flag} is not in {section:?}");
    }
    flags.retain(|flag| !flag.starts_with("--listen=0.0.0.0:") && own.iter().all(|own| name(own) != name(flag)));
    flags.extend_from_slice(own);
    Serve::with(ControlPlane::shared(), &flags.iter().map(String::as_str).collect::<Vec<_>>()).await
}

fn documented_block(section: &str, begin: &str) -> String {
    let page = fs::read_to_string(programs::repository().join("docs/identity.md")).expect("the page is there");
    let (_, section) = page.split_once(&format!("# {section}\n")).expect("the section");
    let (_, block) = section.split_once(begin).unwrap_or_else(|| panic!("{begin} is not in the section"));
    block.split_once("```").expect("its end").0.to_owned()
}

/// Opens a page behind oauth2-proxy, and signs somebody in on the provider's page, where it leads.
pub async fn signs_in<'a>(browser: &'a Browser, url: &str, person: &str) -> Page<'a> {
    browser.open(url).await;
    let page = Page { browser };
    page.click(&format!("a#{person}")).await;
    page.wait_for("editing").await;
    page
}

/// Tells the page that the network has come back: it looks at once.
pub async fn looks_again(page: &Page<'_>) {
    page.browser.run("window.dispatchEvent(new Event('online'))", vec![]).await;
}

pub fn folder_of(file: &std::path::Path) -> String {
    file.parent().expect("a download is in a folder").display().to_string()
}

/// SHA-256 of the client certificate's DER.
const CERTIFICATE_DIGEST: &str = r"
kubectl config view --raw --minify --output jsonpath='{.users[0].user.client-certificate-data}' |
    base64 -d | openssl x509 -outform DER | openssl dgst -sha256
";

/// Copies a folder with all files in it into another one; links and sockets are left out.
pub fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("the folder can be read") {
        let entry = entry.expect("the folder can be read");
        let target = to.join(entry.file_name());
        let kind = entry.file_type().expect("the folder can be read");
        if kind.is_dir() {
            fs::create_dir(&target).expect("the target is new");
            copy(&entry.path(), &target);
        } else if kind.is_file() {
            fs::copy(entry.path(), target).expect("the file can be copied");
        }
    }
}
