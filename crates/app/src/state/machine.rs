use std::rc::Rc;

use kube_enroll_core::{Groups, Settings};
use kube_enroll_protocol::{Command, Reply};

use super::{
    Acquiring, Answer, Call, Context, Deletion, Edit, Effect, Environment, Event, Form, Inputs, Problem, Retry, Setup,
    State, Transition, UserAction, certificate_end::delete_ended, form::sentence,
};

/// The state machine of the whole page.
#[derive(Debug)]
pub(crate) struct Machine {
    pub context: Context,
    pub state: State,
}

impl Machine {
    /// Makes the machine before anything is loaded.
    pub(crate) fn new(environment: Environment, form: Form) -> Self {
        Self { context: Context::new(environment, form), state: State::Loading }
    }

    /// Handles an event, and returns the effects. The context is updated first, then the state.
    pub(crate) fn on(self, event: Event, inputs: Inputs) -> (Self, Vec<Effect>) {
        let Self { mut context, state } = self;
        context.inputs = inputs;
        let was_setup = matches!(state, State::Setup(_));
        let Transition { mut state, mut effects } = match event {
            Event::User(action) => on_user(action, state, &mut context),
            Event::Answer(answer) => on_answer(answer, state, &mut context),
            Event::Reply(_) | Event::StorageChanged(_) => on_storage(event, state, &mut context),
            Event::WorkerFailed(_) => {
                let restart_worker = restart_worker(&state);
                context.deletion.failed("The part of the page that holds keys broke down.");
                state.on(event, &context).after(restart_worker)
            }
            Event::Started => Transition::to(state).with(Effect::Call(Call::Settings)).command(Command::List),
            Event::ClockRead { offset_ms } => {
                context.clock_offset_ms = Some(offset_ms);
                Transition::to(state)
            }
            Event::Copied { block, worked } => {
                context.copied = Some((block, worked));
                Transition::to(state)
            }
            Event::CopyShown => {
                context.copied = None;
                Transition::to(state)
            }
            Event::NotificationPermission(granted) => {
                context.notifies = granted;
                Transition::to(state)
            }
            Event::Tick | Event::Awake { .. } => state.on(event, &context),
        };
        match state {
            State::Setup(_) if !was_setup => match context.inputs.random {
                Some(random) => Rc::make_mut(&mut context.form).random = random,
                None => state = Transition::fail(Problem::no_randomness(), Retry::Load).state,
            },
            State::Setup(_) | State::Loading => {}
            // The form holds the passphrase only while it is shown.
            _ => clear_passphrase(&mut context),
        }
        if let State::Setup(_) = state {
            effects.extend(delete_ended(&mut context));
        }
        if effects.iter().any(Effect::deletes) {
            context.deletion = Deletion::Requested;
        }
        (Self { context, state }, effects)
    }
}

fn on_user(action: UserAction, state: State, context: &mut Context) -> Transition {
    match action {
        UserAction::Edit(edit) => {
            let row = match &edit {
                Edit::AddGroup => Some(context.form.groups.len()),
                Edit::RemoveGroup(index) => Some(index.saturating_sub(1)),
                _ => None,
            };
            Rc::make_mut(&mut context.form).edit(edit, context.inputs.random);
            Transition::to(state).with_all(row.map(|row| Effect::Focus(format!("group-{row}"))))
        }
        UserAction::Delete(id) => Transition::to(state).with(Effect::delete(id)),
        UserAction::Again(id) => {
            let enrollment = context.stored.iter().chain(context.ended.iter()).find(|stored| stored.id == id).cloned();
            if let Some(enrollment) = &enrollment {
                Rc::make_mut(&mut context.form).repeat(enrollment, &context.policy, context.person.is_some());
            }
            Transition::to(state).with_all(enrollment.map(|_| Effect::Focus("user".into())))
        }
        UserAction::Export(id) => {
            let save = context.stored(&id).map(|stored| Effect::SaveText {
                name: format!("{}.csr", stored.progress.name),
                text: stored.details.request_pem.clone(),
            });
            Transition::to(state).with_all(save)
        }
        UserAction::Copy { block, text } => Transition::to(state).with(Effect::Copy { block, text }),
        UserAction::Notify => Transition::to(state).with(Effect::RequestNotificationPermission),
        action => state.on(Event::User(action), context),
    }
}

fn on_answer(answer: Answer, state: State, context: &mut Context) -> Transition {
    match (answer, state) {
        (Answer::Settings(Ok(settings)), State::Loading) => loaded(*settings, context),
        (Answer::Whoami(Ok(person)), State::Loading) => {
            context.person = Some(Rc::from(person));
            loaded(Settings::clone(&context.settings), context)
        }
        (Answer::Settings(Err(problem)) | Answer::Whoami(Err(problem)), _) => Transition::fail(problem, Retry::Load),
        (Answer::ClusterInfo(Some(cluster)), state) if context.cluster.is_none() => {
            context.cluster = Some(Rc::from(cluster));
            state.on(Event::Answer(Answer::ClusterInfo(None)), context)
        }
        (Answer::Settings(_) | Answer::Whoami(_) | Answer::ClusterInfo(_), state) => Transition::to(state),
        (answer, state) => state.on(Event::Answer(answer), context),
    }
}

/// Begins with the settings, once the signed-in person is known.
fn loaded(settings: Settings, context: &mut Context) -> Transition {
    let mut policy = settings.policy.clone();
    match context.person.clone() {
        Some(person) => {
            Rc::make_mut(&mut context.form).user = person.user.to_string();
            policy.groups = Groups::Only(person.groups.clone());
        }
        None if settings.identity.is_some() => {
            context.settings = Rc::new(settings);
            return Transition::to(State::Loading).with(Effect::Call(Call::Whoami));
        }
        None => {}
    }
    Rc::make_mut(&mut context.form).adopt(&policy);
    context.cluster = settings.cluster.clone().map(Rc::new);
    let mut effects = Vec::new();
    if let Some(base) = settings.api_base.clone() {
        // Beyond the page's own folder, other things of the same origin may run scripts.
        context.environment.is_shared = base.starts_with('/') || base.starts_with("..");
        effects.push(Effect::UseApi(base));
        if context.cluster.is_none() {
            effects.push(Effect::Call(Call::ClusterInfo));
        }
    }
    context.settings = Rc::new(settings);
    context.policy = Rc::new(policy);
    context.choose_lock();
    effects.extend(request_cluster_time(context));
    Setup { tried: false, may_resume: true }.resume(context).after(effects)
}

/// Handles a reply of the worker, or a change of the storage by another tab.
fn on_storage(event: Event, state: State, context: &mut Context) -> Transition {
    if let Event::Reply(Reply::Delete(result)) = &event {
        match result {
            Ok(_) => context.deletion = Deletion::None,
            Err(failure) => context.deletion.failed(&sentence(failure.message.clone())),
        }
    }
    let Some(listing) = event.listing() else { return state.on(event, context) };
    let is_silent = context.update_storage(listing);
    match state {
        // A storage that does not answer any more has deleted nothing.
        State::Acquiring(Acquiring { id, .. }) if is_silent => {
            let problem = Problem::new("The browser’s storage does not answer", "Your key is stored.");
            Transition::fail(problem, Retry::Acquire(id))
        }
        state if is_silent => Transition::to(state),
        State::Setup(setup) => {
            let request_cluster_time = request_cluster_time(context);
            setup.resume(context).after(request_cluster_time)
        }
        state => state.on(event, context),
    }
}

/// Requests the cluster's time if a stored certificate may have expired: the `Date` of any answer of the API has it.
fn request_cluster_time(context: &Context) -> Option<Effect> {
    let may_expire = context.stored.iter().any(|stored| stored.progress.not_after.is_some());
    let is_asked = may_expire && context.has_api() && context.cluster.is_some() && context.clock_offset_ms.is_none();
    is_asked.then_some(Effect::Call(Call::ClusterInfo))
}

/// Replaces a worker that has failed.
fn restart_worker(state: &State) -> Vec<Effect> {
    // The lease was released with the worker.
    let id = state.enrollment().and_then(|enrollment| enrollment.id.clone());
    let acquire = id.map(|id| Effect::Command(Box::new(Command::Acquire { id })));
    std::iter::once(Effect::EndWorker).chain(acquire).collect()
}

fn clear_passphrase(context: &mut Context) {
    if !context.form.passphrase.as_str().is_empty() {
        Rc::make_mut(&mut context.form).passphrase = Rc::default();
    }
}
