//! The record of an enrollment in the browser's storage (IndexedDB), and its parts as the page reads them.
//!
//! An attacker who can write to the storage can change all readable parts. The immutable ones are bound to the key as
//! associated data. The mutable ones are not, so they are checked against the cluster before they are used.

use std::fmt;

use kube_enroll_core::{Algorithm, Cluster, Timestamp};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeOwned, IntoDeserializer, value::Error as ValueError},
};

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
    /// The time at which the kubeconfig was saved last, by the browser's clock, or `None` before, and in records of
    /// earlier versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub saved_at: Option<Timestamp>,
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
#[serde(rename_all = "camelCase")]
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
    /// The reason why it cannot be read, or `None` if it can. Such a record can only be deleted.
    pub fault: Option<Fault>,
}

/// The reason why a stored enrollment cannot be read. It is shown in words. The worse of two is the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Fault {
    /// A newer version of the page has written it.
    NewerVersion,
    /// It is not as it was written.
    Damaged,
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

    /// Returns what a value that is not known says about its record. Every version writes a name.
    fn fault(&self) -> Option<Fault> {
        match self {
            Self::Known(_) => None,
            Self::Unknown(name) if name.is_empty() => Some(Fault::Damaged),
            Self::Unknown(_) => Some(Fault::NewerVersion),
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

impl StoredEnrollment {
    /// Makes an enrollment of the two parts of its record. One that could not be read is empty, and makes a fault.
    pub fn of_parts(
        id: String,
        details: Option<Details>,
        progress: Option<Progress>,
        has_passphrase: bool,
        lease: Lease,
    ) -> Self {
        let fault = match (&details, &progress) {
            (Some(details), Some(progress)) if !details.request_pem.is_empty() => {
                details.algorithm.fault().max(progress.stage.fault())
            }
            _ => Some(Fault::Damaged),
        };
        Self {
            id,
            details: details.unwrap_or_default(),
            progress: progress.unwrap_or_default(),
            has_passphrase,
            lease,
            fault,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Damaged => "its record is damaged",
            Self::NewerVersion => "it was kept by a newer version of this page: reload",
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn details(algorithm: &str) -> Value {
        json!({"created": 5, "algorithm": algorithm, "user": "jane", "requestPem": "R"})
    }

    fn read(details: &Value, stage: &str) -> StoredEnrollment {
        of_texts(&details.to_string(), &json!({"stage": stage, "name": "jane-aaaaaaaaaa"}).to_string())
    }

    fn of_texts(details: &str, progress: &str) -> StoredEnrollment {
        let (details, progress) = (serde_json::from_str(details).ok(), serde_json::from_str(progress).ok());
        StoredEnrollment::of_parts("i".into(), details, progress, false, Lease::Free)
    }

    #[test]
    fn reads_a_record_of_this_version_without_a_fault() {
        let stored = read(&details("ECDSA-P256"), "submitted");
        assert_eq!(stored.fault, None);
        assert_eq!(stored.details.algorithm, Readable::Known(Algorithm::EcdsaP256));
        assert_eq!(stored.progress.stage, Readable::Known(Stage::Submitted));
    }

    #[test]
    fn guesses_nothing_from_a_key_type_or_a_stage_of_a_newer_version() {
        for (algorithm, stage) in [("ML-DSA-65", "submitted"), ("ECDSA-P256", "renewed")] {
            let stored = read(&details(algorithm), stage);
            assert_eq!(stored.fault, Some(Fault::NewerVersion));
            assert_eq!((stored.details.user.as_str(), stored.progress.name.as_str()), ("jane", "jane-aaaaaaaaaa"));
        }
    }

    #[test]
    fn a_part_that_cannot_be_read_is_damage_and_no_panic() {
        let mut damaged = details("ECDSA-P256");
        damaged["user"] = json!(5);
        assert_eq!(read(&damaged, "submitted").fault, Some(Fault::Damaged));
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        for part in ["", "null", "5", "{}", &format!(r#"{{"stage": {deep}}}"#)] {
            let stored = of_texts(part, "{}");
            assert_eq!((stored.id.as_str(), stored.fault), ("i", Some(Fault::Damaged)), "{part:.20}");
            let stored = of_texts(&details("Ed25519").to_string(), part);
            assert_eq!(stored.fault, Some(Fault::Damaged), "{part:.20}");
        }
    }

    #[test]
    fn crosses_as_it_is() {
        let stored = read(&details("ECDSA-P256"), "renewed");
        let json = serde_json::to_value(&stored).expect("JSON");
        assert_eq!(json["fault"], json!("newerVersion"));
        assert_eq!(json["progress"]["stage"], json!("renewed"));
        assert_eq!(serde_json::from_value::<StoredEnrollment>(json).expect("an enrollment"), stored);
    }
}
