//! Further accounts of a cluster.

use tempfile::NamedTempFile;

use crate::{control_plane::ControlPlane, shell::Shell};

/// An account of the shared control plane with a token of its own.
pub struct Account {
    /// A shell whose kubectl acts as the account.
    pub shell: Shell,
    _kubeconfig: NamedTempFile,
}

impl Account {
    /// Makes an account that has these rights, as rules of a ClusterRole.
    pub async fn new(name: &str, rules: &str) -> Self {
        let kubeconfig = NamedTempFile::new().expect("a temporary file can be made");
        let lines = ACCOUNT_WITH_RIGHTS.replace("RULES", rules).replace("NAME", name);
        let lines = lines.replace("FILE", &kubeconfig.path().display().to_string());
        ControlPlane::shared().admin().ok(&lines).await;
        Self { shell: Shell::new(kubeconfig.path()), _kubeconfig: kubeconfig }
    }
}

const ACCOUNT_WITH_RIGHTS: &str = r#"
kubectl create serviceaccount NAME >&2
kubectl create -f - >&2 <<EOF
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: NAME
rules: RULES
EOF
kubectl create clusterrolebinding NAME --clusterrole=NAME --serviceaccount=default:NAME >&2
kubectl config view --raw --minify --flatten > 'FILE'
token=$(kubectl create token NAME)
export KUBECONFIG='FILE'
kubectl config set-credentials NAME --token="$token" >&2
kubectl config set-context --current --user=NAME >&2
"#;
