//! A real etcd, kube-apiserver and signing controllers.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    sync::{Mutex, OnceLock},
};

use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::{
    child::Child,
    deadline::{PATIENCE, eventually},
    programs,
    shell::Shell,
};

/// A Kubernetes control plane: one that was started here, or the one that `E2E_KUBECONFIG` names.
pub struct ControlPlane {
    kubeconfig: PathBuf,
    /// Every start so far; the last one runs. None where somebody else runs it.
    processes: Mutex<Vec<Child>>,
    /// Holds its data, and the kubeconfigs made for tests.
    folder: PathBuf,
    flags: Vec<String>,
    service_account: OnceCell<PathBuf>,
}

impl ControlPlane {
    /// Returns the one that all tests share; nothing may stop it.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<ControlPlane> = OnceLock::new();
        SHARED.get_or_init(|| match env::var_os("E2E_KUBECONFIG") {
            Some(kubeconfig) => {
                let control_plane = Self::at(new_folder(), kubeconfig.into(), &[]);
                // Nothing else of ours runs, and the folder has to go with something.
                let keeper = Child::start(Path::new("sleep"), ["infinity"], &[], Some(&control_plane.folder));
                control_plane.processes.lock().expect("nobody else has it yet").push(keeper);
                control_plane
            }
            None => Self::start(),
        })
    }

    /// Starts one that a test may stop.
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// Starts one with flags of its own, which are those of `tests/control-plane`; after `--` those of kube-apiserver.
    pub fn with(flags: &[&str]) -> Self {
        let folder = new_folder();
        let kubeconfig = folder.join("admin.kubeconfig");
        let control_plane = Self::at(folder, kubeconfig, flags);
        control_plane.resume();
        control_plane
    }

    fn at(folder: PathBuf, kubeconfig: PathBuf, flags: &[&str]) -> Self {
        let flags = flags.iter().map(ToString::to_string).collect();
        Self { kubeconfig, processes: Mutex::default(), folder, flags, service_account: OnceCell::new() }
    }

    /// Returns the id of its one process.
    ///
    /// # Panics
    /// Where it was not started here.
    pub fn process_id(&self) -> u32 {
        self.processes
            .lock()
            .expect("no test panics while it stops or starts")
            .last()
            .expect("it was started here")
            .id()
    }

    /// Stops the API server and all else, cleanly.
    ///
    /// # Panics
    /// Where it was not started here.
    pub fn stop(&self) {
        let mut processes = self.processes.lock().expect("no test panics while it stops or starts");
        processes.last_mut().expect("it was started here").stop();
    }

    /// Starts again after [`ControlPlane::stop`]: the same data, the same address.
    ///
    /// # Panics
    /// Where it does not become ready.
    pub fn resume(&self) {
        let mut processes = self.processes.lock().expect("no test panics while it stops or starts");
        // The folder goes with the first start, which is dropped last.
        let scratch = processes.is_empty().then_some(self.folder.as_path());
        let mut arguments = vec![OsStr::new("--dir"), self.folder.as_os_str()];
        arguments.extend(self.flags.iter().map(OsStr::new));
        let mut child = Child::start(&programs::control_plane(), arguments, &[], scratch);
        child.wait_for_line("ready", |line| line.strip_prefix("ready ").map(ToOwned::to_owned));
        processes.push(child);
    }

    /// Returns the path of an administrator's kubeconfig.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// Opens a shell as the administrator.
    pub fn admin(&self) -> Shell {
        Shell::new(&self.kubeconfig)
    }

    /// Applies `deploy/rbac.yaml` and `deploy/admission.yaml`, waits until the policy is enforced, and returns a
    /// kubeconfig with a token of the ServiceAccount.
    pub async fn service_account_kubeconfig(&self) -> &Path {
        let path = self.service_account.get_or_init(|| async {
            let deploy = programs::repository().join("deploy");
            let kubeconfig = self.folder.join("service-account.kubeconfig");
            let lines = SERVICE_ACCOUNT.replace("DEPLOY", &deploy.display().to_string());
            let admin = self.admin();
            admin.ok(&lines.replace("FILE", &kubeconfig.display().to_string())).await;
            // The API server sees a policy some seconds after it was created.
            eventually(PATIENCE, "the admission policy", || async {
                match admin.run(ANNOTATED_BY_ANOTHER, "").await {
                    Ok(_) => Err("an annotation of ours passed".to_owned()),
                    Err(refused) if refused.contains("ValidatingAdmissionPolicy 'kube-enroll'") => Ok(()),
                    Err(other) => Err(other),
                }
            })
            .await;
            kubeconfig
        });
        path.await
    }
}

/// The cluster of the administrator's kubeconfig, with the ServiceAccount in the administrator's place.
const SERVICE_ACCOUNT: &str = r#"
kubectl apply -f 'DEPLOY/rbac.yaml' -f 'DEPLOY/admission.yaml' >&2
kubectl config view --raw --minify --flatten > 'FILE'
export KUBECONFIG='FILE'
kubectl config set-credentials kube-enroll --token="$(kubectl create token kube-enroll --namespace kube-enroll --duration 24h)" >&2
kubectl config set-context --current --user=kube-enroll >&2
kubectl config view --raw --minify --flatten > 'FILE.minified'
mv 'FILE.minified' 'FILE'
"#;

/// A request that is not stored, with an annotation that only our account may set.
const ANNOTATED_BY_ANOTHER: &str = r#"
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -subj /CN=probe -out probe.csr 2>/dev/null
kubectl create --dry-run=server -f - <<EOF
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata:
  generateName: probe-
  annotations:
    kube-enroll/user: probe
spec:
  signerName: kubernetes.io/kube-apiserver-client
  usages: [client auth]
  request: $(base64 < probe.csr | tr -d '\n')
EOF
"#;

/// Makes a folder that the control plane's own process takes away.
fn new_folder() -> PathBuf {
    TempDir::with_prefix("control-plane-").expect("a temporary folder can be made").keep()
}

impl Drop for ControlPlane {
    fn drop(&mut self) {
        let processes = self.processes.get_mut().unwrap_or_else(|poisoned| poisoned.into_inner());
        while processes.pop().is_some() {}
    }
}
