use std::rc::Rc;

use super::{Phase, Submitting};
use crate::state::{Context, Enrollment, Event, Problem, Transition, UserAction};

/// The object could not be created.
#[derive(Debug, PartialEq)]
pub(crate) struct SubmitFailed {
    pub problem: Problem,
    /// Another object has the name: a retry needs a new one.
    pub needs_new_name: bool,
}

impl SubmitFailed {
    /// Begins with a problem after which the same request can be sent again, under the same name.
    pub(super) fn again(problem: Problem, enrollment: Rc<Enrollment>) -> Transition {
        Transition::to(Phase::SubmitFailed(Self { problem, needs_new_name: false }).of(enrollment))
    }

    /// Begins where another object has the name.
    pub(super) fn name_taken(enrollment: Rc<Enrollment>) -> Transition {
        let submit_failed = Self { problem: Problem::name_taken(), needs_new_name: true };
        Transition::to(Phase::SubmitFailed(submit_failed).of(enrollment))
    }

    /// Begins where no random numbers are available for a new name.
    pub(super) fn without_randomness(enrollment: Rc<Enrollment>) -> Transition {
        let submit_failed = Self { problem: Problem::no_randomness(), needs_new_name: true };
        Transition::to(Phase::SubmitFailed(submit_failed).of(enrollment))
    }

    pub(super) fn on(self, event: Event, enrollment: Rc<Enrollment>, context: &Context) -> Transition {
        match event {
            Event::User(UserAction::Retry) if self.needs_new_name => Phase::rename(enrollment, context),
            Event::User(UserAction::Retry) => Submitting::begin(enrollment, context),
            Event::User(UserAction::Manual) if !self.needs_new_name => Phase::leave_api(enrollment, None),
            _ => Transition::to(Phase::SubmitFailed(self).of(enrollment)),
        }
    }
}
