//! Everything that a stranger can send, all of it at once and as fast as it goes.

pub mod tally;

use std::{
    net::IpAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use http_body_util::BodyExt;
use hyper::{StatusCode, body::Bytes};
use kube_enroll_core::{CSRS_PATH, ObjectName, csr_path};
use tokio::{
    io::AsyncReadExt,
    runtime::{Builder, Runtime},
    time::{sleep, timeout},
};

use crate::{
    http::{Connection, Site, body_of, list_target, watch_target},
    requests::{Requests, name_of},
};
use tally::{Kind, Outcome, Tally};

/// The sender of a flood.
pub struct Attacker {
    /// The site, as the attacker speaks to it.
    pub site: Site,
    /// The addresses that it has.
    pub sources: Vec<IpAddr>,
    /// The requests that it makes.
    pub requests: Requests,
    /// The page's files.
    pub files: Arc<[String]>,
    /// How many watches it tries to hold.
    pub watches: usize,
    /// How many connections it tries to hold without a word.
    pub idle: usize,
}

/// A running flood. It ends when it is dropped.
///
/// It has threads of its own, which step back for all others: an attacker's processors are elsewhere, so its work must
/// not be what the server, and the honest people here, wait for.
pub struct Flood {
    runtime: Option<Runtime>,
    tally: Arc<Tally>,
}

/// What the tasks of a flood share.
struct Shared {
    attacker: Attacker,
    /// Requests of its own that it can watch.
    created: Mutex<Vec<ObjectName>>,
    tally: Arc<Tally>,
}

impl Flood {
    /// Begins.
    ///
    /// # Errors
    /// Where there are no threads.
    pub fn start(attacker: Attacker) -> anyhow::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(THREADS)
            .on_thread_start(|| {
                // Of this thread alone, on Linux; without the right to, the flood is no weaker.
                let _ = rustix::process::nice(NICE);
            })
            .enable_all()
            .build()?;
        let tally = Arc::new(Tally::default());
        let (watches, idle) = (attacker.watches, attacker.idle);
        let shared = Arc::new(Shared { attacker, created: Mutex::default(), tally: Arc::clone(&tally) });
        for kind in REPEATED {
            for _ in 0..CONNECTIONS {
                runtime.spawn(Arc::clone(&shared).repeat(kind));
            }
        }
        for _ in 0..watches {
            runtime.spawn(Arc::clone(&shared).hold(Kind::Watch));
        }
        for _ in 0..idle {
            runtime.spawn(Arc::clone(&shared).hold(Kind::Idle));
        }
        Ok(Self { runtime: Some(runtime), tally })
    }

    /// Ends it and returns what came of it.
    pub fn stop(mut self) -> String {
        // Before its own end is counted.
        let text = self.tally.to_string();
        self.shut_down();
        text
    }

    fn shut_down(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        self.shut_down();
    }
}

impl Shared {
    /// Sends without a pause, from another address now and then.
    async fn repeat(self: Arc<Self>, kind: Kind) {
        loop {
            if let Ok(mut connection) = self.attacker.site.connect(self.source()).await {
                for _ in 0..REQUESTS_A_CONNECTION {
                    let Ok(status) = self.send(kind, &mut connection).await else {
                        self.tally.count(kind, Outcome::Cut);
                        break;
                    };
                    self.tally.count(kind, status.into());
                    if connection.is_ending() {
                        break;
                    }
                }
            } else {
                self.tally.count(kind, Outcome::Unconnected);
                sleep(REPRIEVE).await;
            }
        }
    }

    async fn send(&self, kind: Kind, connection: &mut Connection) -> anyhow::Result<StatusCode> {
        let requests = &self.attacker.requests;
        let (status, _) = match kind {
            Kind::Junk => connection.post(CSRS_PATH, Bytes::from_static(JUNK)).await?,
            Kind::Create => {
                let object = requests.object();
                let answer = connection.post(CSRS_PATH, body_of(&object)).await?;
                if answer.0 == StatusCode::CREATED {
                    self.created.lock().expect("no holder panics").push(name_of(&object));
                }
                answer
            }
            Kind::Lookup if fastrand::bool() => connection.get(&list_target(&requests.unused_name())).await?,
            Kind::Lookup => connection.get(&csr_path(&requests.unused_name())).await?,
            _ => connection.get(fastrand::choice(&*self.attacker.files).map_or("/", String::as_str)).await?,
        };
        Ok(status)
    }

    /// Holds a watch or a connection, and takes another when that one ends.
    async fn hold(self: Arc<Self>, kind: Kind) {
        // Not all at once, or most of them wait for their SYN to be sent again.
        sleep(ARRIVAL.mul_f64(fastrand::f64())).await;
        loop {
            let ended = if kind == Kind::Watch { self.watch().await } else { self.idle().await };
            self.tally.count(kind, ended);
            sleep(REPRIEVE).await;
        }
    }

    async fn watch(&self) -> Outcome {
        let own = fastrand::choice(&*self.created.lock().expect("no holder panics")).cloned();
        let name = own.unwrap_or_else(|| self.attacker.requests.unused_name());
        let Ok(mut connection) = self.attacker.site.connect(self.source()).await else { return Outcome::Unconnected };
        let Ok(response) = connection.open(&watch_target(&name, "1")).await else { return Outcome::Cut };
        let status = response.status();
        let _held = (status == StatusCode::OK).then(|| self.tally.hold(Kind::Watch));
        let mut body = response.into_body();
        while let Some(Ok(_)) = body.frame().await {}
        status.into()
    }

    async fn idle(&self) -> Outcome {
        let Ok(mut stream) = self.attacker.site.connect_raw(self.source()).await else { return Outcome::Unconnected };
        let mut head = [0; 64];
        let read = match timeout(REFUSED_WITHIN, stream.read(&mut head)).await {
            Ok(read) => read,
            Err(_) => {
                let _held = self.tally.hold(Kind::Idle);
                stream.read(&mut head).await
            }
        }
        .unwrap_or(0);
        let status = std::str::from_utf8(&head[..read]).ok().and_then(|head| head.split(' ').nth(1)?.parse().ok());
        // An end without a word is that of the time for a head.
        status.map_or(Outcome::Cut, Outcome::Status)
    }

    fn source(&self) -> IpAddr {
        *fastrand::choice(&self.attacker.sources).expect("an attacker has an address")
    }
}

/// What is sent over and over.
const REPEATED: [Kind; 4] = [Kind::Junk, Kind::Create, Kind::Lookup, Kind::Page];

/// Connections on which one kind is sent at a time.
const CONNECTIONS: usize = 16;

/// Requests on a connection before another one is opened.
const REQUESTS_A_CONNECTION: u32 = 100;

/// As many as the machine has processors for.
const THREADS: usize = 2;

/// How far its threads step back.
const NICE: i32 = 10;

/// A pause after a connection that was refused, or that was held and ended.
const REPRIEVE: Duration = Duration::from_millis(100);

/// A connection that has no answer by then is not over a bound: one that is gets two seconds for a probe.
const REFUSED_WITHIN: Duration = Duration::from_secs(3);

/// The time in which what is held is taken.
const ARRIVAL: Duration = Duration::from_secs(5);

/// JSON, and nothing that the server could pass on.
const JUNK: &[u8] =
    br#"{"apiVersion":"certificates.k8s.io/v1","kind":"CertificateSigningRequest","spec":{"request":"AA=="}}"#;
