//! The decisions on CSRs, each counted once: when this replica sees it happen.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::Clock;
use crate::{
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
    /// By `metadata.uid`.
    followed: HashMap<String, HashSet<Decision>>,
    listed: Option<ServiceAccount>,
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
    /// Makes decisions that are counted in `metrics`, at the time of `clock`.
    pub(crate) fn new(metrics: Arc<Metrics>, clock: Arc<Clock>) -> Self {
        Self { metrics, clock, followed: HashMap::new(), listed: None }
    }

    /// Follows the CSRs of a list. What is not known yet was created since the list before, unless there was none, that
    /// one was of fewer accounts, or the cluster was restored from a backup (`counts_anew`): then it may be old.
    pub(super) fn replace(&mut self, listed: &[VisibleCsr], account: &ServiceAccount, counts_anew: bool) {
        let before = self.listed.replace(account.clone());
        let goes_on = !counts_anew && before.is_some_and(|before| before.has_same_names(account));
        let uids: HashSet<&str> = listed.iter().map(VisibleCsr::uid).collect();
        let gone: Vec<_> = self.followed.extract_if(|uid, _| !uids.contains(uid.as_str())).collect();
        for (_, decisions) in gone {
            if goes_on && decisions.is_empty() {
                self.metrics.count_decision(Decision::Deleted.name());
            }
        }
        for csr in listed {
            if goes_on || self.followed.contains_key(csr.uid()) {
                self.apply(csr);
            } else {
                self.followed.insert(csr.uid().to_owned(), Decision::all_of(csr).collect());
            }
        }
    }

    /// Counts the decisions that a change has brought.
    pub(super) fn apply(&mut self, csr: &VisibleCsr) {
        let known = self.followed.entry(csr.uid().to_owned()).or_default();
        let new: Vec<Decision> = Decision::all_of(csr).filter(|decision| known.insert(*decision)).collect();
        for decision in new {
            self.count(decision, csr);
        }
    }

    /// Forgets a CSR that was deleted, and counts it where nobody had decided.
    pub(super) fn delete(&mut self, last: &VisibleCsr) {
        if self.followed.remove(last.uid()).is_some_and(|decisions| decisions.is_empty()) {
            self.count(Decision::Deleted, last);
        }
    }

    fn count(&self, decision: Decision, csr: &VisibleCsr) {
        self.metrics.count_decision(decision.name());
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
        let of_condition = |kind: &str| match kind {
            "Approved" => Some(Self::Approved),
            "Denied" => Some(Self::Denied),
            "Failed" => Some(Self::Failed),
            _ => None,
        };
        let conditions = status.into_iter().flat_map(|status| &status.conditions);
        let issued = status.filter(|status| !status.certificate.is_empty()).map(|_| Self::Issued);
        conditions.filter_map(move |condition| of_condition(&condition.kind)).chain(issued)
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
