//! Listeners on TCP and on Unix sockets.

mod unix;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use futures_util::future::select_all;
use socket2::SockRef;
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream, UnixStream},
    time::sleep,
};

use super::tls::Tls;
use crate::{
    config::{ListenAddress, ListenMode},
    identity::Peer,
    limits::{ConnectionKind, Limits},
    start::StartError,
};
use unix::UnixSocket;

/// A bound address.
pub(crate) enum Listener {
    Tcp { listener: TcpListener, address: SocketAddr, tls: Option<Arc<Tls>> },
    Unix(UnixSocket),
}

/// A connection that was accepted.
pub(crate) enum Accepted {
    Tcp(TcpStream),
    /// The handshake is still to come.
    Tls(TcpStream, Arc<Tls>),
    Unix(UnixStream),
}

impl Accepted {
    /// Returns the kind of the connection.
    pub(crate) fn kind(&self) -> ConnectionKind {
        match self {
            Self::Tls(..) => ConnectionKind::Tls,
            Self::Tcp(_) | Self::Unix(_) => ConnectionKind::Plain,
        }
    }
}

impl Listener {
    /// Binds to an address; `mode` is that of a Unix socket, `tls` for TCP.
    ///
    /// # Errors
    /// [`StartError::Listen`].
    pub(crate) async fn bind(
        address: &ListenAddress,
        mode: ListenMode,
        tls: Option<Arc<Tls>>,
        limits: &Limits,
    ) -> Result<Self, StartError> {
        let bound = match address {
            ListenAddress::Tcp(address) => match bind_tcp(*address, limits.write_timeout) {
                Ok(listener) => listener.local_addr().map(|address| Self::Tcp { listener, address, tls }),
                Err(error) => Err(error),
            },
            ListenAddress::Unix(path) => UnixSocket::bind(path, mode).await.map(Self::Unix),
        };
        bound.map_err(|source| StartError::Listen { address: address.to_string(), source })
    }

    /// Returns the address, with the port that was found for port 0.
    pub(crate) fn local_address(&self) -> ListenAddress {
        match self {
            Self::Tcp { address, .. } => ListenAddress::Tcp(*address),
            Self::Unix(socket) => ListenAddress::Unix(socket.path().to_owned()),
        }
    }

    async fn accept(&self) -> io::Result<(Accepted, Peer)> {
        match self {
            Self::Tcp { listener, tls, .. } => {
                let (stream, peer) = listener.accept().await?;
                let accepted = match tls {
                    Some(tls) => Accepted::Tls(stream, tls.clone()),
                    None => Accepted::Tcp(stream),
                };
                Ok((accepted, Peer::tcp(peer.ip())))
            }
            Self::Unix(socket) => {
                let (stream, uid) = socket.accept().await?;
                Ok((Accepted::Unix(stream), Peer::Unix { uid }))
            }
        }
    }
}

/// Binds to an address of TCP. The connections inherit the bounds of the buffers, which the kernel would otherwise let
/// grow to megabytes for whoever reads fast and then stops; and the time after which the kernel gives up what a client
/// does not take, when the connection is closed here as well (tcp(7), TCP_USER_TIMEOUT).
fn bind_tcp(address: SocketAddr, unread: Duration) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
    socket.set_recv_buffer_size(RECEIVE_BUFFER_BYTES)?;
    let options = SockRef::from(&socket);
    options.set_tcp_notsent_lowat(UNSENT_BYTES)?;
    options.set_tcp_user_timeout(Some(unread))?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Accepts the next connection of any listener, or none for ever without one. Errors end nothing: the one connection is
/// gone, or the process is out of file descriptors and others will be closed.
pub(crate) async fn accept(listeners: &[Listener]) -> (Accepted, Peer) {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    if listeners.is_empty() {
        return std::future::pending().await;
    }
    loop {
        // From another one each time: whoever floods one of them does not shut out the others.
        let first = fastrand::usize(..listeners.len());
        let all = listeners.iter().cycle().skip(first).take(listeners.len());
        let (accepted, _, _) = select_all(all.map(|listener| Box::pin(listener.accept()))).await;
        match accepted {
            Ok(accepted) => return accepted,
            Err(error)
                if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted) => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// The answers that wait in the kernel for one connection; it takes up to twice as much memory (socket(7), SO_SNDBUF).
/// At a round trip of 100 ms, the page comes at more than half a megabyte a second.
const SEND_BUFFER_BYTES: u32 = 64 << 10;

/// Of those, the ones that are not on their way: more is not asked of a client's window. So one that stops reading
/// leaves little here, as long as its kernel confirms what it has got (tcp(7), TCP_NOTSENT_LOWAT).
const UNSENT_BYTES: u32 = 16 << 10;

/// The bytes of a client that wait in the kernel to be read, as behind a watch; up to twice as much memory. A body has
/// 16 KiB at most.
const RECEIVE_BUFFER_BYTES: u32 = 16 << 10;

/// Connections that wait to be accepted; the system's own bound is mostly lower or the same.
const BACKLOG: u32 = 1024;

/// The pause where no connection can be accepted, for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
