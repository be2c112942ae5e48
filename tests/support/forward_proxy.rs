//! A proxy on the way to one host, which counts who comes: by CONNECT (RFC 9110, section 9.3.6) or SOCKS 5 (RFC 1928).

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// The proxy. Whatever host it is asked for, it connects to the one that it has. It ends when it is dropped.
pub struct ForwardProxy {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    _tasks: JoinSet<()>,
}

impl ForwardProxy {
    /// Starts it on the way to a host.
    pub async fn start(host: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("the loopback interface has a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = connections.clone();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                open.spawn(async move {
                    // Whoever leaves early is no fault of the proxy's.
                    let _ = tunnel(stream, host).await;
                });
            }
        });
        Self { address, connections, _tasks: tasks }
    }

    /// Returns the address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Counts the connections that were made to it.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn tunnel(mut stream: TcpStream, host: SocketAddr) -> io::Result<()> {
    let mut host = TcpStream::connect(host).await?;
    let mut first = [0];
    stream.peek(&mut first).await?;
    match first[0] {
        5 => accept_socks(&mut stream).await?,
        _ => accept_connect(&mut stream).await?,
    }
    copy_bidirectional(&mut stream, &mut host).await.map(drop)
}

async fn accept_connect(stream: &mut TcpStream) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    if !head.starts_with(b"CONNECT ") {
        return stream.write_all(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n").await;
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await
}

/// Without authentication.
async fn accept_socks(stream: &mut TcpStream) -> io::Result<()> {
    let [_version, methods] = read(stream).await?;
    stream.read_exact(&mut vec![0; methods.into()]).await?;
    stream.write_all(&[5, 0]).await?;
    let [_version, _connect, _reserved, kind] = read(stream).await?;
    let address_bytes = match kind {
        1 => 4,
        3 => stream.read_u8().await?.into(),
        _ => 16,
    };
    stream.read_exact(&mut vec![0; address_bytes + 2]).await?;
    // The address from which it connects, which nobody needs.
    stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await
}

async fn read<const BYTES: usize>(stream: &mut TcpStream) -> io::Result<[u8; BYTES]> {
    let mut bytes = [0; BYTES];
    stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}
