//! Talks to the key's room: the worker that owns the private key, made by a hidden frame whose policy allows no network
//! (`js/page.js`).

use std::{cell::RefCell, collections::VecDeque, rc::Rc};

use kube_enroll_core::room::Message;
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use web_sys::Blob;
use yew::Callback;

use crate::{
    json::{self, Value},
    state::{Action, RoomTrouble},
};

#[wasm_bindgen(module = "/js/page.js")]
extern "C" {
    type Workplace;
    #[wasm_bindgen(constructor)]
    fn new() -> Workplace;
    #[wasm_bindgen(method)]
    fn begin(this: &Workplace, hear: JsValue);
    #[wasm_bindgen(method)]
    fn post(this: &Workplace, message: &JsValue);
    #[wasm_bindgen(method)]
    fn end(this: &Workplace);
}

/// The number of what the room says by itself: another tab has changed what is kept.
const UNASKED: f64 = 0.0;

/// A handle to the one room; clones share it.
#[derive(Clone)]
pub(crate) struct Room(Rc<RefCell<Inner>>);

struct Inner {
    send: Callback<Action>,
    place: Workplace,
    work: Work,
    /// What is asked and not answered yet, each with its number: the room answers in order.
    asked: VecDeque<(u32, JsValue)>,
    last_id: u32,
    /// The kubeconfig, ready to be saved and not read.
    file: Option<Blob>,
}

/// How far the worker is.
#[derive(PartialEq)]
enum Work {
    /// Nothing is there; the next question begins again.
    None,
    /// It holds nothing yet.
    Loading,
    Ready,
}

impl Room {
    /// Makes the room, which begins to load at once.
    pub(crate) fn new(send: Callback<Action>) -> Self {
        let (place, work, asked, file) = (Workplace::new(), Work::None, VecDeque::new(), None);
        let room = Self(Rc::new(RefCell::new(Inner { send, place, work, asked, last_id: 0, file })));
        room.begin();
        room
    }

    /// Asks for one thing; the answer comes as an action, unless the room is ended before.
    pub(crate) fn ask(&self, message: &Message) {
        {
            let mut inner = self.0.borrow_mut();
            inner.last_id += 1;
            let id = inner.last_id;
            let question = JsValue::of_fields(vec![("id", id.into()), ("message", json::write_message(message))]);
            if inner.work == Work::Ready {
                inner.place.post(&question);
            }
            inner.asked.push_back((id, question));
        }
        self.begin();
    }

    /// Ends the worker with all that it holds, whatever it is at, and begins a new one.
    pub(crate) fn end(&self) {
        {
            let mut inner = self.0.borrow_mut();
            inner.asked.clear();
            inner.file = None;
            if inner.work == Work::Ready {
                inner.stop();
            }
        }
        self.begin();
    }

    /// The kubeconfig, once it is assembled.
    pub(crate) fn file(&self) -> Option<Blob> {
        self.0.borrow().file.clone()
    }

    fn begin(&self) {
        let mut inner = self.0.borrow_mut();
        if inner.work == Work::None {
            inner.work = Work::Loading;
            let room = self.clone();
            inner.place.begin(listener(move |data| room.hear(&data)));
        }
    }

    fn hear(&self, data: &JsValue) {
        if let Some(cause) = data.field("trouble").and_then(|cause| cause.text()) {
            self.0.borrow_mut().work = Work::None;
            return self.fail(RoomTrouble::Loading(cause));
        }
        if data.field("ready").is_some() {
            let mut inner = self.0.borrow_mut();
            inner.work = Work::Ready;
            return inner.asked.iter().for_each(|(_, question)| inner.place.post(question));
        }
        let reply = data.field("reply").unwrap_or_default();
        match json::reply(&reply) {
            Some(said) => {
                let mut inner = self.0.borrow_mut();
                let id = data.number_of("id");
                let first = inner.asked.front().map(|(id, _)| f64::from(*id));
                if first == Some(id) {
                    inner.asked.pop_front();
                } else if id != UNASKED {
                    // An answer to what is no longer asked.
                    return;
                }
                if let Some(file) = reply.field("file") {
                    inner.file = Some(file.unchecked_into());
                }
                let send = inner.send.clone();
                drop(inner);
                send.emit(Action::Replied(Ok(said)));
            }
            None => {
                // Whatever it held is lost; the file stays, since the page has it.
                self.0.borrow_mut().stop();
                self.fail(RoomTrouble::Panicked(data.text_of("panicked")));
            }
        }
    }

    /// Tells whoever asked; a room that nobody asked is made again when somebody does.
    fn fail(&self, trouble: RoomTrouble) {
        let asked = std::mem::take(&mut self.0.borrow_mut().asked);
        if !asked.is_empty() {
            let send = self.0.borrow().send.clone();
            send.emit(Action::Replied(Err(trouble)));
        }
    }
}

impl Inner {
    fn stop(&mut self) {
        self.place.end();
        self.work = Work::None;
    }
}

/// Makes a function that JavaScript may keep as long as it likes.
fn listener(hear: impl Fn(JsValue) + 'static) -> JsValue {
    Closure::<dyn Fn(JsValue)>::new(hear).into_js_value()
}
