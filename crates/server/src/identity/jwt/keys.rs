//! The keys of an OpenID provider (RFC 7517).

mod provider;

use std::{
    convert::Infallible,
    future::pending,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use jsonwebtoken::{
    Algorithm, AlgorithmFamily, DecodingKey,
    jwk::{AlgorithmParameters, Jwk, JwkSet, PublicKeyUse},
};

use super::super::Error;
use crate::start::StartError;
use provider::Provider;
pub(super) use provider::{KeysAddress, check_https};

/// The source of keys.
pub(super) enum Keys {
    /// Read from a file.
    File {
        /// The file.
        path: PathBuf,
        /// The keys in it when it was usable last.
        keys: RwLock<Vec<Jwk>>,
    },
    /// Fetched, and fetched again when they change.
    Provider(Arc<Provider>),
}

impl Keys {
    /// Reads a JWK Set (RFC 7517, section 5).
    ///
    /// # Errors
    /// [`StartError::ReadFile`], [`StartError::FlagValue`].
    pub(super) fn read(path: &Path) -> Result<Self, StartError> {
        Ok(Self::File { keys: RwLock::new(read_keys(path)?), path: path.into() })
    }

    /// Prepares to fetch; asks nobody yet.
    ///
    /// # Errors
    /// [`StartError::ReadFile`], [`StartError::NoCertificates`] for the file of authorities.
    pub(super) fn fetched(address: KeysAddress, ca_file: Option<&Path>, max_age: Duration) -> Result<Self, StartError> {
        Ok(Self::Provider(Arc::new(Provider::new(address, ca_file, max_age)?)))
    }

    /// Reads the keys again, or the authorities of the provider's address.
    ///
    /// # Errors
    /// Those of [`Keys::read`] and [`Keys::fetched`]: the former ones count on.
    pub(super) fn reread(&self) -> Result<(), StartError> {
        match self {
            Self::File { path, keys } => {
                let found = read_keys(path)?;
                *keys.write().unwrap_or_else(PoisonError::into_inner) = found;
            }
            Self::Provider(provider) => provider.reread_authorities()?,
        }
        Ok(())
    }

    /// Follows what the provider publishes; keys of a file are read again when it changes.
    pub(super) async fn follow(&self) -> Infallible {
        match self {
            Self::File { .. } => pending().await,
            Self::Provider(provider) => provider.follow().await,
        }
    }

    /// Returns whether there are keys: a file is refused without any.
    pub(super) fn has_keys(&self) -> bool {
        match self {
            Self::File { .. } => true,
            Self::Provider(provider) => provider.has_keys(),
        }
    }

    /// Returns the keys that a token with this head may be signed with: the one of its `kid`, or all of its kind where
    /// it names none.
    ///
    /// # Errors
    /// [`Error::KeysUnreachable`] where no keys are known yet.
    pub(super) async fn find(&self, kid: Option<&str>, algorithm: Algorithm) -> Result<Vec<DecodingKey>, Error> {
        match self {
            Self::File { keys, .. } => {
                Ok(matching(&keys.read().unwrap_or_else(PoisonError::into_inner), kid, algorithm))
            }
            Self::Provider(provider) => provider.find(kid, algorithm).await,
        }
    }
}

fn read_keys(path: &Path) -> Result<Vec<Jwk>, StartError> {
    let text = std::fs::read(path).map_err(|source| StartError::ReadFile { path: path.to_owned(), source })?;
    let keys = serde_json::from_slice(&text).map(usable).unwrap_or_default();
    if keys.is_empty() {
        return Err(StartError::FlagValue {
            flag: "--oidc-jwks-file",
            found: path.display().to_string(),
            expected: "a JWK Set with RSA or EC keys for signatures",
        });
    }
    Ok(keys)
}

/// Keeps the keys that can verify signatures: no secrets, none for encryption.
fn usable(set: JwkSet) -> Vec<Jwk> {
    let is_usable =
        |key: &Jwk| matches!(key.common.public_key_use, None | Some(PublicKeyUse::Signature)) && family(key).is_some();
    set.keys.into_iter().filter(is_usable).collect()
}

fn family(key: &Jwk) -> Option<AlgorithmFamily> {
    match key.algorithm {
        AlgorithmParameters::RSA(_) => Some(AlgorithmFamily::Rsa),
        AlgorithmParameters::EllipticCurve(_) => Some(AlgorithmFamily::Ec),
        _ => None,
    }
}

fn matching(keys: &[Jwk], kid: Option<&str>, algorithm: Algorithm) -> Vec<DecodingKey> {
    keys.iter()
        .filter(|key| kid.is_none() || key.common.key_id.as_deref() == kid)
        .filter(|key| family(key) == Some(algorithm.family()))
        // RFC 7517, section 4.4: a key may be for one algorithm.
        .filter(|key| key.common.key_algorithm.is_none_or(|meant| meant == algorithm.into()))
        .filter_map(|key| DecodingKey::from_jwk(key).ok())
        .collect()
}
