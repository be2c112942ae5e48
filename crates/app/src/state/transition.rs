use kube_enroll_protocol::Command;

use super::{Context, Effect, Failed, Problem, Retry, Setup, State, WorkerFailure};

/// The state after an event, and the effects, in their order.
pub(super) struct Transition {
    pub state: State,
    pub effects: Vec<Effect>,
}

impl Transition {
    pub(super) fn to(state: State) -> Self {
        Self { state, effects: Vec::new() }
    }

    /// Makes a transition to [`State::Failed`].
    pub(super) fn fail(problem: Problem, retry: Retry) -> Self {
        Self::to(State::Failed(Failed { problem, retry }))
    }

    /// Makes a transition to [`State::Failed`] since the worker has ended, where the enrollment with this id is stored.
    pub(super) fn worker_failed(failure: WorkerFailure, id: String) -> Self {
        let problem = Problem::of_worker(failure, "Your key is stored. You can try again.");
        Self::fail(problem, Retry::Acquire(id))
    }

    /// Goes back to the form with the same contents. A stored enrollment stays stored; only its lease is released.
    pub(super) fn restart(has_lease: bool) -> Self {
        let restarted = Self::to(State::Setup(Setup { tried: false, may_resume: false })).with(Effect::StopCalls);
        if has_lease {
            restarted.command(Command::Release)
        } else {
            restarted.with(Effect::EndWorker).command(Command::List)
        }
    }

    /// Appends an effect.
    pub(super) fn with(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }

    /// Appends effects.
    pub(super) fn with_all(mut self, effects: impl IntoIterator<Item = Effect>) -> Self {
        self.effects.extend(effects);
        self
    }

    /// Prepends effects.
    pub(super) fn after(mut self, effects: impl IntoIterator<Item = Effect>) -> Self {
        self.effects.splice(0..0, effects);
        self
    }

    pub(super) fn command(self, command: Command) -> Self {
        self.with(Effect::Command(Box::new(command)))
    }

    /// Appends a notification, if the person wants them.
    pub(super) fn notify(self, text: &'static str, context: &Context) -> Self {
        if context.notifies { self.with(Effect::Notify(text)) } else { self }
    }
}
