//! The decisions on CSRs, each counted once, with a line for auditors: when this replica sees it happen.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::Arc,
    time::{Duration, SystemTime},
};

use kube_enroll_x509::CertificationRequest;

use super::Clock;
use crate::{
    audit,
    kubernetes::csr::{ServiceAccount, VisibleCsr},
    metrics::Metrics,
};

/// The CSRs that the watch has shown, with the decisions on each.
///
/// A decision counts where this replica knew the CSR without it. So those that were made before it started count no
/// more, and those of its own downtime are counted by the other replicas alone. Fed by the watch alone, which shows
/// each change in its order: what is read beside it may be ahead.
pub(crate) struct Decisions {
    metrics: Arc<Metrics>,
    clock: Arc<Clock>,
    /// The most CSRs of which the names are known.
    max_named: usize,
    named: usize,
    /// By the hash of `metadata.uid`.
    followed: HashMap<u64, Followed>,
    hasher: RandomState,
    /// The account of the latest whole list.
    listed: Option<ServiceAccount>,
    /// The list that is coming.
    listing: Listing,
}

struct Followed {
    /// The name and the uid, where there was room for them: for the line of one that is gone from a list.
    names: Option<Box<(Box<str>, Box<str>)>>,
    /// A bit for each kind.
    decisions: u8,
    /// The number of the list that has shown it last.
    list: u32,
}

#[derive(Default)]
struct Listing {
    number: u32,
    /// A CSR that is not known yet was created since the list before.
    goes_on: bool,
}

/// The kinds of decisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Decision {
    /// An approver has approved it.
    Approved,
    /// An approver has denied it.
    Denied,
    /// The signer could not sign it.
    Failed,
    /// The signer has signed it.
    Issued,
    /// It was deleted before anybody had decided; Kubernetes does so after a day.
    Deleted,
}

impl Decisions {
    /// Makes decisions that are counted in `metrics`, at the time of `clock`. The names of `max_named` CSRs are known.
    pub(crate) fn new(max_named: usize, metrics: Arc<Metrics>, clock: Arc<Clock>) -> Self {
        Self {
            metrics,
            clock,
            max_named,
            named: 0,
            followed: HashMap::new(),
            hasher: RandomState::new(),
            listed: None,
            listing: Listing::default(),
        }
    }

    /// Begins a list of the CSRs of an account. What is not known yet was created since the list before, unless there
    /// was none, that one was of fewer accounts, or the cluster was restored from a backup (`counts_anew`): then it may
    /// be old.
    pub(super) fn begin_list(&mut self, account: &ServiceAccount, counts_anew: bool) {
        let goes_on = !counts_anew && self.listed.as_ref().is_some_and(|before| before.has_same_names(account));
        self.listing = Listing { number: self.listing.number.wrapping_add(1), goes_on };
    }

    /// Follows the CSRs of a page of the list.
    pub(super) fn list(&mut self, page: &[VisibleCsr]) {
        for csr in page {
            if self.listing.goes_on || self.followed.contains_key(&self.hasher.hash_one(csr.uid())) {
                self.apply(csr);
            } else {
                self.follow(csr).decisions = Decision::all_of(csr).fold(0, |bits, decision| bits | decision.bit());
            }
        }
    }

    /// Ends the list: what was not in it is gone.
    pub(super) fn end_list(&mut self, account: ServiceAccount) {
        let Listing { number, goes_on } = self.listing;
        let gone: Vec<_> = self.followed.extract_if(|_, followed| followed.list != number).collect();
        for (_, Followed { names, decisions, .. }) in gone {
            self.named -= usize::from(names.is_some());
            if goes_on && decisions == 0 {
                let kind = Decision::Deleted.name();
                self.metrics.count_decision(kind);
                if let Some((name, uid)) = names.as_deref() {
                    audit::Decision { kind, name, uid, user: None, request: None, words: None }.write();
                }
            }
        }
        self.listed = Some(account);
    }

    /// Counts the decisions that a change has brought.
    pub(super) fn apply(&mut self, csr: &VisibleCsr) {
        let followed = self.follow(csr);
        let before = followed.decisions;
        followed.decisions = Decision::all_of(csr).fold(before, |bits, decision| bits | decision.bit());
        let new = followed.decisions & !before;
        for decision in Decision::ALL.into_iter().filter(|decision| new & decision.bit() != 0) {
            self.count(decision, csr);
        }
    }

    fn follow(&mut self, csr: &VisibleCsr) -> &mut Followed {
        let followed = self.followed.entry(self.hasher.hash_one(csr.uid())).or_insert_with(|| {
            let has_room = self.named < self.max_named;
            self.named += usize::from(has_room);
            let names = has_room.then(|| Box::new((csr.name().into(), csr.uid().into())));
            Followed { names, decisions: 0, list: 0 }
        });
        followed.list = self.listing.number;
        followed
    }

    /// Forgets a CSR that was deleted, and counts it where nobody had decided.
    pub(super) fn delete(&mut self, last: &VisibleCsr) {
        let Some(followed) = self.followed.remove(&self.hasher.hash_one(last.uid())) else { return };
        self.named -= usize::from(followed.names.is_some());
        if followed.decisions == 0 {
            self.count(Decision::Deleted, last);
        }
    }

    fn count(&self, decision: Decision, csr: &VisibleCsr) {
        self.metrics.count_decision(decision.name());
        let request = csr.object().request_pem().ok().and_then(|pem| CertificationRequest::parse_pem(&pem).ok());
        audit::Decision {
            kind: decision.name(),
            name: csr.name(),
            uid: csr.uid(),
            user: csr.user(),
            request: request.as_ref(),
            words: decision.words(csr),
        }
        .write();
        let Some(age) = age(csr, self.clock.now()) else { return };
        match decision {
            Decision::Approved | Decision::Denied => self.metrics.observe_decision(age),
            Decision::Issued => self.metrics.observe_issue(age),
            Decision::Failed | Decision::Deleted => {}
        }
    }
}

impl Decision {
    /// All kinds.
    pub(crate) const ALL: [Self; 5] = [Self::Approved, Self::Denied, Self::Failed, Self::Issued, Self::Deleted];

    fn bit(self) -> u8 {
        1 << self as u8
    }

    /// Returns its name in metrics and logs.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Failed => "failed",
            Self::Issued => "issued",
            Self::Deleted => "deleted",
        }
    }

    /// Returns the decisions that a CSR shows.
    fn all_of(csr: &VisibleCsr) -> impl Iterator<Item = Self> {
        let status = csr.object().status.as_ref();
        let of_condition = |kind: &str| Self::ALL.into_iter().find(|decision| decision.condition() == Some(kind));
        let conditions = status.into_iter().flat_map(|status| &status.conditions);
        let issued = status.filter(|status| !status.certificate.is_empty()).map(|_| Self::Issued);
        conditions.filter_map(move |condition| of_condition(&condition.kind)).chain(issued)
    }

    /// Returns the type of the condition that says it.
    fn condition(self) -> Option<&'static str> {
        match self {
            Self::Approved => Some("Approved"),
            Self::Denied => Some("Denied"),
            Self::Failed => Some("Failed"),
            Self::Issued | Self::Deleted => None,
        }
    }

    /// Returns the reason and the message of its condition.
    fn words(self, csr: &VisibleCsr) -> Option<(&str, &str)> {
        let conditions = &csr.object().status.as_ref()?.conditions;
        let condition = conditions.iter().find(|condition| Some(&*condition.kind) == self.condition())?;
        Some((&condition.reason, &condition.message))
    }
}

/// Returns the time since a CSR was created, or `None` if it does not say when: by the API server's clock, which has
/// set that time. Conditions have times as well, but an approver writes them by a clock of their own, and an issue has
/// none.
fn age(csr: &VisibleCsr, now: SystemTime) -> Option<Duration> {
    let created: jiff::Timestamp = csr.object().metadata.creation_timestamp.parse().ok()?;
    // Both have whole seconds: what is decided at once may seem to be decided before.
    Some(now.duration_since(created.into()).unwrap_or_default())
}

#[cfg(test)]
mod tests;
