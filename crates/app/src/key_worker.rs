//! The client of the key worker: the worker that holds the private key, made by a hidden frame whose policy allows no
//! network (`js/key_worker.js`).

use std::{cell::RefCell, collections::VecDeque, rc::Rc};

use kube_enroll_protocol::{BuildId, Command, CommandMessage, ReplyMessage, WorkerMessage};
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use web_sys::Blob;
use yew::Callback;

use crate::state::{Event, WorkerFailure};

#[wasm_bindgen(module = "/js/key_worker.js")]
extern "C" {
    type WorkerHost;
    #[wasm_bindgen(constructor)]
    fn new() -> WorkerHost;
    #[wasm_bindgen(method)]
    fn start(this: &WorkerHost, on_message: &JsValue);
    #[wasm_bindgen(method)]
    fn post(this: &WorkerHost, message: &JsValue);
    #[wasm_bindgen(method)]
    fn end(this: &WorkerHost);
}

/// A handle to the one key worker; clones share it.
#[derive(Clone)]
pub(crate) struct KeyWorker(Rc<RefCell<Inner>>);

struct Inner {
    dispatch: Callback<Event>,
    host: WorkerHost,
    status: Status,
    /// The commands that are not answered yet, each with its number.
    pending: VecDeque<(u32, JsValue)>,
    last_id: u32,
    /// The kubeconfig of the last reply that had one, until it is taken. The page does not read it.
    file: Option<Blob>,
}

/// The status of the worker.
#[derive(PartialEq)]
enum Status {
    /// No worker; the next command starts one.
    Ended,
    /// The worker is loading, and holds no key yet.
    Starting,
    Ready,
}

impl KeyWorker {
    /// Starts the worker, which begins to load at once.
    pub(crate) fn start(dispatch: Callback<Event>) -> Self {
        let worker = Self(Rc::new(RefCell::new(Inner {
            dispatch,
            host: WorkerHost::new(),
            status: Status::Ended,
            pending: VecDeque::new(),
            last_id: 0,
            file: None,
        })));
        worker.ensure_started();
        worker
    }

    /// Sends a command; the reply comes as an event, unless the worker is ended before.
    pub(crate) fn send(&self, command: Command) {
        {
            let mut inner = self.0.borrow_mut();
            inner.last_id += 1;
            let id = inner.last_id;
            let message = CommandMessage { id, command }
                .serialize(&Serializer::json_compatible())
                .expect("a command has only strings, numbers and lists");
            if inner.status == Status::Ready {
                inner.host.post(&message);
            }
            inner.pending.push_back((id, message));
        }
        self.ensure_started();
    }

    /// Ends the worker, with its key and any command in progress, and starts a new one.
    pub(crate) fn restart(&self) {
        {
            let mut inner = self.0.borrow_mut();
            inner.pending.clear();
            inner.file = None;
            if inner.status == Status::Ready {
                inner.end();
            }
        }
        self.ensure_started();
    }

    /// Removes and returns the kubeconfig that came with a reply.
    pub(crate) fn take_file(&self) -> Option<Blob> {
        self.0.borrow_mut().file.take()
    }

    fn ensure_started(&self) {
        let mut inner = self.0.borrow_mut();
        if inner.status == Status::Ended {
            inner.status = Status::Starting;
            let worker = self.clone();
            let on_message = Closure::<dyn Fn(JsValue)>::new(move |data| worker.on_message(data));
            inner.host.start(&on_message.into_js_value());
        }
    }

    fn on_message(&self, data: JsValue) {
        let cause = |name| property(&data, name).and_then(|cause| cause.as_string());
        if let Some(cause) = cause("notLoaded") {
            self.0.borrow_mut().status = Status::Ended;
            let is_blocked = property(&data, "blocked").is_some_and(|blocked| blocked.is_truthy());
            return self.fail(if is_blocked { WorkerFailure::Blocked(cause) } else { WorkerFailure::Loading(cause) });
        }
        if let Some(cause) = cause("otherBuild") {
            return self.break_down(WorkerFailure::OtherBuild(cause));
        }
        let file = detach_file(&data);
        match serde_wasm_bindgen::from_value(data) {
            Ok(WorkerMessage::Ready(build)) if build == BuildId::own() => {
                let mut inner = self.0.borrow_mut();
                inner.status = Status::Ready;
                inner.pending.iter().for_each(|(_, message)| inner.host.post(message));
            }
            Ok(WorkerMessage::Ready(BuildId { protocol, build })) => {
                let BuildId { protocol: own_protocol, build: own } = BuildId::own();
                let cause = format!("page {own_protocol}/{own}, key worker {protocol}/{build}");
                self.break_down(WorkerFailure::OtherBuild(cause));
            }
            Ok(WorkerMessage::Reply(ReplyMessage { id, reply })) => {
                let mut inner = self.0.borrow_mut();
                let Some(index) = inner.pending.iter().position(|(pending, _)| *pending == id) else {
                    // A reply to what is no longer wanted.
                    return;
                };
                inner.pending.remove(index);
                inner.file = file;
                let dispatch = inner.dispatch.clone();
                drop(inner);
                dispatch.emit(Event::Reply(reply));
            }
            Ok(WorkerMessage::Changed(listing)) => {
                let dispatch = self.0.borrow().dispatch.clone();
                dispatch.emit(Event::StorageChanged(listing));
            }
            Ok(WorkerMessage::Panicked(cause)) => self.break_down(WorkerFailure::Panicked(cause)),
            // Only another build has other messages.
            Err(error) => self.break_down(WorkerFailure::OtherBuild(error.to_string())),
        }
    }

    /// Ends a worker that is of no more use: whatever it held is lost.
    fn break_down(&self, failure: WorkerFailure) {
        self.0.borrow_mut().end();
        self.fail(failure);
    }

    /// Passes a failure on. Nobody gets a reply any more; the next command starts another worker.
    fn fail(&self, failure: WorkerFailure) {
        let mut inner = self.0.borrow_mut();
        inner.pending.clear();
        let dispatch = inner.dispatch.clone();
        drop(inner);
        dispatch.emit(Event::WorkerFailed(failure));
    }
}

impl Inner {
    fn end(&mut self) {
        self.host.end();
        self.status = Status::Ended;
    }
}

/// Removes the kubeconfig from a reply that has one: serde does not see it.
fn detach_file(data: &JsValue) -> Option<Blob> {
    let reply = property(data, "reply")?;
    let file = property(&reply, "file")?;
    // What cannot be removed is ignored by serde.
    let _ = js_sys::Reflect::delete_property(reply.unchecked_ref::<js_sys::Object>(), &"file".into());
    // It is of the frame's realm, whose `Blob` is another class than the page's.
    Some(file.unchecked_into())
}

fn property(object: &JsValue, name: &str) -> Option<JsValue> {
    js_sys::Reflect::get(object, &name.into()).ok().filter(|value| !value.is_undefined() && !value.is_null())
}
