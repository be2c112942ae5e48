//! Strict HTTP in front of hyper, which takes more than RFC 9112 allows: Content-Length beside Transfer-Encoding, no
//! Host or two, lines that end with LF alone. Where a front proxy reads such a request in another way, one request
//! becomes two (RFC 9112, section 11.2).

pub(crate) mod heads;

use std::{
    io,
    mem::MaybeUninit,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::calls::Calls;
use crate::limits::{ConnectionPermit, LimitExceeded, Memory};
use heads::{Heads, Violation};

/// A stream whose bytes are judged before hyper sees them. On a violation that read fails, and every later one: hyper
/// never has the end of such a head. Nothing is kept but the place in the head.
///
/// The answers that hyper writes by itself, without a body, are withheld: ours take their place.
pub(crate) struct StrictStream<S> {
    stream: S,
    heads: Heads,
    /// hyper has seen a whole head.
    passed: bool,
    violation: Option<Violation>,
    calls: Arc<Calls>,
    /// The calls that had begun when everything was last flushed, each with its answer.
    flushed_calls: u64,
    withholds: bool,
    /// Bytes that were judged, and are still to be read.
    ahead: Bytes,
    place: Option<Arc<ConnectionPermit>>,
    /// The memory of a long head: hyper's buffer stays as large for as long as hyper reads this connection.
    head_memory: Option<Memory>,
    /// The limit by which there is no memory for a head.
    exceeded: Option<LimitExceeded>,
}

impl<S> StrictStream<S> {
    /// Wraps the stream of a connection, for which `place` has the memory; without one, nothing is counted.
    pub(crate) fn new(stream: S, calls: Arc<Calls>, place: Option<Arc<ConnectionPermit>>) -> Self {
        Self {
            stream,
            heads: Heads::default(),
            passed: false,
            violation: None,
            calls,
            flushed_calls: 0,
            withholds: false,
            ahead: Bytes::new(),
            place,
            head_memory: None,
            exceeded: None,
        }
    }

    /// Returns why reading ended, where that was for a violation.
    pub(crate) fn violation(&self) -> Option<Violation> {
        self.violation
    }

    /// Returns the limit by which reading ended, where that was for one.
    pub(crate) fn exceeded(&self) -> Option<LimitExceeded> {
        self.exceeded
    }

    /// Returns whether a response of our own could be read as the response to something else: hyper may have written
    /// one already, or the API server may have done what an earlier request asked.
    pub(crate) fn has_passed_a_head(&self) -> bool {
        self.passed
    }

    /// Returns whether all that was answered has left this server, and nothing else is to be: so a response of our own
    /// is read as the response to the head that hyper has refused. Where it is not, as while the client reads nothing,
    /// hyper has written its own.
    pub(crate) fn is_idle(&self) -> bool {
        self.calls.begun() == self.flushed_calls
    }

    /// Puts back what was read of the next request, when hyper's buffers are gone.
    pub(crate) fn unread(&mut self, bytes: &[u8]) {
        self.ahead = Bytes::copy_from_slice(bytes);
        if bytes.len() <= SHORT_HEAD_BYTES {
            self.head_memory = None;
            self.heads.begin_anew();
        }
    }

    /// Holds the memory of a long head, where it has none yet.
    fn take_head_memory(&mut self) -> Result<(), LimitExceeded> {
        if let Some(place) = &self.place
            && self.head_memory.is_none()
            && self.heads.longest() > SHORT_HEAD_BYTES
        {
            self.head_memory = Some(place.memory(LONG_HEAD_MEMORY)?);
        }
        Ok(())
    }

    /// Returns whether these bytes are an answer of hyper's own.
    fn withhold(&mut self) -> bool {
        self.withholds |= self.is_idle();
        self.withholds
    }
}

impl<S: AsyncRead + Unpin> StrictStream<S> {
    /// Waits, while an answer is written, until the client has left or sends what is not strict HTTP. Like hyper, it
    /// reads once what stands behind the request, and nothing more before that is read.
    pub(crate) fn poll_departure(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        if !self.ahead.is_empty() {
            return Poll::Pending;
        }
        let mut bytes = [MaybeUninit::uninit(); MAX_AHEAD_BYTES];
        let mut buffer = ReadBuf::uninit(&mut bytes);
        match ready!(Pin::new(&mut *self).poll_read(context, &mut buffer)) {
            Ok(()) if buffer.filled().is_empty() => Poll::Ready(io::ErrorKind::UnexpectedEof.into()),
            Ok(()) => {
                self.unread(buffer.filled());
                Poll::Pending
            }
            Err(error) => Poll::Ready(error),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for StrictStream<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.ahead.is_empty() {
            let length = this.ahead.len().min(buffer.remaining());
            buffer.put_slice(&this.ahead.split_to(length));
            return Poll::Ready(Ok(()));
        }
        if this.violation.is_none() && this.exceeded.is_none() {
            let before = buffer.filled().len();
            ready!(Pin::new(&mut this.stream).poll_read(context, buffer))?;
            match this.heads.judge(&buffer.filled()[before..]) {
                Ok(()) => {
                    this.passed |= this.heads.complete() > 0;
                    match this.take_head_memory() {
                        Ok(()) => return Poll::Ready(Ok(())),
                        Err(exceeded) => this.exceeded = Some(exceeded),
                    }
                }
                Err(violation) => this.violation = Some(violation),
            }
            buffer.set_filled(before);
        }
        Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, "the request is not strict HTTP")))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for StrictStream<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.withhold() {
            return Poll::Ready(Ok(bytes.len()));
        }
        Pin::new(&mut this.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.withhold() {
            return Poll::Ready(Ok(slices.iter().map(|slice| slice.len()).sum()));
        }
        Pin::new(&mut this.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(Pin::new(&mut this.stream).poll_flush(context))?;
        // hyper flushes only after it has written all that it has.
        if this.calls.are_answered() {
            this.flushed_calls = this.calls.begun();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        // To hyper a failed read may be the end of an idle connection, and its own answer the last; ours is still to
        // come.
        if this.violation.is_some() || this.exceeded.is_some() || this.withholds {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut this.stream).poll_shutdown(context)
    }
}

/// A head that fits into hyper's first buffer, which each connection has.
const SHORT_HEAD_BYTES: usize = 8 << 10;

/// The buffer of a longer one, and its fields.
const LONG_HEAD_MEMORY: u64 = 40 << 10;

/// The bytes that are read of a request before the answer to the former one has ended: as many as hyper reads.
const MAX_AHEAD_BYTES: usize = 8 << 10;
