mod changes;
pub(crate) mod cluster;
mod file;
pub(crate) mod flags;
mod host;
mod listen;
mod load;
mod public_url;
mod setting;
mod sources;

use std::{
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
    path::{Path, PathBuf},
    time::Duration,
};

use kube_enroll_core::Policy;

use crate::{
    identity::{IdentityFlags, Listening},
    limits::Limits,
    reread::NamedFile,
    start::StartError,
};
pub use flags::TlsFlags;
pub(crate) use host::Host;
use listen::is_exposed;
pub use listen::{ListenAddress, ListenMode};
pub use load::Loaded;
pub use public_url::PublicUrl;
pub use sources::Sources;

/// The configuration of a server.
#[derive(Clone, Debug)]
pub struct Config {
    /// The addresses to listen on. Default: 127.0.0.1:8080.
    pub listen: Vec<ListenAddress>,
    /// Addresses of loopback are reached from other machines, by a tunnel or a sidecar. Default: they are not.
    pub exposed: bool,
    /// The permissions of Unix sockets. Default: 0600.
    pub listen_mode: Option<ListenMode>,
    /// TLS of the addresses of TCP. Default: none, plain HTTP.
    pub tls: TlsFlags,
    /// The kubeconfig that leads to the Kubernetes API. Default: `KUBECONFIG`, `~/.kube/config`, then the pod's own
    /// account.
    pub kubeconfig: Option<PathBuf>,
    /// The context in it. Default: its current one.
    pub context: Option<String>,
    /// Accounts whose objects count as this server's own, besides those of the account that it has: earlier ones, or
    /// those of other replicas. Default: none.
    pub own_accounts: Vec<String>,
    /// The address at which people open the page. Default: that of the request.
    pub public_url: Option<PublicUrl>,
    /// Browsers are not told to come by HTTPS alone (RFC 6797), though the public URL is of it. Default: they are.
    pub no_hsts: bool,
    /// Further Hosts that are answered, `NAME` (any port) or `NAME:PORT`. Default, without a public URL: localhost,
    /// 127.0.0.1 and `[::1]` with the port that is listened on. A Unix socket has none.
    pub allowed_hosts: Vec<String>,
    /// The page's files. Default: the ones built in.
    pub page_dir: Option<PathBuf>,
    /// The cluster that people get access to, where it is not the one of the kubeconfig.
    pub cluster: ClusterFlags,
    /// The source of a caller's identity. Default: none.
    pub identity: IdentityFlags,
    /// The policy for requests.
    pub policy: Policy,
    /// The way to an approver, a sentence for people. Default: empty.
    pub approver: String,
    /// Limits of what a client may take.
    pub limits: Limits,
    /// The address of `/metrics`, and of `/livez` and `/readyz` once more: for a server whose own address only a proxy
    /// beside it reaches. Default: none.
    pub metrics_listen: Option<SocketAddr>,
    /// Between two looks for files that have changed. Default: 5 s.
    pub reread_period: Duration,
}

impl Config {
    /// Returns the facts about the listeners that decide what is a proof.
    pub(crate) fn listening(&self) -> Listening {
        Listening {
            tls: self.tls.tls_cert.is_some(),
            unix: self.listen.iter().any(ListenAddress::is_unix),
            tcp: !self.listen.iter().all(ListenAddress::is_unix),
            beyond_loopback: is_exposed(self.exposed, &self.listen),
        }
    }

    /// Returns whether an operator has named the Hosts that are answered.
    pub(crate) fn names_hosts(&self) -> bool {
        self.public_url.is_some() || !self.allowed_hosts.is_empty()
    }

    /// Checks that the flags of the listeners fit each other.
    ///
    /// # Errors
    /// [`StartError::MissingFlag`], [`StartError::UnusedFlag`].
    pub(crate) fn check_listeners(&self) -> Result<(), StartError> {
        let Listening { unix, tcp, .. } = self.listening();
        if self.listen.is_empty() {
            let expected = "an address, ADDRESS:PORT or unix:PATH";
            return Err(StartError::FlagValue { flag: "--listen", found: String::new(), expected });
        }
        // A Unix socket has no Host of its own, and people on other machines know this one under a name.
        if let Some(address) = self.listen.iter().find(|address| address.is_unix() || address.is_beyond_loopback())
            && !self.names_hosts()
        {
            let with = if address.is_unix() { "--listen=unix:PATH" } else { "--listen beyond loopback" };
            return Err(StartError::MissingFlag { flag: "--public-url or --allowed-host", with });
        }
        if self.no_hsts && !self.public_url.as_ref().is_some_and(PublicUrl::is_https) {
            return Err(StartError::UnusedFlag { flag: "--no-hsts", needs: "--public-url=https://HOST" });
        }
        if self.listen_mode.is_some() && !unix {
            return Err(StartError::UnusedFlag { flag: "--listen-mode", needs: "--listen=unix:PATH" });
        }
        if self.tls.tls_cert.is_some() && !tcp {
            return Err(StartError::UnusedFlag { flag: "--tls-cert", needs: "--listen=ADDRESS:PORT" });
        }
        Ok(())
    }

    /// Returns the files that are read again when they change.
    pub(crate) fn reread_files(&self) -> impl Iterator<Item = (NamedFile, PathBuf)> {
        NamedFile::ALL.into_iter().filter_map(|file| {
            let path = match file {
                NamedFile::TlsCert => &self.tls.tls_cert,
                NamedFile::TlsKey => &self.tls.tls_key,
                NamedFile::ProxyCa => &self.identity.proxy.proxy_ca_file,
                NamedFile::ProxySecret => &self.identity.proxy.proxy_secret_file,
                NamedFile::OidcJwks => &self.identity.oidc_jwks_file,
                NamedFile::OidcCa => &self.identity.oidc_ca_file,
                NamedFile::ClusterCa => &self.cluster.certificate_authority_file,
                NamedFile::ClusterClientCa => &self.cluster.client_certificate_authority_file,
            };
            let path = path.as_ref()?;
            let is_file = file != NamedFile::ClusterCa || path != Path::new(cluster::SYSTEM_AUTHORITIES);
            is_file.then(|| (file, path.clone()))
        })
    }
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

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: vec![DEFAULT_LISTEN],
            exposed: false,
            listen_mode: None,
            tls: TlsFlags::default(),
            public_url: None,
            no_hsts: false,
            kubeconfig: None,
            context: None,
            own_accounts: Vec::new(),
            allowed_hosts: Vec::new(),
            page_dir: None,
            cluster: ClusterFlags::default(),
            identity: IdentityFlags::default(),
            policy: Policy::default(),
            approver: String::new(),
            limits: Limits::default(),
            metrics_listen: None,
            reread_period: REREAD_PERIOD,
        }
    }
}

/// Loopback: who else may reach the page is for the operator to say.
pub(crate) const DEFAULT_LISTEN: ListenAddress =
    ListenAddress::Tcp(SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 8080)));

/// The kubelet takes up to a minute to bring a changed Secret; a few seconds more are not noticed.
pub(crate) const REREAD_PERIOD: Duration = Duration::from_secs(5);
