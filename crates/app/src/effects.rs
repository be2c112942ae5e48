//! Carries out what the state wants done: the only place with side effects, besides the fetches of `api` and `room`.

mod browser;

use yew::Callback;

pub(crate) use browser::{
    around, date_and_time, focus, listener, parse_time, place, prefilled_form, read_file, time_of_day,
};

use crate::{
    api::Api,
    room::Room,
    state::{Action, Effect, Page},
};

/// What effects need and keep between them.
pub(crate) struct Effects {
    send: Callback<Action>,
    api: Api,
    room: Room,
    ticks: bool,
}

impl Effects {
    pub(crate) fn new(send: Callback<Action>) -> Self {
        let awake = send.clone();
        browser::awake(move |reconnected| awake.emit(Action::Awake { reconnected }));
        Self { api: Api::new("./", send.clone()), room: Room::new(send.clone()), ticks: false, send }
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
                browser::copy(&text, move |worked| {
                    send.emit(worked.map_or(Action::CopyShown, |worked| Action::Copied { block, worked }));
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
            Effect::Focus(id) => browser::focus_soon(&id),
        }
    }

    /// Brings what lasts as long as a state in line with it: the clock that ticks, the question before leaving.
    pub(crate) fn follow(&mut self, page: &Page) {
        browser::entitle(page.state.title());
        let ticks = page.state.counts_time();
        if ticks != self.ticks {
            self.ticks = ticks;
            let send = self.send.clone();
            browser::tick(ticks.then_some(move || send.emit(Action::Tick)));
        }
        browser::guard(page.state.holds_a_key());
    }
}
