//! The command line.

mod policy;

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum, builder::NonEmptyStringValueParser};

use kube_enroll_approve::Review;

use super::{ClusterFlags, Config, ListenAddress, ListenMode, PublicUrl, REREAD_PERIOD, listen::is_exposed};
use crate::{
    identity::{IdentityFlags, IdentityKind},
    limits::Limits,
    start::StartError,
};
pub(super) use policy::OPEN_MAXIMUM_SECONDS;
use policy::PolicyFlags;

/// Kubernetes client certificates from a page whose private keys never leave the browser.
#[derive(Debug, Parser)]
#[command(name = "kube-enroll", version)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the page, and pass on the few Kubernetes paths that it needs.
    Serve(Box<Serve>),
    /// List the requests that wait, look at one, and approve or deny it: with your own kubeconfig.
    Review(Box<Review>),
}

/// The flags of `serve`.
#[derive(Args, Debug)]
pub struct Serve {
    /// YAML file with settings, under the flags' names in camel case: --max-streams is maxStreams. Flags and
    /// environment variables override it.
    #[arg(long, env = "KUBE_ENROLL_CONFIG", value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Print each setting with its value and source, judge all of them and the files that they name, and end: with 0
    /// where a server could start, else with 1. Nothing is sent.
    #[arg(long)]
    pub check_config: bool,
    /// Address to listen on, ADDRESS:PORT or unix:PATH; repeatable. Anything but loopback needs --public-url or
    /// --allowed-host as well.
    #[arg(
        long,
        env = "KUBE_ENROLL_LISTEN",
        value_delimiter = ',',
        default_value = DEFAULT_LISTEN_TEXT,
        value_name = "ADDRESS"
    )]
    listen: Vec<ListenAddress>,
    /// Judge these flags as for an address that other machines reach, though all are of loopback: for a tunnel, a
    /// sidecar or a forwarded port in front.
    #[arg(
        long,
        env = "KUBE_ENROLL_EXPOSED",
        num_args = 0..=1,
        require_equals = true,
        default_value_t,
        default_missing_value = "true",
        hide_possible_values = true,
        hide_default_value = true,
        value_name = "BOOL"
    )]
    exposed: bool,
    /// Permissions of Unix sockets, octal. [default: 0600, this server's own user]
    #[arg(long, env = "KUBE_ENROLL_LISTEN_MODE", value_name = "MODE")]
    listen_mode: Option<ListenMode>,
    /// Address at which people open the page, https://HOST, with a port and the page's folder where it has them: the
    /// source of the Host that is answered, of the Origin that may ask, and of HSTS. A reverse proxy must pass the Host
    /// on. [default: the Host of each request, which --allowed-host names]
    #[arg(long, env = "KUBE_ENROLL_PUBLIC_URL", value_name = "URL")]
    public_url: Option<PublicUrl>,
    /// Do not tell browsers to come to the host of --public-url by HTTPS alone, for a year.
    #[arg(
        long,
        env = "KUBE_ENROLL_NO_HSTS",
        num_args = 0..=1,
        require_equals = true,
        default_value_t,
        default_missing_value = "true",
        hide_possible_values = true,
        hide_default_value = true,
        value_name = "BOOL"
    )]
    no_hsts: bool,
    /// Further Host that is answered, NAME (any port) or NAME:PORT; repeatable. [default, without --public-url:
    /// localhost and the loopback addresses, with the port listened on]
    #[arg(long, env = "KUBE_ENROLL_ALLOWED_HOSTS", value_delimiter = ',', value_name = "HOST")]
    allowed_host: Vec<String>,
    /// Serve the page from this folder instead of the one built in.
    #[arg(long, env = "KUBE_ENROLL_PAGE_DIR", value_name = "DIR")]
    page_dir: Option<PathBuf>,
    /// Form of the log, which goes to standard error. RUST_LOG chooses what is in it.
    #[arg(long, env = "KUBE_ENROLL_LOG_FORMAT", value_enum, default_value_t)]
    pub log_format: LogFormat,
    /// Address for /metrics, and for /livez and /readyz once more, where --listen is for a proxy beside this server
    /// alone. [default: none]
    #[arg(long, env = "KUBE_ENROLL_METRICS_LISTEN", value_name = "ADDRESS:PORT")]
    metrics_listen: Option<SocketAddr>,

    #[command(flatten)]
    tls: TlsFlags,
    #[command(flatten)]
    upstream: UpstreamFlags,
    #[command(flatten)]
    cluster: PublicCluster,
    #[command(flatten)]
    identity: IdentityFlags,
    #[command(flatten)]
    policy: PolicyFlags,
    #[command(flatten)]
    limits: Limits,
}

/// TLS of the addresses of TCP; a Unix socket and --metrics-listen have none.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "TLS")]
pub struct TlsFlags {
    /// PEM file with the certificate for people's browsers, and those between it and its authority. Read again when it
    /// changes. [default: none, plain HTTP]
    #[arg(long, env = "KUBE_ENROLL_TLS_CERT", value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,
    /// PEM file with its private key. Read again when it changes.
    #[arg(long, env = "KUBE_ENROLL_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
}

/// The Kubernetes API behind this server.
#[derive(Args, Debug)]
#[command(next_help_heading = "Kubernetes API")]
struct UpstreamFlags {
    /// Kubeconfig that leads to the Kubernetes API. [default: $KUBECONFIG, ~/.kube/config, then the pod's own account]
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// Context in the kubeconfig. [default: its current one]
    #[arg(long, env = "KUBE_ENROLL_CONTEXT", value_name = "NAME")]
    context: Option<String>,
    /// Earlier account of this server, or that of another replica, as spec.username has it: its requests count as this
    /// server's own. Only for accounts that nobody else uses; repeatable.
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    own_account: Vec<String>,
}

/// The cluster as it stands in the kubeconfig that people get.
#[derive(Args, Debug)]
#[command(next_help_heading = "Cluster in people's kubeconfigs")]
struct PublicCluster {
    /// Name of the cluster. [default: as in this server's kubeconfig, else kubernetes]
    #[arg(long, env = "KUBE_ENROLL_CLUSTER_NAME", value_name = "NAME")]
    cluster_name: Option<String>,
    /// Address of the API server that people use. [default: as in this server's kubeconfig; in a pod, as in
    /// kube-public/cluster-info]
    #[arg(long, env = "KUBE_ENROLL_CLUSTER_SERVER", value_name = "https://HOST:PORT")]
    cluster_server: Option<String>,
    /// PEM file with the authorities of that address, or the word `system` for those of people's own machines.
    /// [default: as in this server's kubeconfig or pod]
    #[arg(long, env = "KUBE_ENROLL_CLUSTER_CA_FILE", value_name = "FILE")]
    cluster_ca_file: Option<PathBuf>,
    /// Name in the API server's certificate, where it is not the host of the address.
    #[arg(long, env = "KUBE_ENROLL_CLUSTER_TLS_SERVER_NAME", value_name = "HOST")]
    cluster_tls_server_name: Option<String>,
    /// PEM file with the authorities that sign client certificates: the page then refuses a certificate of another
    /// issuer. [default: not checked]
    #[arg(long, env = "KUBE_ENROLL_CLUSTER_CLIENT_CA_FILE", value_name = "FILE")]
    cluster_client_ca_file: Option<PathBuf>,
}

/// The form of the log.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum LogFormat {
    /// A line for people.
    #[default]
    Text,
    /// A JSON object on a line.
    Json,
}

impl Serve {
    /// Turns the flags into what a server is started with.
    ///
    /// # Errors
    /// [`StartError::NoIdentity`] and [`StartError::Open`] where other machines reach the server, and nobody has
    /// written out who may ask for what; [`StartError::FlagValue`].
    pub fn into_config(self) -> Result<Config, StartError> {
        let is_exposed = is_exposed(self.exposed, &self.listen);
        if is_exposed && self.identity.kind.is_none() {
            return Err(StartError::NoIdentity);
        }
        let is_open = is_exposed && self.identity.kind() == IdentityKind::None;
        let approver = self.policy.approver.clone();
        let policy = self.policy.into_policy(is_open)?;
        if is_open {
            tracing::warn!(
                "--identity=none: whoever reaches this server may ask in any name, and its approvers alone check who it is"
            );
        }
        let PublicCluster {
            cluster_name,
            cluster_server,
            cluster_ca_file,
            cluster_tls_server_name,
            cluster_client_ca_file,
        } = self.cluster;
        Ok(Config {
            listen: self.listen,
            exposed: self.exposed,
            listen_mode: self.listen_mode,
            tls: self.tls,
            public_url: self.public_url,
            no_hsts: self.no_hsts,
            kubeconfig: self.upstream.kubeconfig,
            context: self.upstream.context,
            own_accounts: self.upstream.own_account,
            allowed_hosts: self.allowed_host,
            page_dir: self.page_dir,
            cluster: ClusterFlags {
                name: cluster_name,
                server: cluster_server,
                certificate_authority_file: cluster_ca_file,
                tls_server_name: cluster_tls_server_name,
                client_certificate_authority_file: cluster_client_ca_file,
            },
            identity: self.identity,
            approver,
            policy,
            limits: self.limits,
            metrics_listen: self.metrics_listen,
            reread_period: REREAD_PERIOD,
        })
    }
}

/// As [`super::DEFAULT_LISTEN`].
const DEFAULT_LISTEN_TEXT: &str = "127.0.0.1:8080";

#[cfg(test)]
mod tests {
    use kube_enroll_core::{Algorithm, Groups, Policy, parse_groups};

    use super::*;
    use crate::{config::DEFAULT_LISTEN, identity::IdentityKind};

    fn serve(flags: &[&str]) -> Serve {
        let cli = Cli::try_parse_from(["kube-enroll", "serve"].iter().chain(flags)).expect("good flags");
        let Command::Serve(serve) = cli.command else { panic!("serve was asked for") };
        *serve
    }

    fn config(flags: &[&str]) -> Config {
        serve(flags).into_config().expect("flags that fit each other")
    }

    fn refused(flags: &[&str]) -> StartError {
        serve(flags).into_config().expect_err("flags that leave something open")
    }

    #[test]
    fn begins_on_loopback_with_the_default_policy() {
        let config = config(&[]);
        assert_eq!(config.listen, [DEFAULT_LISTEN]);
        assert_eq!(config.policy, Policy::default());
    }

    #[test]
    fn takes_the_policy_from_its_flags() {
        let config = config(&[
            "--algorithm=Ed25519",
            "--algorithm=ECDSA-P256",
            "--group=dev,ops",
            "--group=admins",
            "--expiration-maximum-seconds=3600",
            "--powerful-user=root",
            "--powerful-user=kubernetes-admin",
        ]);
        assert_eq!(config.policy.algorithms, [Algorithm::Ed25519, Algorithm::EcdsaP256]);
        // Groups may hold commas.
        assert_eq!(config.policy.groups, parse_groups(&["dev,ops", "admins"]).expect("good names").into());
        assert_eq!(config.policy.powerful_users, ["root", "kubernetes-admin"]);
        assert_eq!(config.policy.expiration_seconds.default, 3600);
        assert_eq!(config.policy.check(), Ok(()));
    }

    #[test]
    fn takes_the_identity_from_its_flags() {
        let identity = config(&[
            "--identity=jwt",
            "--oidc-issuer-url=https://issuer.example",
            "--oidc-username-prefix=-",
            "--oidc-required-claim=a=b",
            "--oidc-required-claim=c=d,e",
            "--trusted-proxy=10.0.0.0/8",
            "--trusted-proxy=fd00::/8",
        ])
        .identity;
        assert_eq!(identity.kind(), IdentityKind::Jwt);
        assert_eq!(identity.oidc_username_prefix.as_deref(), Some("-"));
        assert_eq!(identity.oidc_required_claim, ["a=b", "c=d,e"]);
        assert_eq!(identity.proxy.trusted_proxy.len(), 2);
        assert_eq!(config(&[]).identity.kind(), IdentityKind::None);
        for flag in ["--identity=basic", "--trusted-proxy=10.0.0.0", "--trusted-proxy=all", "--user-header=a b"] {
            assert!(Cli::try_parse_from(["kube-enroll", "serve", flag]).is_err(), "{flag}");
        }
    }

    #[test]
    fn refuses_names_that_nobody_may_ask_for() {
        for flag in ["--group=system:masters", "--group=", "--powerful-user=system:admin", "--powerful-user="] {
            assert!(Cli::try_parse_from(["kube-enroll", "serve", flag]).is_err(), "{flag}");
        }
    }

    #[test]
    fn says_why_a_group_cannot_be_named() {
        let error = Cli::try_parse_from(["kube-enroll", "serve", "--group=R&D"]).expect_err("a group that is refused");
        assert!(error.to_string().contains("contains & (U+0026) at position 2: letters, digits"), "{error}");
    }

    #[test]
    fn takes_no_default_for_who_may_ask_where_other_machines_reach_it() {
        for exposed in
            [&["--listen=0.0.0.0:8080"][..], &["--listen=127.0.0.1:1", "--listen=10.0.0.1:1"], &["--exposed"]]
        {
            let with = |flags: &[&'static str]| [exposed, flags].concat();
            assert!(matches!(refused(&with(&[])), StartError::NoIdentity), "{exposed:?}");
            assert!(matches!(refused(&with(&["--group=dev"])), StartError::NoIdentity), "{exposed:?}");
            assert!(matches!(refused(&with(&["--identity=none"])), StartError::Open), "{exposed:?}");
            let named = config(&with(&["--identity=none", "--group=dev"])).policy;
            assert_eq!(named.groups, parse_groups(&["dev"]).expect("a good name").into());
            assert_eq!((named.expiration_seconds.default, named.expiration_seconds.maximum), (86_400, 604_800));
            let any = config(&with(&["--identity=none", "--group=*", "--expiration-maximum-seconds=31536000"])).policy;
            assert_eq!((any.groups, any.expiration_seconds.maximum), (Groups::Any, 31_536_000));
            // Who asks is known: all is as on loopback.
            let known = config(&with(&["--identity=jwt"])).policy;
            assert_eq!(known, Policy::default());
        }
        // What operators alone reach is not meant.
        assert_eq!(config(&["--metrics-listen=0.0.0.0:9090"]).policy, Policy::default());
        assert_eq!(config(&["--group=*"]).policy, Policy::default());
        assert!(matches!(refused(&["--group=*", "--group=dev"]), StartError::FlagValue { flag: "--group", .. }));
    }

    #[test]
    fn refuses_key_types_that_do_not_exist() {
        assert!(Cli::try_parse_from(["kube-enroll", "serve", "--algorithm=DSA"]).is_err());
    }
}
