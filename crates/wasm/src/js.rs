//! The bindings. Values cross as plain objects; their TypeScript types are in `npm/index.d.ts`.

use getrandom::SysRng;
use js_sys::{Array, Reflect, Uint8Array};
use kube_enroll_core::{
    Algorithm, CertificateChain, CertificationRequest, Cluster, Error, Kubeconfig, PrivateKey, Subject, Timestamp,
    room::{CertificateSummary, Difference, Message},
};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use web_sys::{Blob, BlobPropertyBag};

use crate::room::{Answer, Room};

/// The room of the page's worker.
#[wasm_bindgen(js_name = Room)]
#[derive(Default)]
pub struct JsRoom(Room);

#[wasm_bindgen(js_class = Room)]
impl JsRoom {
    /// Makes an empty room.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        std::panic::set_hook(Box::new(|info| {
            // The place only: a panic's text may quote what it was about.
            web_console_error(&info.location().map(ToString::to_string).unwrap_or_default());
        }));
        Self::default()
    }

    /// Carries out one message of the page, and returns the reply; with the kubeconfig as a `Blob` in `file` where one
    /// was written.
    ///
    /// # Errors
    /// An `Error` for a value that is no message.
    pub fn handle(&mut self, message: JsValue) -> Result<JsValue, JsValue> {
        let message: Message = from_js(message)?;
        let Answer { reply, file } = self.0.handle(message);
        let reply = to_js(&reply)?;
        if let Some(file) = file {
            Reflect::set(&reply, &"file".into(), &blob(&file)?)?;
        }
        Ok(reply)
    }
}

/// A private key, for JavaScript: make it, ask with it, and write it into a kubeconfig. `free()` wipes it.
#[wasm_bindgen(js_name = PrivateKey)]
pub struct JsPrivateKey(PrivateKey);

#[wasm_bindgen(js_class = PrivateKey)]
impl JsPrivateKey {
    /// Makes a key of the kind that [`Algorithm::name`] names; RSA takes seconds, so do it in a worker.
    ///
    /// # Errors
    /// As [`Algorithm::parse`] and [`PrivateKey::generate`].
    pub fn generate(algorithm: &str) -> Result<Self, JsValue> {
        Ok(Self(PrivateKey::generate(Algorithm::parse(algorithm).map_err(throw)?, &mut SysRng).map_err(throw)?))
    }

    /// Makes a certification request: `{user, groups}` in, `{pem, user, groups, algorithm, fingerprint}` out.
    ///
    /// # Errors
    /// As [`Subject::parse`] and [`CertificationRequest::new`].
    pub fn request(&self, subject: JsValue) -> Result<JsValue, JsValue> {
        let Names { user, groups } = from_js(subject)?;
        let subject = Subject::parse(&user, &groups).map_err(throw)?;
        to_js(&summary(&CertificationRequest::new(&subject, &self.0, &mut SysRng).map_err(throw)?))
    }

    /// Checks the issued certificate against the request and this key, and writes the kubeconfig:
    /// `{requestPem, certificatePem, cluster, namespace, expirationSeconds, now}` in,
    /// `{kubeconfig, preview, certificate, differences}` out.
    ///
    /// # Errors
    /// As [`CertificateChain::check`], [`Cluster::check`], [`CertificationRequest::parse_pem`].
    pub fn kubeconfig(&self, options: JsValue) -> Result<JsValue, JsValue> {
        let options: KubeconfigOptions = from_js(options)?;
        options.cluster.check().map_err(throw)?;
        let request = CertificationRequest::parse_pem(&options.request_pem).map_err(throw)?;
        let fingerprint = self.0.fingerprint().map_err(throw)?;
        if request.fingerprint() != fingerprint {
            return Err(throw(Error::OtherKey {
                found: request.fingerprint().to_string(),
                expected: fingerprint.to_string(),
            }));
        }
        let chain = CertificateChain::parse_pem(&options.certificate_pem).map_err(throw)?;
        let now = Timestamp::from_unix_seconds(options.now);
        let differences = chain.check(&request, options.expiration_seconds, now).map_err(throw)?;
        let kubeconfig = Kubeconfig {
            cluster: &options.cluster,
            user: request.subject().user(),
            namespace: &options.namespace,
            certificate_pem: &options.certificate_pem,
        };
        let written = Written { preview: kubeconfig.preview(), certificate: chain.summary().clone(), differences };
        let written = to_js(&written)?;
        let file = kubeconfig.to_yaml(&self.0.to_pkcs8_pem().map_err(throw)?);
        Reflect::set(&written, &"kubeconfig".into(), &blob(&file)?)?;
        Ok(written)
    }

    /// Returns the key as PEM of PKCS#8, unencrypted. Only for a program that keeps the key itself.
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
    cluster: Cluster,
    #[serde(default)]
    namespace: String,
    expiration_seconds: u32,
    now: i64,
}

#[derive(Serialize)]
struct Written {
    preview: String,
    certificate: CertificateSummary,
    differences: Vec<Difference>,
}

fn summary(request: &CertificationRequest) -> RequestSummary {
    RequestSummary {
        pem: request.to_pem(),
        user: request.subject().user().to_owned(),
        groups: request.subject().groups().to_vec(),
        algorithm: request.algorithm(),
        fingerprint: request.fingerprint().to_string(),
    }
}

/// Copies a text into a `Blob`, past JavaScript's strings, which nobody can wipe.
fn blob(text: &str) -> Result<JsValue, JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type("application/yaml");
    let bytes = Uint8Array::from(text.as_bytes());
    let blob = Blob::new_with_u8_array_sequence_and_options(&Array::of1(&bytes), &options)?;
    bytes.fill(0, 0, bytes.length());
    Ok(blob.into())
}

/// Makes the `Error` that JavaScript catches: `name`, `code`, `message`.
fn throw(error: Error) -> JsValue {
    js_error(error.code(), &error.to_string())
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

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console, js_name = error)]
    fn web_console_error(text: &str);
}
