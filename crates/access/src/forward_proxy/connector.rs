use std::{
    future::Future,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::Uri;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::{
    client::legacy::connect::{
        HttpConnector,
        proxy::{SocksV5, Tunnel},
    },
    rt::TokioIo,
};
use rustls::ClientConfig;
use tokio::{net::TcpStream, time::timeout};
use tower::{Service, ServiceExt};

use super::{ForwardProxies, ForwardProxy};

/// Connects to hosts, each through its proxy. TLS with the host is the caller's.
#[derive(Clone)]
pub struct Connector {
    tcp: HttpConnector,
    proxies: ForwardProxies,
    tls: Arc<ClientConfig>,
    timeout: Duration,
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl Connector {
    /// Makes a connector. A proxy that speaks TLS is trusted by the same authorities as the hosts are, as with Go; a
    /// connection, with what the proxy takes, is made within `timeout`.
    pub fn new(proxies: ForwardProxies, tls: Arc<ClientConfig>, timeout: Duration) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        Self { tcp, proxies, tls, timeout }
    }
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<TokioIo<TcpStream>>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, url: Uri) -> Self::Future {
        let Self { tcp, proxies, tls, timeout: time } = self.clone();
        Box::pin(async move {
            let connected = timeout(time, async {
                match proxies.for_url(&url)? {
                    None => Ok(MaybeHttpsStream::Http(tcp.oneshot(url).await?)),
                    Some(proxy) => proxy.connect(url, tcp, tls).await,
                }
            });
            connected.await.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()))
        })
    }
}

impl ForwardProxy {
    async fn connect(
        &self,
        url: Uri,
        tcp: HttpConnector,
        tls: Arc<ClientConfig>,
    ) -> Result<MaybeHttpsStream<TokioIo<TcpStream>>, BoxError> {
        let proxy = self.0.uri();
        if proxy.scheme_str().is_some_and(|scheme| scheme.starts_with("socks")) {
            let mut socks = SocksV5::new(with_port(proxy, 1080)?, tcp);
            if let Some((user, password)) = self.0.raw_auth() {
                socks = socks.with_auth(user.to_owned(), password.to_owned());
            }
            return Ok(MaybeHttpsStream::Http(socks.oneshot(url).await?));
        }
        let mut tunnel = Tunnel::new(proxy.clone(), HttpsConnector::from((tcp, tls)));
        if let Some(basic) = self.0.basic_auth() {
            tunnel = tunnel.with_auth(basic.clone());
        }
        Ok(tunnel.oneshot(url).await?)
    }
}

/// Names the port of a URL whose scheme hyper knows no port of.
fn with_port(url: &Uri, port: u16) -> Result<Uri, http::Error> {
    let authority = match (url.port(), url.host()) {
        (None, Some(host)) => format!("{host}:{port}"),
        _ => url.authority().map(ToString::to_string).unwrap_or_default(),
    };
    Uri::builder().scheme("http").authority(authority).path_and_query("/").build()
}
