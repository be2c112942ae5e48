//! The browser's own key: AES-256-GCM of W3C Web Cryptography, non-extractable, one of its own for each record.

use js_sys::{Array, Uint8Array};
use kube_enroll_keys::{Error as KeysError, envelope::DataKey};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AesGcmParams, AesKeyGenParams, CryptoKey, SubtleCrypto};
use zeroize::Zeroizing;

use crate::{Error, messages::scope};

/// Returns whether the browser has Web Cryptography, which plain HTTP lacks.
pub(crate) fn is_available() -> bool {
    subtle().is_some()
}

/// Wraps a data key with a new key of the browser's. Returns that key, and the nonce with the ciphertext.
///
/// # Errors
/// [`Error::Storage`] over plain HTTP, and where the browser refuses.
pub(crate) async fn wrap(data_key: &DataKey) -> Result<(CryptoKey, Vec<u8>), Error> {
    let subtle = subtle().ok_or_else(|| Error::storage("over plain HTTP the key is kept with a passphrase only"))?;
    let usages = Array::of2(&"encrypt".into(), &"decrypt".into());
    let parameters = AesKeyGenParams::new(ALGORITHM, 256);
    let key = subtle.generate_key_with_object(&parameters, false, &usages).map_err(refused)?;
    let key: CryptoKey = JsFuture::from(key).await.map_err(refused)?.unchecked_into();
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce).map_err(|_| KeysError::NoRandomness)?;
    let parameters = AesGcmParams::new(ALGORITHM, &Uint8Array::from(&nonce[..]));
    let plaintext = Uint8Array::from(&data_key.as_bytes()[..]);
    let ciphertext = subtle.encrypt_with_object_and_js_u8_array(&parameters, &key, &plaintext).map_err(refused)?;
    let ciphertext = JsFuture::from(ciphertext).await.map_err(refused);
    plaintext.fill(0, 0, plaintext.length());
    Ok((key, [&nonce[..], &Uint8Array::new(&ciphertext?).to_vec()].concat()))
}

/// Unwraps a data key.
///
/// # Errors
/// [`KeysError::Damaged`] for another key or other bytes than [`wrap`] has returned.
pub(crate) async fn unwrap(key: &CryptoKey, wrapped: &[u8]) -> Result<DataKey, Error> {
    let (nonce, ciphertext) = wrapped.split_first_chunk::<NONCE_BYTES>().ok_or(KeysError::Damaged)?;
    let parameters = AesGcmParams::new(ALGORITHM, &Uint8Array::from(&nonce[..]));
    let subtle = subtle().ok_or(KeysError::Damaged)?;
    let plaintext = subtle
        .decrypt_with_object_and_js_u8_array(&parameters, key, &Uint8Array::from(ciphertext))
        .map_err(|_| KeysError::Damaged)?;
    let plaintext = Uint8Array::new(&JsFuture::from(plaintext).await.map_err(|_| KeysError::Damaged)?);
    let bytes = Zeroizing::new(plaintext.to_vec());
    plaintext.fill(0, 0, plaintext.length());
    Ok(DataKey::from_bytes(&bytes)?)
}

fn subtle() -> Option<SubtleCrypto> {
    let subtle = scope().crypto().ok()?.subtle();
    (!AsRef::<JsValue>::as_ref(&subtle).is_undefined()).then_some(subtle)
}

fn refused(error: JsValue) -> Error {
    Error::storage(format!("this browser makes no key of its own ({})", crate::messages::text(&error)))
}

const ALGORITHM: &str = "AES-GCM";

/// The length of a nonce (NIST SP 800-38D, section 5.2.1.1).
const NONCE_BYTES: usize = 12;
