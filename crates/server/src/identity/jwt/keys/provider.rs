//! The keys that a provider publishes ([discovery](https://openid.net/specs/openid-connect-discovery-1_0.html)).

use std::{
    convert::Infallible,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use bytes::Bytes;
use http::Uri;
use http_body_util::{BodyExt, Empty, Limited};
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use jsonwebtoken::{Algorithm, DecodingKey, jwk::Jwk};
use kube_enroll_access::{Connector, ForwardProxies};
use kube_enroll_core::Backoff;
use rustls::{ClientConfig, RootCertStore};
use serde::Deserialize;
use tokio::{
    sync::{Mutex, OwnedMutexGuard},
    time::{Instant, sleep, timeout},
};

use super::{matching, usable};
use crate::{certificates, error::with_sources, identity::Error, start::StartError};

/// An OpenID provider and what is known of its keys.
pub(crate) struct Provider {
    client: RwLock<ProviderClient>,
    ca_file: Option<PathBuf>,
    address: KeysAddress,
    /// The time for which keys count that are not confirmed.
    max_age: Duration,
    /// The last keys seen. They stay while the provider is away, for that time.
    known: RwLock<Option<Known>>,
    /// Held by the one who fetches.
    next: Arc<Mutex<Next>>,
}

/// The address of a provider's keys.
pub(crate) enum KeysAddress {
    /// The one in the discovery document of this issuer.
    Discovered {
        /// The issuer.
        issuer: String,
    },
    /// An https URL.
    Known(String),
}

type ProviderClient = Client<HttpsConnector<Connector>, Empty<Bytes>>;

#[derive(Clone)]
struct Known {
    keys: Arc<Vec<Jwk>>,
    fetched: Instant,
}

/// The earliest time of the next fetch.
struct Next {
    at: Instant,
    backoff: Backoff,
}

/// The reason why keys could not be fetched.
#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("no answer")]
    Client(#[from] hyper_util::client::legacy::Error),
    #[error("the answer broke off, or is longer than {MAX_ANSWER_BYTES} bytes")]
    Body(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("no answer in time")]
    Timeout,
    #[error("found status {0}, expected 200")]
    Status(http::StatusCode),
    #[error("the answer is not what it should be")]
    Json(#[from] serde_json::Error),
    #[error("found issuer {found:?}, expected {expected:?}")]
    Issuer { found: String, expected: String },
    #[error("found jwks_uri {0:?}, expected an https URL")]
    JwksUri(String),
    #[error("there is no key that could sign")]
    NoKeys,
}

impl Provider {
    /// Prepares to fetch; asks nobody yet.
    ///
    /// # Errors
    /// [`StartError::ReadFile`], [`StartError::NoCertificates`] for the file of authorities.
    pub(super) fn new(address: KeysAddress, ca_file: Option<&Path>, max_age: Duration) -> Result<Self, StartError> {
        Ok(Self {
            client: RwLock::new(client(ca_file)?),
            ca_file: ca_file.map(Path::to_owned),
            address,
            max_age,
            known: RwLock::new(None),
            next: Arc::new(Mutex::new(Next { at: Instant::now(), backoff: Backoff::new(FIRST_PAUSE, MAX_PAUSE) })),
        })
    }

    /// Reads the authorities of its address again.
    ///
    /// # Errors
    /// Those of [`Provider::new`]: the former ones count on.
    pub(super) fn reread_authorities(&self) -> Result<(), StartError> {
        let client = client(self.ca_file.as_deref())?;
        *self.client.write().unwrap_or_else(PoisonError::into_inner) = client;
        Ok(())
    }

    /// Fetches the keys before anybody signs in, and again when they are old: whether somebody comes or not, a replica
    /// knows whether it could let them in.
    pub(super) async fn follow(self: &Arc<Self>) -> Infallible {
        loop {
            if self.known().is_none_or(|known| known.fetched.elapsed() >= self.refresh_age()) {
                let next = self.next.clone().lock_owned().await;
                self.refresh(next).await;
            }
            sleep(FOLLOW_PERIOD).await;
        }
    }

    /// Returns whether there are keys.
    pub(super) fn has_keys(&self) -> bool {
        self.known().is_some()
    }

    /// Returns the keys that a token with this head may be signed with.
    ///
    /// # Errors
    /// [`Error::KeysUnreachable`] where no keys are known yet.
    pub(super) async fn find(
        self: &Arc<Self>,
        kid: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<Vec<DecodingKey>, Error> {
        if let Some(Known { keys, fetched }) = self.known() {
            let found = matching(&keys, kid, algorithm);
            if !found.is_empty() {
                // A key that was withdrawn must not count for ever. Who finds somebody else fetching does not wait.
                if fetched.elapsed() < self.refresh_age() {
                    return Ok(found);
                }
                let Ok(next) = self.next.clone().try_lock_owned() else { return Ok(found) };
                self.refresh(next).await;
                let known = self.known().ok_or(Error::KeysUnreachable)?;
                return Ok(matching(&known.keys, kid, algorithm));
            }
        }
        let before = self.known().map(|known| known.fetched);
        let next = self.next.clone().lock_owned().await;
        // Somebody else may have fetched while this one waited.
        if self.known().map(|known| known.fetched) == before {
            self.refresh(next).await;
        }
        let known = self.known().ok_or(Error::KeysUnreachable)?;
        Ok(matching(&known.keys, kid, algorithm))
    }

    /// Fetches the keys, unless that was just done: anybody can send tokens with keys that do not exist. Whoever waits
    /// may leave without breaking it off for the others.
    async fn refresh(self: &Arc<Self>, mut next: OwnedMutexGuard<Next>) {
        if Instant::now() < next.at {
            return;
        }
        let provider = self.clone();
        let task = tokio::spawn(async move {
            match timeout(FETCH_TIMEOUT, provider.fetch()).await.unwrap_or(Err(FetchError::Timeout)) {
                Ok(keys) => {
                    next.at = Instant::now() + REFETCH_PAUSE.min(provider.refresh_age());
                    next.backoff.reset();
                    let known = Known { keys: Arc::new(keys), fetched: Instant::now() };
                    *provider.known.write().unwrap_or_else(PoisonError::into_inner) = Some(known);
                }
                Err(error) => {
                    tracing::warn!(error = %with_sources(&error), "the keys of the OpenID provider cannot be fetched");
                    next.at = Instant::now() + next.backoff.pause(fastrand::f64());
                }
            }
        });
        // It fails only where the server ends.
        let _ = task.await;
    }

    async fn fetch(&self) -> Result<Vec<Jwk>, FetchError> {
        let address = match &self.address {
            KeysAddress::Known(address) => address.clone(),
            KeysAddress::Discovered { issuer } => self.discover(issuer).await?,
        };
        let keys = usable(serde_json::from_slice(&self.get(&address).await?)?);
        if keys.is_empty() { Err(FetchError::NoKeys) } else { Ok(keys) }
    }

    async fn discover(&self, issuer: &str) -> Result<String, FetchError> {
        let address = format!("{}/.well-known/openid-configuration", issuer.strip_suffix('/').unwrap_or(issuer));
        let discovered: Discovery = serde_json::from_slice(&self.get(&address).await?)?;
        // OpenID Connect Discovery, section 4.3: or one tenant's document would speak for another's.
        if discovered.issuer != issuer {
            return Err(FetchError::Issuer { found: discovered.issuer, expected: issuer.to_owned() });
        }
        Ok(discovered.jwks_uri)
    }

    /// Redirects are not followed: they could lead anywhere in this server's network.
    async fn get(&self, address: &str) -> Result<Bytes, FetchError> {
        let refuse = || FetchError::JwksUri(address.chars().take(200).collect());
        let uri: Uri = address.parse().map_err(|_| refuse())?;
        if !check_https(address) {
            return Err(refuse());
        }
        let client = self.client.read().unwrap_or_else(PoisonError::into_inner).clone();
        let response = client.get(uri).await?;
        if response.status() != http::StatusCode::OK {
            return Err(FetchError::Status(response.status()));
        }
        let body = Limited::new(response.into_body(), MAX_ANSWER_BYTES).collect().await.map_err(FetchError::Body)?;
        Ok(body.to_bytes())
    }

    /// Returns the keys that count, or `None` if there are none, or nobody has confirmed them for too long: whoever has
    /// stolen a key could else keep the provider away, and sign tokens long after the key was withdrawn.
    fn known(&self) -> Option<Known> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).clone();
        known.filter(|known| known.fetched.elapsed() < self.max_age)
    }

    /// Returns the age at which keys are fetched again, long before they count no more.
    fn refresh_age(&self) -> Duration {
        REFRESH_AGE.min(self.max_age / 2)
    }
}

#[derive(Deserialize)]
#[serde(remote = "Self")]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

kube_enroll_core::objects_alone!(read Discovery);

/// Makes a client that trusts the authorities of a file, or those of this machine, and asks the proxies of the
/// environment.
fn client(ca_file: Option<&Path>) -> Result<ProviderClient, StartError> {
    let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("aws-lc-rs has the suites of TLS 1.2 and 1.3");
    let tls = match ca_file {
        Some(path) => tls.with_root_certificates(read_authorities(path)?),
        None => tls
            .with_native_roots()
            .map_err(|source| StartError::ReadFile { path: "the authorities of this machine".into(), source })?,
    }
    .with_no_client_auth();
    let connector = Connector::new(ForwardProxies::from_environment(), Arc::new(tls.clone()), FETCH_TIMEOUT);
    let tls = HttpsConnectorBuilder::new().with_tls_config(tls).https_only().enable_http1();
    Ok(Client::builder(TokioExecutor::new()).build(tls.wrap_connector(connector)))
}

fn read_authorities(path: &Path) -> Result<RootCertStore, StartError> {
    let none = || StartError::NoCertificates { path: path.to_owned() };
    let mut roots = RootCertStore::empty();
    for certificate in certificates::read(path)? {
        roots.add(certificate).map_err(|_| none())?;
    }
    Ok(roots)
}

/// Returns whether a text is an https URL with a host.
pub(crate) fn check_https(text: &str) -> bool {
    text.parse::<Uri>()
        .is_ok_and(|uri| uri.scheme_str() == Some("https") && uri.host().is_some_and(|host| !host.is_empty()))
}

/// The most bytes of an answer. Google's keys take 2 KiB.
const MAX_ANSWER_BYTES: usize = 256 << 10;

/// For both documents together.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);

/// Between two fetches that succeed.
const REFETCH_PAUSE: Duration = Duration::from_secs(10);

/// After the first fetch that failed; it doubles.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// After many that failed.
const MAX_PAUSE: Duration = Duration::from_secs(60);

/// The age at which keys are fetched again.
const REFRESH_AGE: Duration = Duration::from_secs(3600);

/// Between two looks whether keys are to be fetched; when they are, `Next` says.
const FOLLOW_PERIOD: Duration = Duration::from_secs(1);
