//! One connection, from its first byte to its last, each under a deadline.

use std::{
    future::{Future, pending},
    io,
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use axum::{Router, response::IntoResponse};
use futures_util::future::{BoxFuture, Either, FutureExt, select};
use http::{Request, Response, StatusCode};
use http_body::Body;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use kube_enroll_core::Status;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpStream, UnixStream},
    time::timeout,
};
use tokio_io_timeout::TimeoutWriter;
use tokio_rustls::server::TlsStream;
use tower::ServiceExt;

use super::{
    calls::{AnswerBody, Call, Calls},
    lasting::{Framing, Handover},
    listener::Accepted,
    strict::{
        StrictStream,
        heads::{MAX_HEAD_BYTES, Violation},
    },
    tls::Tls,
};
use crate::{
    api::ApiError,
    identity::Peer,
    limits::{ConnectionPermit, LimitExceeded, Limits},
    shutdown::ShutdownSignal,
};

/// The parts that all connections of one kind have in common.
pub(crate) struct Serving {
    pub(crate) router: Router,
    pub(crate) limits: Limits,
    pub(crate) shutdown: ShutdownSignal,
}

/// The place of a connection with its memory; those of probes and of operators have none.
type Place = Option<Arc<ConnectionPermit>>;

/// Serves requests until the client leaves, a deadline passes, or the server stops and the last answer is given. Each
/// request has the [`Peer`] in its extensions.
///
/// The future is boxed by kind of connection, since one for all kinds would be as large as that of TLS.
pub(crate) fn serve(
    accepted: Accepted,
    peer: Peer,
    serving: Arc<Serving>,
    place: Option<ConnectionPermit>,
) -> BoxFuture<'static, ()> {
    let place = place.map(Arc::new);
    match accepted {
        Accepted::Tcp(stream) => {
            // Events of a watch are small and wanted at once.
            let _ = stream.set_nodelay(true);
            serve_stream(stream, peer, serving, place, pending()).boxed()
        }
        Accepted::Tls(stream, tls) => {
            let _ = stream.set_nodelay(true);
            serve_tls(stream, tls, peer, serving, place).boxed()
        }
        Accepted::Unix(stream) => serve_stream(stream, peer, serving, place, pending()).boxed(),
    }
}

async fn serve_tls(stream: TcpStream, tls: Arc<Tls>, peer: Peer, serving: Arc<Serving>, place: Place) {
    // Boxed, as is the stream that it returns: the connection outlives it for long.
    match timeout(serving.limits.header_timeout, Box::pin(tls.accept(stream))).await {
        Ok(Ok(connection)) => {
            if let Some(place) = &place {
                place.resume();
            }
            let (peer, outdated) = (peer.with_names(connection.names.clone()), Box::pin(connection.outdated()));
            serve_stream(connection.stream, peer, serving, place, outdated).await;
        }
        Ok(Err(error)) => {
            if may_log(&place) {
                tracing::info!(%error, "refused: no TLS");
            }
        }
        Err(_) => tracing::debug!("connection ended: no handshake in time"),
    }
}

async fn serve_stream(
    stream: impl AsyncRead + AsyncWrite + Abort + Unpin,
    peer: Peer,
    serving: Arc<Serving>,
    place: Place,
    outdated: impl Future<Output = ()>,
) {
    let mut stream = pin!(TimeoutWriter::new(stream));
    stream.as_mut().set_timeout_pinned(Some(serving.limits.write_timeout));
    let calls = Arc::new(Calls::default());
    let mut strict = StrictStream::new(&mut stream, calls.clone(), place.clone());
    let handover = Handover::default();
    let mut service = service_fn(|mut request: Request<Incoming>| {
        let (call, handover, framing) = (calls.begin(), handover.clone(), Framing::of(&request));
        request.extensions_mut().insert(peer.clone());
        let response = respond(serving.clone(), request, call, place.clone());
        // Boxed, since hyper holds the place for it for as long as the connection is idle.
        Box::pin(async move { handover.pass(response.await, framing) })
    });
    let mut is_over = pin!(async {
        tokio::select! {
            _ = serving.shutdown.begun() => {}
            () = outdated => {}
        }
    });
    let ended = loop {
        let answer = {
            // Boxed, so that nothing of it is in memory while an answer lasts.
            let mut connection = Box::new(
                http1::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(serving.limits.header_timeout)
                    .max_buf_size(MAX_HEAD_BYTES)
                    .serve_connection(TokioIo::new(&mut strict), service),
            );
            // The end first: what stands behind an answer that has lasted until then is not read.
            let (is_last, ended) = match select(is_over.as_mut(), &mut connection).await {
                Either::Left(_) => {
                    Pin::new(&mut *connection).graceful_shutdown();
                    (true, (&mut connection).await)
                }
                Either::Right((ended, _)) => (false, ended),
            };
            let Some(response) = handover.take() else { break ended.map_err(Error::Hyper) };
            let read;
            http1::Parts { service, read_buf: read, .. } = connection.into_parts();
            strict.unread(&read);
            response.begin(is_last)
        };
        if let Some(place) = &place {
            place.wait();
        }
        match answer.write(&mut strict).await {
            // Else the client connects again, and is told that there is no memory.
            Ok(true) if place.as_ref().is_none_or(|place| place.resume()) => {}
            Ok(_) => break Ok(()),
            Err(error) => break Err(Error::Io(error)),
        }
    };
    let (error, is_answerable) = match (strict.violation(), ended) {
        _ if let Some(exceeded) = strict.exceeded() => (exceeded.into(), strict.is_idle()),
        (Some(Violation::TOO_LONG), _) => (head_too_long(), strict.is_idle()),
        (Some(Violation { found, expected }), _) => {
            (ApiError::NotStrict { found, expected }, !strict.has_passed_a_head())
        }
        (None, Err(Error::Hyper(error))) if error.is_parse() => (refusal_of_hyper(&error), strict.is_idle()),
        (None, Err(error)) => {
            if error.is_write_timeout() || error.is_timeout() && calls.holds_answer() {
                stream.get_ref().abort();
            }
            return tracing::debug!(%error, "connection ended");
        }
        (None, Ok(())) => return,
    };
    if may_log(&place) {
        tracing::info!(%error, "refused");
    }
    if is_answerable {
        // Boxed: its buffer would be in the memory of every connection that waits.
        Box::pin(respond_and_close(&mut stream, &error.status())).await;
    }
}

/// Answers a request, where there is memory for its body and for the answer.
async fn respond(serving: Arc<Serving>, request: Request<Incoming>, call: Call, place: Place) -> Response<AnswerBody> {
    let memory = |bytes: u64| place.as_ref().filter(|_| bytes > 0).map(|place| place.memory(bytes)).transpose();
    let body = request.body().size_hint().upper().unwrap_or(u64::MAX).min(serving.limits.body_bytes as u64);
    // As it comes, and parsed.
    let _body_memory = match memory(2 * body) {
        Ok(memory) => memory,
        Err(exceeded) => return refuse(exceeded, call),
    };
    let Ok(response) = serving.router.clone().oneshot(request).await;
    let waiting = response.body().size_hint().exact().unwrap_or(0).min(MAX_WAITING_BYTES);
    match memory(if waiting > SHORT_ANSWER_BYTES { waiting } else { 0 }) {
        Ok(memory) => {
            call.hold(memory);
            response.map(|body| call.end_with(body))
        }
        Err(exceeded) => refuse(exceeded, call),
    }
}

/// Returns whether a line of the log about a connection may be written: none about those that are not counted.
fn may_log(place: &Place) -> bool {
    place.as_ref().is_some_and(|place| place.line())
}

fn refuse(exceeded: LimitExceeded, call: Call) -> Response<AnswerBody> {
    ApiError::from(exceeded).into_response().map(|body| call.end_with(body))
}

/// A stream that can be closed without what waits to be read at its other end.
trait Abort {
    /// Has the kernel forget what waits, once the stream is closed: else it is held for minutes for a client that does
    /// not read.
    fn abort(&self);
}

impl Abort for TcpStream {
    fn abort(&self) {
        let _ = self.set_zero_linger();
    }
}

impl Abort for Box<TlsStream<TcpStream>> {
    fn abort(&self) {
        self.get_ref().0.abort();
    }
}

impl Abort for UnixStream {
    /// Does nothing: the other end is a proxy of this machine.
    fn abort(&self) {}
}

/// The error that has ended a connection.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Hyper(hyper::Error),
    /// While an answer was written that lasts.
    #[error(transparent)]
    Io(io::Error),
}

impl Error {
    /// Returns whether it is hyper's timeout, for a head.
    fn is_timeout(&self) -> bool {
        matches!(self, Self::Hyper(error) if error.is_timeout())
    }

    /// Returns whether it is the write timeout.
    fn is_write_timeout(&self) -> bool {
        let error = match self {
            Self::Hyper(error) => std::error::Error::source(error).and_then(<dyn std::error::Error>::downcast_ref),
            Self::Io(error) => Some(error),
        };
        error.is_some_and(|error: &io::Error| error.kind() == io::ErrorKind::TimedOut)
    }
}

/// Makes the refusal of a head that hyper has refused: its own answer has no body.
fn refusal_of_hyper(error: &hyper::Error) -> ApiError {
    if error.is_parse_too_large() { head_too_long() } else { ApiError::NotHttp { problem: error.to_string() } }
}

fn head_too_long() -> ApiError {
    ApiError::HeadTooLong { maximum_bytes: MAX_HEAD_BYTES, maximum_fields: MAX_HEAD_FIELDS }
}

/// Rejects one connection too many with a response, so that a balancer tries elsewhere and a person sees why.
pub(crate) async fn reject(accepted: Accepted, error: ApiError) {
    match accepted {
        // A handshake is more than it is to cost.
        Accepted::Tls(..) => {}
        Accepted::Tcp(mut stream) => respond_and_close(&mut stream, &error.status()).await,
        Accepted::Unix(mut stream) => respond_and_close(&mut stream, &error.status()).await,
    }
}

/// Writes the response that hyper does not write, and ends the connection.
async fn respond_and_close(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), status: &Status) {
    let body = serde_json::to_string(status).expect("a Status has only strings and numbers");
    let reason = StatusCode::from_u16(status.code).ok().and_then(|code| code.canonical_reason()).unwrap_or_default();
    let retry_after = match &status.details {
        Some(details) if details.retry_after_seconds > 0 => format!("Retry-After: {}\r\n", details.retry_after_seconds),
        _ => String::new(),
    };
    let answer = format!(
        "HTTP/1.1 {} {reason}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n{retry_after}Connection: close\r\n\r\n{body}",
        status.code,
        body.len()
    );
    let respond_and_close = async {
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await?;
        // Closed with unread bytes, the kernel would take the answer back.
        let mut rest = [0; 1024];
        while stream.read(&mut rest).await? > 0 {}
        std::io::Result::Ok(())
    };
    let _ = timeout(REJECT_TIMEOUT, respond_and_close).await;
}

/// The most fields of a head: hyper's own default, which is not set, since hyper would then allocate for each head.
const MAX_HEAD_FIELDS: usize = 100;

/// An answer that is sent at once: an object, an error, a small file.
const SHORT_ANSWER_BYTES: u64 = 4 << 10;

/// The most bytes of an answer that wait in the kernel to be read: twice what the listener asks for (socket(7)).
const MAX_WAITING_BYTES: u64 = 128 << 10;

/// For a client to read a response of [`respond_and_close`].
const REJECT_TIMEOUT: Duration = Duration::from_secs(1);
