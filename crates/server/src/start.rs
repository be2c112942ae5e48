//! Reasons why the server does not start, for the operator who starts it.

use std::path::PathBuf;

/// The reason why the server does not start, or stops once it has reached the API server.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// A file that a flag names cannot be read.
    #[error("cannot read {path}")]
    ReadFile {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The file of `--config` cannot be used.
    #[error("{path}:{line}:{column}: {problem}")]
    ConfigFile {
        /// The file.
        path: PathBuf,
        /// The line of what cannot be used, from 1.
        line: u64,
        /// Its column, from 1.
        column: u64,
        /// The value found and those expected.
        problem: String,
    },
    /// The file of `--config` is longer than any that a person writes.
    #[error("{path} is longer than {maximum_bytes} bytes")]
    ConfigTooLong {
        /// The file.
        path: PathBuf,
        /// The most bytes possible.
        maximum_bytes: u64,
    },
    /// `--cluster-ca-file` holds no certificate.
    #[error("{path} has no certificate in PEM form")]
    NoCertificates {
        /// The file.
        path: PathBuf,
    },
    /// `--page-dir` holds no page.
    #[error("{path} has no index.html: build the page first, or leave --page-dir out")]
    NoPage {
        /// The folder.
        path: PathBuf,
    },
    /// The page's files are not those that its build has written.
    #[error("{path}: {problem}; build the page anew, with manifest.json")]
    Page {
        /// The folder.
        path: PathBuf,
        /// The difference.
        problem: String,
    },
    /// There is no usable kubeconfig, and no pod's account either.
    #[error(transparent)]
    Kubeconfig(#[from] kube_enroll_access::NoAccess),
    /// A Host that is no `NAME` or `NAME:PORT`.
    #[error("--allowed-host: found {found:?}, expected NAME or NAME:PORT")]
    AllowedHost {
        /// The flag's value.
        found: String,
    },
    /// A flag that another one needs.
    #[error("{with} needs {flag}")]
    MissingFlag {
        /// The flag that is missing.
        flag: &'static str,
        /// The flag that needs it.
        with: &'static str,
    },
    /// A flag that would do nothing.
    #[error("{flag} does nothing without {needs}")]
    UnusedFlag {
        /// The flag.
        flag: &'static str,
        /// The flag that it belongs to.
        needs: &'static str,
    },
    /// A flag whose value cannot be used.
    #[error("{flag}: found {found:?}, expected {expected}")]
    FlagValue {
        /// The flag.
        flag: &'static str,
        /// Its value.
        found: String,
        /// The values that can be used.
        expected: &'static str,
    },
    /// Nobody has written out who says who asks, and other machines reach the server.
    #[error(
        "other machines reach this server, so that --identity has no default: write --identity=header or --identity=jwt, which know who asks (docs/identity.md), or --identity=none, with which whoever reaches it may ask in any name"
    )]
    NoIdentity,
    /// The same for groups, where nobody says who asks.
    #[error(
        "other machines reach this server, and with --identity=none anybody may ask, so that --group has no default: write the groups that people may ask for, or --group='*' for any"
    )]
    Open,
    /// Identities by headers that anybody could send.
    #[error("--identity=header needs {proofs}; without one, whoever sends the header would be anybody")]
    NoProof {
        /// The flags that would do.
        proofs: &'static str,
    },
    /// `--allow-loopback-identity` where people come from other machines.
    #[error(
        "--allow-loopback-identity counts only where every --listen is of loopback, without --exposed: a sidecar or tunnel passes strangers on from there"
    )]
    LoopbackIdentity,
    /// `--groups-header` without `--groups-separator`.
    #[error(
        "--groups-header needs --groups-separator, the text that your proxy puts between groups: a comma is no default, since it would grant admins to the group \"x,admins\""
    )]
    NoSeparator,
    /// A certificate or key of TLS that cannot be used, or the two do not belong together.
    #[error("{path} cannot be used for TLS, with the certificate and the key that are given")]
    Tls {
        /// The file.
        path: PathBuf,
        /// The fault.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// `--proxy-secret-file` holds no secret that could be sent in a header, one that could be guessed, or more than
    /// two.
    #[error(
        "--proxy-secret-file: {path} must hold one line of at least {minimum_bytes} visible ASCII characters, or two such lines while the secret is rotated"
    )]
    WeakSecret {
        /// The file.
        path: PathBuf,
        /// The fewest bytes possible.
        minimum_bytes: usize,
    },
    /// The flags of the policy contradict each other.
    #[error("the flags of the policy cannot be used")]
    Policy(#[source] kube_enroll_core::Error),
    /// The cluster cannot be written into a kubeconfig.
    #[error(
        "the cluster cannot be used: set --cluster-name, --cluster-server, --cluster-ca-file or --cluster-tls-server-name"
    )]
    Cluster(#[source] kube_enroll_core::Error),
    /// In a pod, and nobody says how people outside reach the API server.
    #[error(
        "no public address of the API server is known ({reason}): set --cluster-server=https://HOST:PORT to the address that people use, and --cluster-ca-file to its authorities"
    )]
    NoPublicAddress {
        /// The reason why kube-public/cluster-info was of no help.
        reason: String,
    },
    /// A limit that lets nothing pass, or a time without an end.
    #[error("{flag} must be {expected}")]
    InvalidLimit {
        /// The flag.
        flag: String,
        /// The values that are possible.
        expected: &'static str,
    },
}
