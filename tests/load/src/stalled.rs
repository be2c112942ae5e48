//! Readers that stop: the kernel holds what the server has written for them.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use anyhow::{Context, ensure};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    task::JoinSet,
    time::sleep,
};

use crate::{http::Site, visitor::WORKER_MODULE, wait::until};

/// Readers of one address. They hang up when it is dropped.
pub struct StalledReaders {
    _readers: JoinSet<()>,
}

impl StalledReaders {
    /// Sends this many; returns when all have stopped to read.
    ///
    /// # Errors
    /// Where some are refused.
    pub async fn start(site: &Site, source: IpAddr, count: usize) -> anyhow::Result<Self> {
        let stopped = Arc::new(AtomicUsize::new(0));
        let mut readers = JoinSet::new();
        for _ in 0..count {
            let (site, stopped) = (site.clone(), Arc::clone(&stopped));
            readers.spawn(async move {
                loop {
                    if let Ok(stream) = read_and_stop(&site, source).await {
                        stopped.fetch_add(1, Relaxed);
                        sleep(HELD).await;
                        drop(stream);
                    }
                    sleep(REPRIEVE).await;
                }
            });
        }
        until("readers have stopped", || async {
            let stopped = stopped.load(Relaxed);
            ensure!(stopped >= count, "{stopped} of {count}");
            Ok(())
        })
        .await?;
        Ok(Self { _readers: readers })
    }
}

/// Reads one file as fast as it comes, so that the kernel gives the connection large buffers, and then has more written
/// than any buffer takes.
async fn read_and_stop(site: &Site, source: IpAddr) -> anyhow::Result<TcpStream> {
    let mut stream = BufReader::new(site.connect_raw(source).await?);
    let request = format!("GET {WORKER_MODULE} HTTP/1.1\r\nHost: {}\r\n\r\n", site.address());
    stream.write_all(request.as_bytes()).await?;
    let mut length = None;
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 2 {
        if let Some(text) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = Some(text.trim().parse()?);
        }
        line.clear();
    }
    let mut body = stream.take(length.context("an answer with a length")?);
    tokio::io::copy(&mut body, &mut tokio::io::sink()).await?;
    let mut stream = body.into_inner().into_inner();
    stream.write_all(request.repeat(PIPELINED).as_bytes()).await?;
    Ok(stream)
}

/// Requests that are sent at once: 20 MB are answered.
const PIPELINED: usize = 20;

/// Longer than the server's write timeout: the client's end stays open.
const HELD: Duration = Duration::from_secs(50);

/// A pause before the next connection.
const REPRIEVE: Duration = Duration::from_millis(500);
