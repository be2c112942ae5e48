use kube_enroll_protocol::{Lease, Stage, StoredEnrollment};

use super::{Context, Effect, enrollment::milliseconds};

/// The distance to the end of a stored certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CertificateEnd {
    /// Before the last tenth of its lifetime.
    Later,
    /// In the last tenth.
    Soon,
    /// Passed by the browser's clock, which may be wrong, or by that of another cluster.
    PassedHere,
    /// Passed by the clock of its cluster, which was just read.
    Passed,
}

impl CertificateEnd {
    /// Returns how near the end of an enrollment's certificate is, or `None` where none is known to be issued.
    pub(crate) fn of(stored: &StoredEnrollment, context: &Context) -> Option<Self> {
        let left_ms = milliseconds(stored.progress.not_after?) - context.cluster_ms();
        let is_own_clock =
            context.has_fresh_clock() && context.is_own_cluster(stored.details.cluster.as_ref()) == Some(true);
        Some(if left_ms <= 0.0 {
            if is_own_clock { Self::Passed } else { Self::PassedHere }
        } else if left_ms * 10.0 <= f64::from(stored.details.expiration_seconds) * 1_000.0 {
            Self::Soon
        } else {
            Self::Later
        })
    }

    /// Returns whether it has passed, by either clock.
    pub(crate) fn has_passed(self) -> bool {
        matches!(self, Self::PassedHere | Self::Passed)
    }
}

/// Returns whether a person is to be asked about a file that was saved a day ago or more: then its key may be deleted.
pub(crate) fn is_answer_due(stored: &StoredEnrollment, context: &Context) -> bool {
    let saved_at = stored.progress.saved_at.unwrap_or(stored.details.created);
    stored.fault.is_none()
        && stored.progress.stage.known() == Some(Stage::Saved)
        && context.inputs.now_ms - milliseconds(saved_at) >= DAY_MS
        && !CertificateEnd::of(stored, context).is_some_and(CertificateEnd::has_passed)
}

/// Deletes the keys whose certificates have ended by the clock of their cluster, and notes them in the context: nothing
/// opens with them any more. No key is deleted that another tab works with, or of a record that cannot be read.
pub(super) fn delete_ended(context: &mut Context) -> Vec<Effect> {
    let ended: Vec<StoredEnrollment> = context
        .stored
        .iter()
        .filter(|stored| stored.fault.is_none() && stored.lease != Lease::OtherTab)
        .filter(|stored| CertificateEnd::of(stored, context) == Some(CertificateEnd::Passed))
        .filter(|stored| !context.ended.iter().any(|ended| ended.id == stored.id))
        .cloned()
        .collect();
    let effects = ended.iter().map(|stored| Effect::delete(stored.id.clone())).collect();
    if !ended.is_empty() {
        std::rc::Rc::make_mut(&mut context.ended).extend(ended);
    }
    effects
}

const DAY_MS: f64 = 24.0 * 3_600_000.0;
