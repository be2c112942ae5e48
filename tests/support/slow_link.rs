//! A slow line between a browser and a server on this machine.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::mpsc,
    task::{JoinHandle, JoinSet},
    time::{Instant, sleep_until},
};

/// A TCP proxy on a free port of the loopback interface: all its connections share one line with a bandwidth, and each
/// way takes its time. A TCP handshake costs a round trip, as it does on a real line; slow start and loss are not
/// imitated.
pub struct SlowLink {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

/// What the line is like.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// Bandwidth of each direction, in bits a second.
    pub bits_per_second: u32,
    /// How long a byte is on its way from one end to the other.
    pub delay: Duration,
}

/// One direction of the line, which all connections share: the moment from which it is free.
type Direction = Arc<Mutex<Instant>>;

impl SlowLink {
    /// Starts a line to a server.
    pub async fn start(server: SocketAddr, line: Line) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("the loopback interface has a free port");
        let address = listener.local_addr().expect("the listener is bound");
        let [up, down]: [Direction; 2] = std::array::from_fn(|_| Arc::new(Mutex::new(Instant::now())));
        let accepting = tokio::spawn(async move {
            // Dropped with this task: so every connection ends with the line.
            let mut connections = JoinSet::new();
            while let Ok((browser, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(server).await else { continue };
                for socket in [&browser, &server] {
                    socket.set_nodelay(true).expect("a connected socket takes options");
                }
                let (from_browser, to_browser) = browser.into_split();
                let (from_server, to_server) = server.into_split();
                let opened = Instant::now() + 2 * line.delay;
                connections.spawn(carry(from_browser, to_server, line, Arc::clone(&up), opened));
                connections.spawn(carry(from_server, to_browser, line, Arc::clone(&down), opened));
            }
        });
        Self { address, accepting }
    }

    /// Returns the address of the browser's end.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for SlowLink {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Carries bytes one way, until the sender ends. Nothing is on the line before `opened`.
async fn carry(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    line: Line,
    direction: Direction,
    opened: Instant,
) -> std::io::Result<()> {
    let (send, mut receive) = mpsc::channel::<(Instant, Vec<u8>)>(PACKETS_UNDER_WAY);
    let arrive = async move {
        while let Some((arrival, packet)) = receive.recv().await {
            sleep_until(arrival).await;
            to.write_all(&packet).await?;
        }
        to.shutdown().await
    };
    let depart = async move {
        let mut packet = [0; PACKET_BYTES];
        loop {
            let length = from.read(&mut packet).await?;
            if length == 0 {
                return Ok(());
            }
            let on_the_line = Duration::from_secs_f64(length as f64 * 8.0 / f64::from(line.bits_per_second));
            let sent = {
                let mut free_from = direction.lock().expect("no holder panics");
                *free_from = (*free_from).max(Instant::now()).max(opened) + on_the_line;
                *free_from
            };
            if send.send((sent + line.delay, packet[..length].to_vec())).await.is_err() {
                return Ok(());
            }
            // Not far ahead, so that the other connections get their turn; timers are too coarse for each packet.
            sleep_until(sent - AHEAD).await;
        }
    };
    tokio::try_join!(depart, arrive).map(drop)
}

/// How far ahead of the line one connection may be.
const AHEAD: Duration = Duration::from_millis(5);

/// What fits into an Ethernet frame.
const PACKET_BYTES: usize = 1460;

/// How many packets may be on their way, which is more than any line here holds.
const PACKETS_UNDER_WAY: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn takes_as_long_as_its_bandwidth_and_its_way_allow() {
        let server = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let line = Line { bits_per_second: 8_000_000, delay: Duration::from_millis(50) };
        let link = SlowLink::start(server.local_addr().expect("bound"), line).await;
        let begin = Instant::now();
        let mut browser = TcpStream::connect(link.address()).await.expect("it listens");
        let (mut accepted, _) = server.accept().await.expect("it connects");
        browser.write_all(b"?").await.expect("it is open");
        accepted.read_exact(&mut [0]).await.expect("a byte comes");
        let asked = begin.elapsed();
        // 200 KB on a line of 1 MB a second.
        accepted.write_all(&[0; 200_000]).await.expect("it is open");
        drop(accepted);
        let mut answer = Vec::new();
        browser.read_to_end(&mut answer).await.expect("it ends");
        // A machine may be slower than the line, and never faster but for what may be ahead.
        assert!(asked >= Duration::from_millis(150), "{asked:?}");
        assert!(begin.elapsed() - asked >= Duration::from_millis(245), "{:?}", begin.elapsed());
        assert_eq!(answer.len(), 200_000);
    }
}
