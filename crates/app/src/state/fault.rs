use kube_enroll_core::Timestamp;
use kube_enroll_protocol::Validity;

/// The reason why a certificate cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// In words.
    Words(String),
    /// It is not valid now. The view shows the times in the reader's time zone.
    NotValidNow {
        /// Its times, and the time at which it was checked.
        validity: Validity,
        /// That time is of the cluster's clock, and not of this computer's.
        is_clusters: bool,
    },
}

impl Fault {
    /// Returns it in words, and what to do about it. `format` formats the two times that are compared.
    pub(crate) fn text(&self, format: impl Fn([Timestamp; 2]) -> [String; 2]) -> String {
        let (Validity { not_before, not_after, now }, is_clusters) = match self {
            Self::Words(words) => return words.clone(),
            Self::NotValidNow { validity, is_clusters } => (validity, *is_clusters),
        };
        let begins_later = now < not_before;
        let [now, limit] = format([*now, if begins_later { *not_before } else { *not_after }]);
        let clock = if is_clusters { "The cluster’s" } else { "This computer’s" };
        let event = if begins_later { "begins" } else { "ended" };
        let advice = match (begins_later, is_clusters) {
            (true, true) => "Wait until then, then check again.",
            (true, false) => "Set the clock, then check again.",
            (false, true) => "Ask for a new one.",
            (false, false) => {
                "If the clock is wrong, set it, then check again; if it is right, ask for a new certificate."
            }
        };
        format!("{clock} clock says {now}, the certificate {event} at {limit}. {advice}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_whose_clock_says_what_and_what_to_do() {
        let at = Timestamp::from_unix_seconds;
        let text = |now, is_clusters| {
            let validity = Validity { not_before: at(1_000), not_after: at(2_000), now: at(now) };
            let fault = Fault::NotValidNow { validity, is_clusters };
            fault.text(|times| times.map(|time| format!("second {}", time.unix_seconds())))
        };
        for (text, expected) in [
            (
                text(500, false),
                "This computer’s clock says second 500, the certificate begins at second 1000. Set the clock, then \
                 check again.",
            ),
            (
                text(500, true),
                "The cluster’s clock says second 500, the certificate begins at second 1000. Wait until then, then check \
                 again.",
            ),
            (
                text(3_000, false),
                "This computer’s clock says second 3000, the certificate ended at second 2000. If the clock is wrong, \
                 set it, then check again; if it is right, ask for a new certificate.",
            ),
            (
                text(3_000, true),
                "The cluster’s clock says second 3000, the certificate ended at second 2000. Ask for a new one.",
            ),
        ] {
            assert_eq!(text, expected);
        }
    }
}
