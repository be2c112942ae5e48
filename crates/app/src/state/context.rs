use std::rc::Rc;

use kube_enroll_core::{Cluster, Policy, Settings};
use kube_enroll_protocol::{Details, Listing, StoredEnrollment};

use super::{Form, Person, enrollment::Enrollment};

/// The data that every state can read.
#[derive(Debug)]
pub(crate) struct Context {
    pub settings: Rc<Settings>,
    /// There is no `config.json`, so that the settings are the defaults.
    pub has_defaults: bool,
    /// The API was tried, and what answered is none.
    pub found_no_api: bool,
    /// The policy of the settings, narrowed to the groups of the person who is signed in.
    pub policy: Rc<Policy>,
    /// The signed-in person, if the server authenticates people: requests are possible for no other user.
    pub person: Option<Rc<Person>>,
    /// From the settings, or from `kube-public/cluster-info`.
    pub cluster: Option<Rc<Cluster>>,
    pub environment: Environment,
    /// The form, whose contents outlive the setup.
    pub form: Rc<Form>,
    /// The cluster's clock minus the browser's, or `None` before an answer of the API had a `Date`.
    pub clock_offset_ms: Option<f64>,
    /// The browser's time at which that was read.
    pub clock_read_ms: f64,
    /// The inputs of the last event.
    pub inputs: Inputs,
    /// The enrollments in the browser's storage, as last listed.
    pub stored: Rc<Vec<StoredEnrollment>>,
    /// The enrollments that were deleted at this visit since their certificates have ended.
    pub ended: Rc<Vec<StoredEnrollment>>,
    pub storage: Storage,
    pub deletions: Deletions,
    /// The progress of the enrollment that could not be written, or `None`.
    pub unwritten: Option<Unwritten>,
    /// The reason why the key worker could not list what is stored, or `None` if it has or was not asked.
    pub unlisted: Option<String>,
    /// The number of times that the worker has failed since its last reply.
    pub worker_failures: u32,
    /// The person wants to be notified of the decision.
    pub notifies: bool,
    /// The block that was copied last, and whether that worked; for a moment.
    pub copied: Option<(&'static str, bool)>,
}

/// The environment in which the page runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Environment {
    /// The URL of the page's folder: `https://enroll.example.com/`.
    pub folder: String,
    /// HTTPS, or a loopback host: nobody on the network path can change the page.
    pub is_secure: bool,
    /// The page itself comes from this machine.
    pub is_local: bool,
    /// Other things may be served from the same origin.
    pub is_shared: bool,
    /// The browser can notify.
    pub can_notify: bool,
    /// The browser has a share sheet.
    pub can_share: bool,
    /// The page is open on a phone or a tablet, which has no kubectl.
    pub is_phone: bool,
    /// The URL of the page as it was opened.
    pub link: String,
    /// The operating system, which decides which lines are shown first.
    pub system: System,
}

/// The kinds of operating systems whose lines to copy differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum System {
    /// Linux, macOS and the like.
    #[default]
    Posix,
    Windows,
}

/// Clock and randomness at an event: the state reads neither itself.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Inputs {
    /// The browser's clock, in milliseconds since 1970.
    pub now_ms: f64,
    /// Fresh random bytes, or `None` where the browser refuses them.
    pub random: Option<[u8; 7]>,
}

/// The browser's storage, as this page can use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Storage {
    /// The worker has not answered yet.
    Unknown,
    /// Enrollments can be stored.
    Ready {
        /// The browser can lock a key without a passphrase.
        wraps_keys: bool,
    },
    /// Storage is refused, for this reason.
    Refused(String),
}

/// The deletions of enrollments that were requested.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Deletions {
    /// The number of those that the worker has not answered yet.
    pending: usize,
    /// The reason why one has failed, so that its enrollment is still stored, or `None` if none has.
    pub failure: Option<String>,
}

impl Deletions {
    /// Notes new ones. What has failed before is asked for again, or is in the list.
    pub(super) fn request(&mut self, count: usize) {
        if count > 0 && self.pending == 0 {
            self.failure = None;
        }
        self.pending += count;
    }

    /// Notes the answer to one.
    pub(super) fn answered(&mut self, failure: Option<String>) {
        self.pending = self.pending.saturating_sub(1);
        self.failure = failure.or(self.failure.take());
    }

    /// Notes that the worker has ended, so that those without an answer have failed.
    pub(super) fn worker_failed(&mut self) {
        if self.pending > 0 {
            let reason = "The part of the page that holds keys broke down.".to_owned();
            *self = Self { pending: 0, failure: Some(reason) };
        }
    }
}

/// Progress that could not be written into the storage.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Unwritten {
    /// The reason, for people.
    pub reason: String,
    /// The browser's time of the last attempt.
    pub tried_ms: f64,
}

impl Context {
    /// Makes the context before anything is loaded.
    pub(super) fn new(environment: Environment, form: Form) -> Self {
        let settings = Rc::new(Settings::default());
        Self {
            policy: Rc::new(settings.policy.clone()),
            settings,
            has_defaults: false,
            found_no_api: false,
            person: None,
            cluster: None,
            environment,
            form: Rc::new(form),
            clock_offset_ms: None,
            clock_read_ms: 0.0,
            inputs: Inputs::default(),
            stored: Rc::default(),
            ended: Rc::default(),
            storage: Storage::Unknown,
            deletions: Deletions::default(),
            unwritten: None,
            unlisted: None,
            worker_failures: 0,
            notifies: false,
            copied: None,
        }
    }

    /// Notes the time that an answer of the API has told.
    pub(super) fn read_clock(&mut self, offset_ms: f64) {
        self.clock_offset_ms = Some(offset_ms);
        self.clock_read_ms = self.inputs.now_ms;
    }

    /// Returns whether the cluster's time was read within the last minute. The browser's clock may be set right at any
    /// moment, and an earlier difference is then wrong.
    pub(super) fn has_fresh_clock(&self) -> bool {
        let age_ms = self.inputs.now_ms - self.clock_read_ms;
        self.clock_offset_ms.is_some() && (0.0..=60_000.0).contains(&age_ms)
    }

    /// Returns whether the page is in front of the cluster of an enrollment, or `None` if one of the two is not known.
    /// In another one, its object was never created.
    pub(super) fn is_own_cluster(&self, of_enrollment: Option<&Cluster>) -> Option<bool> {
        Some(of_enrollment?.is_same_as(self.cluster.as_deref()?))
    }

    /// Returns whether there is an API. Without one, the enrollment continues by hand.
    pub(crate) fn has_api(&self) -> bool {
        self.settings.api_base.is_some()
    }

    /// Returns the cluster's time, in milliseconds since 1970.
    pub(crate) fn cluster_ms(&self) -> f64 {
        self.inputs.now_ms + self.clock_offset_ms.unwrap_or(0.0)
    }

    /// Returns the cluster of an enrollment's kubeconfig, or `None` if it is not known: the present one, if it is that
    /// of the enrollment, since its address or its certificate authorities may have changed.
    pub(crate) fn cluster_of<'a>(&'a self, enrollment: &'a Enrollment) -> Option<&'a Cluster> {
        let before = enrollment.cluster.as_ref();
        let is_other = self.is_own_cluster(before) == Some(false);
        self.cluster.as_deref().filter(|_| !is_other).or(before)
    }

    /// Returns a stored enrollment, or `None` where there is none of this id.
    pub(crate) fn stored(&self, id: &str) -> Option<&StoredEnrollment> {
        self.stored.iter().find(|stored| stored.id == id)
    }

    /// Updates the content of the storage. Returns whether a storage that worked before now refuses: then its content
    /// is unknown, and no enrollment is known to be deleted.
    pub(super) fn update_storage(&mut self, listing: &Listing) -> bool {
        let storage = match &listing.refused {
            None => Storage::Ready { wraps_keys: listing.wraps_keys },
            Some(reason) => Storage::Refused(reason.clone()),
        };
        let is_silent = matches!(storage, Storage::Refused(_)) && self.storage != Storage::Unknown;
        let changed = self.storage != storage;
        self.storage = storage;
        if changed {
            self.choose_lock();
        }
        if !is_silent {
            self.stored = Rc::new(listing.enrollments.clone());
        }
        is_silent
    }

    /// Chooses the lock that suits storage and environment, unless the person has chosen.
    pub(super) fn choose_lock(&mut self) {
        let form = Rc::make_mut(&mut self.form);
        form.choose_lock(&self.storage, &self.environment);
    }

    /// Fills in the form as it was for an enrollment.
    pub(super) fn repeat(&mut self, details: &Details, has_passphrase: bool) {
        let form = Rc::make_mut(&mut self.form);
        form.repeat(details, has_passphrase, &self.policy, self.person.is_some());
    }

    /// Returns a random number from 0 to 1 for [`kube_enroll_core::Backoff`].
    pub(super) fn jitter(&self) -> f64 {
        self.inputs.random.map_or(0.5, |random| f64::from(random[0]) / 255.0)
    }
}
