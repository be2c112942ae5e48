use std::rc::Rc;

use super::{Phase, Storing};
use crate::state::{Context, Enrollment, Event, Lock, Transition, UserAction};

/// The enrollment could not be stored.
#[derive(Debug, PartialEq)]
pub(crate) struct Unstored {
    /// For people.
    pub reason: String,
    /// The lock for the next attempt.
    pub lock: Lock,
}

impl Unstored {
    pub(super) fn on(self, event: Event, enrollment: Rc<Enrollment>, context: &Context) -> Transition {
        match event {
            Event::User(UserAction::ContinueUnstored) => Phase::submit(enrollment, context),
            Event::User(UserAction::Retry) => match enrollment.save() {
                Some(save) => Transition::to(Phase::Storing(Storing::new_name()).of(enrollment)).with(save),
                // Whatever is known of the storage: it may have changed.
                None => Storing::begin(enrollment, self.lock),
            },
            _ => Transition::to(Phase::Unstored(self).of(enrollment)),
        }
    }
}
