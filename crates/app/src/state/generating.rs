use std::rc::Rc;

use kube_enroll_protocol::{Command, GeneratedKey, Reply};

use super::{
    Application, Context, Enrollment, Event, Phase, Problem, Retry, State, Storage, Storing, Transition, Unstored,
    UserAction, sentence,
};

/// The worker makes a key.
#[derive(Debug, PartialEq)]
pub(crate) struct Generating {
    pub application: Box<Application>,
    pub since_ms: f64,
    /// The page had shown that this browser stores nothing before the key was requested.
    pub knew_refusal: bool,
}

impl Generating {
    /// Has the worker make a key.
    pub(super) fn begin(application: Box<Application>, context: &Context) -> Transition {
        let command = Command::Generate {
            algorithm: application.algorithm,
            user: application.subject.user().clone(),
            groups: application.subject.groups().to_vec(),
        };
        let knew_refusal = matches!(context.storage, Storage::Refused(_));
        let generating = Self { application, since_ms: context.inputs.now_ms, knew_refusal };
        Transition::to(State::Generating(generating)).command(command)
    }

    pub(super) fn on(self, event: Event, context: &Context) -> Transition {
        match event {
            Event::Reply(Reply::Generate(Ok(key))) => self.store(key, context),
            Event::Reply(Reply::Generate(Err(failure))) => Transition::fail(
                Problem::new("The key could not be made", &sentence(failure.message)).with(failure.code.to_string()),
                Retry::Generate(self.application),
            ),
            Event::WorkerFailed(failure) => Transition::fail(
                Problem::of_worker(failure, "Nothing was sent. You can try again."),
                Retry::Generate(self.application),
            ),
            Event::User(UserAction::Cancel | UserAction::Restart) => Transition::restart(false),
            _ => Transition::to(State::Generating(self)),
        }
    }

    /// Stores the enrollment. The request is sent only after that.
    fn store(self, key: GeneratedKey, context: &Context) -> Transition {
        let Self { application, knew_refusal, .. } = self;
        let cluster = context.cluster.as_deref().cloned();
        let enrollment = Rc::new(Enrollment::new(*application, key, cluster, context.inputs.now_ms));
        match &context.storage {
            Storage::Refused(_) if knew_refusal => Phase::submit(enrollment, context),
            // The person had pressed the button before the page could show the refusal, so they decide now.
            Storage::Refused(reason) => {
                Transition::to(Phase::Unstored(Unstored { reason: reason.clone() }).of(enrollment))
            }
            _ => Storing::begin(enrollment),
        }
    }
}
