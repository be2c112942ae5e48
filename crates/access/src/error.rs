/// The absence of a usable kubeconfig, and of a pod's account too.
#[derive(Debug, thiserror::Error)]
#[error("no way to the Kubernetes API: give a kubeconfig with --kubeconfig and --context, or run in a pod")]
pub struct NoAccess {
    /// The error of the kubeconfig.
    pub source: Box<dyn std::error::Error + Send + Sync>,
}
