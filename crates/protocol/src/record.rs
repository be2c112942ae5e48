//! The record of an enrollment in the browser's storage (IndexedDB), and its parts as the page reads them.
//!
//! An attacker who can write to the storage can change all readable parts. The immutable ones are bound to the key as
//! associated data. The mutable ones are not, so they are checked against the cluster before they are used.

use kube_enroll_core::{Algorithm, Cluster, Timestamp};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeOwned, IntoDeserializer, value::Error as ValueError},
};

/// An enrollment as it is stored.
#[derive(Debug, Deserialize)]
pub struct Record {
    /// The version of the format: `RECORD_VERSION` of the crate `keys` when it was written.
    pub version: u32,
    /// 32 hexadecimal digits, random.
    pub id: String,
    /// The exact JSON text of [`Details`], to which the key is bound.
    pub details: String,
    /// The private key, encrypted with a data key of the record's own.
    pub sealed: Vec<u8>,
    /// The data key.
    pub wrap: Wrap,
}

/// The wrapped data key of a record. If the browser's key wraps it, `www/room/vault.js` unwraps it, and the fields of
/// Argon2id are 0 and empty.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Wrap {
    /// The kind of key that wraps it.
    pub kind: WrapKind,
    /// Memory of Argon2id in KiB.
    #[serde(default)]
    pub memory_kib: u32,
    /// Passes of Argon2id over that memory.
    #[serde(default)]
    pub iterations: u32,
    /// Salt of Argon2id, 16 bytes.
    #[serde(default)]
    pub salt: Vec<u8>,
    /// The data key, encrypted.
    pub wrapped: Vec<u8>,
}

/// The kind of key that wraps a data key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WrapKind {
    /// A non-extractable key of the browser.
    Browser,
    /// A key that Argon2id derives from a passphrase.
    Passphrase,
}

/// The immutable part of an enrollment. It is readable beside the encrypted key, and bound to it as associated data:
/// after a change the key does not open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Details {
    /// The time at which the key was made, by the browser's clock.
    pub created: Timestamp,
    /// The kind of key.
    pub algorithm: Readable<Algorithm>,
    /// The user (CN).
    pub user: String,
    /// The groups (O).
    pub groups: Vec<String>,
    /// The requested lifetime, in seconds.
    pub expiration_seconds: u32,
    /// The label in the object's name; empty for none.
    pub label: String,
    /// The namespace of the kubeconfig's context; empty for none.
    pub namespace: String,
    /// The cluster of the kubeconfig, or `None` if it was not known then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<Cluster>,
    /// PEM of the PKCS#10 request.
    pub request_pem: String,
    /// SHA-256 of the public key, as `openssl dgst -sha256 -c` prints it.
    pub fingerprint: String,
}

/// The mutable part of an enrollment. It is written while the key is locked, so it is not bound to the key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Progress {
    /// The stage that was reached.
    pub stage: Readable<Stage>,
    /// The name of the Kubernetes object.
    pub name: String,
    /// The object's `metadata.uid`; empty before it is known, as are the next two.
    pub uid: String,
    /// The object's `spec.username`.
    pub username: String,
    /// The object's `metadata.creationTimestamp`, RFC 3339.
    pub creation_timestamp: String,
    /// `reason` of the condition of the approver or the signer: untrusted.
    pub reason: String,
    /// `message` of that condition: untrusted.
    pub message: String,
    /// PEM of the issued chain, so that it outlives the object; empty before.
    pub certificate_pem: String,
    /// The end of that certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Timestamp>,
}

/// The stage that a stored enrollment has reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
pub enum Stage {
    /// The key and the request exist; the object is not known to be in the cluster.
    Prepared,
    /// In the cluster.
    Submitted,
    /// The certificate is here.
    Issued,
    /// An approver has denied it.
    Denied,
    /// The signer could not sign.
    Failed,
    /// No longer in the cluster.
    Gone,
    /// The kubeconfig was saved.
    Saved,
}

/// A value of a set that a later version may extend. It is serialized as its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readable<T> {
    /// A value that this version knows.
    Known(T),
    /// The name of any other value, which a newer version of the page has stored.
    Unknown(String),
}

/// An enrollment in the browser's storage, as it can be read without its key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Crossing", into = "Crossing")]
pub struct StoredEnrollment {
    /// 32 hexadecimal digits.
    pub id: String,
    /// The immutable part.
    pub details: Details,
    /// The mutable part.
    pub progress: Progress,
    /// Its key opens with a passphrase only.
    pub has_passphrase: bool,
    /// The tab that has its lease.
    pub lease: Lease,
    /// The reason why it cannot be read, for people, or `None` if it can. Such a record can only be deleted.
    pub fault: Option<String>,
}

/// The tab that has the lease of an enrollment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Lease {
    /// None.
    #[default]
    Free,
    /// This one.
    Ours,
    /// Another one.
    OtherTab,
}

impl<T> Default for Readable<T> {
    fn default() -> Self {
        Self::Unknown(String::new())
    }
}

impl<T: Copy> Readable<T> {
    /// Returns the value, or `None` where it is unknown.
    pub fn known(&self) -> Option<T> {
        match self {
            Self::Known(value) => Some(*value),
            Self::Unknown(_) => None,
        }
    }
}

impl<T: Serialize> Serialize for Readable<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Known(value) => value.serialize(serializer),
            Self::Unknown(name) => serializer.serialize_str(name),
        }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Readable<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let value: Result<T, ValueError> = T::deserialize(name.as_str().into_deserializer());
        Ok(value.map_or(Self::Unknown(name), Self::Known))
    }
}

impl Stage {
    /// All stages, in their usual order.
    pub const ALL: [Self; 7] =
        [Self::Prepared, Self::Submitted, Self::Issued, Self::Denied, Self::Failed, Self::Gone, Self::Saved];

    /// Returns the name in a record, for example `submitted`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Prepared => "prepared",
            Self::Submitted => "submitted",
            Self::Issued => "issued",
            Self::Denied => "denied",
            Self::Failed => "failed",
            Self::Gone => "gone",
            Self::Saved => "saved",
        }
    }
}

impl From<Stage> for &'static str {
    fn from(stage: Stage) -> Self {
        stage.name()
    }
}

impl TryFrom<String> for Stage {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        Self::ALL.into_iter().find(|stage| stage.name() == name).ok_or("found another name than that of a stage")
    }
}

/// The message form of [`StoredEnrollment`]: both parts are JSON texts, so that one unreadable record does not make the
/// whole listing unreadable.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Crossing {
    id: String,
    details: String,
    progress: String,
    has_passphrase: bool,
    lease: Lease,
    fault: Option<String>,
}

impl From<Crossing> for StoredEnrollment {
    fn from(crossing: Crossing) -> Self {
        let Crossing { id, details, progress, has_passphrase, lease, fault } = crossing;
        let details: Option<Details> = serde_json::from_str(&details).ok();
        let progress: Option<Progress> = serde_json::from_str(&progress).ok();
        let is_known = |details: &Details, progress: &Progress| {
            details.algorithm.known().is_some() && progress.stage.known().is_some()
        };
        let fault = fault.or_else(|| match (&details, &progress) {
            (Some(details), Some(progress)) if is_known(details, progress) => None,
            (Some(_), Some(_)) => Some(NEWER_VERSION.to_owned()),
            _ => Some(DAMAGED.to_owned()),
        });
        let (details, progress) = (details.unwrap_or_default(), progress.unwrap_or_default());
        Self { id, details, progress, has_passphrase, lease, fault }
    }
}

impl From<StoredEnrollment> for Crossing {
    fn from(stored: StoredEnrollment) -> Self {
        let StoredEnrollment { id, details, progress, has_passphrase, lease, fault } = stored;
        let json = "it has only strings, numbers and lists";
        Self {
            id,
            details: serde_json::to_string(&details).expect(json),
            progress: serde_json::to_string(&progress).expect(json),
            has_passphrase,
            lease,
            fault,
        }
    }
}

/// The fault of a record with a key type or stage that this version does not know.
pub const NEWER_VERSION: &str = "it was kept by a newer version of this page: reload";

/// The fault of a record that cannot be parsed.
const DAMAGED: &str = "its record is damaged";

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn details(algorithm: &str) -> Value {
        json!({"created": 5, "algorithm": algorithm, "user": "jane", "requestPem": "R"})
    }

    fn stored(details: &Value, stage: &str) -> Value {
        json!({
            "id": "i", "hasPassphrase": false, "lease": "free", "fault": null,
            "details": details.to_string(),
            "progress": json!({"stage": stage, "name": "jane-aaaaaaaaaa"}).to_string(),
        })
    }

    fn read(value: Value) -> StoredEnrollment {
        serde_json::from_value(value).expect("an enrollment")
    }

    #[test]
    fn reads_a_record_of_this_version_without_a_fault() {
        let stored = read(stored(&details("ECDSA-P256"), "submitted"));
        assert_eq!(stored.fault, None);
        assert_eq!(stored.details.algorithm, Readable::Known(Algorithm::EcdsaP256));
        assert_eq!(stored.progress.stage, Readable::Known(Stage::Submitted));
    }

    #[test]
    fn guesses_nothing_from_a_key_type_or_a_stage_of_a_newer_version() {
        for (algorithm, stage) in [("ML-DSA-65", "submitted"), ("ECDSA-P256", "renewed")] {
            let stored = read(stored(&details(algorithm), stage));
            assert_eq!(stored.fault.as_deref(), Some(NEWER_VERSION));
            assert_eq!((stored.details.user.as_str(), stored.progress.name.as_str()), ("jane", "jane-aaaaaaaaaa"));
        }
    }

    #[test]
    fn a_record_that_cannot_be_read_leaves_the_others_alone() {
        let mut damaged = details("ECDSA-P256");
        damaged["user"] = json!(5);
        let list = json!([stored(&damaged, "submitted"), stored(&details("Ed25519"), "saved")]);
        let list: Vec<StoredEnrollment> = serde_json::from_value(list).expect("a list");
        assert_eq!(list.iter().map(|stored| stored.fault.is_some()).collect::<Vec<_>>(), [true, false]);
        assert_eq!(list[0].id, "i");
        let mut nested = stored(&details("Ed25519"), "saved");
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        nested["details"] = json!(format!(r#"{{"requestPem": "R", "deep": {deep}}}"#));
        assert!(read(nested).fault.is_some());
    }

    #[test]
    fn writes_what_it_reads() {
        let stored = read(stored(&details("ECDSA-P256"), "submitted"));
        assert_eq!(read(serde_json::to_value(&stored).expect("JSON")), stored);
        let unknown: Readable<Stage> = serde_json::from_value(json!("renewed")).expect("a name");
        assert_eq!(serde_json::to_value(unknown).expect("a name"), json!("renewed"));
    }
}
