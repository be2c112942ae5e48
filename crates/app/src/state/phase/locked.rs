use std::rc::Rc;

use kube_enroll_protocol::Passphrase;

use super::{Certificate, Phase, Verifying};
use crate::state::{Context, Enrollment, Event, Transition, UserAction};

/// The certificate is issued, and the key needs its passphrase.
#[derive(Debug, PartialEq)]
pub(crate) struct Locked {
    pub certificate: Certificate,
    pub passphrase: Rc<Passphrase>,
    pub fault: Option<String>,
}

impl Locked {
    pub(super) fn new(certificate: Certificate, fault: Option<String>) -> Self {
        Self { certificate, passphrase: Rc::default(), fault }
    }

    pub(super) fn on(mut self, event: Event, enrollment: Rc<Enrollment>, context: &Context) -> Transition {
        match event {
            Event::User(UserAction::Passphrase(passphrase)) => self.passphrase = passphrase,
            Event::User(UserAction::Unlock) => {
                let passphrase = Passphrase::clone(&self.passphrase);
                return Verifying::begin(enrollment, self.certificate, Some(passphrase), context);
            }
            _ => {}
        }
        Transition::to(Phase::Locked(self).of(enrollment))
    }
}
