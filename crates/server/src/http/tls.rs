//! TLS of the addresses of TCP, by rustls: its own certificate, and those of proxies.

use std::{
    future::{Future, pending},
    io, mem,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use rustls::{
    RootCertStore, ServerConfig,
    crypto::aws_lc_rs::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{NoServerSessionStorage, WebPkiClientVerifier},
};
use tokio::{net::TcpStream, time::sleep};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_util::sync::CancellationToken;
use webpki::EndEntityCert;
use zeroize::Zeroizing;

use crate::{certificates, start::StartError};

/// The files, and what was usable of them last.
pub(crate) struct Tls {
    files: TlsFiles,
    current: RwLock<Current>,
}

/// The content of the files, for the connections that come.
#[derive(Clone)]
struct Current {
    config: Arc<ServerConfig>,
    /// Cancelled when other content has taken its place.
    replaced: CancellationToken,
}

/// A connection after its handshake.
pub(super) struct TlsConnection {
    pub(super) stream: Box<TlsStream<TcpStream>>,
    /// The names in the client's certificate; empty without one.
    pub(super) names: Arc<[String]>,
    replaced: CancellationToken,
}

/// The files of [`Tls`], all in PEM form.
#[derive(Clone, Debug)]
pub(crate) struct TlsFiles {
    /// The server's certificate, and those between it and its authority.
    pub(crate) certificate: PathBuf,
    /// Its private key.
    pub(crate) key: PathBuf,
    /// The authorities of proxies' certificates. Without one, none is asked for.
    pub(crate) proxy_authorities: Option<PathBuf>,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// [`StartError::ReadFile`], [`StartError::NoCertificates`], [`StartError::Tls`].
    pub(crate) fn read(files: TlsFiles) -> Result<Self, StartError> {
        Ok(Self { current: RwLock::new(Current::new(files.read()?)), files })
    }

    /// Reads the files again, for the connections that come. Those that are open end after the answer that is under
    /// way: what they have proved may count no more.
    ///
    /// # Errors
    /// Those of [`Tls::read`]: the former content counts on. A certificate that is there before its key is such an
    /// error, and the key that comes then makes both count.
    pub(crate) fn reread(&self) -> Result<(), StartError> {
        let current = Current::new(self.files.read()?);
        let former = mem::replace(&mut *self.current.write().unwrap_or_else(PoisonError::into_inner), current);
        former.replaced.cancel();
        Ok(())
    }

    /// Shakes hands with a client.
    ///
    /// # Errors
    /// Those of the handshake; a certificate that is not of the authorities is one.
    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<TlsConnection> {
        let Current { config, replaced } = self.current.read().unwrap_or_else(PoisonError::into_inner).clone();
        let stream = Box::new(TlsAcceptor::from(config).accept(stream).await?);
        let (_, connection) = stream.get_ref();
        let names = connection.peer_certificates().and_then(<[_]>::first).map(names).unwrap_or_default();
        Ok(TlsConnection { stream, names: names.into(), replaced })
    }
}

impl Current {
    fn new(config: Arc<ServerConfig>) -> Self {
        Self { config, replaced: CancellationToken::new() }
    }
}

impl TlsConnection {
    /// Returns what ends when the connection is to end: the files were replaced, or a client has proved itself long
    /// enough ago that its certificate may have ended since.
    pub(super) fn outdated(&self) -> impl Future<Output = ()> + Send + use<> {
        let (replaced, has_names) = (self.replaced.clone(), !self.names.is_empty());
        async move {
            let aged = async { if has_names { sleep(MAX_PROVED_AGE).await } else { pending().await } };
            tokio::select! {
                () = replaced.cancelled() => {}
                () = aged => {}
            }
        }
    }
}

impl TlsFiles {
    fn read(&self) -> Result<Arc<ServerConfig>, StartError> {
        let provider = Arc::new(default_provider());
        let unusable = |path: &Path| {
            let path = path.to_owned();
            move |source: rustls::Error| StartError::Tls { path, source: source.into() }
        };
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .expect("the provider has suites for each version");
        let builder = match &self.proxy_authorities {
            Some(path) => {
                let mut roots = RootCertStore::empty();
                for certificate in certificates::read(path)? {
                    roots.add(certificate).map_err(unusable(path))?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider)
                    // People's browsers have none, and a header of theirs counts for nothing.
                    .allow_unauthenticated()
                    .build()
                    .expect("there is an authority, and no list of revocations");
                builder.with_client_cert_verifier(verifier)
            }
            None => builder.with_no_client_auth(),
        };
        let key = PrivateKeyDer::from_pem_slice(&read(&self.key)?)
            .map_err(|source| StartError::Tls { path: self.key.clone(), source: source.into() })?;
        let mut config =
            builder.with_single_cert(certificates::read(&self.certificate)?, key).map_err(unusable(&self.key))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        if self.proxy_authorities.is_some() {
            // A session that is resumed shows no certificate anew, though it has ended.
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        Ok(config.into())
    }
}

/// Returns the names of DNS and the URIs in a certificate's subjectAltName (RFC 5280, section 4.2.1.6). A URI without a
/// scheme would be taken for a name of DNS, which an authority may not be allowed to give.
fn names(certificate: &CertificateDer<'_>) -> Vec<String> {
    let Ok(certificate) = EndEntityCert::try_from(certificate) else { return Vec::new() };
    let uris = certificate.valid_uri_names().filter(|uri| uri.contains("://"));
    certificate.valid_dns_names().filter(|name| !name.contains("://")).chain(uris).map(str::to_owned).collect()
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, StartError> {
    std::fs::read(path).map(Zeroizing::new).map_err(|source| StartError::ReadFile { path: path.to_owned(), source })
}

/// The time for which a proxy's certificate counts without being shown again; proxies open another connection.
const MAX_PROVED_AGE: Duration = Duration::from_secs(600);
