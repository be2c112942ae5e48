//! TLS of the addresses of TCP, by rustls: its own certificate, and those of proxies.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use rustls::{
    RootCertStore, ServerConfig,
    crypto::aws_lc_rs::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::WebPkiClientVerifier,
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use webpki::EndEntityCert;
use zeroize::Zeroizing;

use crate::start::StartError;

/// The files, and what was usable of them last.
pub(crate) struct Tls {
    files: TlsFiles,
    config: RwLock<Arc<ServerConfig>>,
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
        Ok(Self { config: RwLock::new(files.read()?), files })
    }

    /// Reads the files again, for the connections that come.
    ///
    /// # Errors
    /// Those of [`Tls::read`]: the former content counts on. A certificate that is there before its key is such an
    /// error, and the key that comes then makes both count.
    pub(crate) fn reread(&self) -> Result<(), StartError> {
        let config = self.files.read()?;
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    /// Shakes hands with a client, and returns the names in its certificate: empty without one.
    ///
    /// # Errors
    /// Those of the handshake; a certificate that is not of the authorities is one.
    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<(TlsStream<TcpStream>, Arc<[String]>)> {
        let config = self.config.read().unwrap_or_else(PoisonError::into_inner).clone();
        let stream = TlsAcceptor::from(config).accept(stream).await?;
        let (_, connection) = stream.get_ref();
        let names = connection.peer_certificates().and_then(<[_]>::first).map(names).unwrap_or_default();
        Ok((stream, names.into()))
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
                for certificate in certificates(path)? {
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
            builder.with_single_cert(certificates(&self.certificate)?, key).map_err(unusable(&self.key))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config.into())
    }
}

/// Returns the names of DNS and the URIs in a certificate's subjectAltName (RFC 5280, section 4.2.1.6).
fn names(certificate: &CertificateDer<'_>) -> Vec<String> {
    let Ok(certificate) = EndEntityCert::try_from(certificate) else { return Vec::new() };
    certificate.valid_dns_names().chain(certificate.valid_uri_names()).map(str::to_owned).collect()
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, StartError> {
    let none = || StartError::NoCertificates { path: path.to_owned() };
    let found: Vec<_> = CertificateDer::pem_slice_iter(&read(path)?).collect::<Result<_, _>>().map_err(|_| none())?;
    if found.is_empty() { Err(none()) } else { Ok(found) }
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, StartError> {
    std::fs::read(path).map(Zeroizing::new).map_err(|source| StartError::ReadFile { path: path.to_owned(), source })
}
