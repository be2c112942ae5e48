//! The messages of the worker, as they cross.

use js_sys::{Array, JSON, Reflect, Uint8Array};
use kube_enroll_protocol::WorkerMessage;
use serde::{Serialize, de::DeserializeOwned};
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, DedicatedWorkerGlobalScope, DomException};

/// Returns the global scope, which is a worker's.
pub(crate) fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Posts a message to the page.
pub(crate) fn post(message: &WorkerMessage) {
    post_value(&to_js(message));
}

/// Posts a reply, with a kubeconfig beside it as a `Blob` named `file`, which the page can save without reading it.
pub(crate) fn post_with_file(message: &WorkerMessage, file: &str) {
    let message = to_js(message);
    let reply = Reflect::get(&message, &"reply".into()).expect("the message is an object");
    Reflect::set(&reply, &"file".into(), &blob(file)).expect("a fresh object can be changed");
    post_value(&message);
}

/// Posts [`WorkerMessage::Panicked`] when this module panics. Only the place is told: a panic's message may quote a
/// secret.
pub(crate) fn report_panics() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        web_sys::console::error_1(&place.as_str().into());
        post(&WorkerMessage::Panicked(place));
    }));
}

/// Returns the name of an exception, or its text.
pub(crate) fn text(error: &JsValue) -> String {
    match error.dyn_ref::<DomException>() {
        Some(exception) => exception.name(),
        None => js_sys::Object::from(error.clone()).to_string().into(),
    }
}

/// Formats a part of a record as JSON text. Like [`from_json`], it has the browser do it: the conversion between
/// JavaScript and Rust is there for the messages already.
pub(crate) fn to_json(part: &impl Serialize) -> String {
    let text = JSON::stringify(&to_js(part)).expect("a part has only strings, numbers and lists");
    text.into()
}

/// Parses a part of a record, or returns `None` for another text.
pub(crate) fn from_json<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_wasm_bindgen::from_value(JSON::parse(text).ok()?).ok()
}

fn to_js(message: &impl Serialize) -> JsValue {
    message.serialize(&Serializer::json_compatible()).expect("a message has only strings, numbers and lists")
}

fn post_value(message: &JsValue) {
    scope().post_message(message).expect("a message can be cloned");
}

/// Copies a text into a `Blob` without a JavaScript string, which cannot be wiped.
fn blob(text: &str) -> Blob {
    let options = BlobPropertyBag::new();
    options.set_type("application/yaml");
    let bytes = Uint8Array::from(text.as_bytes());
    let blob = Blob::new_with_u8_array_sequence_and_options(&Array::of1(&bytes), &options);
    bytes.fill(0, 0, bytes.length());
    blob.expect("a list of bytes is what a blob is made of")
}
