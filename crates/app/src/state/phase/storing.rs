use std::rc::Rc;

use kube_enroll_protocol::{Command, Passphrase, Reply};

use super::{Phase, Unstored};
use crate::state::{Context, Enrollment, Event, Lock, Transition, form::sentence};

/// The enrollment, or a new name of it, is being stored.
#[derive(Debug, PartialEq)]
pub(crate) struct Storing;

impl Storing {
    /// Has the worker store a new enrollment.
    pub(in crate::state) fn begin(enrollment: Rc<Enrollment>) -> Transition {
        let passphrase = match &enrollment.application.lock {
            Lock::Browser => None,
            Lock::Passphrase(passphrase) => Some(Passphrase::clone(passphrase)),
        };
        let command = Command::Store {
            details: Box::new(enrollment.details()),
            progress: Box::new(enrollment.progress()),
            passphrase,
        };
        Transition::to(Phase::Storing(Self).of(enrollment)).command(command)
    }

    pub(super) fn on(self, event: Event, mut enrollment: Rc<Enrollment>, context: &Context) -> Transition {
        match event {
            Event::Reply(Reply::Store(Ok(id))) => {
                let stored = Rc::make_mut(&mut enrollment);
                stored.id = Some(id);
                // The passphrase is of no more use here, and need not stay in memory.
                stored.application.lock = Lock::Browser;
                Phase::submit(enrollment, context)
            }
            // The reply may be to an earlier command: only the name in the storage says that this one is written.
            Event::Reply(Reply::Update(Ok(_))) if self.is_written(&enrollment, context) => {
                Phase::submit(enrollment, context)
            }
            Event::Reply(Reply::Store(Err(failure)) | Reply::Update(Err(failure))) => {
                Transition::to(Phase::Unstored(Unstored { reason: sentence(failure.message) }).of(enrollment))
            }
            Event::WorkerFailed(failure) => {
                Phase::worker_failed(failure, "Nothing was sent. You can try again.", &enrollment)
            }
            _ => Transition::to(Phase::Storing(self).of(enrollment)),
        }
    }

    fn is_written(&self, enrollment: &Enrollment, context: &Context) -> bool {
        let stored = enrollment.id.as_ref().and_then(|id| context.stored(id));
        stored.is_some_and(|stored| stored.progress.name == enrollment.name().as_str())
    }
}
