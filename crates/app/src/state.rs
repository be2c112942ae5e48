//! What the page is in, what can happen to it, and what it then wants done.

mod cluster_info;
mod enrollment;
mod form;
mod lookout;
mod problem;
mod reduce;
#[cfg(test)]
mod tests;

use kube_enroll_core::{
    CertificateSigningRequest, CertificateSigningRequestList, Cluster, ObjectName, Policy, Settings, Status,
    WatchEvent,
    room::{Assembled, Message, Reply},
};

pub(crate) use cluster_info::cluster_of_kubeconfig;
pub(crate) use enrollment::{ClusterForm, Enrollment, Said};
pub(crate) use form::{CUSTOM, Choice, Edit, Faults, Form, Options, Unit, in_words, presets};
pub(crate) use lookout::{Connection, Lookout};
pub(crate) use problem::Problem;

/// Everything that the view shows.
pub(crate) struct Page {
    pub settings: Settings,
    /// From the settings, from `kube-public/cluster-info`, or typed in.
    pub cluster: Option<Cluster>,
    pub place: Place,
    /// Kept through all states, so that a person can begin again with the same details.
    pub form: Form,
    /// The cluster's clock minus the browser's, as the API's answers say.
    pub clock_offset_ms: f64,
    /// What the last action found around it.
    pub around: Around,
    /// The block that was copied last, and whether that worked; for a moment.
    pub copied: Option<(&'static str, bool)>,
    pub state: State,
    /// What the action that is being taken wants done.
    effects: Vec<Effect>,
}

/// Where the page runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// HTTPS or this machine: nobody on the path can change the page.
    pub secure: bool,
    /// The page itself comes from this machine.
    pub local: bool,
}

/// Where an enrollment stands. An enrollment that was resumed enters at `Submitting`, `Waiting` or `Verifying`.
#[derive(Debug, PartialEq)]
pub(crate) enum State {
    Loading,
    Editing {
        /// Somebody pressed the button, so that empty fields are worth a word.
        tried: bool,
    },
    Generating {
        options: Box<Options>,
        since_ms: f64,
    },
    Submitting {
        enrollment: Box<Enrollment>,
        since_ms: f64,
        delivery: Box<Delivery>,
    },
    Waiting {
        enrollment: Box<Enrollment>,
        decision: Decision,
        lookout: Box<Lookout>,
    },
    Verifying {
        enrollment: Box<Enrollment>,
        certificate_pem: String,
        /// Asked of the person where nothing else says which cluster this is.
        cluster: Option<Box<ClusterForm>>,
    },
    Issued(Box<Issued>),
    Denied {
        enrollment: Box<Enrollment>,
        said: Said,
    },
    Failed {
        enrollment: Box<Enrollment>,
        said: Said,
    },
    Gone {
        enrollment: Box<Enrollment>,
        why: Gone,
    },
    /// A front proxy wants its session renewed.
    SignIn {
        enrollment: Box<Enrollment>,
        then: Then,
    },
    /// The certificate is not the one that was asked for; nothing was saved.
    Refused {
        enrollment: Box<Enrollment>,
        certificate_pem: String,
        code: String,
        message: String,
    },
    Error {
        problem: Box<Problem>,
        retry: Retry,
    },
}

/// The six steps that a person sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Identify,
    Generate,
    Submit,
    Wait,
    Verify,
    Save,
}

/// How creating the object goes.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Delivery {
    pub tries: usize,
    /// When the next try is due; nothing while one is under way.
    pub again_ms: Option<f64>,
    /// Why the last try failed.
    pub trouble: String,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Decision {
    Pending,
    /// Approved, and not signed yet.
    Approved {
        since_ms: f64,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gone {
    /// There is no object of that name.
    Absent { was_approved: bool },
    /// Somebody else's object has that name.
    Other,
}

/// What goes on after signing in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    Submit,
    Wait,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Issued {
    pub enrollment: Enrollment,
    pub certificate_pem: String,
    pub assembled: Assembled,
    pub file_name: String,
    pub shown: Shown,
    pub saved: bool,
}

/// The text with the private key.
#[derive(PartialEq, Eq)]
pub(crate) enum Shown {
    No,
    Asked,
    Yes(String),
    Failed(String),
}

/// The text holds the key, so it is never printed.
impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shown")
    }
}

/// What the button of an error does.
#[derive(Debug, PartialEq)]
pub(crate) enum Retry {
    /// Load the settings again.
    Load,
    /// Make a key again with the same details.
    Generate(Box<Options>),
    /// Send the same request again, under the same name.
    Submit(Box<Enrollment>),
    /// Send the same request under a new name, since somebody else has this one.
    Rename(Box<Enrollment>),
}

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
    Awake,
}

/// What a person does.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Edit(Edit),
    Create,
    Cancel,
    EditCluster(Box<ClusterForm>),
    UseCluster,
    Retry,
    Resubmit,
    Restart,
    NameFile(String),
    Show,
    Hide,
    Save,
    Copy { block: &'static str, text: String },
}

/// What the page asks over HTTP.
#[derive(Debug, PartialEq)]
pub(crate) enum Call {
    Settings,
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
    Focus(String),
}

/// What an action finds around it: `reduce` reads no clock and draws no random numbers by itself.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Around {
    /// The browser's clock.
    pub now_ms: f64,
    /// Fresh random bytes, or nothing where the browser refuses them.
    pub random: Option<[u8; 7]>,
}

impl Page {
    /// Makes the page as it is before anything is loaded.
    pub(crate) fn new(place: Place, form: Form) -> Self {
        Self {
            settings: Settings::default(),
            cluster: None,
            place,
            form,
            clock_offset_ms: 0.0,
            around: Around::default(),
            copied: None,
            state: State::Loading,
            effects: vec![],
        }
    }

    pub(crate) fn policy(&self) -> &Policy {
        &self.settings.policy
    }
}

impl State {
    /// Names the state for tests and styles.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Loading => "loading",
            Self::Editing { .. } => "editing",
            Self::Generating { .. } => "generating",
            Self::Submitting { .. } => "submitting",
            Self::Waiting { decision: Decision::Pending, .. } => "waiting",
            Self::Waiting { decision: Decision::Approved { .. }, .. } => "approved",
            Self::Verifying { .. } => "verifying",
            Self::Issued(_) => "issued",
            Self::Denied { .. } => "denied",
            Self::Failed { .. } => "failed",
            Self::Gone { .. } => "gone",
            Self::SignIn { .. } => "signin",
            Self::Refused { .. } => "refused",
            Self::Error { .. } => "error",
        }
    }

    pub(crate) fn step(&self) -> Step {
        match self {
            Self::Loading | Self::Editing { .. } | Self::Error { retry: Retry::Load, .. } => Step::Identify,
            Self::Generating { .. } | Self::Error { retry: Retry::Generate(_), .. } => Step::Generate,
            Self::Submitting { .. } | Self::SignIn { then: Then::Submit, .. } | Self::Error { .. } => Step::Submit,
            Self::Waiting { .. }
            | Self::Denied { .. }
            | Self::Failed { .. }
            | Self::Gone { .. }
            | Self::SignIn { then: Then::Wait, .. } => Step::Wait,
            Self::Verifying { .. } | Self::Refused { .. } => Step::Verify,
            Self::Issued(_) => Step::Save,
        }
    }

    /// Tells whether leaving the page now loses a key that could still become a kubeconfig.
    pub(crate) fn holds_a_key(&self) -> bool {
        match self {
            Self::Submitting { .. }
            | Self::Waiting { .. }
            | Self::Verifying { .. }
            | Self::Gone { .. }
            | Self::SignIn { .. }
            | Self::Refused { .. }
            | Self::Error { retry: Retry::Submit(_) | Retry::Rename(_), .. } => true,
            Self::Issued(issued) => !issued.saved,
            _ => false,
        }
    }

    /// Tells whether something on the page counts seconds, or is due at a time.
    pub(crate) fn counts_time(&self) -> bool {
        matches!(self, Self::Generating { .. } | Self::Submitting { .. } | Self::Waiting { .. })
    }
}
