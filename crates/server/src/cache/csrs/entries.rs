use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

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
    /// The names of those, the ones first that give way first. Some are known no more.
    order: VecDeque<Box<str>>,
    pub(super) recent: Recent,
    interests: HashMap<Box<str>, Interest>,
    /// The list that is coming, page by page.
    listing: HashMap<Box<str>, Summary>,
    /// The number of lists that have begun.
    lists: u64,
}

struct Entry {
    summary: Summary,
    /// Those who watch it; `None` before somebody does.
    changes: Option<watch::Sender<Latest>>,
    /// The list during which it was read: it is as new as that, whether it is in it or not.
    read_in: u64,
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
    /// The highest version that the watch or a list has shown since the first holder began.
    shown: u64,
    /// That of its deletion.
    deleted: u64,
    /// The version and the number of the latest list without it.
    unlisted: (u64, u64),
}

impl Entries {
    /// Makes ones without any, for which there is this room.
    pub(super) fn new(room: CacheRoom, waiting: Arc<Waiting>) -> Self {
        Self {
            max_objects: room.objects,
            waiting,
            known: HashMap::new(),
            order: VecDeque::new(),
            recent: Recent::new(room.recent_bytes, room.recent_period),
            interests: HashMap::new(),
            listing: HashMap::new(),
            lists: 0,
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

    /// Applies a CSR that the watch has shown, if it is new, or newer than what is known.
    pub(super) fn apply(&mut self, shown: Snapshot) {
        self.note_shown(&shown);
        self.advance(shown, 0);
    }

    /// Applies a CSR that was read or created while there was an interest in its name, since the list of this number.
    /// Returns whether it is there: the watch may have shown meanwhile that it is gone.
    pub(super) fn insert(&mut self, found: Snapshot, since_list: u64) -> bool {
        let is_gone = self.interests.get(&found.name).is_some_and(|interest| {
            let (version, list) = interest.unlisted;
            found.version() <= interest.deleted || since_list < list && found.version() <= version
        });
        if !is_gone {
            self.advance(found, since_list);
        }
        !is_gone
    }

    /// Returns whether the watch or a list has shown this version of a CSR in whose name there is an interest, or a
    /// later one.
    pub(super) fn has_shown(&self, created: &Snapshot) -> bool {
        let is_known = self.get(&created.name).is_some_and(|known| created.version() <= known.version);
        is_known || self.interests.get(&created.name).is_some_and(|interest| created.version() <= interest.shown)
    }

    /// Removes a CSR that is gone, unless one was created under its name since then. `last` is its last state.
    pub(super) fn remove(&mut self, last: &Snapshot) {
        let version = last.version();
        self.note_shown(last);
        if let Some(interest) = self.interests.get_mut(&last.name) {
            interest.deleted = interest.deleted.max(version);
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
        self.lists += 1;
        self.listing = HashMap::new();
        self.waiting.begin_list();
    }

    /// Adds a CSR to the list.
    pub(super) fn list(&mut self, listed: Snapshot) {
        self.note_shown(&listed);
        let Snapshot { name, summary, json } = listed;
        self.waiting.observe(&name, summary.user.as_deref(), summary.is_pending);
        let is_kept = self.known.contains_key(&name) || self.interests.contains_key(&name);
        if is_kept || self.listing.len() < self.max_objects {
            self.recent.insert(&summary, json);
            self.listing.insert(name, summary);
        }
    }

    /// Replaces all CSRs by the list, at this version: one that is not in it is gone, unless it was created after it or
    /// read while it came. All at once, so that a CSR that is listed is never missing. `counts_anew` says that the
    /// cluster was restored from a backup: what was known by higher versions is not newer.
    pub(super) fn end_list(&mut self, version: u64, counts_anew: bool) {
        let listing = std::mem::take(&mut self.listing);
        let stays = |name: &str, known: &Summary| match listing.get(name) {
            Some(listed) => !counts_anew || listed == known,
            None => !counts_anew && known.version > version,
        };
        let entries = self.known.iter().filter(|(_, entry)| entry.read_in != self.lists);
        let gone = entries.filter(|(name, entry)| !stays(name, &entry.summary));
        for name in gone.map(|(name, _)| name.clone()).collect::<Vec<_>>() {
            self.end(&name, None);
        }
        for (name, interest) in &mut self.interests {
            if counts_anew {
                interest.deleted = 0;
            }
            if !listing.contains_key(name) {
                interest.unlisted = (version, self.lists);
            }
        }
        for (name, summary) in listing {
            self.advance_summary(name, summary, 0);
        }
        self.waiting.end_list();
    }

    /// Notes that somebody asks the API server about a name, or creates it; returns the number of lists so far.
    pub(super) fn begin_interest(&mut self, name: &str) -> u64 {
        self.interests.entry(name.into()).or_default().holders += 1;
        self.lists
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

    fn note_shown(&mut self, Snapshot { name, summary, .. }: &Snapshot) {
        if let Some(interest) = self.interests.get_mut(name) {
            interest.shown = interest.shown.max(summary.version);
        }
    }

    fn advance(&mut self, Snapshot { name, summary, json }: Snapshot, read_in: u64) {
        if self.get(&name) == Some(&summary) {
            // Its JSON may have been dropped.
            self.recent.insert(&summary, json);
            self.known.entry(name).and_modify(|entry| entry.read_in = entry.read_in.max(read_in));
        } else if let Some(summary) = self.advance_summary(name, summary, read_in) {
            let summary = summary.clone();
            self.recent.insert(&summary, json);
        }
    }

    /// Applies a summary that is new or newer, and returns it where it is known now: not if there is no room for it.
    /// Another object under the same name is not a change of the first one, which somebody else may watch.
    fn advance_summary(&mut self, name: Box<str>, summary: Summary, read_in: u64) -> Option<&Summary> {
        if let Some(known) = self.get(&name) {
            if summary.version <= known.version {
                return None;
            }
            if !known.is_same(&summary) {
                self.end(&name, None);
            }
        }
        self.waiting.observe(&name, summary.user.as_deref(), summary.is_pending);
        if !self.known.contains_key(&name) {
            if !self.make_room(&name) {
                return None;
            }
            self.order.push_back(name.clone());
        }
        let new = || Entry { summary: summary.clone(), changes: None, read_in };
        let entry = self.known.entry(name).or_insert_with(new);
        (entry.summary, entry.read_in) = (summary, entry.read_in.max(read_in));
        if let Some(changes) = &entry.changes {
            changes.send_replace(Latest::Present(entry.summary.version));
        }
        Some(&entry.summary)
    }

    /// Returns whether one more fits. For one in whose name somebody has an interest, the oldest give way that nobody
    /// watches or asks for.
    fn make_room(&mut self, name: &str) -> bool {
        if self.order.len() > 2 * self.known.len() + KEPT_NAMES {
            self.order.retain(|name| self.known.contains_key(name));
        }
        if self.known.len() < self.max_objects {
            return true;
        }
        if !self.interests.contains_key(name) {
            return false;
        }
        for _ in 0..self.order.len() {
            if self.known.len() < self.max_objects {
                break;
            }
            let Some(oldest) = self.order.pop_front() else { break };
            match self.known.get(&oldest) {
                Some(entry) if entry.is_watched() || self.interests.contains_key(&oldest) => {
                    self.order.push_back(oldest);
                }
                Some(_) => drop(self.known.remove(&oldest)),
                None => {}
            }
        }
        true
    }

    /// Forgets a CSR that is gone, and tells those who watch it; `last` is its last state, if the watch has shown it.
    fn end(&mut self, name: &str, last: Option<Bytes>) {
        self.waiting.forget(name);
        if let Some(Entry { summary, changes: Some(changes), .. }) = self.known.remove(name) {
            changes.send_replace(Latest::Deleted(last.or_else(|| self.recent.get(&summary))));
        }
    }
}

impl Entry {
    fn is_watched(&self) -> bool {
        self.changes.as_ref().is_some_and(|changes| changes.receiver_count() > 0)
    }
}

/// Names that may stay in the order though they are known no more.
const KEPT_NAMES: usize = 64;
