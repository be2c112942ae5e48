//! A relay of TCP in front of the API server that can be shut, as a network is that fails.

use std::net::SocketAddr;

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

/// A relay on a port of its own, which it keeps.
pub struct Relay {
    address: SocketAddr,
    upstream: SocketAddr,
    open: Option<JoinHandle<()>>,
}

impl Relay {
    /// Opens a relay to `upstream`.
    ///
    /// # Errors
    /// Where there is no free port.
    pub async fn open(upstream: SocketAddr) -> anyhow::Result<Self> {
        let mut relay = Self { address: ([127, 0, 0, 1], 0).into(), upstream, open: None };
        relay.reopen().await?;
        Ok(relay)
    }

    /// Returns the address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts every connection, and refuses new ones.
    pub async fn shut(&mut self) {
        if let Some(open) = self.open.take() {
            open.abort();
            // The listener is closed when the task is gone.
            let _ = open.await;
        }
    }

    /// Opens again at the same address.
    ///
    /// # Errors
    /// Where another program has taken the port.
    pub async fn reopen(&mut self) -> anyhow::Result<()> {
        let listener = TcpListener::bind(self.address).await?;
        self.address = listener.local_addr()?;
        self.open = Some(tokio::spawn(relay(listener, self.upstream)));
        Ok(())
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        if let Some(open) = &self.open {
            open.abort();
        }
    }
}

async fn relay(listener: TcpListener, upstream: SocketAddr) {
    // Dropped with this future: so every connection ends with the relay.
    let mut connections = JoinSet::new();
    while let Ok((mut near, _)) = listener.accept().await {
        connections.spawn(async move {
            if let Ok(mut far) = TcpStream::connect(upstream).await {
                let _ = (near.set_nodelay(true), far.set_nodelay(true));
                let _ = copy_bidirectional(&mut near, &mut far).await;
            }
        });
        while connections.try_join_next().is_some() {}
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn cuts_connections_when_it_is_shut_and_is_there_again_at_the_same_address() {
        let echo = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut relay = Relay::open(echo.local_addr().unwrap()).await.unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = echo.accept().await {
                tokio::spawn(async move {
                    let (mut read, mut write) = stream.split();
                    let _ = tokio::io::copy(&mut read, &mut write).await;
                });
            }
        });
        let say = async |stream: &mut TcpStream| {
            stream.write_all(b"x").await.unwrap();
            stream.read_u8().await.unwrap()
        };
        let mut stream = TcpStream::connect(relay.address()).await.unwrap();
        assert_eq!(say(&mut stream).await, b'x');

        relay.shut().await;
        assert!(!matches!(stream.read(&mut [0]).await, Ok(1..)));
        assert!(TcpStream::connect(relay.address()).await.is_err());

        let address = relay.address();
        relay.reopen().await.unwrap();
        assert_eq!(relay.address(), address);
        let mut stream = TcpStream::connect(address).await.unwrap();
        assert_eq!(say(&mut stream).await, b'x');
    }
}
