//! A cluster that changes at random, and what those who watch know of it in the end.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use kube_enroll_core::{
    CertificateSigningRequest,
    csr::{ObjectMeta, SIGNER_NAME, Spec, USER_ANNOTATION},
};
use prometheus_client::metrics::gauge::Gauge;

use super::{CsrReader, CsrWriter, Latest, Snapshot, Subscription, csrs};
use crate::{
    kubernetes::csr::{ServiceAccount, VisibleCsr},
    limits::{CacheRoom, Limiter, Limits},
    metrics::Metrics,
};

/// A cache with room for some CSRs.
pub(super) struct Cache {
    pub(super) reader: CsrReader,
    pub(super) writer: CsrWriter,
    pub(super) limiter: Limiter,
    pub(super) objects: Gauge,
}

/// Makes an empty one.
pub(super) fn cache(objects: usize) -> Cache {
    let limiter = Limiter::new(Limits::default(), Metrics::new([].into_iter(), [], []).into());
    let gauge = Gauge::default();
    let room = CacheRoom { objects, recent_bytes: 1 << 20, recent_period: PERIOD };
    let (reader, writer) = csrs(room, gauge.clone(), limiter.waiting());
    Cache { reader, writer, limiter, objects: gauge }
}

impl Cache {
    /// Lists CSRs, two to a page.
    pub(super) fn list(&self, csrs: &[VisibleCsr], version: u64) {
        self.writer.begin_list();
        for page in csrs.chunks(2) {
            self.writer.list(page);
        }
        self.writer.end_list(version, account());
    }
}

/// Returns the account of the server.
pub(super) fn account() -> ServiceAccount {
    ServiceAccount::new("us", &[])
}

/// Returns a CSR of ours, of this user.
pub(crate) fn csr(name: &str, uid: &str, user: Option<&str>, version: u64) -> VisibleCsr {
    let annotations = user.map(|user| (USER_ANNOTATION.to_owned(), user.to_owned())).into_iter().collect();
    let metadata = ObjectMeta {
        name: name.into(),
        uid: uid.into(),
        resource_version: version.to_string(),
        annotations,
        ..ObjectMeta::default()
    };
    let spec = Spec { signer_name: SIGNER_NAME.into(), username: "us".into(), ..Spec::default() };
    let object = CertificateSigningRequest { metadata, spec, ..CertificateSigningRequest::default() };
    account().visible(object).expect("ours")
}

/// A change that the watch has not shown yet.
enum Change {
    Applied(VisibleCsr),
    Deleted(VisibleCsr),
}

/// A cluster, and the cache that follows it.
struct Followed {
    cache: Cache,
    version: u64,
    uids: u64,
    cluster: HashMap<String, VisibleCsr>,
    unseen: VecDeque<Change>,
    /// Those who watch, each with the uid of the object.
    watching: Vec<(String, String, Subscription)>,
}

/// Changes a cluster as the bytes say, and shows the cache each change in its order, sooner or later, with lists and
/// answers to questions between them, which may be older or newer than what has been shown. In the end, whoever watches
/// knows what is there, what waits is what is pending, and no more is kept than fits, but for what is watched.
pub(crate) fn follow(bytes: &[u8]) {
    let [room, steps @ ..] = bytes else { return };
    let room = usize::from(room % 6) + 1;
    let mut followed = Followed {
        cache: cache(room),
        version: 1,
        uids: 0,
        cluster: HashMap::new(),
        unseen: VecDeque::new(),
        watching: Vec::new(),
    };
    followed.list();
    for step in steps {
        followed.step(*step);
    }
    followed.show(usize::MAX);
    followed.check(room);
}

impl Followed {
    fn step(&mut self, step: u8) {
        let (name, kind) = (format!("jane-{}", step % 8), step / 8);
        match kind {
            0..8 => self.change(&name),
            8..12 => self.delete(&name),
            12 => self.list(),
            13 => self.list_and_create(&name),
            14..22 => self.show(usize::from(kind - 13)),
            _ => {
                // Somebody asks, and watches; the answer comes after some changes.
                let interest = self.cache.writer.interest(&name);
                let (answer, answer_uid) = (self.cluster.get(&name).map(Snapshot::of), self.uid(&name));
                match kind {
                    22 | 23 => self.delete(&name),
                    24 | 25 => self.change(&name),
                    26 => self.list(),
                    _ => {}
                }
                self.show(usize::from(kind % 3));
                if let Some(answer) = answer {
                    self.cache.writer.insert(answer, &interest);
                }
                self.watch(&name);
                assert!(answer_uid.is_none() || answer_uid != self.uid(&name) || self.is_known(&name), "{name}");
            }
        }
    }

    /// Creates an object, or changes it.
    fn change(&mut self, name: &str) {
        self.version += 1;
        let before = self.cluster.get(name).map(|before| before.uid().to_owned());
        self.uids += u64::from(before.is_none());
        let changed = csr(name, &before.unwrap_or_else(|| self.uids.to_string()), None, self.version);
        self.cluster.insert(name.to_owned(), changed.clone());
        self.unseen.push_back(Change::Applied(changed));
    }

    fn delete(&mut self, name: &str) {
        self.version += 1;
        if let Some(last) = self.cluster.remove(name) {
            self.unseen.push_back(Change::Deleted(csr(name, last.uid(), None, self.version)));
        }
    }

    /// Lists all objects; the watch goes on from there.
    fn list(&mut self) {
        self.unseen.clear();
        self.cache.list(&self.cluster.values().cloned().collect::<Vec<_>>(), self.version);
    }

    /// Lists all objects; between the pages, another one is created by this server, not shown yet, and somebody asks.
    fn list_and_create(&mut self, name: &str) {
        self.unseen.clear();
        let (listed, version) = (self.cluster.values().cloned().collect::<Vec<_>>(), self.version);
        let before = self.cache.writer.interest("jane-0");
        self.cache.writer.begin_list();
        for (index, page) in listed.chunks(2).enumerate() {
            self.cache.writer.list(page);
            if index == 0 && !self.cluster.contains_key(name) {
                let interest = self.cache.writer.interest(name);
                self.change(name);
                self.cache.writer.insert_created(Snapshot::of(&self.cluster[name]), &interest);
                self.watch(name);
            }
            let asked = format!("jane-{}", (self.version + index as u64) % 8);
            let interest = self.cache.writer.interest(&asked);
            if let Some(found) = self.cluster.get(&asked).map(Snapshot::of) {
                assert!(self.cache.writer.insert(found, &interest), "{asked}");
                self.watch(&asked);
            }
        }
        self.cache.writer.end_list(version, account());
        drop(before);
    }

    fn watch(&mut self, name: &str) {
        let uid = self.cache.reader.0.entries().get(name).map(|known| known.uid.to_string());
        if let (Some(uid), Some(subscription)) = (uid, self.cache.reader.subscribe(name, None)) {
            self.watching.push((name.to_owned(), uid, subscription));
        }
    }

    fn is_known(&self, name: &str) -> bool {
        self.cache.reader.known(name, None).is_some()
    }

    fn uid(&self, name: &str) -> Option<String> {
        self.cluster.get(name).map(|csr| csr.uid().to_owned())
    }

    /// Shows some of the changes.
    fn show(&mut self, count: usize) {
        for change in self.unseen.drain(..count.min(self.unseen.len())) {
            match change {
                Change::Applied(csr) => self.cache.writer.apply(&csr),
                Change::Deleted(csr) => self.cache.writer.delete(&csr),
            }
        }
    }

    fn check(self, room: usize) {
        let kept = usize::try_from(self.cache.objects.get()).expect("a number");
        assert!(kept <= room + self.watching.len(), "{kept} are kept");
        for index in 0..8 {
            let name = format!("jane-{index}");
            assert_eq!(self.cache.limiter.waiting().waits(&name), self.cluster.contains_key(&name), "{name}");
        }
        for (name, uid, mut subscription) in self.watching {
            let expected = self.cluster.get(&name).filter(|csr| csr.uid() == uid).map(VisibleCsr::version);
            let found = match subscription.latest() {
                Latest::Present(version) => Some(version),
                Latest::Deleted(_) => None,
            };
            assert_eq!(found, expected, "{name}");
        }
    }
}

/// The time for which JSON is kept.
pub(super) const PERIOD: Duration = Duration::from_secs(10);
