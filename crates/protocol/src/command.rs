use std::fmt;

use kube_enroll_core::{Algorithm, Cluster, GroupName, Namespace, Timestamp, UserName};
use serde::{Deserialize, Serialize};

use crate::{Details, Passphrase, Progress};

/// The message of one command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandMessage {
    /// The number that the reply names: 1 and up, each used once in a worker's life.
    pub id: u32,
    /// The command.
    pub command: Command,
}

/// A command of the page. The worker carries them out one after the other, and answers each with exactly one
/// [`crate::Reply`] of the same name. A command that fails changes nothing of what the worker holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Command {
    /// Makes a key and a request; the key replaces any earlier one.
    Generate {
        /// The kind of key.
        algorithm: Algorithm,
        /// The user (CN).
        user: UserName,
        /// The groups (O).
        groups: Vec<GroupName>,
    },
    /// Writes the key that was made last, encrypted, into the browser's storage, with all data that its enrollment is
    /// resumed from. The reply comes once all of it is on the disk. This tab then has the enrollment's lease.
    Store {
        /// The immutable part of the record.
        details: Box<Details>,
        /// The mutable part of the record.
        progress: Box<Progress>,
        /// The passphrase that wraps the key; `None` for a non-extractable key of the browser.
        passphrase: Option<Passphrase>,
    },
    /// Lists the stored enrollments.
    List,
    /// Acquires the lease of this enrollment, and releases any other: only the tab that has it calls the API about it.
    /// If another tab has it, this one waits, and is notified by [`crate::WorkerMessage::Changed`].
    Acquire {
        /// [`crate::StoredEnrollment::id`].
        id: String,
    },
    /// Releases the lease that is held, and wipes its key from memory.
    Release,
    /// Writes an enrollment's progress.
    Update {
        /// [`crate::StoredEnrollment::id`].
        id: String,
        /// The new progress, which replaces the stored one.
        progress: Box<Progress>,
    },
    /// Deletes an enrollment, with its key.
    Delete {
        /// [`crate::StoredEnrollment::id`].
        id: String,
    },
    /// Checks the issued certificate against the key and the request, and writes the kubeconfig.
    Assemble(Box<Assemble>),
    /// Returns the kubeconfig with the key in it. It is only sent for a click.
    Reveal,
    /// Returns the kubeconfig as a file. It is only sent for a click.
    Save,
}

/// The inputs of a kubeconfig, except the private key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Assemble {
    /// PEM of the chain, leaf first, or a pasted text.
    pub certificate: String,
    /// The cluster of the kubeconfig; if it is `None`, everything else is checked first, and then
    /// `ErrorCode::ClusterMissing` is returned.
    pub cluster: Option<Cluster>,
    /// The namespace of its context.
    pub namespace: Option<Namespace>,
    /// The requested lifetime, in seconds.
    pub expiration_seconds: u32,
    /// The cluster's time, which validity is checked against.
    pub now: Timestamp,
    /// [`crate::StoredEnrollment::id`] of the enrollment whose key is used, read from the storage if the worker does
    /// not hold it; `None` for the key that was made last.
    pub id: Option<String>,
    /// The passphrase of a key that was stored with one.
    pub passphrase: Option<Passphrase>,
}

/// Omits the certificate, which may be a pasted private key, and the passphrase.
impl fmt::Debug for Assemble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assemble")
            .field("cluster", &self.cluster)
            .field("namespace", &self.namespace)
            .field("expiration_seconds", &self.expiration_seconds)
            .field("now", &self.now)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
