//! A real control plane, with requests that openssl made, and the program beside kubectl.

use std::sync::atomic::{AtomicU32, Ordering};

use kube_enroll_core::CSRS_PATH;
use kube_enroll_e2e::{
    account::Account, control_plane::ControlPlane, http::HttpClient, kubectl_proxy::KubectlProxy, programs,
    shell::Shell,
};
use serde_json::{Value, json};

/// The control plane that all tests share, as its administrator.
pub struct Cluster {
    pub admin: Shell,
    proxy: KubectlProxy,
    client: HttpClient,
}

/// An object as it was created.
pub struct Created {
    pub name: String,
    pub uid: String,
}

impl Cluster {
    pub async fn new() -> Self {
        let control_plane = ControlPlane::shared();
        let admin = control_plane.admin();
        add_program(&admin);
        Self { admin, proxy: KubectlProxy::of_api(control_plane), client: HttpClient::default() }
    }

    /// Makes a request with a new key, and creates an object of it after a change.
    pub async fn create(&self, subject: &str, change: impl FnOnce(&mut Value)) -> Created {
        let request = self.request(subject).await;
        self.create_with(&request, change).await
    }

    /// Makes a request, as base64 of PEM. The subject may have the escapes of printf(1) in it.
    pub async fn request(&self, subject: &str) -> String {
        let lines = format!(
            "openssl req -new -utf8 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem \
             -subj \"$(printf '{subject}')\" -out csr.pem 2>/dev/null; base64 < csr.pem | tr -d '\\n'"
        );
        self.admin.ok(&lines).await
    }

    pub async fn create_with(&self, request: &str, change: impl FnOnce(&mut Value)) -> Created {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("r{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let mut object = json!({
            "apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest", "metadata": { "name": name },
            "spec": {
                "request": request, "signerName": "kubernetes.io/kube-apiserver-client", "usages": ["client auth"],
                "expirationSeconds": 3600,
            },
        });
        change(&mut object);
        let url = format!("{}{}", self.proxy.url().trim_end_matches('/'), CSRS_PATH);
        let headers = [("Content-Type", "application/json")];
        let (status, answer) = self.client.ask("POST", &url, &headers, &object.to_string()).await;
        assert!(status.is_success(), "{object}: {answer}");
        let created: Value = serde_json::from_str(&answer).expect("JSON");
        let text = |field: &str| created["metadata"][field].as_str().expect("a text").to_owned();
        Created { name: text("name"), uid: text("uid") }
    }

    /// Reads an object with kubectl.
    pub async fn read(&self, name: &str) -> Value {
        let json = self.admin.ok(&format!("kubectl get csr {name} -o json")).await;
        serde_json::from_str(&json).expect("kubectl writes JSON")
    }
}

/// Makes an account with these rules, beside the program.
pub async fn account(name: &str, rules: &str) -> Account {
    let account = Account::new(name, rules).await;
    add_program(&account.shell);
    account
}

/// Puts the program beside kubectl, as itself and as a plugin.
fn add_program(shell: &Shell) {
    let program = programs::kube_enroll();
    for name in ["kube-enroll", "kubectl-kube_enroll"] {
        std::os::unix::fs::symlink(&program, shell.folder().join("bin").join(name)).expect("the folder is new");
    }
}
