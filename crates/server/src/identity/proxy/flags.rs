use std::{num::NonZeroU8, path::PathBuf};

use clap::Args;
use http::HeaderName;
use ipnet::IpNet;

use crate::start::StartError;

/// Flags of the proof by which a proxy is known, and of what it then may say.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Proof of a proxy")]
pub struct ProxyFlags {
    /// File with a secret that the proxy sends along, at least 16 visible ASCII characters. Every proxy must send it.
    /// With a second one on a line of its own, either counts, to rotate it; read again when it changes.
    #[arg(long, env = "KUBE_ENROLL_PROXY_SECRET_FILE", value_name = "FILE")]
    pub proxy_secret_file: Option<PathBuf>,
    /// Header in which the secret comes. [default: X-Kube-Enroll-Proxy-Secret]
    #[arg(long, env = "KUBE_ENROLL_PROXY_SECRET_HEADER", value_name = "NAME")]
    pub proxy_secret_header: Option<HeaderName>,
    /// User id of a proxy that connects to a Unix socket of --listen; repeatable. This server's own needs no mention.
    #[arg(long, env = "KUBE_ENROLL_PROXY_UIDS", value_delimiter = ',', value_name = "UID")]
    pub proxy_uid: Vec<u32>,
    /// PEM file with the authorities of proxies' client certificates. Needs --tls-cert and --proxy-name; read again
    /// when it changes.
    #[arg(long, env = "KUBE_ENROLL_PROXY_CA_FILE", value_name = "FILE")]
    pub proxy_ca_file: Option<PathBuf>,
    /// Name in a proxy's client certificate, of DNS or a URI in its subjectAltName, letter by letter; repeatable.
    #[arg(long, env = "KUBE_ENROLL_PROXY_NAMES", value_delimiter = ',', value_name = "NAME")]
    pub proxy_name: Vec<String>,
    /// Network of proxies that prove themselves by --proxy-secret-file or --proxy-ca-file, CIDR; repeatable. Loopback
    /// needs no mention.
    #[arg(long, env = "KUBE_ENROLL_TRUSTED_PROXIES", value_delimiter = ',', value_name = "CIDR")]
    pub trusted_proxy: Vec<IpNet>,
    /// Take every program of this machine for the proxy, without a proof: whoever can open a connection to the port,
    /// by a forwarded port, a tunnel or a sidecar too, can say that they are anybody. Only 127.0.0.1 and ::1 count, and
    /// only where every --listen is of loopback.
    #[arg(
        long,
        env = "KUBE_ENROLL_ALLOW_LOOPBACK_IDENTITY",
        num_args = 0..=1,
        require_equals = true,
        default_value_t,
        default_missing_value = "true",
        hide_possible_values = true,
        hide_default_value = true,
        value_name = "BOOL"
    )]
    pub allow_loopback_identity: bool,
    /// Place of the client in X-Forwarded-For, counted from the right: the number of proxies that add to it. [default:
    /// 1]
    #[arg(long, env = "KUBE_ENROLL_FORWARDED_HOPS", value_name = "NUMBER")]
    pub forwarded_hops: Option<NonZeroU8>,
}

/// Facts about the listeners that decide what is a proof.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Listening {
    /// One is a Unix socket.
    pub(crate) unix: bool,
    /// One is of TCP.
    pub(crate) tcp: bool,
    /// Those of TCP speak TLS.
    pub(crate) tls: bool,
    /// One is reached from other machines.
    pub(crate) beyond_loopback: bool,
}

impl ProxyFlags {
    /// Returns whether a proxy can prove itself, by these flags or by a Unix socket.
    pub(crate) fn has_proof(&self, listening: Listening) -> bool {
        self.proxy_secret_file.is_some()
            || self.proxy_ca_file.is_some()
            || listening.unix
            || self.allow_loopback_identity
    }

    /// Checks that the flags fit each other and the listeners.
    ///
    /// # Errors
    /// [`StartError::MissingFlag`], [`StartError::UnusedFlag`], [`StartError::LoopbackIdentity`].
    pub(super) fn check(&self, listening: Listening) -> Result<(), StartError> {
        let (has_secret, has_authorities) = (self.proxy_secret_file.is_some(), self.proxy_ca_file.is_some());
        let has_name = self.proxy_name.iter().any(|name| !name.is_empty());
        for (is_missing, flag, with) in [
            (
                !self.trusted_proxy.is_empty() && !has_secret && !has_authorities,
                "--proxy-secret-file or --proxy-ca-file",
                "--trusted-proxy",
            ),
            // Many have a certificate of a company's authority.
            (has_authorities && !has_name, "--proxy-name", "--proxy-ca-file"),
            (has_authorities && !listening.tls, "--tls-cert", "--proxy-ca-file"),
        ] {
            if is_missing {
                return Err(StartError::MissingFlag { flag, with });
            }
        }
        if self.allow_loopback_identity && listening.beyond_loopback {
            return Err(StartError::LoopbackIdentity);
        }
        if self.allow_loopback_identity && (has_secret || has_authorities) {
            let expected =
                "it without --proxy-secret-file and --proxy-ca-file: their proof is demanded from loopback too";
            return Err(StartError::FlagValue { flag: "--allow-loopback-identity", found: "true".into(), expected });
        }
        if let Some(network) = self.trusted_proxy.iter().find(|network| is_mapped(network)) {
            let expected = "a network of IPv4 as such: addresses are compared in that form";
            return Err(StartError::FlagValue { flag: "--trusted-proxy", found: network.to_string(), expected });
        }
        for (is_unused, flag, needs) in [
            (self.proxy_secret_header.is_some() && !has_secret, "--proxy-secret-header", "--proxy-secret-file"),
            (!self.proxy_name.is_empty() && !has_authorities, "--proxy-name", "--proxy-ca-file"),
            (!self.trusted_proxy.is_empty() && !listening.tcp, "--trusted-proxy", "--listen=ADDRESS:PORT"),
            (!self.proxy_uid.is_empty() && !listening.unix, "--proxy-uid", "--listen=unix:PATH"),
            (self.forwarded_hops.is_some() && !self.has_proof(listening), "--forwarded-hops", PROOFS),
        ] {
            if is_unused {
                return Err(StartError::UnusedFlag { flag, needs });
            }
        }
        Ok(())
    }
}

/// Returns whether a network is of IPv4 written as IPv6.
fn is_mapped(network: &IpNet) -> bool {
    matches!(network, IpNet::V6(network) if network.prefix_len() >= 96 && network.addr().to_ipv4_mapped().is_some())
}

/// The flags by which a proxy proves itself.
pub(crate) const PROOFS: &str =
    "a proof of the proxy: --listen=unix:PATH, --proxy-secret-file, --proxy-ca-file, or --allow-loopback-identity";
