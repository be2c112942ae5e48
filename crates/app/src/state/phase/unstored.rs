use std::rc::Rc;

use super::{Phase, Storing};
use crate::state::{Context, Enrollment, Event, Transition, UserAction};

/// The enrollment could not be stored.
#[derive(Debug, PartialEq)]
pub(crate) struct Unstored {
    /// For people.
    pub reason: String,
}

impl Unstored {
    pub(super) fn on(self, event: Event, enrollment: Rc<Enrollment>, context: &Context) -> Transition {
        match event {
            Event::User(UserAction::ContinueUnstored) => Phase::submit(enrollment, context),
            Event::User(UserAction::Retry) => match enrollment.save() {
                Some(save) => Transition::to(Phase::Storing(Storing).of(enrollment)).with(save),
                // Whatever is known of the storage: it may have changed.
                None => Storing::begin(enrollment),
            },
            _ => Transition::to(Phase::Unstored(self).of(enrollment)),
        }
    }
}
