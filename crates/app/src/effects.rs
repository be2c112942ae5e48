//! Executes the effects of the state. Side effects are only here, in the fetches of `api` and in the messages of
//! `key_worker`.

use gloo_events::EventListener;
use gloo_timers::callback::Interval;
use yew::Callback;

use crate::{
    api::Api,
    browser::{self, Download},
    key_worker::KeyWorker,
    state::{Effect, Event, State},
};

/// The resources of effects: the API, the key worker, and the timers and listeners that last as long as a state.
pub(crate) struct Effects {
    send: Callback<Event>,
    api: Api,
    key_worker: KeyWorker,
    /// The kubeconfigs that the browser may not have read yet.
    downloads: Vec<Download>,
    ticking: Option<Interval>,
    unload_question: Option<EventListener>,
    _awake: [EventListener; 2],
    _refusals: EventListener,
}

impl Effects {
    pub(crate) fn new(send: Callback<Event>) -> Self {
        let on_awake = send.clone();
        Self {
            api: Api::new("./", send.clone()),
            key_worker: KeyWorker::start(send.clone()),
            downloads: Vec::new(),
            ticking: None,
            unload_question: None,
            _awake: browser::listen_awake(move |reconnected| on_awake.emit(Event::Awake { reconnected })),
            _refusals: browser::listen_refusals(),
            send,
        }
    }

    pub(crate) fn run(&mut self, effect: Effect) {
        if effect.deletes() {
            // Nothing of the key is to be left.
            self.downloads.clear();
        }
        match effect {
            Effect::Call(call) => self.api.call(call),
            Effect::UseApi(base) => self.api = Api::new(&base, self.send.clone()),
            Effect::Reload => browser::reload(),
            Effect::StopCalls => self.api.stop(),
            Effect::Command(command) => self.key_worker.send(*command),
            Effect::EndWorker => self.key_worker.restart(),
            Effect::Copy { block, text } => {
                let send = self.send.clone();
                browser::copy(text, move |worked| {
                    send.emit(worked.map_or(Event::CopyShown, |worked| Event::Copied { block, worked }));
                });
            }
            Effect::Share(text) => browser::share(&text),
            Effect::Save(name) => {
                if let Some(file) = self.key_worker.take_file() {
                    self.downloads.push(browser::save(file, name.as_str()));
                }
            }
            Effect::SaveText { name, text } => browser::save_text(&text, &name),
            Effect::RequestNotificationPermission => {
                let send = self.send.clone();
                browser::request_permission(move |granted| send.emit(Event::NotificationPermission(granted)));
            }
            Effect::Notify(text) => browser::notify(text),
            Effect::Focus(id) => browser::focus_soon(&id),
        }
    }

    /// Adjusts the document title, the clock ticks and the `beforeunload` question to a new state.
    pub(crate) fn follow(&mut self, state: &State) {
        browser::set_title(state.title());
        hold_while(state.needs_ticks(), &mut self.ticking, || {
            let send = self.send.clone();
            Interval::new(TICK_MILLISECONDS, move || send.emit(Event::Tick))
        });
        hold_while(state.holds_a_key(), &mut self.unload_question, browser::confirm_unload);
    }
}

/// Makes a handle when it is first wanted, and drops it, which ends its timer or listener, when it no longer is.
fn hold_while<T>(is_wanted: bool, handle: &mut Option<T>, make: impl FnOnce() -> T) {
    match handle {
        None if is_wanted => *handle = Some(make()),
        Some(_) if !is_wanted => *handle = None,
        _ => {}
    }
}

const TICK_MILLISECONDS: u32 = 1_000;
