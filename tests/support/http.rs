//! The test's own web server: one that can be cut off like a machine whose cable is pulled.

use std::{
    convert::Infallible,
    future::Future,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use base64ct::{Base64, Encoding};
use http_body_util::{BodyExt, Full, combinators::BoxBody};
use hyper::{
    Request, Response, StatusCode, body::Bytes, body::Incoming, header, server::conn::http1, service::service_fn,
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
};
use sha1::{Digest, Sha1};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::{JoinHandle, JoinSet},
};

/// Why a connection ends without an answer.
#[derive(Debug)]
pub struct Cut;

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the test cuts this connection")
    }
}

impl std::error::Error for Cut {}

/// A body, whole or streamed; its end may be a cut.
pub type Body = BoxBody<Bytes, Cut>;

/// A server on a free port of the loopback interface. It ends, with all its connections, when it is dropped.
pub struct HttpServer {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl HttpServer {
    /// Serves every request with `answer`; an `Err` closes the connection without an answer.
    pub async fn start<F>(answer: impl Fn(Request<Incoming>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Response<Body>, Cut>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("the loopback interface has a free port");
        let address = listener.local_addr().expect("the listener is bound");
        let answer = Arc::new(answer);
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        let accepting = tokio::spawn(async move {
            // Dropped with this task: so every connection ends with the server.
            let mut tasks = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                let answer = Arc::clone(&answer);
                tasks.spawn(async move {
                    let service = service_fn(move |request| answer(request));
                    // A browser that goes away in the middle is no fault of the test.
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades().await;
                });
            }
        });
        Self { address, connections, accepting }
    }

    /// Returns the address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns how many connections anyone has opened to it.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Returns the URL of its root, with a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Makes a body of bytes that are there already.
pub fn body(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never: Infallible| match never {}).boxed()
}

/// Makes an answer of bytes that are there already.
pub fn answer(status: StatusCode, content_type: &str, bytes: impl Into<Bytes>) -> Response<Body> {
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, content_type)
        .header(header::CACHE_CONTROL, "no-store")
        .body(body(bytes))
        .expect("a content type is a header value")
}

/// Answers the opening handshake of a WebSocket (RFC 6455, section 4.2.2), and listens without a word until its end.
///
/// # Panics
/// Where the request is no such handshake.
pub fn accept_websocket(mut request: Request<Incoming>) -> Response<Body> {
    let key = request.headers()[header::SEC_WEBSOCKET_KEY].as_bytes();
    let accept = Base64::encode_string(&Sha1::digest([key, b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"].concat()));
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        if let Ok(stream) = upgrade.await {
            let (mut incoming, mut outgoing) = tokio::io::split(TokioIo::new(stream));
            let mut end = Vec::new();
            let mut piece = [0; 1024];
            // A close frame without a code is a head of 2 bytes and a mask of 4, and the last that comes.
            while let Ok(read @ 1..) = incoming.read(&mut piece).await {
                end.extend_from_slice(&piece[..read]);
                if end.len() >= 6 && end[end.len() - 6..].starts_with(&[0x88, 0x80]) {
                    let _ = outgoing.write_all(&[0x88, 0]).await;
                }
            }
        }
    });
    Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header(header::CONNECTION, "Upgrade")
        .header(header::UPGRADE, "websocket")
        .header(header::SEC_WEBSOCKET_ACCEPT, accept)
        .body(body(""))
        .expect("base64 is a header value")
}

/// Asks for something as a program without a browser does, and returns status and text.
///
/// # Panics
/// Where there is no answer.
pub async fn ask(method: &str, url: &str, headers: &[(&str, &str)], text: &str) -> (StatusCode, String) {
    HttpClient::default().ask(method, url, headers, text).await
}

/// A client that uses its connections again, for thousands of requests.
pub struct HttpClient(Client<HttpConnector, Full<Bytes>>);

impl Default for HttpClient {
    fn default() -> Self {
        Self(Client::builder(TokioExecutor::new()).build_http())
    }
}

impl HttpClient {
    /// Asks as [`ask`] does.
    ///
    /// # Panics
    /// Where there is no answer.
    pub async fn ask(&self, method: &str, url: &str, headers: &[(&str, &str)], text: &str) -> (StatusCode, String) {
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::<Bytes>::from(text.to_owned())).expect("the test writes good requests");
        let reply = self.0.request(request).await;
        let (parts, body) = reply.unwrap_or_else(|error| panic!("{method} {url}: {error}")).into_parts();
        let bytes = body.collect().await.unwrap_or_else(|error| panic!("{method} {url}: {error}")).to_bytes();
        (parts.status, String::from_utf8_lossy(&bytes).into_owned())
    }
}
