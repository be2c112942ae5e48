use std::rc::Rc;

use kube_enroll_protocol::Stage;

use super::Phase;
use crate::state::{Answer, Context, Effect, Enrollment, Event, Transition, UserAction};

/// The object is no longer in the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gone {
    /// No object has that name.
    Absent { was_approved: bool },
    /// Somebody else's object has that name.
    Replaced,
}

impl Gone {
    /// Stores that it is gone.
    pub(super) fn begin(self, mut enrollment: Rc<Enrollment>) -> Transition {
        let save = enrollment.reach(Stage::Gone);
        Transition::to(Phase::Gone(self).of(enrollment)).with(Effect::StopCalls).with_all(save)
    }

    pub(super) fn on(self, event: Event, enrollment: Rc<Enrollment>, context: &Context) -> Transition {
        match event {
            Event::User(UserAction::Resubmit) => Phase::rename(enrollment, context),
            Event::User(UserAction::Retry) => Phase::wait(enrollment, context),
            Event::User(UserAction::Manual) => Phase::leave_api(enrollment, None),
            Event::Answer(Answer::ClusterInfo(_))
                if context.is_own_cluster(enrollment.cluster.as_ref()) == Some(false) =>
            {
                Transition::to(Phase::OtherCluster.of(enrollment)).with(Effect::StopCalls)
            }
            _ => Transition::to(Phase::Gone(self).of(enrollment)),
        }
    }
}
