use kube_enroll_core::{Cluster, ClusterChange, check_new_passphrase};
use kube_enroll_x509::CertificationRequest;
use rand_core::TryCryptoRng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    Error, PrivateKey,
    envelope::{Bound, DataKey, Envelope, Unwrapped, Wrap},
};

/// An enrollment as it is stored. A value exists only for a record that is as it was written, as far as that can be
/// seen without its key.
///
/// Version 2 has a SHA-256 over everything else, which is renewed with each write, so that damage is told from a wrong
/// passphrase. It protects against accidents, not against attackers: these are met by what is bound to the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    bound: Bound,
    progress: String,
    envelope: Envelope,
}

/// The fields of a [`Record`], as they lie in the storage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordFields {
    /// [`crate::envelope::RECORD_VERSION`] when the key was sealed.
    pub version: u32,
    /// 32 hexadecimal digits, random.
    pub id: String,
    /// The exact JSON text to which the key is bound.
    pub details: String,
    /// The JSON text of what changes while the key is locked. Version 1 has an object in its place.
    pub progress: String,
    /// The encrypted private key.
    #[serde(with = "serde_bytes")]
    pub sealed: Vec<u8>,
    /// Its wrapped data key.
    pub wrap: Wrap,
    /// The digest; version 1 has none.
    #[serde(with = "serde_bytes", default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Vec<u8>>,
}

impl Record {
    /// Parses the fields of a stored record.
    ///
    /// # Errors
    /// [`Error::NewerVersion`]; [`Error::Damaged`] where a field is not as it was written.
    pub fn parse(fields: RecordFields) -> Result<Self, Error> {
        let RecordFields { version, id, details, progress, sealed, wrap, digest } = fields;
        let envelope = Envelope::from_parts(sealed, wrap);
        let record = Self { bound: Bound::parse(version, id, details)?, progress, envelope };
        if record.digest() != digest {
            return Err(Error::Damaged);
        }
        Ok(record)
    }

    /// Returns the fields to store.
    pub fn fields(&self) -> RecordFields {
        let Self { bound, progress, envelope } = self.clone();
        let (sealed, wrap) = envelope.into_parts();
        RecordFields {
            version: bound.version(),
            id: bound.id().into(),
            details: bound.details().into(),
            progress,
            sealed,
            wrap,
            digest: self.digest(),
        }
    }

    /// Seals a key with a new passphrase.
    ///
    /// # Errors
    /// [`Error::Core`] for a passphrase that [`check_new_passphrase`] refuses; as
    /// [`Envelope::seal_with_passphrase`].
    pub fn seal_with_passphrase<R: TryCryptoRng + ?Sized>(
        bound: Bound,
        progress: String,
        key: &PrivateKey,
        passphrase: &str,
        rng: &mut R,
    ) -> Result<Self, Error> {
        check_new_passphrase(passphrase)?;
        let envelope = Envelope::seal_with_passphrase(&bound, key, passphrase, rng)?;
        Ok(Self { bound, progress, envelope })
    }

    /// Makes the record of a sealed key whose data key the browser has wrapped.
    pub fn wrapped_by_browser(bound: Bound, progress: String, unwrapped: Unwrapped, wrapped: Vec<u8>) -> Self {
        Self { bound, progress, envelope: unwrapped.wrapped_by_browser(wrapped) }
    }

    /// Unwraps the data key with a passphrase.
    ///
    /// # Errors
    /// As [`Envelope::unwrap_with_passphrase`]; [`Error::WrongPassphraseOrDamaged`] instead of
    /// [`Error::WrongPassphrase`] for version 1, where they look alike.
    pub fn unwrap_with_passphrase(&self, passphrase: &str) -> Result<DataKey, Error> {
        self.envelope.unwrap_with_passphrase(&self.bound, passphrase).map_err(|error| match error {
            Error::WrongPassphrase if self.bound.version() == 1 => Error::WrongPassphraseOrDamaged,
            error => error,
        })
    }

    /// Opens the key with the unwrapped data key.
    ///
    /// # Errors
    /// As [`Envelope::open`].
    pub fn open(&self, data_key: &DataKey) -> Result<PrivateKey, Error> {
        self.envelope.open(&self.bound, data_key)
    }

    /// Replaces the progress, a JSON text.
    pub fn set_progress(&mut self, progress: String) {
        self.progress = progress;
    }

    /// Returns the version, the id and the details.
    pub fn bound(&self) -> &Bound {
        &self.bound
    }

    /// Returns the JSON text of the progress.
    pub fn progress(&self) -> &str {
        &self.progress
    }

    /// Returns the request that the details hold.
    ///
    /// # Errors
    /// As [`Bound::request`].
    pub fn request(&self) -> Result<CertificationRequest, Error> {
        self.bound.request()
    }

    /// Checks that a kubeconfig is for the cluster of the details, and returns what has changed of it.
    ///
    /// # Errors
    /// As [`Bound::check_cluster`].
    pub fn check_cluster(&self, present: &Cluster) -> Result<Option<ClusterChange>, Error> {
        self.bound.check_cluster(present)
    }

    /// Returns whether a passphrase opens it.
    pub fn has_passphrase(&self) -> bool {
        self.envelope.has_passphrase()
    }

    /// Returns the data key as the browser has wrapped it, or `None` where a passphrase does.
    pub fn data_key_wrapped_by_browser(&self) -> Option<&[u8]> {
        self.envelope.wrapped_by_browser()
    }

    /// Returns whether two records hold the same sealed key.
    pub fn has_same_envelope(&self, other: &Self) -> bool {
        self.envelope == other.envelope
    }

    /// Returns SHA-256 over all fields, each preceded by its length, or `None` for version 1.
    fn digest(&self) -> Option<Vec<u8>> {
        let Self { bound, progress, envelope } = self;
        if bound.version() == 1 {
            return None;
        }
        let texts = [&bound.version().to_string(), bound.id(), bound.details(), progress];
        let mut digest = Sha256::new();
        for part in texts.map(|text| text.as_bytes().to_vec()).into_iter().chain(envelope.values()) {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        Some(digest.finalize().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use getrandom::SysRng;
    use kube_enroll_core::{Algorithm, Subject};
    use serde_json::{Value, json};

    use super::*;

    fn record() -> Record {
        let key = PrivateKey::generate(Algorithm::EcdsaP256, &mut SysRng).expect("a key");
        let subject = Subject::parse("jane", &["dev"]).expect("good names");
        let request = key.request(&subject, &mut SysRng).expect("a request");
        let details = json!({ "user": "jane", "requestPem": request.to_pem() }).to_string();
        let bound = Bound::new(details, &mut SysRng).expect("randomness");
        Record::seal_with_passphrase(bound, "{}".into(), &key, PASSPHRASE, &mut SysRng).expect("a record")
    }

    fn open(record: &Record) -> Result<PrivateKey, Error> {
        record.open(&record.unwrap_with_passphrase(PASSPHRASE)?)
    }

    fn parse(json: Value) -> Result<Record, Error> {
        Record::parse(serde_json::from_value(json).map_err(|_| Error::Damaged)?)
    }

    #[test]
    fn tells_damage_from_a_wrong_passphrase() {
        let record = record();
        assert!(open(&record).is_ok());
        assert_eq!(record.unwrap_with_passphrase("another passphrase").err(), Some(Error::WrongPassphrase));
        let json = serde_json::to_value(record.fields()).expect("JSON");
        assert_eq!(parse(json.clone()), Ok(record));
        let mut changed = 0;
        for path in [
            "/version",
            "/id",
            "/details",
            "/progress",
            "/sealed",
            "/wrap",
            "/digest",
            "/wrap/kind",
            "/wrap/memoryKib",
            "/wrap/iterations",
            "/wrap/salt",
            "/wrap/wrapped",
        ] {
            let (parent, name) = path.rsplit_once('/').expect("a path");
            let mut cut = json.clone();
            cut.pointer_mut(parent).expect("an object").as_object_mut().expect("an object").remove(name);
            let mut flipped = json.clone();
            let value = flipped.pointer_mut(path).expect("a field");
            *value = match value.take() {
                Value::Number(number) => json!(number.as_u64().expect("positive") ^ 3),
                Value::String(text) => json!(text.replacen(|_| true, "~", 1)),
                Value::Array(mut bytes) => {
                    bytes[0] = json!(bytes[0].as_u64().expect("a byte") ^ 1);
                    json!(bytes)
                }
                other => json!([other]),
            };
            for damaged in [cut, flipped] {
                assert_eq!(parse(damaged), Err(Error::Damaged), "{path}");
                changed += 1;
            }
        }
        assert_eq!(changed, 24);
        let mut newer = json;
        newer["version"] = json!(3);
        assert_eq!(parse(newer), Err(Error::NewerVersion));
    }

    #[test]
    fn takes_no_field_of_another_record() {
        let (one, other) = (record().fields(), record().fields());
        for mixed in [
            RecordFields { id: other.id.clone(), ..one.clone() },
            RecordFields { details: other.details.clone(), ..one.clone() },
            RecordFields { sealed: other.sealed.clone(), ..one.clone() },
            RecordFields { wrap: other.wrap.clone(), ..one.clone() },
            RecordFields { digest: other.digest.clone(), ..one.clone() },
            RecordFields { version: 1, ..one.clone() },
            RecordFields { digest: None, ..one.clone() },
        ] {
            assert_eq!(Record::parse(mixed).err(), Some(Error::Damaged));
        }
    }

    #[test]
    fn renews_the_digest_with_the_progress_and_opens_all_the_same() {
        let mut record = record();
        let before = record.fields();
        record.set_progress(r#"{"stage":"issued"}"#.into());
        assert_ne!(record.fields().digest, before.digest);
        let read = Record::parse(record.fields()).expect("a record");
        assert!(open(&read).is_ok());
        let stale = RecordFields { digest: before.digest, ..record.fields() };
        assert_eq!(Record::parse(stale), Err(Error::Damaged));
    }

    #[test]
    fn seals_with_no_passphrase_that_is_too_short() {
        let key = PrivateKey::generate(Algorithm::Ed25519, &mut SysRng).expect("a key");
        let bound = Bound::new("{}".into(), &mut SysRng).expect("randomness");
        let refused = Record::seal_with_passphrase(bound, String::new(), &key, "pass word", &mut SysRng);
        assert!(matches!(refused, Err(Error::Core(_))), "{refused:?}");
    }

    const PASSPHRASE: &str = "correct horse battery staple";
}
