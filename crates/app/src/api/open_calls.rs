use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use web_sys::{AbortController, AbortSignal};

/// The calls that are under way; clones share them.
#[derive(Clone, Default)]
pub(super) struct OpenCalls(Rc<RefCell<Inner>>);

#[derive(Default)]
struct Inner {
    last_id: u64,
    controllers: BTreeMap<u64, AbortController>,
    watch: Option<u64>,
}

/// One of them. Its fetch is aborted when this is dropped.
pub(super) struct OpenCall {
    id: u64,
    controller: AbortController,
    calls: OpenCalls,
}

impl OpenCalls {
    /// Begins a call. A watch closes the one before it: the end of that is not the new one's.
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

    /// Closes all of them.
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
    /// Tells whether an answer is still wanted.
    pub(super) fn is_open(&self) -> bool {
        self.calls.0.borrow().controllers.contains_key(&self.id)
    }

    /// Returns what aborts the fetch. The call stays open: it is answered by the fetch's failure.
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
