//! With `deploy/admission.yaml` the API server itself refuses annotations of ours by others, changes of them by
//! anybody, and of our account whatever kube-enroll does not ask for, even by a stolen token.

use kube_enroll_core::CSRS_PATH;
use kube_enroll_e2e::{
    account::Account,
    control_plane::ControlPlane,
    deadline::{PATIENCE, eventually},
    programs,
    shell::Shell,
};
use serde_json::{Value, json};

use crate::whole::unique;

const ACCOUNT: &str = "system:serviceaccount:kube-enroll:kube-enroll";

/// An operator changes it in one place, and so does `make run`.
#[test]
fn the_account_stands_once() {
    let policy = std::fs::read_to_string(programs::repository().join("deploy/admission.yaml")).expect("a policy");
    assert_eq!((policy.matches(ACCOUNT).count(), policy.matches(&format!("'{ACCOUNT}'")).count()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_account_sets_none_of_our_annotations() {
    ours().await;
    let other = Account::new(&unique("other"), OTHER).await;
    // The API server takes the prefix in any case.
    for key in [
        "kube-enroll/user",
        "kube-enroll/fingerprint",
        "kube-enroll/other",
        "Kube-Enroll/user",
        "\u{212A}ube-enroll/user",
    ] {
        for shell in [&other.shell, &ControlPlane::shared().admin()] {
            let refused = create(shell, &Wanted { annotation: Some(key), ..Wanted::default() }).await.expect_err(key);
            is_denied(&refused, &format!("annotations under kube-enroll/ are set by {ACCOUNT} alone"));
        }
    }
    // Everything else is as it was.
    for wanted in [
        Wanted { annotation: None, ..Wanted::default() },
        Wanted { annotation: Some("example.com/user"), ..Wanted::default() },
        Wanted { annotation: None, signer: "example.com/signer", usages: "digital signature", seconds: None },
    ] {
        create(&other.shell, &wanted).await.expect("a request without our annotations");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_token_of_ours_gets_nothing_that_the_server_does_not_ask_for() {
    let stolen = ours().await;
    for (wanted, message) in [
        (
            Wanted { signer: "kubernetes.io/kube-apiserver-client-kubelet", ..Wanted::default() },
            "asks only for the signer kubernetes.io/kube-apiserver-client",
        ),
        (
            Wanted { signer: "example.com/signer", ..Wanted::default() },
            "asks only for the signer kubernetes.io/kube-apiserver-client",
        ),
        (Wanted { usages: "server auth", ..Wanted::default() }, "asks only for the usages [client auth]"),
        (
            Wanted { usages: "client auth, digital signature", ..Wanted::default() },
            "asks only for the usages [client auth]",
        ),
        (Wanted { seconds: None, ..Wanted::default() }, "sets expirationSeconds, to 31536000 at most"),
        (Wanted { seconds: Some(31_536_001), ..Wanted::default() }, "sets expirationSeconds, to 31536000 at most"),
    ] {
        let refused = create(&stolen, &wanted).await.expect_err(message);
        is_denied(&refused, &format!("{ACCOUNT} {message}"));
    }
    for wanted in [Wanted::default(), Wanted { annotation: None, seconds: Some(31_536_000), ..Wanted::default() }] {
        create(&stolen, &wanted).await.expect("what the server asks for");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_changes_our_annotations_by_any_path_and_an_approver_decides_all_the_same() {
    let name = create(&ours().await, &Wanted::default()).await.expect("what the server asks for");
    let approver = Account::new(&unique("approver"), APPROVER).await;
    let admin = ControlPlane::shared().admin();
    for subresource in ["", "/approval", "/status"] {
        let path = format!("{CSRS_PATH}/{name}{subresource}");
        for change in [
            |annotations: &mut Value| annotations["kube-enroll/user"] = "joe".into(),
            |annotations: &mut Value| annotations["kube-enroll/warning"] = "none".into(),
            |annotations: &mut Value| annotations["KUBE-ENROLL/warning"] = "none".into(),
            |annotations: &mut Value| drop(annotations.as_object_mut().expect("ours").remove("kube-enroll/user")),
            |annotations: &mut Value| *annotations = json!({"kube-enroll/fingerprint": "jane"}),
            |annotations: &mut Value| *annotations = Value::Null,
        ] {
            let mut object: Value = json_of(&approver.shell, &name).await;
            change(&mut object["metadata"]["annotations"]);
            let replace = format!("kubectl replace --raw {path} -f -");
            for shell in [&approver.shell, &admin] {
                let refused = shell.run(&replace, &object.to_string()).await.expect_err("a change of an annotation");
                is_denied(&refused, &format!("annotations under kube-enroll/ are set by {ACCOUNT}, and never change"));
            }
        }
    }
    let patch = format!("kubectl annotate csr {name} --overwrite");
    let refused = approver.shell.refused(&format!("{patch} kube-enroll/user=joe")).await;
    is_denied(&refused, "and never change");

    // Notes of others, the decision, and the signer's certificate pass.
    approver.shell.ok(&format!("{patch} example.com/ticket=7")).await;
    approver.shell.ok(&format!("kubectl certificate approve {name}")).await;
    let issued = eventually(PATIENCE, "a certificate", || async {
        let object = json_of(&admin, &name).await;
        if object["status"]["certificate"].is_string() { Ok(object) } else { Err(object.to_string()) }
    })
    .await;
    let annotations = &issued["metadata"]["annotations"];
    assert_eq!(*annotations, json!({"kube-enroll/user": "jane", "example.com/ticket": "7"}));
}

/// A request to create. The default is one that kube-enroll makes.
struct Wanted {
    annotation: Option<&'static str>,
    signer: &'static str,
    usages: &'static str,
    seconds: Option<u32>,
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            annotation: Some("kube-enroll/user"),
            signer: "kubernetes.io/kube-apiserver-client",
            usages: "client auth",
            seconds: Some(3600),
        }
    }
}

/// Creates a request of jane, and returns its name.
async fn create(shell: &Shell, wanted: &Wanted) -> Result<String, String> {
    let name = unique("guarded");
    let annotations = wanted.annotation.map_or("{}".to_owned(), |key| format!("{{{key}: jane}}"));
    let seconds = wanted.seconds.map_or(String::new(), |seconds| format!("expirationSeconds: {seconds}"));
    let lines = CREATE
        .replace("NAME", &name)
        .replace("ANNOTATIONS", &annotations)
        .replace("SIGNER", wanted.signer)
        .replace("USAGES", wanted.usages)
        .replace("SECONDS", &seconds);
    shell.run(&lines, "").await.map(|_| name)
}

const CREATE: &str = r#"
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -subj /CN=jane -out jane.csr 2>/dev/null
kubectl create -f - <<EOF
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata:
  name: NAME
  annotations: ANNOTATIONS
spec:
  signerName: SIGNER
  usages: [USAGES]
  SECONDS
  request: $(base64 < jane.csr | tr -d '\n')
EOF
"#;

fn is_denied(refused: &str, message: &str) {
    let policy = "ValidatingAdmissionPolicy 'kube-enroll' with binding 'kube-enroll' denied request";
    assert!(refused.contains(policy) && refused.contains(message), "{message} in {refused}");
}

async fn json_of(shell: &Shell, name: &str) -> Value {
    let object = shell.ok(&format!("kubectl get csr {name} --output json")).await;
    serde_json::from_str(&object).expect("JSON")
}

/// Opens a shell with the token of our account.
async fn ours() -> Shell {
    Shell::new(ControlPlane::shared().service_account_kubeconfig().await)
}

const OTHER: &str = r#"
- apiGroups: ["certificates.k8s.io"]
  resources: ["certificatesigningrequests"]
  verbs: ["create", "get"]
"#;

/// More than an approver needs: all that could reach an annotation.
const APPROVER: &str = r#"
- apiGroups: ["certificates.k8s.io"]
  resources: ["certificatesigningrequests", "certificatesigningrequests/approval", "certificatesigningrequests/status"]
  verbs: ["get", "update", "patch"]
- apiGroups: ["certificates.k8s.io"]
  resources: ["signers"]
  resourceNames: ["kubernetes.io/kube-apiserver-client"]
  verbs: ["approve", "sign"]
"#;
