//! Trusted proxies, their proof, and the address that a request comes from.

use std::{
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    sync::{PoisonError, RwLock},
};

use http::{HeaderMap, HeaderName};
use ipnet::IpNet;
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use super::flags::IdentityFlags;
use crate::start::StartError;

/// The peers whose headers are trusted.
pub(super) struct TrustedProxies {
    networks: Vec<IpNet>,
    secret: Option<SecretFile>,
    pub(super) secret_header: HeaderName,
}

/// The file with the secret, and the content that was usable last.
struct SecretFile {
    path: PathBuf,
    secrets: RwLock<Secrets>,
}

/// The secret that only the proxy and this server know, or the old and the new one while it is rotated. They have no
/// `Debug`, and are wiped.
struct Secrets(Vec<Zeroizing<Vec<u8>>>);

impl TrustedProxies {
    /// Reads the flags and the secret.
    ///
    /// # Errors
    /// [`StartError::MissingFlag`] for a network without a secret; [`StartError::ReadFile`] and
    /// [`StartError::WeakSecret`] for the secret.
    pub(super) fn new(flags: &IdentityFlags) -> Result<Self, StartError> {
        if !flags.trusted_proxy.is_empty() && flags.proxy_secret_file.is_none() {
            return Err(StartError::MissingFlag { flag: "--proxy-secret-file", with: "--trusted-proxy" });
        }
        Ok(Self {
            networks: flags.trusted_proxy.clone(),
            secret: flags.proxy_secret_file.clone().map(SecretFile::read).transpose()?,
            secret_header: flags.proxy_secret_header.clone().unwrap_or(DEFAULT_SECRET_HEADER),
        })
    }

    /// Reads the secret again.
    ///
    /// # Errors
    /// [`StartError::ReadFile`] and [`StartError::WeakSecret`]: the former one counts on.
    pub(super) fn reread_secret(&self) -> Result<(), StartError> {
        self.secret.as_ref().map_or(Ok(()), SecretFile::reread)
    }

    /// Returns whether the headers of a request from this peer are trusted.
    pub(super) fn trusts(&self, peer: IpAddr, headers: &HeaderMap) -> bool {
        self.is_trusted_address(peer)
            && self.secret.as_ref().is_none_or(|secret| secret.is_in(headers, &self.secret_header))
    }

    /// Returns the address that a request comes from: the peer's, or behind a trusted peer the right-most hop of
    /// `X-Forwarded-For` that is no trusted one. What stands left of it, the client itself may have written.
    pub(super) fn address(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut found = peer.to_canonical();
        if !self.trusts(peer, headers) {
            return found;
        }
        let lines = headers.get_all(X_FORWARDED_FOR).iter().rev();
        for hop in lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b',')) {
            // Beyond a hop that cannot be read, nobody knows who wrote what.
            let Some(hop) = parse_hop(hop) else { return found };
            found = hop;
            if !self.is_trusted_address(hop) {
                return found;
            }
        }
        found
    }

    fn is_trusted_address(&self, address: IpAddr) -> bool {
        // ::ffff:127.0.0.1 is what a socket for both families says.
        let address = address.to_canonical();
        address.is_loopback() || self.networks.iter().any(|network| network.contains(&address))
    }
}

impl SecretFile {
    fn read(path: PathBuf) -> Result<Self, StartError> {
        Ok(Self { secrets: RwLock::new(Secrets::read(&path)?), path })
    }

    fn reread(&self) -> Result<(), StartError> {
        let secrets = Secrets::read(&self.path)?;
        *self.secrets.write().unwrap_or_else(PoisonError::into_inner) = secrets;
        Ok(())
    }

    fn is_in(&self, headers: &HeaderMap, name: &HeaderName) -> bool {
        self.secrets.read().unwrap_or_else(PoisonError::into_inner).is_in(headers, name)
    }
}

impl Secrets {
    fn read(path: &Path) -> Result<Self, StartError> {
        let text = Zeroizing::new(
            std::fs::read(path).map_err(|source| StartError::ReadFile { path: path.to_owned(), source })?,
        );
        let lines = text.strip_suffix(b"\n").unwrap_or(&text).split(|byte| *byte == b'\n');
        let secrets: Vec<_> =
            lines.map(|line| Zeroizing::new(line.strip_suffix(b"\r").unwrap_or(line).to_vec())).collect();
        // Anything else would not come through a header as it is.
        let is_usable = |secret: &Zeroizing<Vec<u8>>| {
            secret.len() >= MINIMUM_SECRET_BYTES && secret.iter().all(u8::is_ascii_graphic)
        };
        if secrets.len() > MAX_SECRETS || !secrets.iter().all(is_usable) {
            return Err(StartError::WeakSecret { path: path.to_owned(), minimum_bytes: MINIMUM_SECRET_BYTES });
        }
        Ok(Self(secrets))
    }

    fn is_in(&self, headers: &HeaderMap, name: &HeaderName) -> bool {
        let mut lines = headers.get_all(name).iter();
        let (Some(line), None) = (lines.next(), lines.next()) else { return false };
        // All of them, so that the time does not tell which one it is.
        let is_one = self.0.iter().fold(Choice::from(0), |found, secret| found | line.as_bytes().ct_eq(secret));
        bool::from(is_one)
    }
}

/// Reads a hop as proxies write them: an address, or one with a port.
fn parse_hop(hop: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(hop).ok()?.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse::<IpAddr>().ok().or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()))?;
    Some(address.to_canonical())
}

/// A secret that cannot be guessed over a network.
const MINIMUM_SECRET_BYTES: usize = 16;

/// The old and the new secret.
const MAX_SECRETS: usize = 2;

const DEFAULT_SECRET_HEADER: HeaderName = HeaderName::from_static("x-kube-enroll-proxy-secret");

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

#[cfg(test)]
mod tests;
