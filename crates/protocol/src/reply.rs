use kube_enroll_core::{CertificateSummary, ClusterChange, Difference, ErrorCode, Timestamp};
use serde::{Deserialize, Serialize};

use crate::StoredEnrollment;

/// A message of the worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WorkerMessage {
    /// The module has started, and takes commands.
    Ready(BuildId),
    /// The answer to one command.
    Reply(ReplyMessage),
    /// Another tab has changed the storage, or this tab's lease has changed.
    Changed(Listing),
    /// The worker has panicked and lost its key: the page ends it and starts a new one. The message is for people.
    Panicked(String),
}

/// The build of a module. Page and worker are built together and understand no messages of another build: the page says
/// so, and sends none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildId {
    /// The version of the messages: 1.
    pub protocol: u32,
    /// The digest of the sources, or `dev` where `make page` did not build them.
    pub build: String,
}

impl BuildId {
    /// Returns that of the module which this is compiled into.
    pub fn own() -> Self {
        Self { protocol: 1, build: option_env!("KUBE_ENROLL_BUILD").unwrap_or("dev").into() }
    }
}

/// The message of one reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyMessage {
    /// [`crate::CommandMessage::id`] of the command.
    pub id: u32,
    /// The reply.
    pub reply: Reply,
}

/// The answer to the [`crate::Command`] of the same name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Reply {
    /// The request is made.
    Generate(Result<GeneratedKey, Failure>),
    /// The enrollment is on the disk under this id, [`StoredEnrollment::id`]; or it could not be written, and the
    /// worker holds its key all the same.
    Store(Result<String, Failure>),
    /// The stored enrollments.
    List(Listing),
    /// The stored enrollments, with the present lease.
    Acquire(Result<Listing, Failure>),
    /// The stored enrollments.
    Release(Result<Listing, Failure>),
    /// The stored enrollments, with the new progress, or the failure to write it.
    Update(Result<Listing, Failure>),
    /// The stored enrollments, without the deleted one.
    Delete(Result<Listing, Failure>),
    /// The checked certificate.
    Assemble(Result<Box<Assembled>, Failure>),
    /// The kubeconfig with the key in it, as YAML.
    Reveal(Result<String, Failure>),
    /// The kubeconfig is in the message's `file`, a `Blob`.
    Save(Result<(), Failure>),
    /// The message was no command.
    Invalid(Result<(), Failure>),
}

impl Reply {
    /// Returns the content of the storage, or `None` for a reply without it.
    pub fn listing(&self) -> Option<&Listing> {
        match self {
            Self::List(listing) => Some(listing),
            Self::Acquire(result) | Self::Release(result) | Self::Update(result) | Self::Delete(result) => {
                result.as_ref().ok()
            }
            Self::Generate(_)
            | Self::Store(_)
            | Self::Assemble(_)
            | Self::Reveal(_)
            | Self::Save(_)
            | Self::Invalid(_) => None,
        }
    }
}

/// The reason why a command could not be carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// For programs.
    pub code: ErrorCode,
    /// For people.
    pub message: String,
    /// The times of a certificate that is not valid now, to be shown in the reader's time zone; `None` for any other
    /// failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validity: Option<Validity>,
}

/// The times of a certificate that is not valid now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Validity {
    /// The begin.
    pub not_before: Timestamp,
    /// The end.
    pub not_after: Timestamp,
    /// The time at which it was checked: the cluster's, or the browser's where nobody was asked.
    pub now: Timestamp,
}

/// A key that was made: its public half.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GeneratedKey {
    /// PEM of the PKCS#10 request.
    pub request_pem: String,
    /// SHA-256 of the public key, as `openssl dgst -sha256 -c` prints it.
    pub fingerprint: String,
}

/// The content of the browser's storage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Listing {
    /// All enrollments, the oldest first; none where storage is refused.
    pub enrollments: Vec<StoredEnrollment>,
    /// The reason why this browser stores nothing for this page, for people, or `None` if it does.
    pub refused: Option<String>,
    /// The browser can wrap a key with one of its own (`crypto.subtle`, which plain HTTP lacks).
    pub wraps_keys: bool,
}

/// An issued and checked certificate, and the kubeconfig with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Assembled {
    /// The kubeconfig, with a sentence in the key's place.
    pub preview: String,
    /// PEM of the chain, leaf first, as extracted from [`crate::Assemble::certificate`].
    pub certificate_pem: String,
    /// The certificate.
    pub certificate: CertificateSummary,
    /// The differences between the certificate and the request.
    pub differences: Vec<Difference>,
    /// The changes of the cluster since the key was stored, or `None` if there are none.
    pub cluster_change: Option<ClusterChange>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reply_names_its_command_and_its_number() {
        for (message, json) in [
            (Reply::Store(Ok("i".into())), json!({"reply": {"id": 7, "reply": {"store": {"Ok": "i"}}}})),
            (
                Reply::Reveal(Err(Failure { code: ErrorCode::OutOfOrder, message: "m".into(), validity: None })),
                json!({"reply": {"id": 7, "reply": {"reveal": {"Err": {"code": "out-of-order", "message": "m"}}}}}),
            ),
        ] {
            let message = WorkerMessage::Reply(ReplyMessage { id: 7, reply: message });
            assert_eq!(serde_json::to_value(&message).expect("JSON"), json);
            assert_eq!(serde_json::from_value::<WorkerMessage>(json).expect("a message"), message);
        }
    }

    #[test]
    fn the_first_message_names_protocol_and_build() {
        let json = serde_json::to_value(WorkerMessage::Ready(BuildId::own())).expect("JSON");
        assert_eq!(json, json!({"ready": {"protocol": 1, "build": "dev"}}));
    }
}
