//! The secret that only the proxy and this server know.

use std::{
    path::{Path, PathBuf},
    sync::{PoisonError, RwLock},
};

use http::{HeaderMap, HeaderName};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use crate::start::StartError;

/// The file with the secret, and the content that was usable last.
pub(super) struct SecretFile {
    path: PathBuf,
    secrets: RwLock<Secrets>,
}

/// The secret that only the proxy and this server know, or the old and the new one while it is rotated. They have no
/// `Debug`, and are wiped.
struct Secrets(Vec<Zeroizing<Vec<u8>>>);

impl SecretFile {
    pub(super) fn read(path: PathBuf) -> Result<Self, StartError> {
        Ok(Self { secrets: RwLock::new(Secrets::read(&path)?), path })
    }

    pub(super) fn reread(&self) -> Result<(), StartError> {
        let secrets = Secrets::read(&self.path)?;
        *self.secrets.write().unwrap_or_else(PoisonError::into_inner) = secrets;
        Ok(())
    }

    pub(super) fn is_in(&self, headers: &HeaderMap, name: &HeaderName) -> bool {
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

/// A secret that cannot be guessed over a network.
const MINIMUM_SECRET_BYTES: usize = 16;

/// The old and the new secret.
const MAX_SECRETS: usize = 2;
