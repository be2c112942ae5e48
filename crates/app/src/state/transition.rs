use kube_enroll_protocol::Command;

use super::{Context, Effect, Failed, Problem, Retry, Setup, State};

/// The state that an event leads to, and what is then to be done, in this order.
pub(super) struct Transition {
    pub state: State,
    pub effects: Vec<Effect>,
}

impl Transition {
    pub(super) fn to(state: State) -> Self {
        Self { state, effects: Vec::new() }
    }

    /// Shows what went wrong, and what can be tried again.
    pub(super) fn fail(problem: Problem, retry: Retry) -> Self {
        Self::to(State::Failed(Failed { problem, retry }))
    }

    /// Goes back to the form with the same details. What is stored stays, for another tab too: only its lease is
    /// released.
    pub(super) fn restart(has_lease: bool) -> Self {
        let restarted = Self::to(State::Setup(Setup { tried: false, may_resume: false })).with(Effect::StopCalls);
        if has_lease {
            restarted.command(Command::Release)
        } else {
            restarted.with(Effect::EndWorker).command(Command::List)
        }
    }

    /// Adds what is to be done after all the rest.
    pub(super) fn with(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }

    /// Adds any number of effects after all the rest.
    pub(super) fn with_all(mut self, effects: impl IntoIterator<Item = Effect>) -> Self {
        self.effects.extend(effects);
        self
    }

    /// Adds what is to be done before all the rest.
    pub(super) fn after(mut self, effects: impl IntoIterator<Item = Effect>) -> Self {
        self.effects.splice(0..0, effects);
        self
    }

    pub(super) fn command(self, command: Command) -> Self {
        self.with(Effect::Command(Box::new(command)))
    }

    /// Notifies a person who looks at something else, where that is wanted.
    pub(super) fn notify(self, text: &'static str, context: &Context) -> Self {
        if context.notifies { self.with(Effect::Notify(text)) } else { self }
    }
}
