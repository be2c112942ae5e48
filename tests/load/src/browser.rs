//! One browser that waits, as the page does it: a list by name, a watch from the list's version, with jitter the next
//! one when the stream ends, and a read after a long silence.

use std::{
    net::IpAddr,
    sync::{Mutex, MutexGuard},
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use http_body_util::BodyExt;
use hyper::StatusCode;
use kube_enroll_core::{
    Backoff, CSRS_PATH, CertificateSigningRequest, CertificateSigningRequestList, CsrState, ObjectName, WatchDecoder,
    WatchEvent, csr_path,
};
use tokio::time::{sleep, timeout};

use crate::{
    http::{Connection, Site, body_of, list_target, message_of, new_source, watch_target},
    requests::name_of,
};

/// A browser and what it has seen.
pub struct Browser {
    name: ObjectName,
    object: CertificateSigningRequest,
    site: Site,
    source: IpAddr,
    seen: Mutex<Seen>,
    /// The time of each list that was answered, and of each watch until it was open.
    answered: Mutex<Vec<Duration>>,
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

/// The end of a look.
enum End {
    /// There is nothing more to wait for.
    Settled,
    /// The stream has ended; everything up to a version was seen.
    Ended { version: String },
    /// The stream has said that a list is needed.
    Expired,
}

impl Browser {
    /// Makes one that has not called yet.
    pub fn new(site: &Site, object: CertificateSigningRequest) -> Self {
        Self::at(site, object, new_source())
    }

    /// The same at an address.
    pub fn at(site: &Site, object: CertificateSigningRequest, source: IpAddr) -> Self {
        Self {
            name: name_of(&object),
            object,
            site: site.clone(),
            source,
            seen: Mutex::default(),
            answered: Mutex::default(),
        }
    }

    /// Returns the name of its object.
    pub fn name(&self) -> &ObjectName {
        &self.name
    }

    /// Returns what it has seen.
    pub fn seen(&self) -> Seen {
        self.seen.lock().expect("no holder panics").clone()
    }

    /// Returns how long each list took that was answered, and each watch until it was open.
    pub fn answered(&self) -> Vec<Duration> {
        self.answered.lock().expect("no holder panics").clone()
    }

    /// Loads the settings, creates the object and waits for its certificate. A reply that is lost is asked for again
    /// under the same name.
    pub async fn enroll(&self) {
        let mut backoff = BACKOFF;
        while let Err(error) = self.create().await {
            self.refused(&error);
            sleep(backoff.pause(fastrand::f64())).await;
        }
        self.wait().await;
    }

    /// Waits for the certificate of an object that is there.
    pub async fn wait(&self) {
        let mut backoff = BACKOFF;
        let mut version = None;
        loop {
            let begun = Instant::now();
            let end = self.look(version.take()).await;
            let was_live = self.change().live.take().is_some();
            let held = begun.elapsed() > HELD;
            match end {
                Ok(End::Settled) => return,
                // As the page does it: a watch that has held goes on from where it was.
                Ok(End::Ended { version: last }) => version = Some(last).filter(|_| held),
                Ok(End::Expired) => {}
                Err(error) => self.refused(&error),
            }
            if was_live {
                self.change().broken += 1;
            }
            if held {
                backoff.reset();
            }
            sleep(backoff.pause(fastrand::f64())).await;
        }
    }

    /// On a connection that ends with it: the server makes a request with a body the last one.
    async fn create(&self) -> anyhow::Result<()> {
        let mut connection = self.site.connect(self.source).await?;
        let (status, _) = connection.get("/config.json").await?;
        ensure!(status == StatusCode::OK, "config.json: {status}");
        let (status, body) = connection.post(CSRS_PATH, body_of(&self.object)).await?;
        // A reply was lost: the object under this name is its own.
        ensure!(
            status == StatusCode::CREATED || status == StatusCode::CONFLICT,
            "create: {status} {}",
            message_of(&body)
        );
        Ok(())
    }

    /// Lists, unless a version is known, and watches until the stream ends.
    async fn look(&self, version: Option<String>) -> anyhow::Result<End> {
        let mut connection = self.site.connect(self.source).await?;
        match version {
            Some(version) => self.watch(&mut connection, version).await,
            None => match self.list(&mut connection).await? {
                Some(version) => self.watch(&mut connection, version).await,
                None => Ok(End::Settled),
            },
        }
    }

    /// Returns the version of the list, or `None` when there is nothing more to wait for.
    async fn list(&self, connection: &mut Connection) -> anyhow::Result<Option<String>> {
        let begun = Instant::now();
        let (status, body) = connection.get(&list_target(&self.name)).await?;
        ensure!(status == StatusCode::OK, "list: {status} {}", message_of(&body));
        self.was_answered(begun);
        let list: CertificateSigningRequestList = serde_json::from_slice(&body).context("list")?;
        let Some(object) = list.items.first() else {
            self.change().gone = true;
            return Ok(None);
        };
        Ok(Some(list.metadata.resource_version).filter(|_| !self.take(object, Instant::now())))
    }

    async fn watch(&self, connection: &mut Connection, mut version: String) -> anyhow::Result<End> {
        let begun = Instant::now();
        let mut stream = connection.stream(&watch_target(&self.name, &version)).await?.into_body();
        self.was_answered(begun);
        self.change().live = Some(Instant::now());
        let mut decoder = WatchDecoder::new();
        let mut silences = 0;
        loop {
            let Ok(frame) = timeout(QUIET, stream.frame()).await else {
                silences += 1;
                ensure!(silences < MAX_SILENCES, "a watch without a byte for {MAX_SILENCES} times {QUIET:?}");
                if self.read().await? {
                    return Ok(End::Settled);
                }
                continue;
            };
            let now = Instant::now();
            silences = 0;
            let Some(frame) = frame else { return Ok(End::Ended { version }) };
            for event in decoder.push(&frame?.into_data().unwrap_or_default())? {
                match event {
                    WatchEvent::Added(object) | WatchEvent::Modified(object) => {
                        if self.take(&object, now) {
                            return Ok(End::Settled);
                        }
                        version = object.metadata.resource_version;
                    }
                    WatchEvent::Deleted(_) => {
                        self.change().gone = true;
                        return Ok(End::Settled);
                    }
                    WatchEvent::Bookmark { resource_version } => version = resource_version,
                    WatchEvent::Error(status) if status.is_expired() => return Ok(End::Expired),
                    WatchEvent::Error(status) => bail!("watch: {}", status.message),
                }
            }
        }
    }

    async fn read(&self) -> anyhow::Result<bool> {
        let mut connection = self.site.connect(self.source).await?;
        let (status, body) = connection.get(&csr_path(&self.name)).await?;
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
            Ok(CsrState::Approved) => {
                seen.approved.get_or_insert(now);
                false
            }
            Ok(CsrState::Issued { .. }) => {
                seen.approved.get_or_insert(now);
                seen.issued.get_or_insert(now);
                true
            }
            Ok(CsrState::Denied(_) | CsrState::Failed(_)) => true,
            Ok(CsrState::Pending) | Err(_) => false,
        }
    }

    fn was_answered(&self, begun: Instant) {
        self.answered.lock().expect("no holder panics").push(begun.elapsed());
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

/// The page's pauses before it lists again.
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(700), Duration::from_secs(10));

/// Silence of a stream after which the object is read.
const QUIET: Duration = Duration::from_secs(45);

/// A stream that was silent so many times is given up.
const MAX_SILENCES: u32 = 2;

/// A stream that held for so long has earned a quick return.
const HELD: Duration = Duration::from_secs(5);
