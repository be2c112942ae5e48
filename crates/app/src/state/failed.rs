use super::{
    Acquiring, Application, Call, Context, Effect, Event, Generating, Problem, State, Step, Transition, UserAction,
};

/// An error that is not about the present enrollment.
#[derive(Debug, PartialEq)]
pub(crate) struct Failed {
    pub problem: Problem,
    pub retry: Retry,
}

/// The action of an error's button.
#[derive(Debug, PartialEq)]
pub(crate) enum Retry {
    /// Load the settings again.
    Load,
    /// The same, where the API was tried and did not answer as one: what is stored can be resumed all the while.
    Probe,
    /// Make a key again with the same details.
    Generate(Box<Application>),
    /// Resume the enrollment with this id.
    Acquire(String),
}

impl Failed {
    pub(super) fn on(self, event: Event, context: &Context) -> Transition {
        match event {
            Event::User(UserAction::Restart | UserAction::Forget | UserAction::Cancel) => Transition::restart(false),
            Event::User(UserAction::Retry) => match self.retry {
                Retry::Load | Retry::Probe => Transition::to(State::Loading).with(Effect::Call(Call::Settings)),
                Retry::Generate(mut application) => match context.inputs.random {
                    // The name may be used up.
                    Some(random) => {
                        application.rename(random);
                        Generating::begin(application, context)
                    }
                    None => Transition::fail(Problem::no_randomness(), Retry::Generate(application)),
                },
                Retry::Acquire(id) => Acquiring::begin(id),
            },
            _ => Transition::to(State::Failed(self)),
        }
    }

    pub(super) fn step(&self) -> Step {
        match self.retry {
            Retry::Load | Retry::Probe => Step::Identify,
            Retry::Generate(_) => Step::Generate,
            Retry::Acquire(_) => Step::Submit,
        }
    }
}
