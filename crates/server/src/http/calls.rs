//! The calls of a connection's service, by which hyper's own answers are known: hyper writes them while no call is
//! under way.

use std::{
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use axum::body::{Body, Bytes};
use http_body::{Body as HttpBody, Frame, SizeHint};

use crate::limits::Memory;

/// The number of calls that have begun, and of those whose answer hyper has whole. The only one that counts is the
/// connection's own task: there is no order to keep.
#[derive(Default)]
pub(crate) struct Calls {
    begun: AtomicU64,
    answered: AtomicU64,
    /// The memory of the latest answer, which may still wait in the kernel to be read.
    answer_memory: Mutex<Option<Memory>>,
}

/// A call that has begun. It is answered when it is dropped.
pub(crate) struct Call(Arc<Calls>);

/// The body of the answer to a call.
pub(crate) struct AnswerBody {
    body: Body,
    _call: Call,
}

impl Calls {
    /// Begins a call. The client asks on: little of the answer before is left in the kernel, or it is another program
    /// than a browser, for which the listener's bounds are.
    pub(crate) fn begin(self: &Arc<Self>) -> Call {
        self.begun.fetch_add(1, Ordering::Relaxed);
        self.hold(None);
        Call(self.clone())
    }

    fn hold(&self, memory: Option<Memory>) {
        *self.answer_memory() = memory;
    }

    fn answer_memory(&self) -> MutexGuard<'_, Option<Memory>> {
        self.answer_memory.lock().expect("nothing panics while it holds the lock")
    }

    /// Returns the number of calls that have begun.
    pub(crate) fn begun(&self) -> u64 {
        self.begun.load(Ordering::Relaxed)
    }

    /// Returns whether an answer may still wait in the kernel to be read, and takes some memory there.
    pub(crate) fn holds_answer(&self) -> bool {
        self.answer_memory().is_some()
    }

    /// Returns whether hyper has the whole answer to each call.
    pub(crate) fn are_answered(&self) -> bool {
        self.answered.load(Ordering::Relaxed) == self.begun()
    }
}

impl Call {
    /// Holds the memory of the answer until the next call or the end of the connection.
    pub(crate) fn hold(&self, memory: Option<Memory>) {
        self.0.hold(memory);
    }

    /// Ties the call to the body of its answer, which hyper drops at its end.
    pub(crate) fn end_with(self, body: Body) -> AnswerBody {
        AnswerBody { body, _call: self }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.0.answered.fetch_add(1, Ordering::Relaxed);
    }
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
