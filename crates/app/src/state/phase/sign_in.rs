use std::rc::Rc;

use super::{Phase, Submitting};
use crate::state::{Context, Enrollment, Event, Transition, UserAction};

/// The session of a proxy in front of the page has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignIn {
    /// Before the object is created.
    ToSubmit,
    /// After the object was created.
    ToWait,
}

impl SignIn {
    pub(super) fn on(self, event: Event, enrollment: Rc<Enrollment>, context: &Context) -> Transition {
        match (event, self) {
            (Event::User(UserAction::Retry), Self::ToSubmit) => Submitting::begin(enrollment, context),
            (Event::User(UserAction::Retry), Self::ToWait) => Phase::wait(enrollment, context),
            (Event::User(UserAction::Manual), _) => Phase::leave_api(enrollment, None),
            _ => Transition::to(Phase::SignIn(self).of(enrollment)),
        }
    }
}
