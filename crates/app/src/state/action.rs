//! What can happen to the page, what a person can do, and what is then to be done.

use kube_enroll_core::{
    CertificateSigningRequest, CertificateSigningRequestList, Cluster, ObjectName, Settings, Status, WatchEvent,
    room::{Message, Reply},
};

use super::{ClusterForm, Edit, Person, Problem};

/// What happens.
pub(crate) enum Action {
    Began,
    Did(Act),
    Answered(Answer),
    Replied(Result<Reply, RoomTrouble>),
    /// An answer of the API has told the cluster's time.
    ClockRead {
        offset_ms: f64,
    },
    Copied {
        block: &'static str,
        worked: bool,
    },
    CopyShown,
    /// A second has passed.
    Tick,
    /// The machine is online again, or a person looks at the page again.
    Awake {
        /// It was the network: what was open may be dead and not know it.
        reconnected: bool,
    },
    /// The browser lets this page notify, or not.
    Notifies(bool),
}

/// What a person does; some of it is secret, so it is never printed.
#[derive(Clone)]
pub(crate) enum Act {
    Edit(Edit),
    Create,
    Cancel,
    EditCluster(Box<ClusterForm>),
    UseCluster,
    Retry,
    Resubmit,
    /// Back to the form. What is kept stays.
    Restart,
    /// Go on with what is kept under this id.
    Take(String),
    /// Delete what is kept under this id.
    Drop(String),
    /// Save the request that is kept under this id.
    Export(String),
    /// Delete the key of the enrollment that is shown, and begin again.
    Forget,
    /// Go on though nothing is kept.
    GoOn,
    /// Go on without the API.
    Manual,
    Paste(String),
    /// The same, from a file that was chosen or dropped.
    Bring(String),
    UsePasted,
    SaveManifest,
    TakeCluster(String),
    Passphrase(String),
    Unlock,
    Notify,
    NameFile(String),
    Show,
    Hide,
    Save,
    Copy {
        block: &'static str,
        text: String,
    },
}

/// What the page asks over HTTP.
#[derive(Debug, PartialEq)]
pub(crate) enum Call {
    Settings,
    /// Who is signed in.
    Whoami,
    ClusterInfo,
    Create(Box<CertificateSigningRequest>),
    /// Read what has the name already.
    Adopt(ObjectName),
    List(ObjectName),
    /// Watch from the list's version on; ends any earlier watch.
    Watch(ObjectName, String),
    Read(ObjectName),
}

/// What came back. Nothing in place of an object: there is none of that name.
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

/// Why there is no answer of use.
#[derive(Debug, PartialEq)]
pub(crate) enum Failure {
    /// A front proxy's session has ended: it answers 401, a page, or a redirect.
    SignIn,
    /// The API server or the proxy said no.
    Refused(Box<Status>),
    /// Something answered that is no Kubernetes API, with this HTTP status.
    NoApi(u16),
    /// Nothing came, or nothing that an API server says: another try may help.
    Unreachable { reason: String, retry_after_ms: f64 },
}

/// The room did not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RoomTrouble {
    /// It could not be loaded.
    Loading(String),
    /// It broke down; what it held is lost.
    Panicked(String),
}

/// What is to be done.
#[derive(Debug, PartialEq)]
pub(crate) enum Effect {
    Call(Call),
    /// Ask the API at this base from now on.
    UseApi(String),
    /// Drop every call that is under way.
    StopCalls,
    Ask(Box<Message>),
    /// End the room with all that it holds, and make a new one.
    EndRoom,
    Copy {
        block: &'static str,
        text: String,
    },
    /// Save the kubeconfig under this name.
    Save(String),
    /// Save a text that is no secret.
    SaveText {
        name: String,
        text: String,
    },
    Focus(String),
    /// Ask whether this page may notify.
    AskToNotify,
    /// Notify of this, if nobody looks at the page.
    Notify(&'static str),
}

/// What an action finds around it: `reduce` reads no clock and draws no random numbers by itself.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Around {
    /// The browser's clock.
    pub now_ms: f64,
    /// Fresh random bytes, or nothing where the browser refuses them.
    pub random: Option<[u8; 7]>,
}
