use crate::ObjectName;

/// Returns the path of one CertificateSigningRequest below the API's base.
pub fn csr_path(name: &ObjectName) -> String {
    format!("{CSRS_PATH}/{name}")
}

/// The path of all CertificateSigningRequests below the API's base
/// ([reference](https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/certificate-signing-request-v1/#Operations)).
pub const CSRS_PATH: &str = "/apis/certificates.k8s.io/v1/certificatesigningrequests";

/// The path of the ConfigMap `kube-public/cluster-info` below the API's base
/// ([format](https://kubernetes.io/docs/reference/setup-tools/kubeadm/implementation-details/#create-the-public-cluster-info-configmap)).
pub const CLUSTER_INFO_PATH: &str = "/api/v1/namespaces/kube-public/configmaps/cluster-info";
