use std::rc::Rc;

use kube_enroll_core::{Groups, ObjectName, Settings};
use kube_enroll_protocol::{Command, Reply, StoredEnrollment};

use super::{
    Acquiring, Answer, Call, Context, Edit, Effect, Environment, Event, Failed, Failure, Form, Inputs, Phase, Problem,
    Retry, Setup, State, Storage, Transition, UserAction, WorkerFailure,
    certificate_end::delete_ended,
    context::Unwritten,
    form::sentence,
    origin::{is_shared_origin, other_address},
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
            Event::WorkerFailed(failure) => on_worker_failed(failure, state, &mut context),
            Event::Started => Transition::to(state).with(Effect::Call(Call::Settings)).command(Command::List),
            Event::ClockRead { offset_ms } => {
                context.read_clock(offset_ms);
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
            Event::Tick | Event::Awake { .. } => {
                let write = write_again(&state, &mut context);
                state.on(event, &context).with_all(write)
            }
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
        context.deletions.request(effects.iter().filter(|effect| effect.deletes()).count());
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
            if let Some(StoredEnrollment { details, has_passphrase, .. }) = &enrollment {
                context.repeat(details, *has_passphrase);
            }
            let first = if context.person.is_some() { "create" } else { "user" };
            Transition::to(state).with_all(enrollment.map(|_| Effect::Focus(first.into())))
        }
        UserAction::BackToForm => {
            fill_in(&state, context);
            state.on(Event::User(UserAction::Restart), context)
        }
        UserAction::Forget => {
            fill_in(&state, context);
            state.on(Event::User(UserAction::Forget), context)
        }
        UserAction::Export(id) => {
            let save = context.stored(&id).map(|stored| Effect::SaveText {
                name: format!("{}.csr", stored.progress.name),
                text: stored.details.request_pem.clone(),
            });
            Transition::to(state).with_all(save)
        }
        UserAction::Copy { block, text } => Transition::to(state).with(Effect::Copy { block, text }),
        UserAction::Share(text) => Transition::to(state).with(Effect::Share(text)),
        UserAction::Reload => Transition::to(state).with(Effect::Reload),
        UserAction::Notify => Transition::to(state).with(Effect::RequestNotificationPermission),
        action => state.on(Event::User(action), context),
    }
}

/// Fills in the form as it was for the enrollment of a state, which an earlier visit may have made.
fn fill_in(state: &State, context: &mut Context) {
    let id = match state {
        State::Failed(Failed { retry: Retry::Acquire(id), .. }) => Some(id),
        state => state.enrollment().and_then(|enrollment| enrollment.id.as_ref()),
    };
    let stored = id.and_then(|id| context.stored(id)).cloned();
    let has_passphrase = stored.as_ref().is_some_and(|stored| stored.has_passphrase);
    let details = state.enrollment().map(|enrollment| enrollment.details()).or(stored.map(|stored| stored.details));
    if let Some(details) = details {
        context.repeat(&details, has_passphrase);
    }
}

fn on_answer(answer: Answer, state: State, context: &mut Context) -> Transition {
    match (answer, state) {
        (Answer::Settings(Ok(settings)), State::Loading) => loaded(*settings, context),
        (Answer::NoSettings, State::Loading) => {
            context.has_defaults = true;
            loaded(Settings::default(), context)
        }
        (Answer::Whoami(Ok(person)), State::Loading) => {
            context.person = Some(Rc::from(person));
            loaded(Settings::clone(&context.settings), context)
        }
        (Answer::Settings(Err(problem)) | Answer::Whoami(Err(problem)), _) => Transition::fail(problem, Retry::Load),
        (Answer::Probed(result), State::Loading) => probed(result, context),
        (Answer::ClusterInfo(Some(cluster)), state) if context.cluster.is_none() => {
            context.cluster = Some(Rc::from(cluster));
            state.on(Event::Answer(Answer::ClusterInfo(None)), context)
        }
        (
            Answer::Settings(_) | Answer::NoSettings | Answer::Whoami(_) | Answer::Probed(_) | Answer::ClusterInfo(_),
            state,
        ) => Transition::to(state),
        (answer, state) => state.on(Event::Answer(answer), context),
    }
}

/// Begins with the settings, once the signed-in person is known.
fn loaded(settings: Settings, context: &mut Context) -> Transition {
    let mut policy = settings.policy.clone();
    match context.person.clone() {
        Some(person) => {
            let form = Rc::make_mut(&mut context.form);
            (form.user, form.user_is_proved) = (person.user.to_string(), true);
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
    context.environment.is_shared = is_shared_origin(&settings, &context.environment);
    let mut effects = Vec::new();
    if let Some(base) = settings.api_base.clone() {
        effects.push(Effect::UseApi(base));
        if context.cluster.is_none() {
            effects.push(Effect::Call(Call::ClusterInfo));
        }
    }
    context.settings = Rc::new(settings);
    context.policy = Rc::new(policy);
    context.choose_lock();
    effects.extend(request_cluster_time(context));
    context.found_no_api = false;
    match context.inputs.random.filter(|_| context.has_api()) {
        Some(random) => {
            let name = ObjectName::new("probe", None, random);
            Transition::to(State::Loading).with_all(effects).with(Effect::Call(Call::Probe(name)))
        }
        None => Setup::opened(context).after(effects),
    }
}

/// Shows the form, unless what answers in the place of the API would fail everybody who fills it in. A refusal of the
/// API itself is an answer, and what does not answer now may do so later.
fn probed(result: Result<(), Failure>, context: &mut Context) -> Transition {
    context.found_no_api = matches!(result, Err(Failure::NoApi(_)));
    let elsewhere = other_address(&context.settings, &context.environment)
        .map(|expected| Problem::other_address(&context.environment.folder, expected));
    let problem = elsewhere.or(match result {
        Ok(()) | Err(Failure::NoApi(_) | Failure::Refused(_) | Failure::Unreachable { .. }) => None,
        Err(Failure::SignIn) => Some(Problem::sign_in()),
        Err(Failure::Blocked(code)) => Some(Problem::blocked("This page cannot ask its cluster", code, "")),
        Err(Failure::NotSent(reason)) => Some(Problem::not_sent(reason)),
    });
    match problem {
        Some(problem) if context.stored.is_empty() => Transition::fail(problem, Retry::Probe),
        _ => Setup::opened(context),
    }
}

/// Handles a reply of the worker, or a change of the storage by another tab.
fn on_storage(event: Event, state: State, context: &mut Context) -> Transition {
    note_reply(&event, &state, context);
    let Some(listing) = event.listing() else { return state.on(event, context) };
    let is_silent = context.update_storage(listing);
    match state {
        // A storage that does not answer any more has deleted nothing.
        State::Acquiring(Acquiring { id, .. }) if is_silent => {
            let problem = Problem::new("The browser’s storage does not answer", "Your key is stored.");
            Transition::fail(problem, Retry::Acquire(id))
        }
        state if is_silent => Transition::to(state),
        State::Failed(Failed { retry: Retry::Probe, .. }) if !context.stored.is_empty() => Setup::opened(context),
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

/// Notes what a reply of the worker says beyond the state.
fn note_reply(event: &Event, state: &State, context: &mut Context) {
    let Event::Reply(reply) = event else { return };
    context.worker_failures = 0;
    let reason = |failure: &kube_enroll_protocol::Failure| sentence(failure.message.clone());
    match reply {
        Reply::Delete(result) => context.deletions.answered(result.as_ref().err().map(reason)),
        Reply::Update(Ok(_)) => context.unwritten = None,
        // Which shows it itself, and sends nothing.
        Reply::Update(Err(_)) if matches!(state, State::Enrolled { phase: Phase::Storing(_), .. }) => {}
        Reply::Update(Err(failure)) => {
            context.unwritten = Some(Unwritten { reason: reason(failure), tried_ms: context.inputs.now_ms });
        }
        Reply::List(_) => context.unlisted = None,
        _ => {}
    }
}

/// Writes progress again that could not be written, some time later.
fn write_again(state: &State, context: &mut Context) -> Option<Effect> {
    let now_ms = context.inputs.now_ms;
    let unwritten = context.unwritten.as_mut().filter(|unwritten| now_ms - unwritten.tried_ms >= WRITE_PAUSE_MS)?;
    unwritten.tried_ms = now_ms;
    state.enrollment()?.save()
}

/// Replaces a worker that has failed.
fn on_worker_failed(failure: WorkerFailure, state: State, context: &mut Context) -> Transition {
    context.deletions.worker_failed();
    context.worker_failures += 1;
    // One that fails at each start is not started for ever.
    let is_first = context.worker_failures == 1;
    let is_listed = context.storage != Storage::Unknown;
    if let (State::Loading | State::Setup(_), WorkerFailure::OtherBuild(_) | WorkerFailure::Blocked(_)) =
        (&state, &failure)
    {
        return Transition::fail(Problem::of_worker(failure, ""), Retry::Load);
    }
    if let State::Loading | State::Setup(_) = state {
        let Problem { title, causes, .. } = Problem::of_worker(failure.clone(), "");
        context.unlisted = Some(format!("{title} ({}).", causes.join(", "))).filter(|_| !is_listed && !is_first);
        let list = (!is_listed && is_first).then(|| Effect::Command(Box::new(Command::List)));
        return state.on(Event::WorkerFailed(failure), context).after(list).after([Effect::EndWorker]);
    }
    let id = state.enrollment().and_then(|enrollment| enrollment.id.clone());
    if let Some(id) = id.clone().filter(|_| !is_first) {
        return Transition::worker_failed(failure, id).after([Effect::EndWorker]);
    }
    // The lease was released with the worker.
    let acquire = id.map(|id| Effect::Command(Box::new(Command::Acquire { id })));
    state.on(Event::WorkerFailed(failure), context).after(std::iter::once(Effect::EndWorker).chain(acquire))
}

fn clear_passphrase(context: &mut Context) {
    if !context.form.passphrase.as_str().is_empty() {
        Rc::make_mut(&mut context.form).passphrase = Rc::default();
    }
}

/// The pause before progress is written again that could not be written.
const WRITE_PAUSE_MS: f64 = 10_000.0;
