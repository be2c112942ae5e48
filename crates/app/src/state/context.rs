use std::rc::Rc;

use kube_enroll_core::{Cluster, Policy, Settings};
use kube_enroll_protocol::{Listing, StoredEnrollment};

use super::{Form, Person, enrollment::Enrollment};

/// What is known in every state.
#[derive(Debug)]
pub(crate) struct Context {
    pub settings: Rc<Settings>,
    /// The policy of the settings, narrowed to the groups of the person who is signed in.
    pub policy: Rc<Policy>,
    /// The person who is signed in, where the server knows: nobody else can be asked for.
    pub person: Option<Rc<Person>>,
    /// From the settings, or from `kube-public/cluster-info`.
    pub cluster: Option<Rc<Cluster>>,
    pub environment: Environment,
    /// Filled in during the setup, and there again when a person begins anew.
    pub form: Rc<Form>,
    /// The cluster's clock minus the browser's, once an answer of the API has told it.
    pub clock_offset_ms: Option<f64>,
    /// Of the last event.
    pub inputs: Inputs,
    /// All enrollments in the browser's storage, as far as it is known.
    pub stored: Rc<Vec<StoredEnrollment>>,
    pub storage: Storage,
    /// The person wants to be notified of the decision.
    pub notifies: bool,
    /// The block that was copied last, and whether that worked; for a moment.
    pub copied: Option<(&'static str, bool)>,
}

/// The place where the page runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Environment {
    /// HTTPS or this machine: nobody on the path can change the page.
    pub is_secure: bool,
    /// The page itself comes from this machine.
    pub is_local: bool,
    /// Other things may be served from the same origin.
    pub is_shared: bool,
    /// The browser can notify.
    pub can_notify: bool,
}

/// What comes with an event from outside: nothing here reads a clock or draws random numbers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Inputs {
    /// The browser's clock, in milliseconds since 1970.
    pub now_ms: f64,
    /// Fresh random bytes, or `None` where the browser refuses them.
    pub random: Option<[u8; 7]>,
}

/// What the browser's storage does for this page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Storage {
    /// The worker has not answered yet.
    Unknown,
    /// It stores.
    Ready {
        /// It can lock a key without a passphrase.
        wraps_keys: bool,
    },
    /// It stores nothing, for this reason.
    Refused(String),
}

impl Context {
    /// Before anything is loaded.
    pub(super) fn new(environment: Environment, form: Form) -> Self {
        let settings = Rc::new(Settings::default());
        Self {
            policy: Rc::new(settings.policy.clone()),
            settings,
            person: None,
            cluster: None,
            environment,
            form: Rc::new(form),
            clock_offset_ms: None,
            inputs: Inputs::default(),
            stored: Rc::default(),
            storage: Storage::Unknown,
            notifies: false,
            copied: None,
        }
    }

    /// Tells whether there is an API to ask; without one, a person carries request and certificate.
    pub(crate) fn has_api(&self) -> bool {
        self.settings.api_base.is_some()
    }

    /// Returns the cluster's time, in milliseconds since 1970.
    pub(crate) fn cluster_ms(&self) -> f64 {
        self.inputs.now_ms + self.clock_offset_ms.unwrap_or(0.0)
    }

    /// Returns where the kubeconfig of an enrollment leads, or `None` where that is not known.
    pub(crate) fn cluster_of<'a>(&'a self, enrollment: &'a Enrollment) -> Option<&'a Cluster> {
        enrollment.cluster.as_ref().or(self.cluster.as_deref())
    }

    /// Tells whether the page has been moved in front of another cluster, whose lack of an object says nothing.
    pub(super) fn is_other_cluster(&self, enrollment: &Enrollment) -> bool {
        let authorities =
            |cluster: Option<&Cluster>| cluster.and_then(Cluster::certificate_authority_data).map(str::to_owned);
        match (authorities(enrollment.cluster.as_ref()), authorities(self.cluster.as_deref())) {
            (Some(theirs), Some(ours)) => theirs != ours,
            _ => false,
        }
    }

    /// Returns a stored enrollment, or `None` where there is none of this id.
    pub(super) fn stored(&self, id: &str) -> Option<&StoredEnrollment> {
        self.stored.iter().find(|stored| stored.id == id)
    }

    /// Takes note of what the storage holds now. Returns whether a storage that had stored something does not answer
    /// any more: then nothing is known to be gone.
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

    /// Chooses the lock that fits the place, where the person has not.
    pub(super) fn choose_lock(&mut self) {
        let form = Rc::make_mut(&mut self.form);
        form.choose_lock(&self.storage, self.environment);
    }

    /// Returns a random number from 0 to 1, to spread what many pages do at once.
    pub(super) fn jitter(&self) -> f64 {
        self.inputs.random.map_or(0.5, |random| f64::from(random[0]) / 255.0)
    }
}
