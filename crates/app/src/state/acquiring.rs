use std::rc::Rc;

use kube_enroll_protocol::{Command, Lease, Reply, Stage, StoredEnrollment};

use super::{
    Context, Enrollment, Event, Phase, Problem, Retry, State, Transition, UserAction, Verifying, form::sentence,
    phase::Certificate,
};

/// A stored enrollment is being resumed, and its lease is not acquired yet.
#[derive(Debug, PartialEq)]
pub(crate) struct Acquiring {
    pub id: String,
    /// Another tab has it.
    pub elsewhere: bool,
}

impl Acquiring {
    /// Acquires the lease of the enrollment with this id.
    pub(super) fn begin(id: String) -> Transition {
        let acquiring = Self { id: id.clone(), elsewhere: false };
        Transition::to(State::Acquiring(acquiring)).command(Command::Acquire { id })
    }

    pub(super) fn on(self, event: Event, context: &Context) -> Transition {
        match event {
            Event::Reply(Reply::Acquire(Err(failure))) => {
                Transition::fail(Problem::unopened(failure.code, &failure.message), Retry::Acquire(self.id))
            }
            event if event.listing().is_some() => self.listed(context),
            Event::WorkerFailed(failure) => Transition::worker_failed(failure, self.id),
            Event::User(UserAction::Restart) => Transition::restart(true),
            _ => Transition::to(State::Acquiring(self)),
        }
    }

    /// Continues with the present content of the storage.
    fn listed(self, context: &Context) -> Transition {
        match context.stored(&self.id) {
            Some(stored) if stored.lease == Lease::Ours => resume(stored, context),
            Some(stored) => {
                let elsewhere = stored.lease == Lease::OtherTab;
                Transition::to(State::Acquiring(Self { elsewhere, ..self }))
            }
            None => Transition::restart(true),
        }
    }
}

/// Resumes an enrollment at its stored stage. The record is untrusted: one that cannot be parsed is refused.
fn resume(stored: &StoredEnrollment, context: &Context) -> Transition {
    let unreadable = |reason: &str| {
        let problem = Problem::new("The stored enrollment cannot be read", reason);
        Transition::fail(problem, Retry::Acquire(stored.id.clone())).command(Command::Release)
    };
    if let Some(fault) = stored.fault {
        return unreadable(&sentence(fault.to_string()));
    }
    let enrollment = match Enrollment::resume(stored) {
        Ok(enrollment) => Rc::new(enrollment),
        Err(error) => return unreadable(&sentence(error.to_string())),
    };
    let phase = match enrollment.stage {
        Stage::Denied => Phase::Denied(enrollment.decision.clone()),
        Stage::Failed => Phase::SigningFailed(enrollment.decision.clone()),
        Stage::Issued | Stage::Saved if enrollment.certificate_pem.is_some() => {
            let text = enrollment.certificate_pem.clone().expect("it was just seen");
            return Verifying::begin(enrollment, Certificate { text, is_pasted: false }, None, context);
        }
        _ if context.is_own_cluster(enrollment.cluster.as_ref()) == Some(false) => Phase::OtherCluster,
        Stage::Prepared => return Phase::submit(enrollment, context),
        _ if context.has_api() => return Phase::wait(enrollment, context),
        _ => return Phase::by_hand(enrollment, None),
    };
    Transition::to(phase.of(enrollment))
}
