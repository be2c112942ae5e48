//! How far an enrollment is. Each phase is a type that moves on by value, together with the enrollment.

mod gone;
mod issued;
mod locked;
mod manual;
mod refused;
mod sign_in;
mod storing;
mod submitting;
mod undelivered;
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
pub(crate) use submitting::Submitting;
pub(crate) use undelivered::Undelivered;
pub(crate) use unstored::Unstored;
pub(crate) use verifying::{Certificate, Verifying};
pub(crate) use waiting::{Approval, Waiting};
pub(crate) use watcher::{Connection, Watcher};

use std::rc::Rc;

use kube_enroll_core::csr::Decision;
use kube_enroll_protocol::{Command, Lease, Stage};

use super::{Acquiring, Context, Effect, Enrollment, Event, State, Transition, UserAction};

/// How far an enrollment is.
#[derive(Debug, PartialEq)]
pub(crate) enum Phase {
    /// It is being written to the disk; only then it is sent.
    Storing(Storing),
    /// It could not be written.
    Unstored(Unstored),
    /// The object is being created.
    Submitting(Submitting),
    /// The object could not be created.
    Undelivered(Undelivered),
    /// A person carries the request to the cluster, and the certificate back.
    Manual(Manual),
    /// The object is in the cluster, and not decided on or not signed.
    Waiting(Waiting),
    /// The worker checks the certificate.
    Verifying(Verifying),
    /// The certificate is here, and the key is locked.
    Locked(Locked),
    /// The kubeconfig is ready.
    Issued(Box<Issued>),
    /// An approver has denied the request.
    Denied(Decision),
    /// The signer could not sign.
    SigningFailed(Decision),
    /// The object is not in the cluster any more.
    Gone(Gone),
    /// The page asks another cluster than the one that the enrollment was made for.
    OtherCluster,
    /// A front proxy wants its session renewed.
    SignIn(SignIn),
    /// The certificate is not the one that was asked for; nothing was saved.
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
    /// Moves on.
    pub(super) fn on(self, event: Event, enrollment: Rc<Enrollment>, context: &Context) -> Transition {
        let event = match self.on_any(event, &enrollment, context) {
            Ok(transition) => return transition,
            Err(event) => event,
        };
        match self {
            Self::Storing(phase) => phase.on(event, enrollment, context),
            Self::Unstored(phase) => phase.on(event, enrollment, context),
            Self::Submitting(phase) => phase.on(event, enrollment, context),
            Self::Undelivered(phase) => phase.on(event, enrollment, context),
            Self::Manual(phase) => phase.on(event, enrollment, context),
            Self::Waiting(phase) => phase.on(event, enrollment, context),
            Self::Verifying(phase) => phase.on(event, enrollment, context),
            Self::Locked(phase) => phase.on(event, enrollment, context),
            Self::Issued(phase) => phase.on(event, enrollment),
            Self::Gone(phase) => phase.on(event, enrollment, context),
            Self::SignIn(phase) => phase.on(event, enrollment, context),
            Self::Refused(phase) => phase.on(event, enrollment, context),
            Self::Denied(_) | Self::SigningFailed(_) | Self::OtherCluster => Transition::to(self.of(enrollment)),
        }
    }

    /// Handles what means the same in every phase, or returns the event.
    fn on_any(&self, event: Event, enrollment: &Rc<Enrollment>, context: &Context) -> Result<Transition, Event> {
        let restart = || Transition::restart(enrollment.is_stored());
        match event {
            Event::User(UserAction::Restart) => Ok(restart()),
            // What was given up is not to be sent by the next visit.
            Event::User(UserAction::Cancel | UserAction::Forget) => {
                let delete = enrollment.id.clone().map(|id| Effect::Command(Box::new(Command::Delete { id })));
                Ok(restart().after(delete))
            }
            event if event.listing().is_some() => self.on_storage(enrollment, context).ok_or(event),
            event => Err(event),
        }
    }

    /// Handles that another tab has taken over what is shown, or has deleted it.
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

    /// Sends what is stored by now, or has a person carry it.
    pub(super) fn deliver(enrollment: Rc<Enrollment>, context: &Context) -> Transition {
        if context.has_api() { Submitting::begin(enrollment, context) } else { Self::by_hand(enrollment, None) }
    }

    /// Waits for the decision.
    pub(super) fn wait(enrollment: Rc<Enrollment>, context: &Context) -> Transition {
        Waiting::begin(enrollment, context)
    }

    /// Has a person carry request and certificate; `reason` says why, where they may not know.
    pub(super) fn by_hand(enrollment: Rc<Enrollment>, reason: Option<String>) -> Transition {
        Transition::to(Self::Manual(Manual::new(reason)).of(enrollment))
    }

    /// Leaves the API aside. From now on, somebody else may create the object: it is not sent again by itself.
    pub(super) fn leave_api(mut enrollment: Rc<Enrollment>) -> Transition {
        let save = if enrollment.stage == Stage::Prepared { enrollment.reach(Stage::Submitted) } else { None };
        Self::by_hand(enrollment, None).with(Effect::StopCalls).with_all(save)
    }

    /// Sends the same request under a new name, which is written first.
    pub(super) fn rename(mut enrollment: Rc<Enrollment>, context: &Context) -> Transition {
        let Some(random) = context.inputs.random else {
            return Undelivered::without_randomness(enrollment);
        };
        let changed = Rc::make_mut(&mut enrollment);
        changed.application.rename(random);
        changed.object = None;
        match enrollment.reach(Stage::Prepared) {
            Some(save) => Transition::to(Self::Storing(Storing::new_name()).of(enrollment)).with(save),
            None => Self::deliver(enrollment, context),
        }
    }

    /// Returns the name of the phase for tests and styles.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Storing(_) => "keeping",
            Self::Unstored(_) => "unkept",
            Self::Submitting(_) => "submitting",
            Self::Undelivered(_) => "error",
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
            Self::SigningFailed(_) | Self::Refused(_) | Self::SignIn(_) | Self::Undelivered(_) => {
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
            Self::Submitting(_) | Self::Undelivered(_) | Self::SignIn(SignIn::ToSubmit) => Step::Submit,
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

    /// Tells whether the key could still become a kubeconfig that nobody has.
    pub(super) fn needs_the_key(&self) -> bool {
        match self {
            Self::Issued(issued) => !issued.saved,
            Self::Denied(_) | Self::SigningFailed(_) => false,
            _ => true,
        }
    }

    /// Tells whether the phase means trouble, for the mark of its step.
    pub(crate) fn is_trouble(&self) -> bool {
        matches!(
            self,
            Self::Denied(_)
                | Self::SigningFailed(_)
                | Self::Gone(_)
                | Self::OtherCluster
                | Self::Unstored(_)
                | Self::Undelivered(_)
                | Self::SignIn(_)
                | Self::Refused(_)
        )
    }
}

/// The title of most states.
pub(super) const DEFAULT_TITLE: &str = "Get access to your cluster · kube-enroll";
