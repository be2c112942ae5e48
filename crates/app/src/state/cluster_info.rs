//! The cluster of a kubeconfig: of the one that kubeadm puts into the ConfigMap `kube-public/cluster-info`
//! ([format](https://kubernetes.io/docs/reference/setup-tools/kubeadm/implementation-details/#create-the-public-cluster-info-configmap)),
//! or of a person's own.

use kube_enroll_core::{
    Cluster, ClusterFields, ClusterName, Quoted,
    address::{is_proxy, is_tls_server_name, parse_https},
};

use super::yaml::{Document, Yaml};

/// Returns the cluster of `cluster-info`, or `None` where it has none that can be used as it is.
pub(crate) fn cluster_of_kubeconfig(yaml: &str) -> Option<Cluster> {
    let found = FoundCluster::read(yaml).ok()?;
    if found.lacks_authorities.is_some() {
        return None;
    }
    Cluster::parse(found.fields).ok()
}

/// The cluster that a kubeconfig names, not parsed yet.
#[derive(Debug, Default, PartialEq)]
pub(super) struct FoundCluster {
    pub fields: ClusterFields,
    /// The reason why the authorities are not in the file, for people, or `None` where nothing says that they are
    /// missing.
    pub lacks_authorities: Option<String>,
    /// Sentences about what was read, and what was not taken over.
    pub notes: Vec<String>,
}

impl FoundCluster {
    /// Reads the cluster of the current context, or the only one, of a kubeconfig or of `cluster-info` as kubectl
    /// prints it.
    ///
    /// # Errors
    /// The reason, for people.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let document = read(text)?;
        match document.root.get("data").map(|data| data.text("kubeconfig")) {
            None | Some("") => Self::of(&document),
            Some(inner) => Self::of(&read(inner)?),
        }
    }

    fn of(Document { root, is_followed }: &Document) -> Result<Self, String> {
        let context = current_context(root);
        let clusters = clusters(root);
        let (name, cluster) = choose(&clusters, context)?;
        let server = cluster.text("server");
        if server.is_empty() {
            return Err(format!("The cluster {} in it has no server.", shown(name)));
        }
        let mut notes = Vec::new();
        if *is_followed {
            notes.push("The first of several documents is read, as kubectl does.".into());
        }
        if clusters.len() > 1 {
            let count = clusters.len();
            notes.push(format!("Of {count} clusters, this is {}, which the current context uses.", shown(name)));
        }
        if let Some(user) = context.and_then(|context| named(root, "users", context.text("user"))) {
            notes.extend(user.get("user").into_iter().flat_map(not_taken_over));
        }
        let data = cluster.text("certificate-authority-data");
        if is_insecure(cluster) && !data.is_empty() {
            notes.push("insecure-skip-tls-verify is not taken over: the certificate authority is used.".into());
        }
        let proxy_url = Some(cluster.text("proxy-url")).filter(|url| is_proxy(url)).unwrap_or_default();
        if !proxy_url.is_empty() {
            notes.push(format!("The cluster is reached through the proxy {proxy_url}; it will be in your file too."));
        } else if !cluster.text("proxy-url").is_empty() {
            notes.push(UNUSABLE_PROXY.into());
        }
        let tls_server_name = Some(cluster.text("tls-server-name")).filter(|name| is_tls_server_name(name));
        if tls_server_name.is_none() && !cluster.text("tls-server-name").is_empty() {
            notes.push("Its tls-server-name is not taken over: it is no host name.".into());
        }
        let is_omitted = data.starts_with(OMITTED);
        Ok(Self {
            fields: ClusterFields {
                name: if ClusterName::parse(name).is_ok() { name.to_owned() } else { name_of(server) },
                server: server.to_owned(),
                certificate_authority_data: if is_omitted { String::new() } else { data.split_whitespace().collect() },
                tls_server_name: tls_server_name.unwrap_or_default().to_owned(),
                proxy_url: proxy_url.to_owned(),
                ..ClusterFields::default()
            },
            lacks_authorities: match data {
                "" => lacks_authorities(cluster),
                _ => is_omitted.then(|| NOT_PRINTED.to_owned()),
            },
            notes,
        })
    }
}

fn read(text: &str) -> Result<Document, String> {
    Document::read(text.trim_start_matches('\u{FEFF}'), &READ)
        .map_err(|reason| format!("This cannot be read as YAML or JSON: {reason}."))
}

/// Returns the context that `current-context` names.
fn current_context(root: &Yaml) -> Option<&Yaml> {
    named(root, "contexts", root.text("current-context"))?.get("context")
}

/// Returns the entry of this name in one of the lists of a kubeconfig.
fn named<'a>(root: &'a Yaml, list: &str, name: &str) -> Option<&'a Yaml> {
    root.get(list)?.elements().iter().find(|entry| !name.is_empty() && entry.text("name") == name)
}

/// Returns the names and the fields of all clusters. Only a part of the file may have been copied.
fn clusters(root: &Yaml) -> Vec<(&str, &Yaml)> {
    let entries = match root.get("clusters").unwrap_or(root) {
        Yaml::List(entries) => entries.as_slice(),
        entry => std::slice::from_ref(entry),
    };
    let fields = |entry| match Yaml::get(entry, "cluster") {
        Some(cluster) => Some((entry.text("name"), cluster)),
        None => entry.get("server").map(|_| ("", entry)),
    };
    entries.iter().filter_map(fields).collect()
}

/// Chooses the cluster of the current context, or the only one.
fn choose<'a>(clusters: &[(&'a str, &'a Yaml)], context: Option<&Yaml>) -> Result<(&'a str, &'a Yaml), String> {
    let of_context = context.map(|context| context.text("cluster")).filter(|name| !name.is_empty());
    let Some(chosen) = of_context else {
        return match clusters {
            [] => Err("This names no cluster: bring a kubeconfig, or what is in cluster-info.".into()),
            [only] => Ok(*only),
            several => Err(format!(
                "This has {} clusters, {}, and no current context that chooses one. What \
                 kubectl config view --minify --flatten --context NAME prints has one.",
                several.len(),
                names(several)
            )),
        };
    };
    let mut of_this_name = clusters.iter().filter(|(name, _)| *name == chosen);
    match (of_this_name.next(), of_this_name.next()) {
        (Some(found), None) => Ok(*found),
        (Some(_), Some(_)) => Err(format!("Two clusters in this file have the name {}.", shown(chosen))),
        (None, _) => Err(format!("The current context uses the cluster {}, which is not in this file.", shown(chosen))),
    }
}

/// Returns the first names.
fn names(clusters: &[(&str, &Yaml)]) -> String {
    let first = clusters.iter().take(MAX_SHOWN_NAMES).map(|(name, _)| shown(name));
    let rest = (clusters.len() > MAX_SHOWN_NAMES).then(|| "…".to_owned());
    first.chain(rest).collect::<Vec<_>>().join(", ")
}

/// Returns the reason why a cluster has no authorities in the file, or `None` where nothing says that it needs some.
fn lacks_authorities(cluster: &Yaml) -> Option<String> {
    let path = cluster.text("certificate-authority");
    if !path.is_empty() {
        return Some(format!(
            "The file points to {} on your disk, which a page cannot read. Paste the content of that file under \
             “Its certificate authority”.",
            shown_path(path)
        ));
    }
    is_insecure(cluster).then(|| INSECURE.to_owned())
}

/// Returns whether the API server's certificate is not checked. YAML 1.1, which kubectl reads, has more words for true.
fn is_insecure(cluster: &Yaml) -> bool {
    let text = cluster.text("insecure-skip-tls-verify").to_ascii_lowercase();
    !matches!(text.as_str(), "" | "false" | "no" | "off" | "n")
}

/// Returns a sentence for each way to authenticate that the user of the context has, since the key made here takes its
/// place.
fn not_taken_over(user: &Yaml) -> Vec<String> {
    let mut ways = Vec::new();
    if let Some(exec) = user.get("exec") {
        ways.push(format!("the program {} (exec)", shown(exec.text("command"))));
    }
    if let Some(provider) = user.get("auth-provider") {
        ways.push(format!("the auth-provider {}", shown(provider.text("name"))));
    }
    for field in ["client-certificate", "client-key", "tokenFile"] {
        if !user.text(field).is_empty() {
            ways.push(format!("the file {} ({field})", shown_path(user.text(field))));
        }
    }
    ways.into_iter()
        .map(|way| format!("Its user has {way}, which is not taken over: only the cluster is read."))
        .collect()
}

/// Returns a name for a cluster that has none that can be used: the server's host.
fn name_of(server: &str) -> String {
    match parse_https(server) {
        // An IPv6 address has brackets, which are no name.
        Some((host, _)) if !host.starts_with('[') => host.to_owned(),
        _ => "kubernetes".to_owned(),
    }
}

/// Returns a name in quotes, cut where it is too long to be one.
fn shown(name: &str) -> String {
    let start: String = name.chars().take(MAX_SHOWN_CHARACTERS).collect();
    Quoted(&start).to_string()
}

/// Returns a path as it stands, where all of it can be seen.
fn shown_path(path: &str) -> String {
    let quoted = shown(path);
    if quoted.contains("\\u{") || path.len() > MAX_SHOWN_CHARACTERS { quoted } else { path.to_owned() }
}

const INSECURE: &str = "The file says insecure-skip-tls-verify, with which anybody on the way could pose as the \
                        cluster. That is not taken over: ask whoever runs the cluster for its certificate authority, \
                        and paste it below.";

/// The text that `kubectl config view` prints in the place of data.
const OMITTED: &str = "DATA+OMITTED";

const NOT_PRINTED: &str = "kubectl has left the certificate authority out. Paste what kubectl config view --raw --minify \
                           --flatten prints, or the file itself; only the cluster is read, and the rest is dropped.";

const UNUSABLE_PROXY: &str = "Its proxy-url is not taken over: it is not http://, https:// or socks5:// with HOST[:PORT] \
                              and without a password. If you need it, add it to the file that you save.";

/// The longest name or path in a sentence.
const MAX_SHOWN_CHARACTERS: usize = 200;

/// The most names in a sentence.
const MAX_SHOWN_NAMES: usize = 10;

/// The keys whose values are read. All others may be secrets.
const READ: [&str; 16] = [
    "auth-provider",
    "certificate-authority",
    "certificate-authority-data",
    "client-certificate",
    "client-key",
    "cluster",
    "command",
    "current-context",
    "insecure-skip-tls-verify",
    "kubeconfig",
    "name",
    "proxy-url",
    "server",
    "tls-server-name",
    "tokenFile",
    "user",
];

#[cfg(test)]
mod tests;
