//! The bindings. Values cross as plain objects; their TypeScript types are in `npm/index.d.ts`.

use getrandom::SysRng;
use js_sys::{Array, Reflect, Uint8Array};
use kube_enroll_core::{Algorithm, Cluster, ClusterFields, Namespace, Subject, Timestamp};
use kube_enroll_keys::PrivateKey;
use kube_enroll_protocol::{Command, Passphrase, Record};
use kube_enroll_x509::{CertificateChain, CertificationRequest};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use web_sys::{Blob, BlobPropertyBag};
use zeroize::Zeroizing;

use crate::{
    Error,
    checked::Checked,
    record::WrappedKey,
    session::{Answer, Session},
};

/// The session of the key worker.
#[wasm_bindgen(js_name = Session)]
#[derive(Default)]
pub struct JsSession(Session);

#[wasm_bindgen(js_class = Session)]
impl JsSession {
    /// Makes a session without a key.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        std::panic::set_hook(Box::new(|info| {
            // The location only: a panic's message may quote a secret.
            web_console_error(&info.location().map(ToString::to_string).unwrap_or_default());
        }));
        Self::default()
    }

    /// Executes one command of the page, and returns the reply, with the kubeconfig as a `Blob` in `file` if one was
    /// written. `record` is the record of a command that needs one, and `data_key` its data key if the browser wraps
    /// it.
    ///
    /// # Errors
    /// An `Error` for a value that is no command, or no record, and for a command about the storage.
    pub fn handle(
        &mut self,
        command: JsValue,
        record: JsValue,
        data_key: Option<Uint8Array>,
    ) -> Result<JsValue, JsValue> {
        let command: Command = from_js(command)?;
        let record: Option<Record> = from_js(record)?;
        let data_key = Zeroizing::new(data_key.map(|bytes| bytes.to_vec()).unwrap_or_default());
        let answer = self.0.handle(command, record.map(|record| (record, data_key.as_slice())));
        let Some(Answer { reply, file }) = answer else {
            return Err(js_error("invalid-argument", "a command about the storage"));
        };
        let reply = to_js(&reply)?;
        if let Some(file) = file {
            Reflect::set(&reply, &"file".into(), &blob(&file)?)?;
        }
        Ok(reply)
    }

    /// Returns whether the key of a record is in memory, so that the record is not needed.
    pub fn holds(&self, id: &str) -> bool {
        self.0.holds(id)
    }

    /// Encrypts the key that was made last: `{version, id, details, sealed}` of a new record, and its `wrap` where
    /// there is a passphrase; else `dataKey`, which the browser is to wrap, and the caller to overwrite.
    ///
    /// # Errors
    /// As [`Session::seal`].
    pub fn seal(&self, details: String, passphrase: Option<String>) -> Result<JsValue, JsValue> {
        let passphrase = passphrase.map(Passphrase::new);
        let sealed = self.0.seal(details, passphrase.as_ref()).map_err(throw)?;
        let bytes = |bytes: &[u8]| JsValue::from(Uint8Array::from(bytes));
        let record = object(&[
            ("version", sealed.bound.version.into()),
            ("id", sealed.bound.id.into()),
            ("details", sealed.bound.details.into()),
            ("sealed", bytes(&sealed.sealed)),
        ]);
        match sealed.wrap {
            WrappedKey::ForBrowser(data_key) => Reflect::set(&record, &"dataKey".into(), &bytes(data_key.as_bytes()))?,
            WrappedKey::WithPassphrase(argon2id, wrapped) => {
                let wrap = object(&[
                    ("kind", "passphrase".into()),
                    ("memoryKib", argon2id.memory_kib.into()),
                    ("iterations", argon2id.iterations.into()),
                    ("salt", bytes(&argon2id.salt)),
                    ("wrapped", bytes(&wrapped)),
                ]);
                Reflect::set(&record, &"wrap".into(), &wrap)?
            }
        };
        Ok(record)
    }

    /// Records the id of the record in which the key that was made last has been stored.
    pub fn stored(&mut self, id: &str) {
        self.0.stored(id);
    }

    /// Wipes the key in memory.
    pub fn release(&mut self) {
        self.0.release();
    }

    /// Wipes the key of a deleted record, if it is in memory.
    pub fn delete(&mut self, id: &str) {
        self.0.delete(id);
    }
}

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
        let checked = Checked::new(
            &request,
            &certificate_pem,
            cluster.as_ref().ok(),
            namespace.as_ref(),
            expiration_seconds,
            now,
        );
        // The certificate's error comes first.
        let checked = match (checked, &cluster) {
            (Err(Error::ClusterMissing), Err(error)) => return Err(throw(error.clone())),
            (checked, _) => checked.map_err(throw)?,
        };
        let (assembled, file) = checked.write(&self.0).map_err(throw)?;
        let written = to_js(&assembled)?;
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

fn object(fields: &[(&str, JsValue)]) -> JsValue {
    let object = js_sys::Object::new();
    for (name, value) in fields {
        // Setting a property on a fresh object cannot fail.
        let _ = Reflect::set(&object, &(*name).into(), value);
    }
    object.into()
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

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console, js_name = error)]
    fn web_console_error(text: &str);
}
