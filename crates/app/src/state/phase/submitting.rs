use std::{rc::Rc, time::Duration};

use kube_enroll_core::{Backoff, CertificateSigningRequest};
use kube_enroll_protocol::Stage;

use super::{Phase, SignIn, SubmitFailed, Waiting};
use crate::state::{Answer, Call, Context, Effect, Enrollment, Event, Failure, Problem, Transition, UserAction};

/// The object is being created.
#[derive(Debug, PartialEq)]
pub(crate) struct Submitting {
    pub since_ms: f64,
    retries: usize,
    /// The time of the next attempt, or `None` while one is in progress.
    again_ms: Option<f64>,
    /// The reason why the last attempt failed, or `None` before that.
    pub trouble: Option<String>,
    backoff: Backoff,
}

impl Submitting {
    /// Creates the object with one POST. Its name was chosen before, so that a lost reply can be retried.
    pub(in crate::state) fn begin(enrollment: Rc<Enrollment>, context: &Context) -> Transition {
        let create = Effect::Call(Call::Create(Box::new(enrollment.object())));
        let submitting = Self {
            since_ms: context.inputs.now_ms,
            retries: 0,
            again_ms: None,
            trouble: None,
            backoff: Backoff::new(MIN_PAUSE, MAX_PAUSE),
        };
        Transition::to(Phase::Submitting(submitting).of(enrollment)).with(create)
    }

    pub(super) fn on(mut self, event: Event, enrollment: Rc<Enrollment>, context: &Context) -> Transition {
        match event {
            Event::Answer(Answer::Created(result)) => self.created(result, enrollment, context),
            // To a stranger, the proxy shows somebody else's object as absent.
            Event::Answer(Answer::Adopted(Ok(None))) => SubmitFailed::name_taken(enrollment),
            Event::Answer(Answer::Adopted(Ok(Some(object)))) => self.created(Ok(object), enrollment, context),
            Event::Answer(Answer::Adopted(Err(failure))) => self.created(Err(failure), enrollment, context),
            Event::Answer(Answer::ClusterInfo(_))
                if context.is_own_cluster(enrollment.cluster.as_ref()) == Some(false) =>
            {
                Transition::to(Phase::OtherCluster.of(enrollment)).with(Effect::StopCalls)
            }
            Event::Tick if self.again_ms.is_some_and(|due_ms| context.inputs.now_ms >= due_ms) => {
                self.again_ms = None;
                let create = Effect::Call(Call::Create(Box::new(enrollment.object())));
                Transition::to(Phase::Submitting(self).of(enrollment)).with(create)
            }
            Event::User(UserAction::Manual) => Phase::leave_api(enrollment, None),
            _ => Transition::to(Phase::Submitting(self).of(enrollment)),
        }
    }

    /// Handles the answer to a POST, or to the read after a 409. A lost reply must not create a second object: the POST
    /// is retried under the same name, and an existing object is accepted only if it holds the same request.
    fn created(
        self,
        result: Result<Box<CertificateSigningRequest>, Failure>,
        mut enrollment: Rc<Enrollment>,
        context: &Context,
    ) -> Transition {
        match result {
            Ok(object) if enrollment.is_own_object(&object) => {
                Rc::make_mut(&mut enrollment).pin(&object);
                let save = enrollment.reach(Stage::Submitted);
                let waiting = Waiting::begin(enrollment, context).after(save);
                Waiting::continue_with(waiting, &object, context)
            }
            Ok(_) => SubmitFailed::name_taken(enrollment),
            Err(Failure::SignIn) => Transition::to(Phase::SignIn(SignIn::ToSubmit).of(enrollment)),
            Err(Failure::Refused(status)) if status.code == 409 => {
                let adopt = Effect::Call(Call::Adopt(enrollment.name().clone()));
                Transition::to(Phase::Submitting(self).of(enrollment)).with(adopt)
            }
            Err(Failure::Refused(status)) => {
                SubmitFailed::again(Problem::of_status(*status, context.person.is_some()), enrollment)
            }
            Err(Failure::NotSent(reason)) => SubmitFailed::again(Problem::not_sent(reason), enrollment),
            Err(Failure::Blocked(code)) => {
                SubmitFailed::again(Problem::blocked("The request was refused", code, " Your key is kept."), enrollment)
            }
            Err(Failure::NoApi(code)) => Phase::without_api(enrollment, code),
            Err(Failure::Unreachable { reason, retry_after_ms }) => {
                self.unreachable(reason, retry_after_ms, enrollment, context)
            }
        }
    }

    fn unreachable(
        mut self,
        reason: String,
        retry_after_ms: f64,
        enrollment: Rc<Enrollment>,
        context: &Context,
    ) -> Transition {
        if self.retries == MAX_RETRIES {
            let problem = Problem::new(
                "The cluster did not answer",
                "Your key is kept. The request may have arrived or not; trying again is safe, since it has the same name.",
            );
            return SubmitFailed::again(problem.with(reason), enrollment);
        }
        let pause_ms = self.backoff.pause(context.jitter()).as_secs_f64() * 1_000.0;
        self.retries += 1;
        self.again_ms = Some(context.inputs.now_ms + pause_ms.max(retry_after_ms));
        self.trouble = Some(reason);
        Transition::to(Phase::Submitting(self).of(enrollment))
    }
}

const MIN_PAUSE: Duration = Duration::from_millis(500);

const MAX_PAUSE: Duration = Duration::from_secs(8);

/// The maximum number of automatic retries.
const MAX_RETRIES: usize = 5;
