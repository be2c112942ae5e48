use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;
use tokio::sync::watch;

use super::{
    recent::Recent,
    snapshot::{Snapshot, Summary},
};
use crate::limits::{CacheRoom, Waiting};

/// The CSRs that are known, each by its summary. Where there are more than fit, some are not here, and asked for.
pub(super) struct Entries {
    max_objects: usize,
    waiting: Arc<Waiting>,
    known: HashMap<Box<str>, Entry>,
    pub(super) recent: Recent,
    interests: HashMap<Box<str>, Interest>,
    /// The list that is coming, page by page.
    listing: HashMap<Box<str>, Summary>,
}

struct Entry {
    summary: Summary,
    /// Those who watch it; `None` before somebody does.
    changes: Option<watch::Sender<Latest>>,
}

/// The latest event of a CSR. A subscriber needs nothing older.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Latest {
    /// It is there, at this version.
    Present(u64),
    /// It was deleted. Its last state, where that was seen.
    Deleted(Option<Bytes>),
}

/// The questions to the API server about a name, or creates of it, that are under way: what the watch shows of it
/// meanwhile is kept, whether it fits or not.
#[derive(Default)]
struct Interest {
    holders: usize,
    /// The version at which it was known to be gone, since the first holder began.
    gone: u64,
}

impl Entries {
    /// Makes ones without any, for which there is this room.
    pub(super) fn new(room: CacheRoom, waiting: Arc<Waiting>) -> Self {
        Self {
            max_objects: room.objects,
            waiting,
            known: HashMap::new(),
            recent: Recent::new(room.recent_bytes, room.recent_period),
            interests: HashMap::new(),
            listing: HashMap::new(),
        }
    }

    /// Returns the number of CSRs that are known.
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// Returns the summary of a CSR.
    pub(super) fn get(&self, name: &str) -> Option<&Summary> {
        self.known.get(name).map(|entry| &entry.summary)
    }

    /// Returns a receiver of the changes of a CSR.
    pub(super) fn subscribe(&mut self, name: &str) -> Option<watch::Receiver<Latest>> {
        let entry = self.known.get_mut(name)?;
        let present = Latest::Present(entry.summary.version);
        Some(entry.changes.get_or_insert_with(|| watch::Sender::new(present)).subscribe())
    }

    /// Applies a CSR that is new, or newer than what is known.
    pub(super) fn advance(&mut self, Snapshot { name, summary, json }: Snapshot) {
        if let Some(summary) = self.advance_summary(name, summary) {
            let summary = summary.clone();
            self.recent.insert(&summary, json);
        }
    }

    /// Removes a CSR that is gone, unless one was created under its name since then. `last` is its last state.
    pub(super) fn remove(&mut self, last: &Snapshot) {
        let version = last.version();
        if let Some(interest) = self.interests.get_mut(&last.name) {
            interest.gone = interest.gone.max(version);
        }
        match self.known.get(&last.name) {
            Some(entry) if entry.summary.version > version => {}
            Some(entry) => {
                // Another person's last state is not for these subscribers.
                let json = entry.summary.is_same(&last.summary).then(|| last.json.clone());
                self.end(&last.name, json);
            }
            None => self.waiting.forget(&last.name),
        }
    }

    /// Begins a list.
    pub(super) fn begin_list(&mut self) {
        self.listing = HashMap::new();
        self.waiting.begin_list();
    }

    /// Adds a CSR to the list.
    pub(super) fn list(&mut self, Snapshot { name, summary, json }: Snapshot) {
        self.waiting.observe(&name, summary.user.as_deref(), summary.is_pending);
        let is_kept = self.known.contains_key(&name) || self.interests.contains_key(&name);
        if is_kept || self.listing.len() < self.max_objects {
            self.recent.insert(&summary, json);
            self.listing.insert(name, summary);
        }
    }

    /// Replaces all CSRs by the list, at this version: one that is not in it is gone, unless it was created after it.
    /// All at once, so that a CSR that is listed is never missing. `counts_anew` says that the cluster was restored
    /// from a backup: what was known by higher versions is not newer.
    pub(super) fn end_list(&mut self, version: u64, counts_anew: bool) {
        let listing = std::mem::take(&mut self.listing);
        let stays = |name: &str, known: &Summary| match listing.get(name) {
            Some(listed) => !counts_anew || listed == known,
            None => !counts_anew && known.version > version,
        };
        let gone = self.known.iter().filter(|(name, entry)| !stays(name, &entry.summary));
        for name in gone.map(|(name, _)| name.clone()).collect::<Vec<_>>() {
            self.end(&name, None);
        }
        for (name, interest) in &mut self.interests {
            if !listing.contains_key(name) {
                interest.gone = interest.gone.max(version);
            }
        }
        for (name, summary) in listing {
            self.advance_summary(name, summary);
        }
        self.waiting.end_list();
    }

    /// Notes that somebody asks the API server about a name, or creates it.
    pub(super) fn begin_interest(&mut self, name: &str) {
        self.interests.entry(name.into()).or_default().holders += 1;
    }

    /// Notes the end of that.
    pub(super) fn end_interest(&mut self, name: &str) {
        if let Some(interest) = self.interests.get_mut(name) {
            interest.holders -= 1;
            if interest.holders == 0 {
                self.interests.remove(name);
            }
        }
    }

    /// Returns whether a CSR that was read while there was an interest in its name is known to be gone since.
    pub(super) fn is_gone(&self, read: &Snapshot) -> bool {
        self.interests.get(&read.name).is_some_and(|interest| read.version() <= interest.gone)
    }

    /// Applies a summary that is new or newer, and returns it where it is known now: not where there is no room for it.
    /// Another object under the same name is not a change of the first one, which somebody else may watch.
    fn advance_summary(&mut self, name: Box<str>, summary: Summary) -> Option<&Summary> {
        if let Some(known) = self.get(&name) {
            if summary.version <= known.version {
                return None;
            }
            if !known.is_same(&summary) {
                self.end(&name, None);
            }
        }
        self.waiting.observe(&name, summary.user.as_deref(), summary.is_pending);
        if !self.known.contains_key(&name) && !self.make_room(&name) {
            return None;
        }
        let entry = self.known.entry(name).or_insert_with(|| Entry { summary: summary.clone(), changes: None });
        entry.summary = summary;
        if let Some(changes) = &entry.changes {
            changes.send_replace(Latest::Present(entry.summary.version));
        }
        Some(&entry.summary)
    }

    /// Returns whether one more fits. For one in whose name somebody has an interest, another gives way.
    fn make_room(&mut self, name: &str) -> bool {
        if self.known.len() < self.max_objects {
            return true;
        }
        if !self.interests.contains_key(name) {
            return false;
        }
        let unwatched = self.known.iter().find(|(_, entry)| !entry.is_watched()).map(|(name, _)| name.clone());
        if let Some(unwatched) = unwatched {
            self.known.remove(&unwatched);
        }
        true
    }

    /// Forgets a CSR that is gone, and tells those who watch it; `last` is its last state, if the watch has shown it.
    fn end(&mut self, name: &str, last: Option<Bytes>) {
        self.waiting.forget(name);
        if let Some(Entry { summary, changes: Some(changes) }) = self.known.remove(name) {
            changes.send_replace(Latest::Deleted(last.or_else(|| self.recent.get(&summary))));
        }
    }
}

impl Entry {
    fn is_watched(&self) -> bool {
        self.changes.as_ref().is_some_and(|changes| changes.receiver_count() > 0)
    }
}
