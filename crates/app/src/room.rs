//! Talks to the key's room: the worker that owns the private key, made by a hidden frame whose policy allows no network.
//!
//! The page brings the worker's source and its compiled module, since the room itself can load nothing.

use std::{cell::RefCell, rc::Rc};

use js_sys::{Function, Object, Promise, Reflect, WebAssembly};
use kube_enroll_core::room::{Message, Reply};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, future_to_promise, spawn_local};
use web_sys::{Blob, HtmlIFrameElement, MessageEvent, Response, Worker};

use crate::{
    json::{self, Value},
    state::RoomTrouble,
};

/// The frame that makes workers.
const FRAME: &str = "room/frame.html";
/// What wasm-bindgen writes around the module, and the worker's own lines: together the worker's source.
const GLUE: &str = "room/kube_enroll.js";
const WORKER: &str = "room/worker.js";
/// The module over core, with everything that a key needs.
const MODULE: &str = "room/kube_enroll_bg.wasm";

/// A handle to the one room; clones share it.
#[derive(Clone, Default)]
pub(crate) struct Room(Rc<RefCell<Inner>>);

#[derive(Default)]
struct Inner {
    parts: Option<Parts>,
    /// Resolves to a worker that said that it is ready.
    worker: Option<Promise>,
    running: Option<Worker>,
    /// Ends the wait for an answer that will not come.
    reject: Option<Function>,
    last_id: u32,
    /// How often a room was ended: what was asked of an earlier one gets no answer.
    ended: u32,
}

/// What a room is made of.
#[derive(Clone)]
struct Parts {
    /// The frame's function that makes a worker of a source.
    start: Function,
    source: JsValue,
    module: JsValue,
}

/// An answer of the room. The file is beside the reply: the page can save it without reading it.
pub(crate) struct Answer {
    pub reply: Reply,
    pub file: Option<Blob>,
}

impl Room {
    /// Begins to load, so that the room is ready when it is needed.
    pub(crate) fn warm_up(&self) {
        // A failure is told to whoever asks first.
        let worker = JsFuture::from(self.worker());
        spawn_local(async move { drop(worker.await) });
    }

    /// Asks for one thing, and waits for its answer; nothing where the room was ended meanwhile. One at a time.
    pub(crate) async fn ask(&self, message: &Message) -> Option<Result<Answer, RoomTrouble>> {
        let ended = self.0.borrow().ended;
        let answer = self.answer(message, ended).await;
        (self.0.borrow().ended == ended).then_some(answer)
    }

    /// Ends the worker with all that it holds, whatever it is at; the next question gets a new one.
    pub(crate) fn end(&self) {
        let mut inner = self.0.borrow_mut();
        inner.ended += 1;
        // One that is still being loaded holds nothing, and can stay.
        if let Some(worker) = inner.running.take() {
            worker.terminate();
            inner.worker = None;
        }
        if let Some(reject) = inner.reject.take() {
            let _ = reject.call1(&JsValue::NULL, &"ended".into());
        }
    }

    async fn answer(&self, message: &Message, ended: u32) -> Result<Answer, RoomTrouble> {
        let panicked = |error: &JsValue| RoomTrouble::Panicked(text(error));
        let worker: Worker = match JsFuture::from(self.worker()).await {
            Ok(worker) => worker.unchecked_into(),
            Err(error) => {
                self.0.borrow_mut().worker = None;
                return Err(RoomTrouble::Loading(text(&error)));
            }
        };
        let id = {
            let mut inner = self.0.borrow_mut();
            if inner.ended != ended {
                return Err(RoomTrouble::Loading("ended".into()));
            }
            inner.last_id += 1;
            inner.last_id
        };
        let envelope = JsValue::of_fields(vec![("id", JsValue::from(id)), ("message", json::write_message(message))]);
        let answer = self.next_answer(&worker);
        worker.post_message(&envelope).map_err(|error| panicked(&error))?;
        let answer = JsFuture::from(answer).await.map_err(|error| panicked(&error))?;
        let data = answer.unchecked_into::<MessageEvent>().data();
        if let Some(said) = data.field("panicked") {
            return Err(panicked(&said));
        }
        let reply = data.field("reply").unwrap_or_default();
        let file = reply.field("file").map(JsCast::unchecked_into);
        let reply = json::reply(&reply).ok_or_else(|| RoomTrouble::Panicked("an answer that is none".into()))?;
        Ok(Answer { reply, file })
    }

    fn worker(&self) -> Promise {
        if let Some(worker) = self.0.borrow().worker.clone() {
            return worker;
        }
        let room = self.clone();
        let worker = future_to_promise(async move {
            let Parts { start, source, module } = room.parts().await?;
            // The frame's own `Worker` class, so that the worker has the frame's policy.
            let worker: Worker = start.call1(&JsValue::NULL, &source)?.unchecked_into();
            room.0.borrow_mut().running = Some(worker.clone());
            let answer = room.next_answer(&worker);
            worker.post_message(&JsValue::of_fields(vec![("module", module)]))?;
            let data = JsFuture::from(answer).await?.unchecked_into::<MessageEvent>().data();
            match data.field("panicked") {
                Some(said) => Err(said),
                None => Ok(worker.into()),
            }
        });
        self.0.borrow_mut().worker = Some(worker.clone());
        worker
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
        frame.set_hidden(true);
        frame.set_title("the key’s room");
        frame.set_src(FRAME);
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
        let window = JsValue::from(frame.content_window());
        let start = Reflect::get(&window, &"start".into())?;
        let start = start.dyn_into().map_err(|_| "room/frame.html is missing")?;
        let parts = Parts { start, source: source.into(), module };
        self.0.borrow_mut().parts = Some(parts.clone());
        Ok(parts)
    }

    fn next_answer(&self, worker: &Worker) -> Promise {
        Promise::new(&mut |resolve, reject| {
            worker.set_onmessage(Some(&resolve));
            worker.set_onerror(Some(&reject));
            worker.set_onmessageerror(Some(&reject));
            self.0.borrow_mut().reject = Some(reject);
        })
    }
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
