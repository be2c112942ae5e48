//! TLS as a browser speaks it, with a certificate made for the occasion.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use anyhow::ensure;
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, pem::PemObject},
    },
};

/// A certificate for 127.0.0.1, and clients that trust it and no other.
pub struct Certificate {
    /// The file with the certificate.
    pub file: PathBuf,
    /// The file with its key.
    pub key: PathBuf,
    /// Opens sessions with whoever has the key.
    pub connector: TlsConnector,
}

impl Certificate {
    /// Has openssl make one in `folder`.
    ///
    /// # Errors
    /// Where it does not.
    pub fn new(folder: &Path) -> anyhow::Result<Self> {
        let (file, key) = (folder.join("server.pem"), folder.join("server.key"));
        let made = Command::new("openssl").args(REQUEST).arg("-out").arg(&file).arg("-keyout").arg(&key).output()?;
        ensure!(made.status.success(), "openssl: {}", String::from_utf8_lossy(&made.stderr));
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(&file)?)?;
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { file, key, connector: Arc::new(config).into() })
    }

    /// Returns the server's flag for a file, which begins with this.
    pub fn flag(&self, flag: &str, file: &Path) -> OsString {
        let mut text = OsString::from(flag);
        text.push(file);
        text
    }
}

/// It is its own authority, and may be nobody else's.
const REQUEST: [&str; 12] = [
    "req",
    "-x509",
    "-newkey=ec",
    "-pkeyopt=ec_paramgen_curve:P-256",
    "-nodes",
    "-days=2",
    "-subj=/CN=kube-enroll-load",
    "-addext=subjectAltName=IP:127.0.0.1",
    "-addext=basicConstraints=critical,CA:FALSE",
    "-addext=keyUsage=digitalSignature",
    "-addext=extendedKeyUsage=serverAuth",
    "-batch",
];
