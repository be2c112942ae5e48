pub(crate) mod cluster;
pub(crate) mod flags;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use kube_enroll_core::Policy;

use crate::{IdentityFlags, Limit, StartError};

/// What a server is started with.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen; port 0 takes a free one. Default: 127.0.0.1:8080.
    pub listen: SocketAddr,
    /// The kubeconfig that leads to the Kubernetes API. Default: `KUBECONFIG`, `~/.kube/config`, then the pod's own
    /// account.
    pub kubeconfig: Option<PathBuf>,
    /// The context in it. Default: its current one.
    pub context: Option<String>,
    /// The Hosts that are answered, `NAME` (any port) or `NAME:PORT`. Default: localhost, 127.0.0.1 and `[::1]` with
    /// the port that is listened on.
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
    /// Limits of what a client may take.
    pub limits: Limits,
    /// Where `/metrics` is, and `/livez` and `/readyz` once more: for a server whose own address only a proxy beside it
    /// reaches. Default: nowhere.
    pub metrics_listen: Option<SocketAddr>,
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
    /// PEM of the authorities that sign client certificates, which each issued one is checked against.
    pub client_certificate_authority_file: Option<PathBuf>,
}

/// Limits of what a client may take, and of how long others may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at a time; one more is answered 503. Default: 16384.
    pub connections: usize,
    /// Those of one address, which this machine's own is exempt from. Default: 1024.
    pub connections_per_address: usize,
    /// Watches at a time. Default: 16000.
    pub streams: usize,
    /// Those of one person. Default: 16.
    pub streams_per_user: usize,
    /// Those of one address, IPv6 by /64: an office has one. Default: 512.
    pub streams_per_address: usize,
    /// Creates of one person in a minute. Default: 10.
    pub creates_per_user: u32,
    /// Creates of one address in a minute. Default: 120.
    pub creates_per_address: u32,
    /// Requests of one person that nobody has decided on. Default: 10.
    pub pending_per_user: usize,
    /// The longest body. Default: 16 KiB; a request for RSA-4096 with 64 long groups fits.
    pub body_bytes: usize,
    /// For the head of a request, and for the pause between two of them. Default: 30 s.
    pub header_timeout: Duration,
    /// For the body of a request. Default: 10 s.
    pub body_timeout: Duration,
    /// For each write to make progress: a slow reader is cut off. Default: 30 s.
    pub write_timeout: Duration,
    /// For the API server to begin its answer, and again to end it. Default: 15 s.
    pub upstream_timeout: Duration,
    /// For the watch of the API server to say anything: it sends a bookmark about every minute. Default: 75 s.
    pub upstream_silence: Duration,
    /// Between two signs of life on a watch where nothing happens, a fifth more or less: proxies cut what is silent for
    /// a minute, some for half of one. Default: 25 s.
    pub bookmark_period: Duration,
    /// Questions a second to the API server about names that are not known here. Default: 50.
    pub lookups_per_second: u32,
    /// Those of one address. Default: 10.
    pub lookups_per_address: u32,
    /// How long a server that ends gently says so before it does. Default: 5 s.
    pub unready_period: Duration,
    /// Over how long it ends the watches then. Default: 4 s.
    pub ending_period: Duration,
    /// For what is under way after that. Default: 10 s.
    pub drain_timeout: Duration,
}

impl Limits {
    /// Checks that something passes.
    ///
    /// # Errors
    /// [`StartError::InvalidLimit`].
    pub(crate) fn check(&self) -> Result<(), StartError> {
        let times = [
            ("--header-timeout-seconds", self.header_timeout),
            ("--body-timeout-seconds", self.body_timeout),
            ("--write-timeout-seconds", self.write_timeout),
            ("--upstream-timeout-seconds", self.upstream_timeout),
        ];
        if let Some(limit) = Limit::ALL.into_iter().find(|limit| self.of(*limit) == 0) {
            return Err(StartError::InvalidLimit { flag: limit.flag(), expected: "1 or more" });
        }
        match times.iter().find(|(_, time)| time.is_zero() || *time > LONGEST_TIMEOUT) {
            Some((flag, _)) => Err(StartError::InvalidLimit { flag, expected: "from 1 to 86400" }),
            None => Ok(()),
        }
    }

    /// Returns how much a bound lets pass.
    pub(crate) fn of(&self, limit: Limit) -> usize {
        match limit {
            Limit::Connections => self.connections,
            Limit::ConnectionsPerAddress => self.connections_per_address,
            Limit::Streams => self.streams,
            Limit::StreamsPerUser => self.streams_per_user,
            Limit::StreamsPerAddress => self.streams_per_address,
            Limit::CreatesPerUser => self.creates_per_user as usize,
            Limit::CreatesPerAddress => self.creates_per_address as usize,
            Limit::PendingPerUser => self.pending_per_user,
            Limit::Lookups => self.lookups_per_second as usize,
            Limit::LookupsPerAddress => self.lookups_per_address as usize,
            Limit::BodyBytes => self.body_bytes,
        }
    }
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
            metrics_listen: None,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 16_384,
            connections_per_address: 1024,
            streams: 16_000,
            streams_per_user: 16,
            streams_per_address: 512,
            creates_per_user: 10,
            creates_per_address: 120,
            pending_per_user: 10,
            body_bytes: 16 << 10,
            header_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(30),
            upstream_timeout: Duration::from_secs(15),
            upstream_silence: Duration::from_secs(75),
            bookmark_period: Duration::from_secs(25),
            lookups_per_second: 50,
            lookups_per_address: 10,
            unready_period: Duration::from_secs(5),
            ending_period: Duration::from_secs(4),
            drain_timeout: Duration::from_secs(10),
        }
    }
}

/// A day. What ends later ends never, and at some point cannot be added to a time.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(86_400);

/// Loopback: who else may reach the page is for the operator to say.
pub(crate) const DEFAULT_LISTEN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8080);
