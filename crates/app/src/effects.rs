//! Carries out what the state wants done: the only place with side effects, besides the fetches of `api` and `room`.

mod browser;

use gloo_events::{EventListener, EventListenerOptions};
use gloo_timers::callback::{Interval, Timeout};
use web_sys::VisibilityState;
use yew::Callback;

pub(crate) use browser::{around, date_and_time, parse_time, place, prefilled_form, read_file, time_of_day};

use crate::{
    api::Api,
    room::Room,
    state::{Action, Effect, Page},
};

/// How long a button says that it has copied.
const COPIED_SHOWN_MILLISECONDS: u32 = 2_000;

/// What effects need and keep between them.
pub(crate) struct Effects {
    send: Callback<Action>,
    api: Api,
    room: Room,
    ticking: Option<Interval>,
    guard: Option<EventListener>,
    _awake: Vec<EventListener>,
}

impl Effects {
    pub(crate) fn new(send: Callback<Action>) -> Self {
        Self {
            api: Api::new("./", send.clone()),
            room: Room::new(send.clone()),
            ticking: None,
            guard: None,
            _awake: awake(&send).unwrap_or_default(),
            send,
        }
    }

    pub(crate) fn run(&mut self, effect: Effect) {
        match effect {
            Effect::Call(call) => self.api.call(call),
            Effect::UseApi(base) => self.api = Api::new(&base, self.send.clone()),
            Effect::StopCalls => self.api.stop(),
            Effect::Ask(message) => self.room.ask(&message),
            Effect::EndRoom => self.room.end(),
            Effect::Copy { block, text } => {
                let send = self.send.clone();
                browser::copy(text, move |worked| {
                    send.emit(Action::Copied { block, worked });
                    Timeout::new(COPIED_SHOWN_MILLISECONDS, move || send.emit(Action::CopyShown)).forget();
                });
            }
            Effect::Save(name) => {
                if let Some(file) = self.room.file() {
                    browser::save(&file, &name);
                }
            }
            Effect::SaveText { name, text } => browser::save_text(&text, &name),
            Effect::AskToNotify => {
                let send = self.send.clone();
                browser::ask_to_notify(move |granted| send.emit(Action::Notifies(granted)));
            }
            Effect::Notify(text) => browser::notify(text),
            Effect::Focus(id) => browser::focus_soon(id),
        }
    }

    /// Brings what lasts as long as a state in line with it: the clock that ticks, the question before leaving.
    pub(crate) fn follow(&mut self, page: &Page) {
        browser::entitle(page.state.title());
        if !page.state.counts_time() {
            self.ticking = None;
        } else if self.ticking.is_none() {
            let send = self.send.clone();
            self.ticking = Some(Interval::new(1_000, move || send.emit(Action::Tick)));
        }
        if !page.state.holds_a_key() {
            self.guard = None;
        } else if self.guard.is_none() {
            let options = EventListenerOptions::enable_prevent_default();
            self.guard = web_sys::window().map(|window| {
                EventListener::new_with_options(&window, "beforeunload", options, |event| event.prevent_default())
            });
        }
    }
}

/// Hears when the machine is online again, and when a person looks at the page again.
fn awake(send: &Callback<Action>) -> Option<Vec<EventListener>> {
    let window = web_sys::window()?;
    let document = window.document()?;
    let (online, visible, shown) = (send.clone(), send.clone(), document.clone());
    Some(vec![
        EventListener::new(&window, "online", move |_| online.emit(Action::Awake)),
        EventListener::new(&document, "visibilitychange", move |_| {
            if shown.visibility_state() == VisibilityState::Visible {
                visible.emit(Action::Awake);
            }
        }),
    ])
}
