use kube_enroll_core::{CertificateSummary, Cluster, Difference, Kubeconfig, Namespace, Timestamp};
use kube_enroll_x509::{CertificateChain, CertificationRequest, pasted::certificate_of};
use zeroize::Zeroizing;

use crate::{Error, PrivateKey};

/// A checked certificate, with the other inputs of its kubeconfig.
pub struct CheckedCertificate<'a> {
    request: &'a CertificationRequest,
    cluster: &'a Cluster,
    namespace: Option<&'a Namespace>,
    certificate_pem: String,
    certificate: CertificateSummary,
    differences: Vec<Difference>,
}

/// A kubeconfig with its private key, and what may be shown of it.
pub struct AssembledKubeconfig {
    /// The file, as YAML.
    pub file: Zeroizing<String>,
    /// The same, with a sentence in the key's place.
    pub preview: String,
    /// PEM of the chain, leaf first, as extracted from the given text.
    pub certificate_pem: String,
    /// The certificate.
    pub certificate: CertificateSummary,
    /// The differences between the certificate and the request.
    pub differences: Vec<Difference>,
}

impl<'a> CheckedCertificate<'a> {
    /// Checks everything that can be checked without the private key. `certificate` is PEM of the chain, leaf first, or
    /// a pasted text; `expiration_seconds` the requested lifetime; validity is checked against `now`.
    ///
    /// # Errors
    /// The errors of [`certificate_of`], [`CertificateChain::parse_pem`], [`CertificateChain::check`] and, where the
    /// cluster names the authorities of client certificates, [`CertificateChain::check_issuer`];
    /// [`Error::ClusterMissing`] where only the cluster is missing, and everything else is right.
    pub fn check(
        request: &'a CertificationRequest,
        certificate: &str,
        cluster: Option<&'a Cluster>,
        namespace: Option<&'a Namespace>,
        expiration_seconds: u32,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let certificate_pem = certificate_of(certificate, request.fingerprint())?;
        let chain = CertificateChain::parse_pem(&certificate_pem)?;
        let differences = chain.check(request, expiration_seconds, now)?;
        // Last, so that a person is asked for the cluster only if everything else is right.
        let cluster = cluster.ok_or(Error::ClusterMissing)?;
        if let Some(authorities) = cluster.client_authorities() {
            chain.check_issuer(&authorities)?;
        }
        Ok(Self { request, cluster, namespace, certificate_pem, certificate: chain.summary().clone(), differences })
    }

    /// Writes the kubeconfig. `key` is the key of the request.
    ///
    /// # Errors
    /// As [`PrivateKey::to_pkcs8_pem`].
    pub fn write(self, key: &PrivateKey) -> Result<AssembledKubeconfig, Error> {
        let Self { request, cluster, namespace, certificate_pem, certificate, differences } = self;
        let user = request.subject().user();
        let kubeconfig = Kubeconfig { cluster, user, namespace, certificate_pem: &certificate_pem };
        let (preview, file) = (kubeconfig.preview(), kubeconfig.to_yaml(&key.to_pkcs8_pem()?));
        Ok(AssembledKubeconfig { file, preview, certificate_pem, certificate, differences })
    }
}
