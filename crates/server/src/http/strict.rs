//! Strict HTTP in front of hyper, which takes more than RFC 9112 allows: Content-Length beside Transfer-Encoding, no
//! Host or two, lines that end with LF alone. Where a front proxy reads such a request in another way, one request
//! becomes two (RFC 9112, section 11.2).

pub(crate) mod heads;

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use heads::{Heads, Violation};

/// A stream whose bytes are judged before hyper sees them. On a violation that read fails, and every later one: hyper
/// never has the end of such a head. Nothing is kept but the place in the head.
pub(crate) struct StrictStream<S> {
    stream: S,
    heads: Heads,
    /// hyper has seen a whole head.
    passed: bool,
    violation: Option<Violation>,
}

impl<S> StrictStream<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, heads: Heads::default(), passed: false, violation: None }
    }

    /// Returns why reading ended, where that was for a violation.
    pub(crate) fn violation(&self) -> Option<Violation> {
        self.violation
    }

    /// Returns whether a response of our own could be read as the response to something else: hyper may have written
    /// one already, or the API server may have done what an earlier request asked.
    pub(crate) fn has_passed_a_head(&self) -> bool {
        self.passed
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for StrictStream<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.violation.is_none() {
            let before = buffer.filled().len();
            ready!(Pin::new(&mut this.stream).poll_read(context, buffer))?;
            match this.heads.judge(&buffer.filled()[before..]) {
                Ok(()) => {
                    this.passed |= this.heads.complete() > 0;
                    return Poll::Ready(Ok(()));
                }
                Err(violation) => {
                    buffer.set_filled(before);
                    this.violation = Some(violation);
                }
            }
        }
        Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, "the request is not strict HTTP")))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for StrictStream<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        // To hyper a failed read may be the end of an idle connection; the answer to it is still to come.
        if this.violation.is_some() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut this.stream).poll_shutdown(context)
    }
}
