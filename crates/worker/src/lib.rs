//! The key worker: the one holder of the private key. It executes the page's commands ([`kube_enroll_protocol`]), and
//! is the only program that touches the browser's storage.
//!
//! It runs in a Web Worker whose policy allows no network. A private key leaves it only within a kubeconfig, or
//! encrypted into the storage.

mod browser_key;
mod channel;
mod dispatch;
mod error;
mod lease;
mod messages;
mod session;
mod storage;

use wasm_bindgen::prelude::wasm_bindgen;

pub use error::Error;
pub use lease::{Lease, Proof};
pub use session::Session;
pub use storage::{Row, Storage, StoredRecord};

/// Starts the worker, and posts [`WorkerMessage::Ready`](kube_enroll_protocol::WorkerMessage::Ready). `name` is the
/// worker's name as `www/worker/frame.html` gives it: the path of the page, and a mark of this tab, which are separated
/// by a space.
#[wasm_bindgen]
pub fn start(name: &str) {
    messages::report_panics();
    let (path, tab) = name.rsplit_once(' ').unwrap_or((name, ""));
    dispatch::run(&format!("kube-enroll {path}"), tab);
}
