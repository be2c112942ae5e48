use std::{net::SocketAddr, path::PathBuf, time::Duration};

use kube_enroll_core::Policy;

use crate::IdentityFlags;

/// What a server is started with.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen; port 0 takes a free one. Default: 127.0.0.1:8080.
    pub listen: SocketAddr,
    /// The kubeconfig that leads to the Kubernetes API. Default: `KUBECONFIG`, `~/.kube/config`, then the pod's own account.
    pub kubeconfig: Option<PathBuf>,
    /// The context in it. Default: its current one.
    pub context: Option<String>,
    /// The Hosts that are answered, `NAME` (any port) or `NAME:PORT`. Default: localhost, 127.0.0.1 and `[::1]` with the port
    /// that is listened on.
    pub allowed_hosts: Vec<String>,
    /// The page's files. Default: the ones built in.
    pub page_dir: Option<PathBuf>,
    /// The cluster that people get access to, where it is not the one of the kubeconfig.
    pub cluster: ClusterFlags,
    /// Who says who asks. Default: nobody.
    pub identity: IdentityFlags,
    /// What may be asked for.
    pub policy: Policy,
    /// How to reach an approver, a sentence for people. Default: empty.
    pub approver: String,
    /// Bounds on what a client may take.
    pub limits: Limits,
}

/// The cluster as an operator names it; what is left out comes from the kubeconfig or from `kube-public/cluster-info`.
#[derive(Clone, Debug, Default)]
pub struct ClusterFlags {
    /// The name that people see.
    pub name: Option<String>,
    /// The address that people reach, `https://HOST[:PORT][/PATH]`.
    pub server: Option<String>,
    /// PEM of the authorities. The word `system` means the ones of the person's own machine.
    pub certificate_authority_file: Option<PathBuf>,
    /// The name in the API server's certificate.
    pub tls_server_name: Option<String>,
}

/// Bounds on what a client may take, and how long others may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at a time; one more is answered 503. Default: 4096.
    pub connections: usize,
    /// For the head of a request, and for the pause between two of them. Default: 30 s.
    pub header_timeout: Duration,
    /// For the body of a request. Default: 10 s.
    pub body_timeout: Duration,
    /// For each write to make progress: a slow reader is cut off. Default: 30 s.
    pub write_timeout: Duration,
    /// For the API server to begin its answer, and again to end it. Default: 15 s.
    pub upstream_timeout: Duration,
    /// Questions a second to the API server about names that are not known here. Default: 50.
    pub lookups_per_second: u32,
    /// How long a server that ends gently says so before it does. Default: 5 s.
    pub unready_period: Duration,
    /// Over how long it ends the watches then. Default: 4 s.
    pub ending_period: Duration,
    /// For what is under way after that. Default: 10 s.
    pub drain_timeout: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: DEFAULT_LISTEN,
            kubeconfig: None,
            context: None,
            allowed_hosts: Vec::new(),
            page_dir: None,
            cluster: ClusterFlags::default(),
            identity: IdentityFlags::default(),
            policy: Policy::default(),
            approver: String::new(),
            limits: Limits::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            header_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(30),
            upstream_timeout: Duration::from_secs(15),
            lookups_per_second: 50,
            unready_period: Duration::from_secs(5),
            ending_period: Duration::from_secs(4),
            drain_timeout: Duration::from_secs(10),
        }
    }
}

/// Loopback: who else may reach the page is for the operator to say.
pub(crate) const DEFAULT_LISTEN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8080);
