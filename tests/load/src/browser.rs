//! One browser that waits, as the page does it: a list by name, a watch from the list's version, again with jitter when the
//! stream ends, and a read after a long silence.

use std::{
    net::Ipv4Addr,
    sync::{Mutex, MutexGuard},
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use http_body_util::BodyExt;
use hyper::StatusCode;
use kube_enroll_core::{
    CertificateSigningRequest, CertificateSigningRequestList, ObjectName, RequestState, WatchDecoder, WatchEvent,
};
use tokio::time::{sleep, timeout};

use crate::{
    http::{Connection, REQUESTS, Site, body_of, list_target, new_source, watch_target},
    requests::name_of,
};

/// A browser and what it has seen.
pub struct Browser {
    name: ObjectName,
    object: CertificateSigningRequest,
    site: Site,
    source: Ipv4Addr,
    seen: Mutex<Seen>,
}

/// What a browser has seen so far.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// When it learned of the approval, or of the certificate if that came first.
    pub approved: Option<Instant>,
    /// When it got its certificate.
    pub issued: Option<Instant>,
    /// Since when the stream that it has is open.
    pub live: Option<Instant>,
    /// How many streams ended before the certificate was there.
    pub broken: u32,
    /// How many of its calls failed or were refused.
    pub refused: u32,
    /// What the last refusal said.
    pub refusal: String,
    /// Its object is not there.
    pub gone: bool,
    /// How many events were about an object that is not its own.
    pub foreign: u32,
}

impl Browser {
    /// Makes one that has not called yet.
    pub fn new(site: &Site, object: CertificateSigningRequest) -> Self {
        Self { name: name_of(&object), object, site: site.clone(), source: new_source(), seen: Mutex::default() }
    }

    /// Returns the name of its object.
    pub fn name(&self) -> &ObjectName {
        &self.name
    }

    /// Returns what it has seen.
    pub fn seen(&self) -> Seen {
        self.seen.lock().expect("no holder panics").clone()
    }

    /// Loads the settings, creates the object and waits for its certificate. A reply that is lost is asked for again under
    /// the same name.
    pub async fn enroll(&self) {
        let mut pauses = Pauses::default();
        loop {
            match self.create().await {
                Ok(connection) => return self.wait_on(Some(connection)).await,
                Err(error) => self.refused(&error),
            }
            sleep(pauses.next()).await;
        }
    }

    /// Waits for the certificate of an object that is there.
    pub async fn wait(&self) {
        self.wait_on(None).await;
    }

    async fn wait_on(&self, mut connection: Option<Connection>) {
        let mut pauses = Pauses::default();
        loop {
            let begun = Instant::now();
            let settled = self.look(connection.take()).await;
            let was_live = self.change().live.take().is_some();
            match settled {
                Ok(true) => return,
                Ok(false) => {}
                Err(error) => self.refused(&error),
            }
            if was_live {
                self.change().broken += 1;
            }
            if begun.elapsed() > HELD {
                pauses = Pauses::default();
            }
            sleep(pauses.next()).await;
        }
    }

    async fn create(&self) -> anyhow::Result<Connection> {
        let mut connection = self.site.connect(self.source).await?;
        let (status, _) = connection.get("/config.json").await?;
        ensure!(status == StatusCode::OK, "config.json: {status}");
        let (status, body) = connection.post(REQUESTS, body_of(&self.object)).await?;
        // A reply was lost: the object under this name is its own.
        ensure!(
            status == StatusCode::CREATED || status == StatusCode::CONFLICT,
            "create: {status} {}",
            String::from_utf8_lossy(&body)
        );
        Ok(connection)
    }

    /// Lists and watches until the stream ends. True when there is nothing more to wait for.
    async fn look(&self, connection: Option<Connection>) -> anyhow::Result<bool> {
        let mut connection = match connection {
            Some(connection) => connection,
            None => self.site.connect(self.source).await?,
        };
        let (status, body) = connection.get(&list_target(&self.name)).await?;
        ensure!(status == StatusCode::OK, "list: {status} {}", String::from_utf8_lossy(&body));
        let list: CertificateSigningRequestList = serde_json::from_slice(&body).context("list")?;
        let Some(object) = list.items.first() else {
            self.change().gone = true;
            return Ok(true);
        };
        if self.take(object, Instant::now()) {
            return Ok(true);
        }
        let mut stream =
            connection.stream(&watch_target(&self.name, &list.metadata.resource_version)).await?.into_body();
        self.change().live = Some(Instant::now());
        let mut decoder = WatchDecoder::new();
        let mut silences = 0;
        loop {
            let Ok(frame) = timeout(QUIET, stream.frame()).await else {
                silences += 1;
                ensure!(silences < MAX_SILENCES, "a watch without a byte for {MAX_SILENCES} times {QUIET:?}");
                if self.read().await? {
                    return Ok(true);
                }
                continue;
            };
            let now = Instant::now();
            silences = 0;
            let Some(frame) = frame else { return Ok(false) };
            for event in decoder.push(&frame?.into_data().unwrap_or_default())? {
                match event {
                    WatchEvent::Added(object) | WatchEvent::Modified(object) => {
                        if self.take(&object, now) {
                            return Ok(true);
                        }
                    }
                    WatchEvent::Deleted(_) => {
                        self.change().gone = true;
                        return Ok(true);
                    }
                    WatchEvent::Bookmark { .. } => {}
                    WatchEvent::Error(status) if status.is_expired() => return Ok(false),
                    WatchEvent::Error(status) => bail!("watch: {}", status.message),
                }
            }
        }
    }

    async fn read(&self) -> anyhow::Result<bool> {
        let mut connection = self.site.connect(self.source).await?;
        let (status, body) = connection.get(&format!("{REQUESTS}/{}", self.name)).await?;
        ensure!(status == StatusCode::OK, "read: {status}");
        Ok(self.take(&serde_json::from_slice(&body).context("read")?, Instant::now()))
    }

    /// Takes a state of the object. True when there is nothing more to wait for.
    fn take(&self, object: &CertificateSigningRequest, now: Instant) -> bool {
        let mut seen = self.change();
        if object.metadata.name != self.name.as_str() {
            seen.foreign += 1;
            return false;
        }
        match object.state() {
            Ok(RequestState::Approved) => {
                seen.approved.get_or_insert(now);
                false
            }
            Ok(RequestState::Issued { .. }) => {
                seen.approved.get_or_insert(now);
                seen.issued.get_or_insert(now);
                true
            }
            Ok(RequestState::Denied { .. } | RequestState::Failed { .. }) => true,
            Ok(RequestState::Pending | RequestState::Gone) | Err(_) => false,
        }
    }

    fn refused(&self, error: &anyhow::Error) {
        let mut seen = self.change();
        seen.refused += 1;
        seen.refusal = format!("{error:#}");
    }

    fn change(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().expect("no holder panics")
    }
}

/// The page's pauses before it lists again: they double, and a random half is added.
struct Pauses(Duration);

impl Default for Pauses {
    fn default() -> Self {
        Self(Duration::from_millis(700))
    }
}

impl Pauses {
    fn next(&mut self) -> Duration {
        let pause = self.0;
        self.0 = (pause * 2).min(Duration::from_secs(10));
        pause.mul_f64(1.0 + fastrand::f64() / 2.0)
    }
}

/// Silence of a stream after which the object is read.
const QUIET: Duration = Duration::from_secs(45);

/// A stream that was silent so many times is given up.
const MAX_SILENCES: u32 = 2;

/// A stream that held for so long has earned a quick return.
const HELD: Duration = Duration::from_secs(5);
