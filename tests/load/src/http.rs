//! HTTP/1.1 as a browser speaks it through a front proxy: an address of its own, a connection of its own, and long
//! headers.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, ensure};
use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    client::conn::http1::{self, SendRequest},
    header::{self, HeaderName, HeaderValue},
};
use hyper_util::rt::TokioIo;
use kube_enroll_core::{CSRS_PATH, CertificateSigningRequest, ObjectName, Status};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpSocket, TcpStream},
    task::AbortHandle,
    time::timeout,
};
use tokio_rustls::TlsConnector;

/// Where browsers go. Clones share the headers.
#[derive(Clone)]
pub struct Site {
    address: SocketAddr,
    headers: Arc<HeaderMap>,
    tls: Option<TlsConnector>,
}

/// One connection to a [`Site`]. It closes when it is dropped.
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    headers: Arc<HeaderMap>,
    driver: AbortHandle,
    is_ending: bool,
}

impl Site {
    /// Describes the site at this address, with browsers whose every request has [`HEADER_BYTES`] of headers.
    pub fn new(address: SocketAddr) -> Self {
        Self { address, headers: Arc::new(browser_headers(address, "http")), tls: None }
    }

    /// Describes the same with a TLS session on each connection.
    pub fn with_tls(self, tls: TlsConnector) -> Self {
        Self { headers: Arc::new(browser_headers(self.address, "https")), tls: Some(tls), ..self }
    }

    /// Returns the site for a client that sends these headers as well, or in the place of a browser's.
    pub fn with_headers(&self, others: &[(HeaderName, HeaderValue)]) -> Self {
        let mut headers = HeaderMap::clone(&self.headers);
        for (name, value) in others {
            headers.insert(name, value.clone());
        }
        Self { headers: Arc::new(headers), ..self.clone() }
    }

    /// Returns the address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Opens a connection from `source`.
    ///
    /// # Errors
    /// Where there is none within [`PATIENCE`].
    pub async fn connect(&self, source: IpAddr) -> anyhow::Result<Connection> {
        let stream = self.connect_raw(source).await?;
        let (sender, driver) = match &self.tls {
            None => drive(stream).await?,
            Some(tls) => {
                let session = tls.connect(self.address.ip().into(), stream);
                drive(timeout(PATIENCE, session).await.context("no handshake in time")??).await?
            }
        };
        Ok(Connection { sender, headers: Arc::clone(&self.headers), driver, is_ending: false })
    }

    /// Opens a connection on which nothing is said yet.
    ///
    /// # Errors
    /// Where there is none within [`PATIENCE`].
    pub async fn connect_raw(&self, source: IpAddr) -> anyhow::Result<TcpStream> {
        let socket = if source.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // The system takes that one by itself, and then finds a port that is free for this site alone: a proxy needs
        // more in a minute than there are.
        if source != self.address.ip() {
            socket.bind(SocketAddr::new(source, 0))?;
        }
        let stream = timeout(PATIENCE, socket.connect(self.address)).await.context("no connection in time")??;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

impl Connection {
    /// Reads what is at `target`, whole.
    ///
    /// # Errors
    /// Where there is no answer within [`PATIENCE`].
    pub async fn get(&mut self, target: &str) -> anyhow::Result<(StatusCode, Bytes)> {
        self.whole(Method::GET, target, Bytes::new()).await
    }

    /// Sends a JSON document to `target`.
    ///
    /// # Errors
    /// Where there is no answer within [`PATIENCE`].
    pub async fn post(&mut self, target: &str, body: Bytes) -> anyhow::Result<(StatusCode, Bytes)> {
        self.whole(Method::POST, target, body).await
    }

    /// Asks for what is at `target`, and leaves the body to be read.
    ///
    /// # Errors
    /// Where there is no answer within [`PATIENCE`], and for any status but 200.
    pub async fn stream(&mut self, target: &str) -> anyhow::Result<Response<Incoming>> {
        let response = self.open(target).await?;
        ensure!(response.status() == StatusCode::OK, "{target}: {}", response.status());
        Ok(response)
    }

    /// The same for any status.
    ///
    /// # Errors
    /// Where there is no answer within [`PATIENCE`].
    pub async fn open(&mut self, target: &str) -> anyhow::Result<Response<Incoming>> {
        self.send(Method::GET, target, Bytes::new()).await
    }

    /// Returns whether the server has said that it ends with the last answer.
    pub fn is_ending(&self) -> bool {
        self.is_ending
    }

    async fn whole(&mut self, method: Method, target: &str, body: Bytes) -> anyhow::Result<(StatusCode, Bytes)> {
        let response = self.send(method, target, body).await?;
        let status = response.status();
        let body = timeout(PATIENCE, response.into_body().collect()).await.context("no end of an answer in time")??;
        Ok((status, body.to_bytes()))
    }

    async fn send(&mut self, method: Method, target: &str, body: Bytes) -> anyhow::Result<Response<Incoming>> {
        let mut request = Request::new(Full::new(body));
        *request.uri_mut() = target.parse()?;
        *request.headers_mut() = HeaderMap::clone(&self.headers);
        if method == Method::POST {
            request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        *request.method_mut() = method;
        self.sender.ready().await?;
        let response = timeout(PATIENCE, self.sender.send_request(request)).await.context("no answer in time")??;
        self.is_ending |= response.headers().get(header::CONNECTION).is_some_and(|value| value == "close");
        Ok(response)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// Returns [`HEADER_BYTES`] of headers.
fn browser_headers(address: SocketAddr, scheme: &str) -> HeaderMap {
    let host = address.to_string();
    let texts = [
        (header::HOST, host.clone()),
        (
            header::USER_AGENT,
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0".into(),
        ),
        (header::ACCEPT, "*/*".into()),
        (header::ACCEPT_LANGUAGE, "en-US,en;q=0.9,de;q=0.8".into()),
        (header::ACCEPT_ENCODING, "gzip, deflate, br, zstd".into()),
        (header::ORIGIN, format!("{scheme}://{host}")),
        (header::REFERER, format!("{scheme}://{host}/")),
    ];
    let mut headers: HeaderMap =
        texts.map(|(name, text)| (name, text.parse().expect("a text of ASCII"))).into_iter().collect();
    headers.insert("sec-fetch-site", HeaderValue::from_static("same-origin"));
    headers.insert("sec-fetch-mode", HeaderValue::from_static("cors"));
    headers.insert("sec-fetch-dest", HeaderValue::from_static("empty"));
    let so_far: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    // The session of a front proxy, which is most of what a browser sends.
    let cookie =
        format!("_session={}", "x".repeat(HEADER_BYTES.saturating_sub(so_far + "cookie: _session=\r\n".len())));
    headers.insert(header::COOKIE, cookie.parse().expect("a text of ASCII"));
    headers
}

/// Speaks HTTP/1.1 on a stream, until the one who can abort it does.
async fn drive(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> anyhow::Result<(SendRequest<Full<Bytes>>, AbortHandle)> {
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    Ok((sender, tokio::spawn(connection).abort_handle()))
}

/// Returns an address of the loopback network that no other browser has had.
pub fn new_source() -> IpAddr {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed) % LOOPBACK_ADDRESSES;
    Ipv4Addr::from_bits(Ipv4Addr::new(127, 1, 0, 0).to_bits() + number).into()
}

/// Returns the target of the list that holds one object or none.
pub fn list_target(name: &ObjectName) -> String {
    format!("{CSRS_PATH}?fieldSelector=metadata.name={name}")
}

/// Returns the target of a watch of one object.
pub fn watch_target(name: &ObjectName, resource_version: &str) -> String {
    format!(
        "{}&watch=1&allowWatchBookmarks=true&timeoutSeconds=300&resourceVersion={resource_version}",
        list_target(name)
    )
}

/// Returns the message of a `Status`, or the start of another text.
pub fn message_of(body: &[u8]) -> String {
    let message = serde_json::from_slice::<Status>(body).map(|status| status.message).ok();
    message.unwrap_or_else(|| String::from_utf8_lossy(body).chars().take(200).collect())
}

/// Writes the object as the page sends it.
pub fn body_of(object: &CertificateSigningRequest) -> Bytes {
    serde_json::to_vec(object).expect("an object has only strings, numbers and lists").into()
}

/// The size of a request's headers behind a front proxy with a session in a cookie.
const HEADER_BYTES: usize = 3 << 10;

/// How long a browser waits for a connection or an answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// How many addresses there are from 127.1.0.0 on.
const LOOPBACK_ADDRESSES: u32 = 254 << 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sends_three_kibibytes_of_headers() {
        let site = Site::new(([127, 0, 0, 1], 80).into());
        let bytes: usize = site.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        assert_eq!(bytes, HEADER_BYTES);
    }

    #[test]
    fn replaces_what_a_browser_sends() {
        let site = Site::new(([127, 0, 0, 1], 80).into());
        let site = site.with_headers(&[(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"))]);
        let sent: Vec<_> = site.headers.get_all(header::ACCEPT_ENCODING).iter().collect();
        assert_eq!(sent, ["identity"]);
    }

    #[test]
    fn gives_each_browser_an_address_of_the_loopback_network() {
        let (a, b) = (new_source(), new_source());
        assert_ne!(a, b);
        assert!(a.is_loopback() && b.is_loopback());
    }
}
