use std::rc::Rc;

use kube_enroll_core::{
    CertificateSigningRequest, CertificateSigningRequestList, Cluster, Settings, Status, WatchEvent,
};
use kube_enroll_protocol::{Listing, Passphrase, Reply};

use super::{ClusterForm, Edit, Person, Problem};

/// What happens.
#[derive(Debug)]
pub(crate) enum Event {
    /// The page has started.
    Started,
    /// A person does something.
    User(UserAction),
    /// A call over HTTP is answered.
    Answer(Answer),
    /// The key worker answers a command.
    Reply(Reply),
    /// Another tab has changed what is stored.
    StorageChanged(Listing),
    /// The key worker is not there any more; whatever was commanded has no reply.
    WorkerFailed(WorkerFailure),
    /// An answer of the API has told the cluster's time.
    ClockRead { offset_ms: f64 },
    /// A text was copied, or could not be.
    Copied { block: &'static str, worked: bool },
    /// That has been shown.
    CopyShown,
    /// A second has passed.
    Tick,
    /// The machine is online again, or a person looks at the page again.
    Awake {
        /// It was the network: what was open may be dead and not know it.
        reconnected: bool,
    },
    /// The browser lets this page notify, or not.
    NotificationPermission(bool),
}

impl Event {
    /// Returns what the storage holds, or `None` for an event that does not say.
    pub(super) fn listing(&self) -> Option<&Listing> {
        match self {
            Self::Reply(reply) => reply.listing(),
            Self::StorageChanged(listing) => Some(listing),
            _ => None,
        }
    }
}

/// What a person does. Some of it is secret, so it is never printed.
#[derive(Clone, PartialEq)]
pub(crate) enum UserAction {
    Edit(Edit),
    Create,
    Cancel,
    EditCluster(Box<ClusterForm>),
    UseCluster,
    Retry,
    Resubmit,
    /// Go back to the form. What is stored stays.
    Restart,
    /// Resume what is stored under this id.
    Resume(String),
    /// Delete what is stored under this id.
    Delete(String),
    /// Save the request that is stored under this id.
    Export(String),
    /// Delete the key of the enrollment that is shown, and begin again.
    Forget,
    /// Continue though nothing is stored.
    ContinueUnstored,
    /// Continue without the API.
    Manual,
    Paste(String),
    /// The same, from a file that was chosen or dropped.
    PasteFile(String),
    UsePasted,
    SaveManifest,
    /// Fill in the cluster from a kubeconfig.
    PasteKubeconfig(String),
    Passphrase(Rc<Passphrase>),
    Unlock,
    Notify,
    NameFile(String),
    Reveal,
    Hide,
    Save,
    Copy {
        block: &'static str,
        text: String,
    },
}

impl std::fmt::Debug for UserAction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UserAction")
    }
}

/// What came of a [`super::Call`]. `None` in place of an object: there is none of that name.
#[derive(Debug)]
pub(crate) enum Answer {
    Settings(Result<Box<Settings>, Problem>),
    Whoami(Result<Box<Person>, Problem>),
    ClusterInfo(Option<Box<Cluster>>),
    Created(Result<Box<CertificateSigningRequest>, Failure>),
    Adopted(Result<Option<Box<CertificateSigningRequest>>, Failure>),
    Listed(Result<Box<CertificateSigningRequestList>, Failure>),
    /// Bytes came on the watch, which completed these events.
    Watched(Vec<WatchEvent>),
    WatchEnded(Option<Failure>),
    Read(Result<Option<Box<CertificateSigningRequest>>, Failure>),
}

/// The reason why there is no answer of use.
#[derive(Debug, PartialEq)]
pub(crate) enum Failure {
    /// A front proxy's session has ended: it answers 401, a page, or a redirect.
    SignIn,
    /// The API server or the proxy has refused.
    Refused(Box<Status>),
    /// Something answered that is no Kubernetes API, with this HTTP status.
    NoApi(u16),
    /// Nothing came, or nothing that an API server says: another try may help.
    Unreachable { reason: String, retry_after_ms: f64 },
}

/// The reason why the key worker does not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum WorkerFailure {
    /// It could not be loaded.
    Loading(String),
    /// It broke down; what it held is lost.
    Panicked(String),
}
