use kube_enroll_core::{Cluster, ClusterFields, address::parse_https};

/// Reads server and authorities out of the kubeconfig that kubeadm puts into the ConfigMap `kube-public/cluster-info`
/// ([format](https://kubernetes.io/docs/reference/setup-tools/kubeadm/implementation-details/#create-the-public-cluster-info-configmap)).
///
/// Kubernetes' own encoder writes it, one scalar per line, so only four fields are searched, without a YAML parser. Its
/// cluster has no name; the server's host is used. The kubeconfig of a person is read the same way. Returns `None` for
/// one with several clusters.
pub(crate) fn cluster_of_kubeconfig(yaml: &str) -> Option<Cluster> {
    let server = scalar(yaml, "server")?;
    // The path of a file is of no use here.
    if values(yaml, "server").count() > 1 || scalar(yaml, "certificate-authority").is_some() {
        return None;
    }
    let name = match parse_https(server)?.0 {
        // An IPv6 address has brackets, which are no name.
        host if host.starts_with('[') => "kubernetes",
        host => host,
    };
    Cluster::parse(ClusterFields {
        name: name.to_owned(),
        server: server.to_owned(),
        certificate_authority_data: scalar(yaml, "certificate-authority-data").unwrap_or_default().to_owned(),
        tls_server_name: scalar(yaml, "tls-server-name").unwrap_or_default().to_owned(),
        ..ClusterFields::default()
    })
    .ok()
}

fn scalar<'a>(yaml: &'a str, field: &'static str) -> Option<&'a str> {
    let value = values(yaml, field).next()?.trim().trim_matches('"');
    (!value.is_empty()).then_some(value)
}

fn values<'a>(yaml: &'a str, field: &'static str) -> impl Iterator<Item = &'a str> {
    yaml.lines().filter_map(move |line| line.trim_start_matches([' ', '-']).strip_prefix(field)?.strip_prefix(": "))
}
