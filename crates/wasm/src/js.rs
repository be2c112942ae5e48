//! The bindings. Values cross as plain objects; their TypeScript types are in `npm/index.d.ts`.

use getrandom::SysRng;
use js_sys::{Array, Reflect, Uint8Array};
use kube_enroll_core::{
    Algorithm, CertificateSummary, Cluster, ClusterFields, Difference, Namespace, Subject, Timestamp,
};
use kube_enroll_keys::{AssembledKubeconfig, CheckedCertificate, Error as KeysError, PrivateKey};
use kube_enroll_x509::{CertificateChain, CertificationRequest};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use web_sys::{Blob, BlobPropertyBag};

use crate::Error;

/// A private key, for JavaScript: makes requests, and writes the kubeconfig. `free()` wipes it.
#[wasm_bindgen(js_name = PrivateKey)]
pub struct JsPrivateKey(PrivateKey);

#[wasm_bindgen(js_class = PrivateKey)]
impl JsPrivateKey {
    /// Makes a key of the kind that [`Algorithm::name`] names; RSA takes seconds, so do it in a worker.
    ///
    /// # Errors
    /// As [`Algorithm::parse`] and [`PrivateKey::generate`].
    pub fn generate(algorithm: &str) -> Result<Self, JsValue> {
        let algorithm = Algorithm::parse(algorithm).map_err(throw)?;
        Ok(Self(PrivateKey::generate(algorithm, &mut SysRng).map_err(throw)?))
    }

    /// Makes a certification request: `{user, groups}` in, `{pem, user, groups, algorithm, fingerprint}` out.
    ///
    /// # Errors
    /// As [`Subject::parse`] and [`PrivateKey::request`].
    pub fn request(&self, subject: JsValue) -> Result<JsValue, JsValue> {
        let Names { user, groups } = from_js(subject)?;
        let subject = Subject::parse(&user, &groups).map_err(throw)?;
        to_js(&summary(&self.0.request(&subject, &mut SysRng).map_err(throw)?))
    }

    /// Checks the issued certificate against the request and this key, and writes the kubeconfig:
    /// `{requestPem, certificatePem, cluster, namespace, expirationSeconds, now}` in,
    /// `{kubeconfig, preview, certificatePem, certificate, differences}` out.
    ///
    /// # Errors
    /// As [`CertificationRequest::parse_pem`], [`PrivateKey::check_request`], [`Cluster::parse`], [`Namespace::parse`],
    /// [`kube_enroll_x509::pasted::certificate_of`], [`CertificateChain::parse_pem`] and [`CertificateChain::check`].
    pub fn kubeconfig(&self, options: JsValue) -> Result<JsValue, JsValue> {
        let KubeconfigOptions { request_pem, certificate_pem, cluster, namespace, expiration_seconds, now } =
            from_js(options)?;
        let request = CertificationRequest::parse_pem(&request_pem).map_err(throw)?;
        self.0.check_request(&request).map_err(throw)?;
        let cluster = Cluster::parse(cluster);
        let namespace = (!namespace.is_empty()).then(|| Namespace::parse(&namespace)).transpose().map_err(throw)?;
        let now = Timestamp::from_unix_seconds(now);
        let checked = CheckedCertificate::check(
            &request,
            &certificate_pem,
            cluster.as_ref().ok(),
            namespace.as_ref(),
            expiration_seconds,
            now,
        );
        // The certificate's error comes first.
        let checked = match (checked, &cluster) {
            (Err(KeysError::ClusterMissing), Err(error)) => return Err(throw(error.clone())),
            (checked, _) => checked.map_err(throw)?,
        };
        let AssembledKubeconfig { file, preview, certificate_pem, certificate, differences } =
            checked.write(&self.0).map_err(throw)?;
        let written = to_js(&Written { preview, certificate_pem, certificate, differences })?;
        Reflect::set(&written, &"kubeconfig".into(), &blob(&file)?)?;
        Ok(written)
    }

    /// Returns the key as PEM of PKCS#8, unencrypted. Only for a program that stores the key itself.
    ///
    /// # Errors
    /// As [`PrivateKey::to_pkcs8_pem`].
    #[wasm_bindgen(js_name = toPkcs8Pem)]
    pub fn to_pkcs8_pem(&self) -> Result<String, JsValue> {
        Ok(self.0.to_pkcs8_pem().map_err(throw)?.to_string())
    }
}

/// Parses and checks a request: PEM in, `{pem, user, groups, algorithm, fingerprint}` out.
///
/// # Errors
/// As [`CertificationRequest::parse_pem`].
#[wasm_bindgen(js_name = inspectRequest)]
pub fn inspect_request(pem: &str) -> Result<JsValue, JsValue> {
    to_js(&summary(&CertificationRequest::parse_pem(pem).map_err(throw)?))
}

/// Parses a certificate chain: PEM in, the leaf's
/// `{user, groups, issuer, serialNumber, notBefore, notAfter, fingerprint}` out.
///
/// # Errors
/// As [`CertificateChain::parse_pem`].
#[wasm_bindgen(js_name = inspectCertificate)]
pub fn inspect_certificate(pem: &str) -> Result<JsValue, JsValue> {
    let chain = CertificateChain::parse_pem(pem).map_err(throw)?;
    let certificate = to_js(chain.summary())?;
    Reflect::set(&certificate, &"fingerprint".into(), &chain.fingerprint().to_string().into())?;
    Ok(certificate)
}

#[derive(Deserialize)]
struct Names {
    user: String,
    #[serde(default)]
    groups: Vec<String>,
}

#[derive(Serialize)]
struct RequestSummary {
    pem: String,
    user: String,
    groups: Vec<String>,
    algorithm: Algorithm,
    fingerprint: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct KubeconfigOptions {
    request_pem: String,
    certificate_pem: String,
    cluster: ClusterFields,
    #[serde(default)]
    namespace: String,
    expiration_seconds: u32,
    now: i64,
}

/// A kubeconfig, but for the file itself.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    preview: String,
    certificate_pem: String,
    certificate: CertificateSummary,
    differences: Vec<Difference>,
}

fn summary(request: &CertificationRequest) -> RequestSummary {
    RequestSummary {
        pem: request.to_pem(),
        user: request.subject().user().to_string(),
        groups: request.subject().groups().iter().map(ToString::to_string).collect(),
        algorithm: request.algorithm(),
        fingerprint: request.fingerprint().to_string(),
    }
}

/// Copies a text into a `Blob` without a JavaScript string, which cannot be wiped.
fn blob(text: &str) -> Result<JsValue, JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type("application/yaml");
    let bytes = Uint8Array::from(text.as_bytes());
    let blob = Blob::new_with_u8_array_sequence_and_options(&Array::of1(&bytes), &options)?;
    bytes.fill(0, 0, bytes.length());
    Ok(blob.into())
}

/// Makes the `Error` that JavaScript catches: `name`, `code`, `message`.
fn throw(error: impl Into<Error>) -> JsValue {
    let error = error.into();
    js_error(error.code().as_str(), &error.to_string())
}

fn js_error(code: &str, message: &str) -> JsValue {
    let error = js_sys::Error::new(message);
    error.set_name("KubeEnrollError");
    // Setting a property on a fresh object cannot fail.
    let _ = Reflect::set(&error, &"code".into(), &code.into());
    error.into()
}

fn from_js<T: for<'de> Deserialize<'de>>(value: JsValue) -> Result<T, JsValue> {
    serde_wasm_bindgen::from_value(value).map_err(|error| js_error("invalid-argument", &error.to_string()))
}

fn to_js<T: Serialize>(value: &T) -> Result<JsValue, JsValue> {
    value
        .serialize(&serde_wasm_bindgen::Serializer::json_compatible())
        .map_err(|error| js_error("invalid-argument", &error.to_string()))
}
