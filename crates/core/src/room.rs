//! The messages between the page and the key's room. The page and the room compile the same types.
//!
//! A private key is in none of them. Where the kubeconfig is ready, the reply's JavaScript object also carries it as a
//! `Blob` named `file`, which serde does not see: the page can save it without reading it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Algorithm, Cluster, Timestamp};

/// What the page asks of the room, one at a time: each message gets exactly one [`Reply`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Message {
    /// Make a key and a request; the key replaces any earlier one.
    Generate {
        /// The kind of key.
        algorithm: Algorithm,
        /// The user (CN).
        user: String,
        /// The groups (O).
        groups: Vec<String>,
    },
    #[cfg(feature = "storage")]
    /// Write the key that was made last, encrypted, into the browser's storage, with what is needed to go on with it.
    /// Answered with [`Reply::Kept`] once it is on the disk, or [`Reply::NotKept`]. This tab then owns the enrollment.
    Keep {
        /// What does not change any more.
        details: Box<Details>,
        /// What will.
        progress: Box<Progress>,
        /// Wraps the key; empty means a key of the browser's that it does not hand out.
        passphrase: String,
    },
    #[cfg(feature = "storage")]
    /// Say what is kept. Answered with [`Reply::Listed`], as are the next three.
    List,
    #[cfg(feature = "storage")]
    /// Own the enrollment of this id: only the tab that does asks the API about it. Where another tab has it, this one is
    /// next, and hears of it by a list.
    Own {
        /// [`Kept::id`]; empty lets go of the one that is owned, and wipes its key from memory.
        id: String,
    },
    #[cfg(feature = "storage")]
    /// Write down where an enrollment stands.
    Note {
        /// [`Kept::id`].
        id: String,
        /// Takes the place of what was there.
        progress: Box<Progress>,
    },
    #[cfg(feature = "storage")]
    /// Delete an enrollment, with its key.
    Forget {
        /// [`Kept::id`].
        id: String,
    },
    /// Check the issued certificate against the key and the request, and write the kubeconfig.
    Assemble {
        /// PEM of the chain, leaf first; or a text that a person pasted, see [`crate::pasted`].
        certificate: String,
        /// Where the kubeconfig leads.
        cluster: Cluster,
        /// The namespace of its context; empty means none.
        namespace: String,
        /// The lifetime that was asked for.
        expiration_seconds: u32,
        /// The cluster's time, in seconds since 1970: validity is judged by it.
        now: Timestamp,
        /// [`Kept::id`] of the enrollment whose key it is, read from storage where the room does not hold it; empty means
        /// the key that was made last.
        id: String,
        /// Opens that key, where it was kept with one.
        passphrase: String,
    },
    /// Show the kubeconfig with the key in it: only ever sent for a click of the person.
    Reveal,
}

/// A passphrase, or what a person has pasted, is never printed.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Message")
    }
}

/// What the room answers. [`Reply::Listed`] also comes unasked, when another tab has changed what is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Reply {
    /// The request is made.
    Generated {
        /// PEM of the PKCS#10 request.
        request_pem: String,
        /// SHA-256 of the public key, as `openssl dgst -sha256 -c` prints it.
        fingerprint: String,
    },
    #[cfg(feature = "storage")]
    /// The enrollment is on the disk.
    Kept {
        /// Its name from now on: 32 hexadecimal digits, random.
        id: String,
    },
    #[cfg(feature = "storage")]
    /// The enrollment could not be written; the room still holds the key.
    NotKept {
        /// For people.
        reason: String,
    },
    #[cfg(feature = "storage")]
    /// All that is kept, the oldest first.
    Listed {
        /// Empty where storage is refused.
        kept: Vec<Kept>,
        /// Why this browser keeps nothing for this page; empty where it does.
        refused: String,
        /// The browser can wrap a key with one of its own (`crypto.subtle`, which plain HTTP lacks).
        wraps: bool,
    },
    /// The certificate is the one that was asked for; the file is in the reply's `file`.
    Assembled(Assembled),
    /// The kubeconfig with the key in it.
    Revealed {
        /// YAML.
        kubeconfig: String,
    },
    /// The message could not be carried out; what the room holds is unchanged.
    Failed {
        /// [`crate::Error::code`].
        code: String,
        /// For people.
        message: String,
    },
}

/// What of an enrollment never changes. It is kept readable beside its encrypted key, and bound to it as associated data:
/// whoever changes it makes the key unreadable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Details {
    /// When the key was made, by the browser's clock.
    pub created: Timestamp,
    /// The kind of key.
    pub algorithm: Algorithm,
    /// The user (CN).
    pub user: String,
    /// The groups (O).
    pub groups: Vec<String>,
    /// The lifetime that was asked for.
    pub expiration_seconds: u32,
    /// The label in the object's name; empty means none.
    pub label: String,
    /// The namespace of the kubeconfig's context; empty means none.
    pub namespace: String,
    /// Where the kubeconfig will lead, as far as it was known then.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cluster: Option<Cluster>,
    /// PEM of the PKCS#10 request.
    pub request_pem: String,
    /// SHA-256 of the public key, as `openssl dgst -sha256 -c` prints it.
    pub fingerprint: String,
}

/// Where a kept enrollment stands. It changes while the key is locked, so it is not bound to the key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Progress {
    /// How far it has come.
    pub stage: Stage,
    /// The name of the Kubernetes object.
    pub name: String,
    /// The object's `metadata.uid`; empty before it is known, as are the next two.
    pub uid: String,
    /// The object's `spec.username`.
    pub username: String,
    /// The object's `metadata.creationTimestamp`, RFC 3339.
    pub creation_timestamp: String,
    /// What somebody wrote into the decision: untrusted.
    pub reason: String,
    /// What somebody wrote into the decision: untrusted.
    pub message: String,
    /// PEM of the issued chain, so that it outlives the object; empty before.
    pub certificate_pem: String,
    /// When that certificate ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Timestamp>,
}

/// How far a kept enrollment has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    /// Not yet known to be in the cluster.
    #[default]
    Prepared,
    /// In the cluster.
    Submitted,
    /// The certificate is here.
    Issued,
    /// Somebody said no.
    Denied,
    /// The signer could not sign.
    Failed,
    /// No longer in the cluster.
    Gone,
    /// The kubeconfig was saved.
    Saved,
}

impl Stage {
    /// All of them, in the order in which they are mostly reached.
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

/// An enrollment in the browser's storage, as it can be read without its key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Kept {
    /// 32 hexadecimal digits.
    pub id: String,
    /// What never changes.
    pub details: Details,
    /// What does.
    pub progress: Progress,
    /// Its key opens with a passphrase only.
    pub has_passphrase: bool,
    /// Which tab goes on with it.
    pub owner: Owner,
    /// Why it cannot be read; empty where it can. It is kept all the same.
    pub fault: String,
}

/// Which tab goes on with an enrollment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Owner {
    /// None.
    #[default]
    Nobody,
    /// The one that reads this.
    Us,
    /// Another one.
    Other,
}

/// What an issued and checked certificate says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Assembled {
    /// The kubeconfig, with a sentence in the key's place.
    pub preview: String,
    /// PEM of the chain, leaf first, as it was found in what was handed in.
    pub certificate_pem: String,
    /// The certificate.
    pub certificate: CertificateSummary,
    /// Seconds asked for, where the signer gave others.
    pub differences: Vec<Difference>,
}

/// The fields of a certificate that a person wants to see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateSummary {
    /// CN of the subject.
    pub user: String,
    /// O of the subject, in the certificate's order.
    pub groups: Vec<String>,
    /// Who signed, as RFC 4514 writes a name.
    pub issuer: String,
    /// Hexadecimal.
    pub serial_number: String,
    /// Begin of validity.
    pub not_before: Timestamp,
    /// End of validity.
    pub not_after: Timestamp,
}

/// Where the certificate is not quite what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Difference {
    /// The signer cut the lifetime.
    ShorterLifetime {
        /// Seconds asked for.
        asked_seconds: i64,
        /// Seconds from now to the end.
        issued_seconds: i64,
    },
    /// The signer gave more than was asked for.
    LongerLifetime {
        /// Seconds asked for.
        asked_seconds: i64,
        /// Seconds from now to the end.
        issued_seconds: i64,
    },
}
