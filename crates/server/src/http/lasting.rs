//! Answers that last: those of unknown length, which only a watch has. hyper writes their heads and bodies as well, but
//! holds two buffers of 8 KiB, and what it knows of the request, for as long as a browser waits. So such an answer is
//! handed over: hyper's connection ends, the answer is written here, and the next request has a new one.

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
    task::{Poll, ready},
    time::SystemTime,
};

use http::{HeaderMap, Method, Request, Response, Version, header, response};
use http_body::Body;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};

use super::{calls::AnswerBody, strict::StrictStream};

/// A response that lasts.
pub(super) struct LastingResponse {
    response: Response<AnswerBody>,
    /// The client asks for the end of the connection behind it.
    is_last: bool,
}

/// The answer by such a response, on its way.
pub(super) struct LastingAnswer {
    /// The bytes to write next.
    pending: Vec<u8>,
    body: AnswerBody,
    is_last: bool,
}

/// The place where a call leaves a response that lasts; clones share it.
#[derive(Clone, Default)]
pub(super) struct Handover(Arc<Mutex<Option<Box<LastingResponse>>>>);

/// The end of hyper's connection, by the error of a call.
#[derive(Debug, thiserror::Error)]
#[error("the answer is written without hyper")]
pub(super) struct HandedOver;

/// The properties of a request that decide who writes its answer.
#[derive(Clone, Copy)]
pub(super) struct Framing {
    can_last: bool,
    is_last: bool,
}

impl Framing {
    /// Reads them from a request.
    pub(super) fn of(request: &Request<impl Body>) -> Self {
        let can_last =
            request.method() == Method::GET && request.version() == Version::HTTP_11 && request.body().is_end_stream();
        Self { can_last, is_last: closes(request.headers()) }
    }
}

impl Handover {
    /// Passes a response on to hyper, or leaves it here if it lasts.
    ///
    /// # Errors
    /// [`HandedOver`], for hyper to end.
    pub(super) fn pass(
        &self,
        response: Response<AnswerBody>,
        framing: Framing,
    ) -> Result<Response<AnswerBody>, HandedOver> {
        if !framing.can_last || response.body().size_hint().exact().is_some() {
            return Ok(response);
        }
        let is_last = framing.is_last || closes(response.headers());
        *self.place() = Some(Box::new(LastingResponse { response, is_last }));
        Err(HandedOver)
    }

    /// Removes and returns the response that was left.
    pub(super) fn take(&self) -> Option<LastingResponse> {
        self.place().take().map(|left| *left)
    }

    fn place(&self) -> MutexGuard<'_, Option<Box<LastingResponse>>> {
        self.0.lock().expect("nothing panics while it holds the lock")
    }
}

impl LastingResponse {
    /// Begins the answer; `is_last` says that it ends the connection, whatever the client asks for.
    pub(super) fn begin(self, is_last: bool) -> LastingAnswer {
        let is_last = is_last || self.is_last;
        let (parts, body) = self.response.into_parts();
        LastingAnswer { pending: head(&parts, is_last), body, is_last }
    }
}

impl LastingAnswer {
    /// Writes it to its end, and returns whether another request may follow.
    ///
    /// # Errors
    /// Those of the stream, one of which says that the client has left, and those of the body.
    pub(super) async fn write<S>(self, stream: &mut StrictStream<S>) -> io::Result<bool>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let Self { mut pending, mut body, is_last } = self;
        let mut has_ended = false;
        poll_fn(|context| {
            loop {
                if let Poll::Ready(error) = stream.poll_departure(context) {
                    return Poll::Ready(Err(error));
                }
                while !has_ended && pending.len() < MAX_PENDING_BYTES {
                    match Pin::new(&mut body).poll_frame(context) {
                        Poll::Ready(Some(frame)) => {
                            push_chunk(&mut pending, frame.map_err(io::Error::other)?.data_ref());
                        }
                        Poll::Ready(None) => {
                            pending.extend_from_slice(b"0\r\n\r\n");
                            has_ended = true;
                        }
                        Poll::Pending => break,
                    }
                }
                if pending.is_empty() {
                    // TLS has what the socket did not take.
                    ready!(Pin::new(&mut *stream).poll_flush(context))?;
                    return if has_ended { Poll::Ready(Ok(())) } else { Poll::Pending };
                }
                match ready!(Pin::new(&mut *stream).poll_write(context, &pending))? {
                    0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                    // Without a buffer for the next event, which may be long in coming.
                    all if all == pending.len() => pending = Vec::new(),
                    written => drop(pending.drain(..written)),
                }
            }
        })
        .await?;
        drop(body);
        stream.flush().await?;
        if is_last {
            stream.shutdown().await?;
        }
        Ok(!is_last)
    }
}

/// Writes a head, with what hyper adds to one.
fn head(parts: &response::Parts, is_last: bool) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {}\r\n", parts.status).into_bytes();
    for (name, value) in &parts.headers {
        head.extend_from_slice(name.as_ref());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    if is_last && !closes(&parts.headers) {
        head.extend_from_slice(b"connection: close\r\n");
    }
    if !parts.headers.contains_key(header::DATE) {
        head.extend_from_slice(format!("date: {}\r\n", httpdate::fmt_http_date(SystemTime::now())).as_bytes());
    }
    head.extend_from_slice(b"transfer-encoding: chunked\r\n\r\n");
    head
}

/// Appends a chunk ([RFC 9112, section 7.1](https://www.rfc-editor.org/rfc/rfc9112#section-7.1)); an empty one would be
/// the last.
fn push_chunk(pending: &mut Vec<u8>, data: Option<&bytes::Bytes>) {
    if let Some(data) = data.filter(|data| !data.is_empty()) {
        pending.extend_from_slice(format!("{:X}\r\n", data.len()).as_bytes());
        pending.extend_from_slice(data);
        pending.extend_from_slice(b"\r\n");
    }
}

/// Returns whether a head asks for the end of its connection (RFC 9112, section 9.6).
fn closes(headers: &HeaderMap) -> bool {
    let mut options =
        headers.get_all(header::CONNECTION).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    options.any(|option| option.trim_ascii().eq_ignore_ascii_case(b"close"))
}

/// The bytes that wait to be written before the body is asked for more.
const MAX_PENDING_BYTES: usize = 8 << 10;
