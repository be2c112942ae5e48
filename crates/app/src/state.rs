//! The state machine of the page: states, events and effects.
//!
//! Only [`Machine::on`] changes the state. It is pure: clock and randomness are arguments, and side effects are
//! returned as [`Effect`]s.

mod acquiring;
mod certificate_end;
mod cluster_form;
mod cluster_info;
mod context;
mod effect;
mod enrollment;
mod event;
mod failed;
mod fault;
mod form;
mod generating;
mod machine;
mod origin;
mod person;
mod phase;
mod problem;
mod setup;
#[cfg(test)]
mod tests;
mod transition;
mod yaml;

pub(crate) use acquiring::Acquiring;
pub(crate) use certificate_end::{CertificateEnd, is_answer_due};
pub(crate) use cluster_form::ClusterForm;
pub(crate) use cluster_info::cluster_of_kubeconfig;
pub(crate) use context::{Context, Environment, Inputs, Storage, System};
pub(crate) use effect::{Call, Effect};
pub(crate) use enrollment::{Enrollment, milliseconds};
pub(crate) use event::{Answer, Event, Failure, UserAction, WorkerFailure};
pub(crate) use failed::{Failed, Retry};
pub(crate) use fault::Fault;
pub(crate) use form::{
    Application, CUSTOM, Edit, Faults, Form, Lifetime, Lock, LockKind, Unit, parts, presets, sentence,
};
pub(crate) use generating::Generating;
pub(crate) use machine::Machine;
pub(crate) use person::Person;
pub(crate) use phase::{
    Approval, Connection, Gone, Issued, Manual, Phase, PrivateText, Shown, Step, Storing, Unstored, Verifying,
};
pub(crate) use problem::{Problem, Remedies};
pub(crate) use setup::Setup;

use std::rc::Rc;

use transition::Transition;

/// The state of the page.
#[derive(Debug, Default, PartialEq)]
pub(crate) enum State {
    /// The settings and the signed-in person are being loaded.
    #[default]
    Loading,
    /// The form is filled in.
    Setup(Setup),
    /// The worker makes a key.
    Generating(Generating),
    /// A stored enrollment is being resumed, and its lease is not acquired yet.
    Acquiring(Acquiring),
    /// The key and its request exist.
    Enrolled {
        /// The data of all phases; clones share it.
        enrollment: Rc<Enrollment>,
        /// The phase, with its own data.
        phase: Phase,
    },
    /// Something went wrong that is not about an enrollment at hand.
    Failed(Failed),
}

impl State {
    /// Handles an event. An event that does not fit the state changes nothing, so a late answer never reverts it.
    fn on(self, event: Event, context: &Context) -> Transition {
        match self {
            Self::Loading => Transition::to(self),
            Self::Setup(setup) => setup.on(event, context),
            Self::Generating(generating) => generating.on(event, context),
            Self::Acquiring(acquiring) => acquiring.on(event, context),
            Self::Enrolled { enrollment, phase } => phase.on(event, enrollment, context),
            Self::Failed(failed) => failed.on(event, context),
        }
    }

    /// Returns the name of the state for tests and styles.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Loading => "loading",
            Self::Setup(_) => "editing",
            Self::Generating(_) => "generating",
            Self::Acquiring(Acquiring { elsewhere: false, .. }) => "taking",
            Self::Acquiring(_) => "elsewhere",
            Self::Enrolled { phase, .. } => phase.name(),
            Self::Failed(_) => "error",
        }
    }

    /// Returns whether the kubeconfig that is shown has been saved.
    pub(crate) fn has_saved_file(&self) -> bool {
        matches!(self, Self::Enrolled { phase: Phase::Issued(issued), .. } if issued.saved)
    }

    /// Returns the title that the browser shows in its list of tabs.
    pub(crate) fn title(&self) -> &'static str {
        match self {
            Self::Enrolled { phase, .. } => phase.title(),
            Self::Failed(_) => "Look: trouble · kube-enroll",
            _ => phase::DEFAULT_TITLE,
        }
    }

    /// Returns the step that a person sees as the current one.
    pub(crate) fn step(&self) -> Step {
        match self {
            Self::Loading | Self::Setup(_) => Step::Identify,
            Self::Generating(_) => Step::Generate,
            Self::Acquiring(_) => Step::Wait,
            Self::Enrolled { phase, .. } => phase.step(),
            Self::Failed(failed) => failed.step(),
        }
    }

    /// Returns the enrollment that is shown, or `None` where there is none.
    pub(crate) fn enrollment(&self) -> Option<&Rc<Enrollment>> {
        match self {
            Self::Enrolled { enrollment, .. } => Some(enrollment),
            _ => None,
        }
    }

    /// Returns whether leaving the page now loses a key that could still become a kubeconfig.
    pub(crate) fn holds_a_key(&self) -> bool {
        match self {
            Self::Enrolled { enrollment, phase } => !enrollment.is_stored() && phase.needs_the_key(),
            _ => false,
        }
    }

    /// Returns whether the state needs [`Event::Tick`]: it shows elapsed seconds, or has a timeout.
    pub(crate) fn needs_ticks(&self) -> bool {
        match self {
            Self::Generating(_) => true,
            Self::Enrolled { phase, .. } => matches!(phase, Phase::Submitting(_) | Phase::Waiting(_)),
            _ => false,
        }
    }
}
