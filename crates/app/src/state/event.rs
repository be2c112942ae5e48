use std::rc::Rc;

use kube_enroll_core::{
    CertificateSigningRequest, CertificateSigningRequestList, Cluster, Settings, Status, WatchEvent,
};
use kube_enroll_protocol::{Listing, Passphrase, Reply};

use super::{ClusterForm, Edit, Person, Problem};

/// An event.
#[derive(Debug)]
pub(crate) enum Event {
    /// The page has started.
    Started,
    /// An action of the person.
    User(UserAction),
    /// A call over HTTP is answered.
    Answer(Answer),
    /// The key worker answers a command.
    Reply(Reply),
    /// Another tab has changed what is stored.
    StorageChanged(Listing),
    /// The key worker has ended; pending commands have no reply.
    WorkerFailed(WorkerFailure),
    /// An answer of the API had a `Date`: the cluster's clock minus the browser's.
    ClockRead { offset_ms: f64 },
    /// A text was copied, or could not be.
    Copied { block: &'static str, worked: bool },
    /// The result of copying has been shown.
    CopyShown,
    /// A second has passed.
    Tick,
    /// The network is back, or the tab is visible again.
    Awake {
        /// The network was lost: open connections may be dead without an error.
        reconnected: bool,
    },
    /// The browser lets this page notify, or not.
    NotificationPermission(bool),
}

impl Event {
    /// Returns the content of the storage, or `None` for an event without it.
    pub(super) fn listing(&self) -> Option<&Listing> {
        match self {
            Self::Reply(reply) => reply.listing(),
            Self::StorageChanged(listing) => Some(listing),
            _ => None,
        }
    }
}

/// An action of the person. Some are secret, so `Debug` omits their content.
#[derive(Clone, PartialEq)]
pub(crate) enum UserAction {
    Edit(Edit),
    Create,
    Cancel,
    /// Load the page again.
    Reload,
    EditCluster(Box<ClusterForm>),
    UseCluster,
    Retry,
    Resubmit,
    /// Go back to the form. A stored enrollment stays stored.
    Restart,
    /// Resume the enrollment with this id.
    Resume(String),
    /// Delete the enrollment with this id.
    Delete(String),
    /// Save the request of the enrollment with this id.
    Export(String),
    /// Fill in the form as it was for the enrollment with this id.
    Again(String),
    /// Go back to the form, filled in as it was for the enrollment that is shown.
    BackToForm,
    /// The same, and delete the key of that enrollment.
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
    /// Hand a text to the system's share sheet.
    Share(String),
}

impl std::fmt::Debug for UserAction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UserAction")
    }
}

/// The answer to a [`super::Call`]. An object is `None` if there is none of its name.
#[derive(Debug)]
pub(crate) enum Answer {
    Settings(Result<Box<Settings>, Problem>),
    /// There is no `config.json`.
    NoSettings,
    Whoami(Result<Box<Person>, Problem>),
    /// The API has answered as waiting needs it, or has not.
    Probed(Result<(), Failure>),
    ClusterInfo(Option<Box<Cluster>>),
    Created(Result<Box<CertificateSigningRequest>, Failure>),
    Adopted(Result<Option<Box<CertificateSigningRequest>>, Failure>),
    Listed(Result<Box<CertificateSigningRequestList>, Failure>),
    /// Bytes came on the watch, which completed these events.
    Watched(Vec<WatchEvent>),
    WatchEnded(Option<Failure>),
    Read(Result<Option<Box<CertificateSigningRequest>>, Failure>),
}

/// The reason why a call failed.
#[derive(Debug, PartialEq)]
pub(crate) enum Failure {
    /// A front proxy's session has ended: it answers 401, a page, or a redirect.
    SignIn,
    /// A page of something between the browser and the API has refused the call, a firewall for example; its HTTP
    /// status.
    Blocked(u16),
    /// The browser has sent nothing, since the page's policy refuses the address, or it is none; the reason.
    NotSent(String),
    /// The API server or the proxy has refused the call.
    Refused(Box<Status>),
    /// The response is not of a Kubernetes API; its HTTP status.
    NoApi(u16),
    /// No response, or none of an API server: a retry may help.
    Unreachable { reason: String, retry_after_ms: f64 },
}

/// The reason why the key worker does not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum WorkerFailure {
    /// The worker could not be loaded.
    Loading(String),
    /// The worker could not be loaded, since a policy refuses it.
    Blocked(String),
    /// The worker has panicked, and its key is lost.
    Panicked(String),
    /// The worker is of another build than the page, which understands no message of it.
    OtherBuild(String),
}
