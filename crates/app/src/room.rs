//! Talks to the key's room: the worker that owns the private key, made by a hidden frame whose policy allows no network.
//!
//! The page brings the worker's source and its compiled module, since the room itself can load nothing.

use std::{cell::RefCell, collections::VecDeque, rc::Rc};

use js_sys::{Function, Object, Promise, Reflect, WebAssembly};
use kube_enroll_core::room::Message;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, Event, HtmlIFrameElement, Response, Worker};
use yew::Callback;

use crate::{
    json::{self, Value},
    state::{Action, RoomTrouble},
};

/// The frame that makes workers.
const FRAME: &str = "room/frame.html";
/// What wasm-bindgen writes around the module, and the worker's own lines: together the worker's source.
const GLUE: &str = "room/kube_enroll.js";
const WORKER: &str = "room/worker.js";
/// The module over core, with everything that a key needs.
const MODULE: &str = "room/kube_enroll_bg.wasm";

/// The number of what the room says by itself: another tab has changed what is kept.
const UNASKED: f64 = 0.0;

/// A handle to the one room; clones share it.
#[derive(Clone)]
pub(crate) struct Room(Rc<RefCell<Inner>>);

struct Inner {
    send: Callback<Action>,
    parts: Option<Parts>,
    worker: Work,
    /// What is asked and not answered yet, each with its number: the room answers in order.
    asked: VecDeque<(u32, JsValue)>,
    last_id: u32,
    /// The kubeconfig, ready to be saved and not read.
    file: Option<Blob>,
}

enum Work {
    /// Nothing is there; the next question begins again.
    None,
    Loading,
    /// Kept with the function that hears it.
    Running {
        worker: Worker,
        ready: bool,
        _hear: Closure<dyn FnMut(Event)>,
    },
}

/// What a room is made of.
#[derive(Clone)]
struct Parts {
    /// The frame's function that makes a worker of a source.
    start: Function,
    source: JsValue,
    module: JsValue,
}

impl Room {
    /// Makes the room, which begins to load at once.
    pub(crate) fn new(send: Callback<Action>) -> Self {
        let (parts, file, asked) = (None, None, VecDeque::new());
        let room = Self(Rc::new(RefCell::new(Inner { send, parts, worker: Work::None, asked, last_id: 0, file })));
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
            if let Work::Running { worker, ready: true, .. } = &inner.worker {
                post(worker, &question);
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
            inner.stop();
        }
        self.begin();
    }

    /// The kubeconfig, once it is assembled.
    pub(crate) fn file(&self) -> Option<Blob> {
        self.0.borrow().file.clone()
    }

    fn begin(&self) {
        if !matches!(self.0.borrow().worker, Work::None) {
            return;
        }
        self.0.borrow_mut().worker = Work::Loading;
        let room = self.clone();
        spawn_local(async move {
            let begun = match room.parts().await {
                Ok(parts) => room.work(parts),
                Err(error) => Err(error),
            };
            if let Err(error) = begun {
                room.0.borrow_mut().worker = Work::None;
                room.fail(RoomTrouble::Loading(text(&error)));
            }
        });
    }

    /// Makes a worker, and hands it the module.
    fn work(&self, parts: Parts) -> Result<(), JsValue> {
        // The frame's own `Worker` class, so that the worker has the frame's policy.
        let worker: Worker = parts.start.call1(&JsValue::NULL, &parts.source)?.unchecked_into();
        let room = self.clone();
        let hear = Closure::new(move |event: Event| room.hear(&event));
        for name in ["message", "messageerror", "error"] {
            worker.add_event_listener_with_callback(name, hear.as_ref().unchecked_ref())?;
        }
        worker.post_message(&JsValue::of_fields(vec![("module", parts.module.clone())]))?;
        let mut inner = self.0.borrow_mut();
        inner.parts = Some(parts);
        inner.worker = Work::Running { worker, ready: false, _hear: hear };
        Ok(())
    }

    fn hear(&self, event: &Event) {
        let data = event.field("data").unwrap_or_default();
        if data.field("ready").is_some() {
            let Inner { worker, asked, .. } = &mut *self.0.borrow_mut();
            if let Work::Running { worker, ready, .. } = worker {
                *ready = true;
                asked.iter().for_each(|(_, question)| post(worker, question));
            }
            return;
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
                let cause = data.field("panicked").unwrap_or_else(|| event.into());
                // Whatever it held is lost; the file stays, since the page has it.
                self.0.borrow_mut().stop();
                self.fail(RoomTrouble::Panicked(text(&cause)));
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

    /// Loads what a room is made of, once, everything side by side.
    async fn parts(&self) -> Result<Parts, JsValue> {
        if let Some(parts) = self.0.borrow().parts.clone() {
            return Ok(parts);
        }
        let window = web_sys::window().ok_or("no window")?;
        let document = window.document().ok_or("no document")?;
        let [module, glue, worker] = [MODULE, GLUE, WORKER].map(|path| window.fetch_with_str(path));
        let frame: HtmlIFrameElement = document.create_element("iframe")?.unchecked_into();
        for (name, value) in [("hidden", ""), ("title", "the key’s room"), ("src", FRAME)] {
            frame.set_attribute(name, value)?;
        }
        let loaded = Promise::new(&mut |resolve, _| frame.set_onload(Some(&resolve)));
        document.body().ok_or("no body")?.append_child(&frame)?;

        let module = received(module.unchecked_into(), MODULE).await?;
        let kind = module.headers().get("content-type")?.unwrap_or_default();
        // Static hosting may not know the type, which compiling while loading insists on.
        let module = if kind.starts_with("application/wasm") {
            WebAssembly::compile_streaming(Promise::resolve(&module).unchecked_ref())
        } else {
            WebAssembly::compile(&JsFuture::from(module.array_buffer()?).await?)
        };
        let mut source = String::new();
        for (promise, path) in [(glue, GLUE), (worker, WORKER)] {
            let text = JsFuture::from(received(promise.unchecked_into(), path).await?.text()?).await?;
            source.push_str(&text.as_string().unwrap_or_default());
            source.push('\n');
        }
        let module = JsFuture::from(module).await?;
        JsFuture::from(loaded).await?;
        // Throws where the frame shows an error page, which is of another origin.
        let start = Reflect::get(&JsValue::from(frame.content_window()), &"start".into())?;
        let start = start.dyn_into().map_err(|_| "room/frame.html is missing")?;
        Ok(Parts { start, source: source.into(), module })
    }
}

impl Inner {
    /// Ends the worker; one that is still loading holds nothing.
    fn stop(&mut self) {
        if let Work::Running { worker, .. } = &self.worker {
            worker.terminate();
            self.worker = Work::None;
        }
    }
}

fn post(worker: &Worker, question: &JsValue) {
    worker.post_message(question).expect("plain values can be posted");
}

async fn received(response: Promise, path: &str) -> Result<Response, JsValue> {
    let response: Response = JsFuture::from(response).await?.unchecked_into();
    if response.ok() { Ok(response) } else { Err([path, ": HTTP ", &response.status().to_string()].concat().into()) }
}

fn text(value: &JsValue) -> String {
    value
        .as_string()
        .or_else(|| value.field("message")?.text())
        .unwrap_or_else(|| String::from(Object::from(value.clone()).to_string()))
}
