//! The phases of an enrollment. Each is a type, whose `on` consumes it and returns the next one.

mod gone;
mod issued;
mod locked;
mod manual;
mod refused;
mod sign_in;
mod storing;
mod submit_failed;
mod submitting;
mod unstored;
mod verifying;
mod waiting;
mod watcher;

pub(crate) use gone::Gone;
pub(crate) use issued::{Issued, PrivateText, Shown};
pub(crate) use locked::Locked;
pub(crate) use manual::Manual;
pub(crate) use refused::Refused;
pub(crate) use sign_in::SignIn;
pub(crate) use storing::Storing;
pub(crate) use submit_failed::SubmitFailed;
pub(crate) use submitting::Submitting;
pub(crate) use unstored::Unstored;
pub(crate) use verifying::{Certificate, Verifying};
pub(crate) use waiting::{Approval, Waiting};
pub(crate) use watcher::{Connection, Watcher};

use std::rc::Rc;

use kube_enroll_core::csr::Decision;
use kube_enroll_protocol::{Lease, Stage};

use super::{Acquiring, Context, Effect, Enrollment, Event, Problem, State, Transition, UserAction, WorkerFailure};

/// The phase of an enrollment.
#[derive(Debug, PartialEq)]
pub(crate) enum Phase {
    /// The enrollment is being stored; nothing is sent before that.
    Storing(Storing),
    /// The enrollment could not be stored.
    Unstored(Unstored),
    /// The object is being created.
    Submitting(Submitting),
    /// The object could not be created.
    SubmitFailed(SubmitFailed),
    /// Without an API: a person applies the manifest, and pastes the certificate.
    Manual(Manual),
    /// The object is in the cluster, and is pending, or approved and not signed.
    Waiting(Waiting),
    /// The worker checks the certificate.
    Verifying(Verifying),
    /// The certificate is issued, and the key needs its passphrase.
    Locked(Locked),
    /// The kubeconfig is ready.
    Issued(Box<Issued>),
    /// An approver has denied the request.
    Denied(Decision),
    /// The signer could not sign.
    SigningFailed(Decision),
    /// The object is no longer in the cluster.
    Gone(Gone),
    /// The API is that of another cluster than the enrollment's.
    OtherCluster,
    /// The session of a proxy in front of the page has ended.
    SignIn(SignIn),
    /// The certificate does not answer the request; no kubeconfig was written.
    Refused(Refused),
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

impl Phase {
    /// Handles an event.
    pub(super) fn on(self, event: Event, enrollment: Rc<Enrollment>, context: &Context) -> Transition {
        let event = match self.on_any(event, &enrollment, context) {
            Ok(transition) => return transition,
            Err(event) => event,
        };
        match self {
            Self::Storing(phase) => phase.on(event, enrollment, context),
            Self::Unstored(phase) => phase.on(event, enrollment, context),
            Self::Submitting(phase) => phase.on(event, enrollment, context),
            Self::SubmitFailed(phase) => phase.on(event, enrollment, context),
            Self::Manual(phase) => phase.on(event, enrollment, context),
            Self::Waiting(phase) => phase.on(event, enrollment, context),
            Self::Verifying(phase) => phase.on(event, enrollment, context),
            Self::Locked(phase) => phase.on(event, enrollment, context),
            Self::Issued(phase) => phase.on(event, enrollment, context),
            Self::Gone(phase) => phase.on(event, enrollment, context),
            Self::SignIn(phase) => phase.on(event, enrollment, context),
            Self::Refused(phase) => phase.on(event, enrollment, context),
            Self::OtherCluster if matches!(event, Event::User(UserAction::Manual)) => Self::leave_api(enrollment, None),
            Self::Denied(_) | Self::SigningFailed(_) | Self::OtherCluster => Transition::to(self.of(enrollment)),
        }
    }

    /// Handles an event that all phases handle alike, or returns it.
    fn on_any(&self, event: Event, enrollment: &Rc<Enrollment>, context: &Context) -> Result<Transition, Event> {
        let restart = || Transition::restart(enrollment.is_stored());
        match event {
            Event::User(UserAction::Restart) => Ok(restart()),
            // An abandoned enrollment must not be sent by the next visit.
            Event::User(UserAction::Cancel | UserAction::Forget) => {
                let delete = enrollment.id.clone().map(Effect::delete);
                Ok(restart().after(delete))
            }
            // Storing and saving have words of their own.
            Event::WorkerFailed(failure)
                if !enrollment.is_stored()
                    && self.needs_the_key()
                    && !matches!(self, Self::Storing(_) | Self::Issued(_)) =>
            {
                Ok(Self::worker_failed(failure, KEY_LOST, enrollment))
            }
            event if event.listing().is_some() => self.on_storage(enrollment, context).ok_or(event),
            event => Err(event),
        }
    }

    /// Handles that another tab has acquired the lease of this enrollment, or has deleted it.
    fn on_storage(&self, enrollment: &Enrollment, context: &Context) -> Option<Transition> {
        let id = enrollment.id.as_ref()?;
        match context.stored(id).map(|stored| stored.lease) {
            // While this one slept.
            Some(Lease::OtherTab) => {
                let acquiring = Acquiring { id: id.clone(), elsewhere: true };
                Some(Transition::to(State::Acquiring(acquiring)).with(Effect::StopCalls))
            }
            Some(_) => None,
            None => Some(Transition::restart(true)),
        }
    }

    /// Returns the state of an enrollment in this phase.
    pub(super) fn of(self, enrollment: Rc<Enrollment>) -> State {
        State::Enrolled { enrollment, phase: self }
    }

    /// Creates the object, or continues by hand where there is no API.
    pub(super) fn submit(enrollment: Rc<Enrollment>, context: &Context) -> Transition {
        if context.has_api() { Submitting::begin(enrollment, context) } else { Self::by_hand(enrollment, None) }
    }

    /// Waits for the decision.
    pub(super) fn wait(enrollment: Rc<Enrollment>, context: &Context) -> Transition {
        Waiting::begin(enrollment, context)
    }

    /// Continues without the API, by hand; `reason` is shown if the person may not know it.
    pub(super) fn by_hand(enrollment: Rc<Enrollment>, reason: Option<String>) -> Transition {
        Transition::to(Self::Manual(Manual::new(reason)).of(enrollment))
    }

    /// Continues without the API: at the person's wish, or because there is none, for this reason. From now on,
    /// somebody else may create the object, so it is not sent again automatically.
    pub(super) fn leave_api(mut enrollment: Rc<Enrollment>, reason: Option<String>) -> Transition {
        let save = if enrollment.stage == Stage::Prepared { enrollment.reach(Stage::Submitted) } else { None };
        Self::by_hand(enrollment, reason).with(Effect::StopCalls).with_all(save)
    }

    /// Continues without the API, since what answered with this HTTP status is none.
    fn without_api(enrollment: Rc<Enrollment>, code: u16) -> Transition {
        let reason = format!("There is no Kubernetes API behind this page (HTTP {code}).");
        Self::leave_api(enrollment, Some(reason))
    }

    /// Handles that the worker has ended with the key in its memory. `consequence` is for a key that is not stored.
    fn worker_failed(failure: WorkerFailure, consequence: &str, enrollment: &Enrollment) -> Transition {
        match &enrollment.id {
            Some(id) => Transition::worker_failed(failure, id.clone()),
            None => Transition::fail(Problem::of_worker(failure, consequence), enrollment.generate_again()),
        }
    }

    /// Sends the same request under a new name, which is stored first.
    pub(super) fn rename(mut enrollment: Rc<Enrollment>, context: &Context) -> Transition {
        let Some(random) = context.inputs.random else {
            return SubmitFailed::without_randomness(enrollment);
        };
        let changed = Rc::make_mut(&mut enrollment);
        changed.application.rename(random);
        changed.object = None;
        changed.certificate_pem = None;
        changed.not_after = None;
        match enrollment.reach(Stage::Prepared) {
            Some(save) => Transition::to(Self::Storing(Storing).of(enrollment)).with(save),
            None => Self::submit(enrollment, context),
        }
    }

    /// Returns the name of the phase for tests and styles.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Storing(_) => "keeping",
            Self::Unstored(_) => "unkept",
            Self::Submitting(_) => "submitting",
            Self::SubmitFailed(_) => "error",
            Self::Manual(_) => "manual",
            Self::Waiting(Waiting { approval: Approval::Pending, .. }) => "waiting",
            Self::Waiting(_) => "approved",
            Self::Verifying(_) => "verifying",
            Self::Locked(_) => "locked",
            Self::Issued(_) => "issued",
            Self::Denied(_) => "denied",
            Self::SigningFailed(_) => "failed",
            Self::Gone(_) => "gone",
            Self::OtherCluster => "othercluster",
            Self::SignIn(_) => "signin",
            Self::Refused(_) => "refused",
        }
    }

    /// Returns the title that the browser shows in its list of tabs.
    pub(super) fn title(&self) -> &'static str {
        match self {
            Self::Waiting(Waiting { approval: Approval::Approved { .. }, .. }) => "Approved · kube-enroll",
            Self::Waiting(_) | Self::Manual(_) => "Waiting · kube-enroll",
            Self::Locked(_) => "Ready · kube-enroll",
            Self::Issued(issued) if issued.saved => "Saved · kube-enroll",
            Self::Issued(_) => "Ready · kube-enroll",
            Self::Denied(_) => "Look: denied · kube-enroll",
            Self::Gone(_) => "Look: gone · kube-enroll",
            Self::SigningFailed(_) | Self::Refused(_) | Self::SignIn(_) | Self::SubmitFailed(_) => {
                "Look: trouble · kube-enroll"
            }
            Self::Storing(_) | Self::Unstored(_) | Self::Submitting(_) | Self::Verifying(_) | Self::OtherCluster => {
                DEFAULT_TITLE
            }
        }
    }

    /// Returns the step that a person sees as the current one.
    pub(super) fn step(&self) -> Step {
        match self {
            Self::Storing(_) | Self::Unstored(_) => Step::Generate,
            Self::Submitting(_) | Self::SubmitFailed(_) | Self::SignIn(SignIn::ToSubmit) => Step::Submit,
            Self::Manual(_)
            | Self::Waiting(_)
            | Self::Denied(_)
            | Self::SigningFailed(_)
            | Self::Gone(_)
            | Self::OtherCluster
            | Self::SignIn(SignIn::ToWait) => Step::Wait,
            Self::Verifying(_) | Self::Locked(_) | Self::Refused(_) => Step::Verify,
            Self::Issued(_) => Step::Save,
        }
    }

    /// Returns whether the key could still become a kubeconfig that nobody has saved.
    pub(super) fn needs_the_key(&self) -> bool {
        match self {
            Self::Issued(issued) => !issued.saved,
            Self::Denied(_) | Self::SigningFailed(_) => false,
            _ => true,
        }
    }

    /// Returns whether the phase is an error or a denial, for the mark of its step.
    pub(crate) fn is_trouble(&self) -> bool {
        matches!(
            self,
            Self::Denied(_)
                | Self::SigningFailed(_)
                | Self::Gone(_)
                | Self::OtherCluster
                | Self::Unstored(_)
                | Self::SubmitFailed(_)
                | Self::SignIn(_)
                | Self::Refused(_)
        )
    }
}

const KEY_LOST: &str = "The key is lost with it, so the certificate is of no use. Please begin again.";

/// The title of most states.
pub(super) const DEFAULT_TITLE: &str = "Get access to your cluster · kube-enroll";
