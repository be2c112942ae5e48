use std::fmt;

use kube_enroll_core::{Algorithm, Cluster, GroupName, Namespace, Timestamp, UserName};
use serde::{Deserialize, Serialize};

use crate::{Details, Passphrase, Progress};

/// A command as it crosses.
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
    /// Writes the key that was made last, encrypted, into the browser's storage, with what is needed to resume its
    /// enrollment. The reply comes once all of it is on the disk. This tab then has the enrollment's lease.
    Store {
        /// What never changes any more.
        details: Box<Details>,
        /// What will.
        progress: Box<Progress>,
        /// Wraps the key; without one, a key of the browser's that it does not hand out.
        passphrase: Option<Passphrase>,
    },
    /// Lists what is stored.
    List,
    /// Acquires the lease of this enrollment, and releases any other: only the tab that has it asks the API about it.
    /// Where another tab has it, this one is next, and hears of it by [`crate::WorkerMessage::Changed`].
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
        /// Replaces what was there.
        progress: Box<Progress>,
    },
    /// Deletes an enrollment, with its key.
    Delete {
        /// [`crate::StoredEnrollment::id`].
        id: String,
    },
    /// Checks the issued certificate against the key and the request, and writes the kubeconfig.
    Assemble(Box<Assemble>),
    /// Shows the kubeconfig with the key in it: only ever sent for a click of the person.
    Reveal,
}

/// All that a kubeconfig is made of, besides the key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Assemble {
    /// PEM of the chain, leaf first; or a text that a person has pasted.
    pub certificate: String,
    /// The cluster that the kubeconfig leads to; without one, all the rest is checked, and then it is missed.
    pub cluster: Option<Cluster>,
    /// The namespace of its context.
    pub namespace: Option<Namespace>,
    /// The lifetime that was asked for, in seconds.
    pub expiration_seconds: u32,
    /// The cluster's time: validity is judged by it.
    pub now: Timestamp,
    /// [`crate::StoredEnrollment::id`] of the enrollment whose key it is, read from the storage where the worker does
    /// not hold it; without one, the key that was made last.
    pub id: Option<String>,
    /// Opens that key, where it was stored with one.
    pub passphrase: Option<Passphrase>,
}

/// What a person has pasted may be anything, a private key too: it is never printed.
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
