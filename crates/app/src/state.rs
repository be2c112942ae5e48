//! What the page is in, what can happen to it, and what it then wants done.

mod cluster_info;
mod enrollment;
mod form;
mod reduce;
#[cfg(test)]
mod tests;

use kube_enroll_core::{
    CertificateSigningRequest, Cluster, Policy, Settings, Status,
    room::{Assembled, Message, Reply},
};

pub(crate) use cluster_info::cluster_of_kubeconfig;
pub(crate) use enrollment::{ClusterForm, Enrollment, Said};
pub(crate) use form::{CUSTOM, Choice, Edit, Faults, Form, Options, Unit, in_words, presets};

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
    /// The browser's clock at the last action.
    pub now_ms: f64,
    /// The block that was copied last, and whether that worked; for a moment.
    pub copied: Option<(&'static str, bool)>,
    pub state: State,
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
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum State {
    Loading,
    Editing {
        /// Somebody pressed the button, so that empty fields are worth a word.
        tried: bool,
    },
    Generating {
        options: Options,
        since_ms: f64,
    },
    Submitting {
        enrollment: Box<Enrollment>,
        since_ms: f64,
        /// Why an earlier try failed, while the next one runs.
        trouble: Option<String>,
    },
    Waiting {
        enrollment: Box<Enrollment>,
        decision: Decision,
        connection: Connection,
    },
    Verifying {
        enrollment: Box<Enrollment>,
        certificate_pem: String,
        /// Asked of the person where nothing else says which cluster this is.
        cluster: Option<ClusterForm>,
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
        problem: Problem,
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

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Decision {
    Pending,
    /// Approved, and not signed yet.
    Approved {
        since_ms: f64,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Connection {
    Connecting,
    Live,
    Lost { since_ms: f64, reason: String },
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

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Issued {
    pub enrollment: Enrollment,
    pub certificate_pem: String,
    pub assembled: Assembled,
    pub file_name: String,
    pub shown: Shown,
    pub saved: bool,
}

/// The text with the private key.
#[derive(Clone, PartialEq, Eq)]
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

/// What went wrong, in words, each cause in a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Problem {
    pub title: String,
    pub message: String,
    pub causes: Vec<String>,
}

/// What the button of an error does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Retry {
    /// Load the settings again.
    Load,
    /// Make a key again with the same details.
    Generate(Options),
    /// Send the same request again, under the same name.
    Submit(Box<Enrollment>),
    /// Send the same request under a new name, since somebody else has this one.
    Rename(Box<Enrollment>),
}

/// What happens: a person does something, or an effect reports.
#[derive(Clone)]
pub(crate) enum Action {
    Loaded(Result<Settings, Problem>),
    ClusterRead(Option<Cluster>),
    ClockRead { offset_ms: f64 },
    Tick,
    Edit(Edit),
    Create,
    Cancel,
    Replied(Result<Reply, RoomTrouble>),
    Submitted(Submission),
    Watched(News),
    EditCluster(ClusterForm),
    ClusterGiven,
    Retry,
    Resubmit,
    Restart,
    FileName(String),
    Show,
    Hide,
    Save,
    Copy { block: &'static str, text: String },
    Copied { block: &'static str, worked: bool },
    CopyShown,
}

/// The room did not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RoomTrouble {
    /// It could not be loaded.
    Loading(String),
    /// It broke down; what it held is lost.
    Panicked(String),
}

/// What became of a POST, its retries included.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Submission {
    Created(Box<CertificateSigningRequest>),
    /// Another try follows.
    Trying(String),
    /// The name is taken by another request.
    Taken,
    SignIn,
    Refused(Status),
    Unreachable(String),
}

/// What the watch has seen.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum News {
    Seen(Box<CertificateSigningRequest>),
    Absent,
    Live,
    Lost(String),
    SignIn,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Effect {
    ReadSettings,
    /// Whose answers come from here from now on.
    UseApi(String),
    ReadCluster,
    Ask(Message),
    /// End the room with all that it holds, and make a new one.
    EndRoom,
    Submit(Box<Enrollment>),
    Watch(String),
    /// Stop submitting or watching.
    StopApi,
    Copy {
        block: &'static str,
        text: String,
    },
    Save(String),
    Focus(String),
}

/// What an action finds around it: `reduce` reads no clock and draws no random numbers by itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Around {
    /// The browser's clock.
    pub now_ms: f64,
    /// Fresh random bytes, or nothing where the browser refuses them.
    pub random: Option<[u8; 7]>,
}

impl Page {
    /// Makes the page as it is before anything is loaded; the first effects are in [`Page::begin`].
    pub(crate) fn new(place: Place, form: Form) -> Self {
        Self {
            settings: Settings::default(),
            cluster: None,
            place,
            form,
            clock_offset_ms: 0.0,
            now_ms: 0.0,
            copied: None,
            state: State::Loading,
        }
    }

    pub(crate) fn policy(&self) -> &Policy {
        &self.settings.policy
    }

    /// The cluster's clock, by which validity is judged.
    pub(crate) fn cluster_now_ms(&self) -> f64 {
        self.now_ms + self.clock_offset_ms
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
            Self::Submitting { .. }
            | Self::SignIn { then: Then::Submit, .. }
            | Self::Error { retry: Retry::Submit(_) | Retry::Rename(_), .. } => Step::Submit,
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

    /// Tells whether something on the page counts seconds.
    pub(crate) fn counts_time(&self) -> bool {
        matches!(self, Self::Generating { .. } | Self::Submitting { .. } | Self::Waiting { .. })
    }
}
