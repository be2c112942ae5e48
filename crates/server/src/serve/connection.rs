//! One connection, from its first byte to its last, each under a deadline.

use std::{net::SocketAddr, pin::pin, time::Duration};

use axum::Router;
use http::Request;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use kube_enroll_core::Status;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt;

use super::Stop;
use crate::Limits;

/// Who is at the other end of the connection, in the extensions of each request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) SocketAddr);

/// Serves requests until the client leaves, a deadline passes, or the server stops and the last answer is given.
pub(super) async fn serve(stream: TcpStream, peer: SocketAddr, router: Router, limits: Limits, stop: Stop) {
    // Events of a watch are small and wanted at once.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits.write_timeout));
    let mut stream = pin!(stream);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(TokioIo::new(&mut stream), service);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        _ = stop.asked() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection ended");
    }
}

/// Answers one connection too many, so that a balancer tries elsewhere and a person sees why.
pub(super) async fn turn_away(mut stream: TcpStream) {
    let status = Status::failure(503, "ServiceUnavailable", "the server has as many connections as it takes");
    let body = serde_json::to_string(&status).expect("a Status has only strings and numbers");
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nRetry-After: 5\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let farewell = async {
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await?;
        // Closed with unread bytes, the kernel would take the answer back.
        let mut rest = [0; 1024];
        while stream.read(&mut rest).await? > 0 {}
        std::io::Result::Ok(())
    };
    let _ = timeout(FAREWELL_TIMEOUT, farewell).await;
}

/// The longest head of a request: room for the cookies and tokens of front proxies.
const MAX_HEAD_BYTES: usize = 32 << 10;

/// For one connection too many to take its answer.
const FAREWELL_TIMEOUT: Duration = Duration::from_secs(1);
