use std::rc::Rc;

use kube_enroll_core::{CertificateSigningRequest, CsrState, ErrorCode, WatchEvent, csr::Decision};
use kube_enroll_protocol::Stage;

use super::{Certificate, Gone, Phase, Refused, SignIn, Verifying, Watcher};
use crate::state::{
    Answer, Call, Context, Effect, Enrollment, Event, Failure, Fault, State, Transition, UserAction, form::sentence,
};

/// The object is in the cluster, and is pending, or approved and not signed.
#[derive(Debug, PartialEq)]
pub(crate) struct Waiting {
    pub approval: Approval,
    pub watcher: Watcher,
}

/// The approval as last read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Approval {
    Pending,
    /// Approved, and not signed yet.
    Approved {
        since_ms: f64,
    },
}

impl Waiting {
    /// Lists the object; a watch follows.
    pub(super) fn begin(enrollment: Rc<Enrollment>, context: &Context) -> Transition {
        let list = Effect::Call(Call::List(enrollment.name().clone()));
        let waiting = Self { approval: Approval::Pending, watcher: Watcher::new(context.inputs.now_ms) };
        Transition::to(Phase::Waiting(waiting).of(enrollment)).with(list)
    }

    /// Continues a transition to this phase with an object that was already read.
    pub(super) fn continue_with(
        transition: Transition,
        object: &CertificateSigningRequest,
        context: &Context,
    ) -> Transition {
        let Transition { state, effects } = transition;
        match state {
            State::Enrolled { enrollment, phase: Phase::Waiting(waiting) } => {
                waiting.on_object(object, enrollment, context).after(effects)
            }
            state => Transition { state, effects },
        }
    }

    pub(super) fn on(mut self, event: Event, enrollment: Rc<Enrollment>, context: &Context) -> Transition {
        let now_ms = context.inputs.now_ms;
        match event {
            Event::Answer(Answer::ClusterInfo(_))
                if context.is_own_cluster(enrollment.cluster.as_ref()) == Some(false) =>
            {
                Transition::to(Phase::OtherCluster.of(enrollment)).with(Effect::StopCalls)
            }
            Event::Answer(answer) => self.on_answer(answer, enrollment, context),
            Event::Tick => {
                let due = self.watcher.tick(enrollment.name(), now_ms).map(Effect::Call);
                Transition::to(Phase::Waiting(self).of(enrollment)).with_all(due)
            }
            Event::Awake { reconnected } => {
                let due = self.watcher.awake(enrollment.name(), reconnected, now_ms).map(Effect::Call);
                Transition::to(Phase::Waiting(self).of(enrollment)).with_all(due)
            }
            Event::User(UserAction::Manual) => Phase::leave_api(enrollment, None),
            _ => Transition::to(Phase::Waiting(self).of(enrollment)),
        }
    }

    fn on_answer(mut self, answer: Answer, enrollment: Rc<Enrollment>, context: &Context) -> Transition {
        let now_ms = context.inputs.now_ms;
        match answer {
            Answer::Listed(Ok(list)) => {
                let watch = self.watcher.listed(enrollment.name(), list.metadata.resource_version, now_ms);
                let object = list.items.iter().find(|object| object.metadata.name == enrollment.name().as_str());
                let seen = self.on_object_or_absence(object, enrollment, context);
                match seen.state {
                    State::Enrolled { phase: Phase::Waiting(_), .. } => seen.with(Effect::Call(watch)),
                    _ => seen,
                }
            }
            Answer::Read(Ok(object)) => {
                self.watcher.contact(now_ms);
                self.on_object_or_absence(object.as_deref(), enrollment, context)
            }
            Answer::Watched(events) => {
                self.watcher.streamed(now_ms);
                self.on_events(events, enrollment, context)
            }
            Answer::Listed(Err(Failure::SignIn))
            | Answer::Read(Err(Failure::SignIn))
            | Answer::WatchEnded(Some(Failure::SignIn)) => {
                Transition::to(Phase::SignIn(SignIn::ToWait).of(enrollment)).with(Effect::StopCalls)
            }
            // Without an API from the beginning; one that has answered before is only away for a while.
            Answer::Listed(Err(Failure::NoApi(code))) if enrollment.object.is_none() => {
                Phase::without_api(enrollment, code)
            }
            Answer::Read(Err(failure)) => {
                self.watcher.lost(failure, now_ms);
                Transition::to(Phase::Waiting(self).of(enrollment))
            }
            Answer::Listed(Err(failure)) | Answer::WatchEnded(Some(failure)) => {
                self.watcher.ended(Some(failure), now_ms, context.jitter());
                Transition::to(Phase::Waiting(self).of(enrollment))
            }
            Answer::WatchEnded(None) => {
                self.watcher.ended(None, now_ms, context.jitter());
                Transition::to(Phase::Waiting(self).of(enrollment))
            }
            _ => Transition::to(Phase::Waiting(self).of(enrollment)),
        }
    }

    /// Handles events of the watch until one of them ends this phase.
    fn on_events(self, events: Vec<WatchEvent>, enrollment: Rc<Enrollment>, context: &Context) -> Transition {
        let begin = Transition::to(Phase::Waiting(self).of(enrollment));
        events.iter().fold(begin, |transition, event| {
            let Transition { state, effects } = transition;
            match state {
                State::Enrolled { enrollment, phase: Phase::Waiting(waiting) } => {
                    waiting.on_event(event, enrollment, context).after(effects)
                }
                state => Transition { state, effects },
            }
        })
    }

    fn on_event(mut self, event: &WatchEvent, enrollment: Rc<Enrollment>, context: &Context) -> Transition {
        match event {
            WatchEvent::Added(object) | WatchEvent::Modified(object) => {
                self.watcher.seen(&object.metadata.resource_version);
                self.on_object(object, enrollment, context)
            }
            WatchEvent::Deleted(object) => {
                // Its last state may hold the certificate.
                let Transition { state, effects } = self.on_object(object, enrollment, context);
                match state {
                    State::Enrolled { enrollment, phase: Phase::Waiting(waiting) } => {
                        waiting.on_absence(enrollment, context).after(effects)
                    }
                    state => Transition { state, effects },
                }
            }
            WatchEvent::Bookmark { resource_version } => {
                self.watcher.seen(resource_version);
                Transition::to(Phase::Waiting(self).of(enrollment))
            }
            // The server ends the watch, and the next list says more: it is how a 410 is met.
            WatchEvent::Error(_) => {
                self.watcher.expired();
                Transition::to(Phase::Waiting(self).of(enrollment))
            }
        }
    }

    fn on_object_or_absence(
        self,
        object: Option<&CertificateSigningRequest>,
        enrollment: Rc<Enrollment>,
        context: &Context,
    ) -> Transition {
        match object {
            Some(object) => self.on_object(object, enrollment, context),
            None => self.on_absence(enrollment, context),
        }
    }

    /// Handles that there is no object of the name.
    fn on_absence(self, enrollment: Rc<Enrollment>, context: &Context) -> Transition {
        let was_approved = self.approval != Approval::Pending;
        Gone::Absent { was_approved }.begin(enrollment).notify("Your request is gone", context)
    }

    /// Handles the present object. A decision is never reverted, since an answer may be stale.
    fn on_object(
        mut self,
        object: &CertificateSigningRequest,
        mut enrollment: Rc<Enrollment>,
        context: &Context,
    ) -> Transition {
        if !enrollment.is_own_object(object) {
            return Gone::Replaced.begin(enrollment);
        }
        // It was gone, and is there again.
        let save = if enrollment.stage == Stage::Gone { enrollment.reach(Stage::Submitted) } else { None };
        let next = match object.state() {
            Ok(CsrState::Pending) => Transition::to(Phase::Waiting(self).of(enrollment)),
            Ok(CsrState::Approved) => {
                if self.approval == Approval::Pending {
                    self.approval = Approval::Approved { since_ms: context.inputs.now_ms };
                }
                Transition::to(Phase::Waiting(self).of(enrollment))
            }
            Ok(CsrState::Denied(decision)) => {
                decided(enrollment, Stage::Denied, decision, Phase::Denied).notify("Your request was denied", context)
            }
            Ok(CsrState::Failed(decision)) => decided(enrollment, Stage::Failed, decision, Phase::SigningFailed)
                .notify("The cluster could not sign", context),
            Ok(CsrState::Issued { certificate_pem: text }) => {
                Rc::make_mut(&mut enrollment).certificate_pem = Some(text.clone());
                let save = enrollment.reach(Stage::Issued);
                Verifying::begin(enrollment, Certificate { text, is_pasted: false }, None, context)
                    .after(std::iter::once(Effect::StopCalls).chain(save))
                    .notify("Your certificate is here", context)
            }
            Err(error) => {
                let fault = Fault::Words(sentence(error.to_string()));
                let refused = Refused { certificate: None, code: ErrorCode::InvalidObject, fault };
                Transition::to(Phase::Refused(refused).of(enrollment)).with(Effect::StopCalls)
            }
        };
        next.after(save)
    }
}

/// Stores a decision, so that it outlives the object, which Kubernetes deletes after an hour.
fn decided(
    mut enrollment: Rc<Enrollment>,
    stage: Stage,
    decision: Decision,
    phase: impl FnOnce(Decision) -> Phase,
) -> Transition {
    Rc::make_mut(&mut enrollment).decision = decision.clone();
    let save = enrollment.reach(stage);
    Transition::to(phase(decision).of(enrollment)).with_all(save).with(Effect::StopCalls)
}
