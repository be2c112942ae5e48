use kube_enroll_core::{CLUSTER_INFO_PATH, CSRS_PATH, ObjectName, csr_path};

use crate::state::Call;

/// The URL of a call, relative to the page.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    pub path: String,
    /// Names and values, not encoded yet.
    pub query: Vec<(&'static str, String)>,
}

impl Endpoint {
    /// Returns the URL of a call. The Kubernetes API is at `base`, without a slash at its end.
    pub(super) fn new(base: &str, call: &Call) -> Self {
        let path = match call {
            Call::Settings => "config.json".to_owned(),
            Call::Whoami => "whoami.json".to_owned(),
            Call::ClusterInfo => format!("{base}{CLUSTER_INFO_PATH}"),
            Call::Create(_) | Call::Probe(_) | Call::List(_) | Call::Watch(..) => format!("{base}{CSRS_PATH}"),
            Call::Adopt(name) | Call::Read(name) => format!("{base}{}", csr_path(name)),
        };
        let query = match call {
            Call::Probe(name) | Call::List(name) => vec![by_name(name)],
            Call::Watch(name, resource_version) => vec![
                by_name(name),
                ("watch", "1".to_owned()),
                // They show that a watch is alive.
                ("allowWatchBookmarks", "true".to_owned()),
                ("timeoutSeconds", WATCH_TIMEOUT_SECONDS.to_string()),
                ("resourceVersion", resource_version.clone()),
            ],
            _ => vec![],
        };
        Self { path, query }
    }
}

fn by_name(name: &ObjectName) -> (&'static str, String) {
    ("fieldSelector", format!("metadata.name={name}"))
}

/// The duration after which the server ends a watch; a proxy on the way may end it sooner.
const WATCH_TIMEOUT_SECONDS: u32 = 290;
