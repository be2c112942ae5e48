use kube_enroll_core::{CertificateSummary, Cluster, Difference, Kubeconfig, Namespace, Timestamp};
use kube_enroll_keys::PrivateKey;
use kube_enroll_protocol::Assembled;
use kube_enroll_x509::{CertificateChain, CertificationRequest, pasted::certificate_of};
use zeroize::Zeroizing;

use crate::Error;

/// A checked certificate, with the other inputs of its kubeconfig.
pub(crate) struct Checked<'a> {
    request: &'a CertificationRequest,
    cluster: &'a Cluster,
    namespace: Option<&'a Namespace>,
    certificate_pem: String,
    certificate: CertificateSummary,
    differences: Vec<Difference>,
}

impl<'a> Checked<'a> {
    /// Checks everything that can be checked without the private key.
    pub(crate) fn new(
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
        Ok(Self { request, cluster, namespace, certificate_pem, certificate: chain.summary().clone(), differences })
    }

    /// Writes the kubeconfig with the request's key in it.
    pub(crate) fn write(self, key: &PrivateKey) -> Result<(Assembled, Zeroizing<String>), Error> {
        let Self { request, cluster, namespace, certificate_pem, certificate, differences } = self;
        let user = request.subject().user();
        let kubeconfig = Kubeconfig { cluster, user, namespace, certificate_pem: &certificate_pem };
        let (preview, file) = (kubeconfig.preview(), kubeconfig.to_yaml(&key.to_pkcs8_pem()?));
        Ok((Assembled { preview, certificate_pem, certificate, differences }, file))
    }
}
