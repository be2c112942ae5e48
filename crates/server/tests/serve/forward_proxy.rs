use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;

use crate::provider::tls_acceptor;

/// A proxy that knows one host, by whatever name (RFC 9110, section 9.3.6).
pub(crate) struct ForwardProxy {
    pub(crate) address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
    _tasks: JoinSet<()>,
}

impl ForwardProxy {
    pub(crate) async fn start(host: SocketAddr) -> Self {
        Self::with(host, None).await
    }

    /// Starts one that speaks TLS itself.
    pub(crate) async fn start_tls(host: SocketAddr) -> Self {
        Self::with(host, Some(tls_acceptor())).await
    }

    async fn with(host: SocketAddr, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let heads = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = JoinSet::new();
        let shared = heads.clone();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (tls, heads) = (tls.clone(), shared.clone());
                connections.spawn(async move {
                    match tls {
                        None => tunnel(stream, host, heads).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                tunnel(stream, host, heads).await;
                            }
                        }
                    }
                });
            }
        });
        Self { address, heads, _tasks: tasks }
    }

    /// Returns the heads of the requests for a tunnel.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().expect("no panic before").clone()
    }
}

async fn tunnel<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, host: SocketAddr, heads: Arc<Mutex<Vec<String>>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return };
        head.push(byte);
    }
    heads.lock().expect("no panic before").push(String::from_utf8_lossy(&head).into_owned());
    let Ok(mut host) = TcpStream::connect(host).await else { return };
    if stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.is_ok() {
        let _ = copy_bidirectional(&mut stream, &mut host).await;
    }
}
