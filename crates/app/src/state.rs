//! What the page is in, what can happen to it, and what it then wants done.

mod action;
mod cluster_info;
mod enrollment;
mod form;
mod lookout;
mod person;
mod problem;
mod reduce;
mod secret;
#[cfg(test)]
mod tests;

use kube_enroll_core::{
    Cluster, Policy, Settings,
    room::{Assembled, Kept},
};

pub(crate) use action::{Act, Action, Answer, Around, Call, Effect, Failure, RoomTrouble};
pub(crate) use cluster_info::cluster_of_kubeconfig;
pub(crate) use enrollment::{ClusterForm, Enrollment, Said, milliseconds};
pub(crate) use form::{CUSTOM, Choice, Edit, Faults, Form, Keep, Options, Unit, in_words, presets};
pub(crate) use lookout::{Connection, Lookout};
pub(crate) use person::Person;
pub(crate) use problem::Problem;
pub(crate) use secret::{Certificate, Manual, Secret, Shown};

/// Everything that the view shows.
pub(crate) struct Page {
    pub settings: Settings,
    /// Who is signed in, where the server knows: nobody else can be asked for.
    pub person: Option<Box<Person>>,
    /// From the settings, from `kube-public/cluster-info`, or typed in.
    pub cluster: Option<Cluster>,
    pub place: Place,
    /// Kept through all states, so that a person can begin again with the same details.
    pub form: Form,
    /// The cluster's clock minus the browser's, as the API's answers say.
    pub clock_offset_ms: f64,
    /// One has said it.
    pub knows_time: bool,
    /// What the last action found around it.
    pub around: Around,
    /// The API can be asked; without it, a person carries request and certificate.
    pub has_api: bool,
    /// What the browser's storage holds, as far as it is known.
    pub kept: Vec<Kept>,
    pub storage: Storage,
    /// That it is refused was on the screen when the key was asked for.
    pub said_refused: bool,
    /// What was kept has been looked at once: from now on only a click goes on with it.
    pub began: bool,
    /// A person wants to be told of the decision.
    pub notifies: bool,
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
    /// Other things may be served from the same origin.
    pub shared: bool,
    /// The browser can notify.
    pub notifies: bool,
}

/// What the browser's storage does for this page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Storage {
    /// The room has not said yet.
    Unknown,
    Ready {
        /// It can lock a key without a passphrase.
        wraps: bool,
    },
    Refused(String),
}

/// Where an enrollment stands. An enrollment that was kept enters at `Taking`.
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
    /// It is being written to the disk; only then it is sent.
    Keeping {
        enrollment: Box<Enrollment>,
    },
    /// It could not be written.
    Unkept {
        enrollment: Box<Enrollment>,
        reason: String,
    },
    /// One of those that are kept is to be gone on with.
    Taking {
        id: String,
        /// Another tab has it.
        elsewhere: bool,
    },
    Submitting {
        enrollment: Box<Enrollment>,
        since_ms: f64,
        delivery: Box<Delivery>,
    },
    /// A person carries the request to the cluster, and the certificate back.
    Manual(Box<Manual>),
    Waiting {
        enrollment: Box<Enrollment>,
        decision: Decision,
        lookout: Box<Lookout>,
    },
    Verifying {
        enrollment: Box<Enrollment>,
        certificate: Certificate,
        /// Asked of the person where nothing else says which cluster this is.
        cluster: Option<Box<ClusterForm>>,
    },
    /// The certificate is here, and the key is locked.
    Locked {
        enrollment: Box<Enrollment>,
        certificate: Certificate,
        passphrase: Secret,
        fault: String,
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
    /// The page asks another cluster than the one that it was made for.
    OtherCluster {
        enrollment: Box<Enrollment>,
    },
    /// A front proxy wants its session renewed.
    SignIn {
        enrollment: Box<Enrollment>,
        then: Then,
    },
    /// The certificate is not the one that was asked for; nothing was saved.
    Refused {
        enrollment: Box<Enrollment>,
        certificate: Certificate,
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
    pub cluster: Cluster,
    pub assembled: Assembled,
    pub file_name: String,
    pub shown: Shown,
    pub saved: bool,
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
    /// Take up what is kept under this id.
    Take(String),
}

impl Page {
    /// Makes the page as it is before anything is loaded.
    pub(crate) fn new(place: Place, form: Form) -> Self {
        Self {
            settings: Settings::default(),
            person: None,
            cluster: None,
            place,
            form,
            clock_offset_ms: 0.0,
            knows_time: false,
            around: Around::default(),
            has_api: true,
            kept: vec![],
            storage: Storage::Unknown,
            said_refused: false,
            began: false,
            notifies: false,
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
            Self::Keeping { .. } => "keeping",
            Self::Unkept { .. } => "unkept",
            Self::Taking { elsewhere: false, .. } => "taking",
            Self::Taking { .. } => "elsewhere",
            Self::Submitting { .. } => "submitting",
            Self::Manual(_) => "manual",
            Self::Waiting { decision: Decision::Pending, .. } => "waiting",
            Self::Waiting { decision: Decision::Approved { .. }, .. } => "approved",
            Self::Verifying { .. } => "verifying",
            Self::Locked { .. } => "locked",
            Self::Issued(_) => "issued",
            Self::Denied { .. } => "denied",
            Self::Failed { .. } => "failed",
            Self::Gone { .. } => "gone",
            Self::OtherCluster { .. } => "othercluster",
            Self::SignIn { .. } => "signin",
            Self::Refused { .. } => "refused",
            Self::Error { .. } => "error",
        }
    }

    /// Says the state in the browser's list of tabs.
    pub(crate) fn title(&self) -> &'static str {
        match self {
            Self::Waiting { decision: Decision::Approved { .. }, .. } => "Approved · kube-enroll",
            Self::Waiting { .. } | Self::Manual(_) => "Waiting · kube-enroll",
            Self::Locked { .. } => "Ready · kube-enroll",
            Self::Issued(issued) if issued.saved => "Saved · kube-enroll",
            Self::Issued(_) => "Ready · kube-enroll",
            Self::Denied { .. } => "Look: denied · kube-enroll",
            Self::Gone { .. } => "Look: gone · kube-enroll",
            Self::Failed { .. } | Self::Refused { .. } | Self::SignIn { .. } | Self::Error { .. } => {
                "Look: trouble · kube-enroll"
            }
            _ => "Get access to your cluster · kube-enroll",
        }
    }

    pub(crate) fn step(&self) -> Step {
        match self {
            Self::Loading | Self::Editing { .. } | Self::Error { retry: Retry::Load, .. } => Step::Identify,
            Self::Generating { .. }
            | Self::Keeping { .. }
            | Self::Unkept { .. }
            | Self::Error { retry: Retry::Generate(_), .. } => Step::Generate,
            Self::Submitting { .. } | Self::SignIn { then: Then::Submit, .. } | Self::Error { .. } => Step::Submit,
            Self::Taking { .. }
            | Self::Manual(_)
            | Self::Waiting { .. }
            | Self::Denied { .. }
            | Self::Failed { .. }
            | Self::Gone { .. }
            | Self::OtherCluster { .. }
            | Self::SignIn { then: Then::Wait, .. } => Step::Wait,
            Self::Verifying { .. } | Self::Locked { .. } | Self::Refused { .. } => Step::Verify,
            Self::Issued(_) => Step::Save,
        }
    }

    /// Returns the enrollment that is shown.
    pub(crate) fn enrollment(&self) -> Option<&Enrollment> {
        match self {
            Self::Keeping { enrollment }
            | Self::Unkept { enrollment, .. }
            | Self::Submitting { enrollment, .. }
            | Self::Waiting { enrollment, .. }
            | Self::Verifying { enrollment, .. }
            | Self::Locked { enrollment, .. }
            | Self::Denied { enrollment, .. }
            | Self::Failed { enrollment, .. }
            | Self::Gone { enrollment, .. }
            | Self::OtherCluster { enrollment }
            | Self::SignIn { enrollment, .. }
            | Self::Refused { enrollment, .. }
            | Self::Error { retry: Retry::Submit(enrollment) | Retry::Rename(enrollment), .. } => Some(enrollment),
            Self::Manual(manual) => Some(&manual.enrollment),
            Self::Issued(issued) => Some(&issued.enrollment),
            _ => None,
        }
    }

    /// Tells whether leaving the page now loses a key that could still become a kubeconfig.
    pub(crate) fn holds_a_key(&self) -> bool {
        let lasts = match self {
            Self::Issued(issued) => !issued.saved,
            Self::Denied { .. } | Self::Failed { .. } => false,
            _ => true,
        };
        lasts && self.enrollment().is_some_and(|enrollment| !enrollment.is_kept())
    }

    /// Tells whether something on the page counts seconds, or is due at a time.
    pub(crate) fn counts_time(&self) -> bool {
        matches!(self, Self::Generating { .. } | Self::Submitting { .. } | Self::Waiting { .. })
    }
}
