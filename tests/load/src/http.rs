//! HTTP/1.1 as a browser speaks it through a front proxy: an address of its own, a connection of its own, and long
//! headers.

use std::{
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
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
    header::{self, HeaderValue},
};
use hyper_util::rt::TokioIo;
use kube_enroll_core::{CSRS_PATH, CertificateSigningRequest, ObjectName};
use tokio::{
    net::{TcpSocket, TcpStream},
    task::AbortHandle,
    time::timeout,
};

/// Where browsers go. Clones share the headers.
#[derive(Clone)]
pub struct Site {
    address: SocketAddr,
    headers: Arc<HeaderMap>,
}

/// One connection to a [`Site`]. It closes when it is dropped.
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    headers: Arc<HeaderMap>,
    driver: AbortHandle,
}

impl Site {
    /// Describes the site at this address, with browsers whose every request has [`HEADER_BYTES`] of headers.
    pub fn new(address: SocketAddr) -> Self {
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
            (header::ORIGIN, format!("http://{host}")),
            (header::REFERER, format!("http://{host}/")),
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
        Self { address, headers: Arc::new(headers) }
    }

    /// Returns the address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Opens a connection from `source`.
    ///
    /// # Errors
    /// Where there is none within [`PATIENCE`].
    pub async fn connect(&self, source: Ipv4Addr) -> anyhow::Result<Connection> {
        let stream = self.connect_raw(source).await?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let driver = tokio::spawn(connection).abort_handle();
        Ok(Connection { sender, headers: Arc::clone(&self.headers), driver })
    }

    /// Opens a connection on which nothing is said yet.
    ///
    /// # Errors
    /// Where there is none within [`PATIENCE`].
    pub async fn connect_raw(&self, source: Ipv4Addr) -> anyhow::Result<TcpStream> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddrV4::new(source, 0).into())?;
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
        let response = self.send(Method::GET, target, Bytes::new()).await?;
        ensure!(response.status() == StatusCode::OK, "{target}: {}", response.status());
        Ok(response)
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
        Ok(timeout(PATIENCE, self.sender.send_request(request)).await.context("no answer in time")??)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// Returns an address of the loopback network that no other browser has had.
pub fn new_source() -> Ipv4Addr {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed) % LOOPBACK_ADDRESSES;
    Ipv4Addr::from_bits(Ipv4Addr::new(127, 1, 0, 0).to_bits() + number)
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
    fn gives_each_browser_an_address_of_the_loopback_network() {
        let (a, b) = (new_source(), new_source());
        assert_ne!(a, b);
        assert!(a.is_loopback() && b.is_loopback());
    }
}
