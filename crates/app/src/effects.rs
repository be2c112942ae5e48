//! Carries out what the state wants done: the only place with side effects, besides the fetches of `api` and `room`.

mod browser;
mod submit;
mod watch;

use futures_util::future::{AbortHandle, abortable};
use gloo_events::{EventListener, EventListenerOptions};
use gloo_timers::callback::Interval;
use kube_enroll_core::room::{Message, Reply};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen_futures::spawn_local;
use web_sys::Blob;
use yew::Callback;

pub(crate) use browser::{around, date_and_time, parse_time, place, prefilled_form, time_of_day};

use crate::{
    api::{self, Api},
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
    /// The kubeconfig, ready to be saved and not read.
    file: Rc<RefCell<Option<Blob>>>,
    /// What submits or watches now.
    running: Option<AbortHandle>,
    listeners: Vec<EventListener>,
    guard: Option<EventListener>,
    ticking: Option<Interval>,
}

impl Effects {
    pub(crate) fn new(send: Callback<Action>) -> Self {
        let room = Room::default();
        room.warm_up();
        Self {
            api: Self::api("./", &send),
            send,
            room,
            file: Rc::default(),
            running: None,
            listeners: Vec::new(),
            guard: None,
            ticking: None,
        }
    }

    pub(crate) fn run(&mut self, effect: Effect) {
        let send = self.send.clone();
        match effect {
            Effect::ReadSettings => spawn_local(async move { send.emit(Action::Loaded(api::read_settings().await)) }),
            Effect::UseApi(base) => self.api = Self::api(&base, &send),
            Effect::ReadCluster => {
                let api = self.api.clone();
                spawn_local(async move { send.emit(Action::ClusterRead(api.cluster_info().await)) });
            }
            Effect::Ask(message) => self.ask(message),
            Effect::EndRoom => {
                self.file.take();
                self.room.end();
                self.room.warm_up();
            }
            Effect::Submit(enrollment) => {
                let api = self.api.clone();
                self.start(async move { submit::submit(&api, &enrollment, &send).await });
            }
            Effect::Watch(name) => {
                let watch = watch::Watch::new(self.api.clone(), name, self.send.reform(Action::Watched));
                self.start(watch.clone().run());
                self.listeners = watch.listen();
            }
            Effect::StopApi => self.stop(),
            Effect::Copy { block, text } => spawn_local(async move {
                let worked = browser::copy(&text).await;
                send.emit(Action::Copied { block, worked });
                gloo_timers::future::TimeoutFuture::new(COPIED_SHOWN_MILLISECONDS).await;
                send.emit(Action::CopyShown);
            }),
            Effect::Save(name) => {
                if let Some(file) = &*self.file.borrow() {
                    browser::save(file, &name);
                }
            }
            Effect::Focus(id) => browser::focus_soon(id),
        }
    }

    /// Brings what lasts as long as a state in line with it: the clock that ticks, the question before leaving.
    pub(crate) fn follow(&mut self, page: &Page) {
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

    fn api(base: &str, send: &Callback<Action>) -> Api {
        Api::new(base, send.reform(|offset_ms| Action::ClockRead { offset_ms }))
    }

    fn ask(&self, message: Message) {
        let (send, room, kept) = (self.send.clone(), self.room.clone(), self.file.clone());
        spawn_local(async move {
            let Some(answer) = room.ask(&message).await else { return };
            send.emit(Action::Replied(answer.map(|answer| {
                if matches!(answer.reply, Reply::Assembled(_)) {
                    kept.replace(answer.file);
                }
                answer.reply
            })));
        });
    }

    /// Runs in the background until it ends or something else takes its place.
    fn start(&mut self, task: impl Future<Output = ()> + 'static) {
        self.stop();
        let (task, handle) = abortable(task);
        self.running = Some(handle);
        spawn_local(async move {
            // Stopped on purpose.
            let _ = task.await;
        });
    }

    fn stop(&mut self) {
        self.listeners.clear();
        if let Some(running) = self.running.take() {
            running.abort();
        }
    }
}
