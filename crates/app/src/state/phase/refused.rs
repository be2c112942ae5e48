use std::rc::Rc;

use kube_enroll_core::ErrorCode;

use super::{Certificate, Phase, Verifying};
use crate::state::{Context, Enrollment, Event, Fault, Transition, UserAction};

/// The certificate does not answer the request; no kubeconfig was written.
#[derive(Debug, PartialEq)]
pub(crate) struct Refused {
    pub certificate: Option<Certificate>,
    pub code: ErrorCode,
    pub fault: Fault,
}

impl Refused {
    pub(super) fn on(self, event: Event, enrollment: Rc<Enrollment>, context: &Context) -> Transition {
        match event {
            Event::User(UserAction::Retry) => match self.certificate {
                // Only time mends this one; instead of another, the cluster may have a better one by now.
                Some(certificate) if !context.has_api() || self.code == ErrorCode::NotValidNow => {
                    Verifying::begin(enrollment, certificate, None, context)
                }
                _ => Phase::wait(enrollment, context),
            },
            Event::User(UserAction::Manual) => Phase::leave_api(enrollment, None),
            _ => Transition::to(Phase::Refused(self).of(enrollment)),
        }
    }
}
