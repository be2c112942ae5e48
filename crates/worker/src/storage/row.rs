use js_sys::{JSON, Object, Reflect, Uint8Array};
use kube_enroll_keys::{
    Error as KeysError, Record, RecordFields,
    envelope::{Bound, RECORD_VERSION},
};
use kube_enroll_protocol::{Fault, Lease, StoredEnrollment};
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::CryptoKey;

use crate::{Error, messages};

/// A record as it lies in the storage, which may be damaged, or of another version.
#[derive(Clone, Debug)]
pub struct Row {
    id: String,
    value: JsValue,
}

/// A record, with the browser's key where that wraps the data key.
#[derive(Clone, Debug)]
pub struct StoredRecord {
    /// The record.
    pub record: Record,
    /// The non-extractable key, or `None` for a record with a passphrase.
    pub browser_key: Option<CryptoKey>,
}

impl Row {
    /// Makes a row of a stored value, or returns `None` for something that another page of this origin has put there.
    pub(super) fn of_ours(value: JsValue) -> Option<Self> {
        let id = text(&value, "id")?;
        Bound::is_id(&id).then_some(Self { id, value })
    }

    /// Returns the value of a row of which only its id can be read.
    pub(super) fn unreadable(id: &str) -> JsValue {
        let value = Object::new();
        set(&value, "id", &id.into());
        value.into()
    }

    /// Parses the record.
    ///
    /// # Errors
    /// [`KeysError::NewerVersion`], [`KeysError::Damaged`].
    pub fn parse(&self) -> Result<StoredRecord, KeysError> {
        let version = property(&self.value, "version").and_then(|version| version.as_f64());
        if version.is_some_and(|version| version > f64::from(RECORD_VERSION) && version.fract() == 0.0) {
            return Err(KeysError::NewerVersion);
        }
        let fields = self.with(&[("progress", self.progress().ok_or(KeysError::Damaged)?.into())]);
        let fields: RecordFields = serde_wasm_bindgen::from_value(fields.into()).map_err(|_| KeysError::Damaged)?;
        let record = Record::parse(fields)?;
        let browser_key = if record.has_passphrase() {
            None
        } else {
            let key = property(&self.value, "wrap").and_then(|wrap| property(&wrap, "key"));
            Some(key.and_then(|key| key.dyn_into().ok()).ok_or(KeysError::Damaged)?)
        };
        Ok(StoredRecord { record, browser_key })
    }

    /// Returns the row with another progress, which is a JSON text.
    ///
    /// # Errors
    /// As [`Row::parse`]: what cannot be read is not written.
    pub(super) fn with_progress(&self, progress: String) -> Result<JsValue, Error> {
        let mut record = self.parse()?.record;
        record.set_progress(progress);
        let RecordFields { progress, digest, .. } = record.fields();
        Ok(match digest {
            // Version 1 has an object, and no digest.
            None => self.with(&[("progress", JSON::parse(&progress).map_err(|_| KeysError::Damaged)?)]),
            Some(digest) => {
                let digest = Uint8Array::from(&digest[..]);
                self.with(&[("progress", progress.into()), ("digest", digest.into())])
            }
        }
        .into())
    }

    /// Returns the id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns what the page lists.
    pub fn stored(&self, lease: Lease) -> StoredEnrollment {
        let has_passphrase = property(&self.value, "wrap").and_then(|wrap| text(&wrap, "kind"));
        let has_passphrase = has_passphrase.is_some_and(|kind| kind == "passphrase");
        let details = text(&self.value, "details").and_then(|details| messages::from_json(&details));
        let progress = self.progress().and_then(|progress| messages::from_json(&progress));
        let mut stored = StoredEnrollment::of_parts(self.id.clone(), details, progress, has_passphrase, lease);
        stored.fault = match self.parse() {
            Ok(_) => stored.fault,
            Err(KeysError::NewerVersion) => Some(Fault::NewerVersion),
            Err(_) => Some(Fault::Damaged),
        };
        stored
    }

    /// Returns the JSON text of the progress, or `None` where it is neither the text of version 2 nor the object of
    /// version 1.
    fn progress(&self) -> Option<String> {
        let progress = property(&self.value, "progress")?;
        match property(&self.value, "version").and_then(|version| version.as_f64()) {
            // An object that contains itself, which a storage can hold, has no JSON.
            Some(1.0) if progress.is_object() => JSON::stringify(&progress).ok()?.as_string(),
            Some(1.0) => None,
            _ => progress.as_string(),
        }
    }

    fn with(&self, changes: &[(&str, JsValue)]) -> Object {
        let copy = Object::assign(&Object::new(), self.value.unchecked_ref());
        changes.iter().for_each(|(name, value)| set(&copy, name, value));
        copy
    }
}

impl StoredRecord {
    /// Makes the row of a record.
    pub(super) fn to_row(&self) -> Result<JsValue, Error> {
        let row =
            self.record.fields().serialize(&Serializer::new()).map_err(|error| Error::storage(error.to_string()))?;
        if let (Some(key), Some(wrap)) = (&self.browser_key, property(&row, "wrap")) {
            set(wrap.unchecked_ref(), "key", key);
        }
        Ok(row)
    }
}

fn property(value: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(value, &name.into()).ok().filter(|value| !value.is_undefined() && !value.is_null())
}

fn text(value: &JsValue, name: &str) -> Option<String> {
    property(value, name)?.as_string()
}

fn set(object: &Object, name: &str, value: &JsValue) {
    Reflect::set(object, &name.into(), value).expect("a fresh object can be changed");
}
