use kube_enroll_core::Cluster;

/// Reads server and authorities out of the kubeconfig that kubeadm puts into the ConfigMap `kube-public/cluster-info`
/// ([format](https://kubernetes.io/docs/reference/setup-tools/kubeadm/implementation-details/#create-the-public-cluster-info-configmap)).
///
/// It is written by Kubernetes' own encoder, one scalar per line, so three fields are looked for and nothing else of YAML is
/// understood: a parser would weigh more than the rest of the page. The name is empty there; the server's host stands in.
/// A person's own kubeconfig reads the same; one with several clusters is refused, since a guess may be wrong.
pub(crate) fn cluster_of_kubeconfig(yaml: &str) -> Option<Cluster> {
    let server = scalar(yaml, "server")?;
    // The path of a file is of no use here.
    if values(yaml, "server").count() > 1 || scalar(yaml, "certificate-authority").is_some() {
        return None;
    }
    let cluster = Cluster {
        name: host(server).to_owned(),
        server: server.to_owned(),
        certificate_authority_data: scalar(yaml, "certificate-authority-data").unwrap_or_default().to_owned(),
        tls_server_name: scalar(yaml, "tls-server-name").unwrap_or_default().to_owned(),
    };
    cluster.check().is_ok().then_some(cluster)
}

fn scalar<'a>(yaml: &'a str, field: &'static str) -> Option<&'a str> {
    let value = values(yaml, field).next()?.trim().trim_matches('"');
    (!value.is_empty()).then_some(value)
}

fn values<'a>(yaml: &'a str, field: &'static str) -> impl Iterator<Item = &'a str> {
    yaml.lines().filter_map(move |line| line.trim_start_matches([' ', '-']).strip_prefix(field)?.strip_prefix(": "))
}

fn host(server: &str) -> &str {
    let authority = server.strip_prefix("https://").unwrap_or(server).split('/').next().unwrap_or_default();
    match authority.rsplit_once(':') {
        // An IPv6 address has colons and brackets, which are no name.
        _ if authority.starts_with('[') => "kubernetes",
        Some((host, _)) => host,
        None => authority,
    }
}
