/// The path of CertificateSigningRequests, without a slash at its beginning; an object's name follows after one
/// ([reference](https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/certificate-signing-request-v1/#Operations)).
pub const CSRS_PATH: &str = "apis/certificates.k8s.io/v1/certificatesigningrequests";

/// The path of the ConfigMap `kube-public/cluster-info`, without a slash at its beginning
/// ([format](https://kubernetes.io/docs/reference/setup-tools/kubeadm/implementation-details/#create-the-public-cluster-info-configmap)).
pub const CLUSTER_INFO_PATH: &str = "api/v1/namespaces/kube-public/configmaps/cluster-info";
