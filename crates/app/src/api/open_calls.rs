use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use web_sys::{AbortController, AbortSignal};

/// The open calls; clones share them.
#[derive(Clone, Default)]
pub(super) struct OpenCalls(Rc<RefCell<Inner>>);

#[derive(Default)]
struct Inner {
    last_id: u64,
    controllers: BTreeMap<u64, AbortController>,
    watch: Option<u64>,
}

/// An open call. Its fetch is aborted when this is dropped.
pub(super) struct OpenCall {
    id: u64,
    controller: AbortController,
    calls: OpenCalls,
}

impl OpenCalls {
    /// Begins a call. A new watch closes the previous one, whose end must not be taken for its own.
    pub(super) fn begin(&self, is_watch: bool) -> OpenCall {
        let controller = AbortController::new().expect("a browser with WebAssembly has AbortController");
        let mut inner = self.0.borrow_mut();
        inner.last_id += 1;
        let id = inner.last_id;
        inner.controllers.insert(id, controller.clone());
        let watch_before = if is_watch { inner.watch.replace(id) } else { None };
        drop(inner);
        if let Some(id) = watch_before {
            self.close(id);
        }
        OpenCall { id, controller, calls: self.clone() }
    }

    /// Closes all calls.
    pub(super) fn stop(&self) {
        let controllers = std::mem::take(&mut self.0.borrow_mut().controllers);
        controllers.values().for_each(AbortController::abort);
    }

    fn close(&self, id: u64) {
        let controller = self.0.borrow_mut().controllers.remove(&id);
        if let Some(controller) = controller {
            controller.abort();
        }
    }
}

impl OpenCall {
    /// Returns whether the call is still open, so that its answer is wanted.
    pub(super) fn is_open(&self) -> bool {
        self.calls.0.borrow().controllers.contains_key(&self.id)
    }

    /// Returns the controller that aborts the fetch. The call stays open: it is answered by the fetch's failure.
    pub(super) fn controller(&self) -> AbortController {
        self.controller.clone()
    }

    pub(super) fn signal(&self) -> AbortSignal {
        self.controller.signal()
    }
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        self.calls.close(self.id);
    }
}
