//! The messages between the page and the key worker, and the record of an enrollment that is stored. Both sides compile
//! them.
//!
//! A private key is in none of them. The message of [`Reply::Assemble`] also carries the kubeconfig as a `Blob` named
//! `file`, which serde does not see: the page can save it without reading it.

mod command;
mod passphrase;
mod record;
mod reply;

pub use command::{Assemble, Command, CommandMessage};
pub use passphrase::Passphrase;
pub use record::{Details, Fault, Lease, Progress, Readable, Stage, StoredEnrollment};
pub use reply::{Assembled, BuildId, Failure, GeneratedKey, Listing, Reply, ReplyMessage, Validity, WorkerMessage};
