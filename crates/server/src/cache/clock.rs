use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, SystemTime},
};

use http::HeaderValue;

/// The API server's clock, by the `Date` of its answers: the page judges validity by it, and most answers come from the
/// cache.
pub(crate) struct Clock {
    /// Its clock minus ours, in milliseconds; [`UNKNOWN`] before the first `Date`.
    offset_ms: AtomicI64,
}

impl Default for Clock {
    fn default() -> Self {
        Self { offset_ms: AtomicI64::new(UNKNOWN) }
    }
}

impl Clock {
    /// Sets the clock by the `Date` of an answer that has just come, if it has one.
    pub(crate) fn observe_any(&self, date: Option<&HeaderValue>) {
        if let Some(date) = date {
            self.observe(date);
        }
    }

    /// Sets the clock by the `Date` of an answer that has just come.
    pub(crate) fn observe(&self, date: &HeaderValue) {
        let Some(theirs) = date.to_str().ok().and_then(|text| httpdate::parse_http_date(text).ok()) else { return };
        // `Date` has whole seconds: half of one is its error on average.
        let theirs = theirs + Duration::from_millis(500);
        let offset_ms = match theirs.duration_since(SystemTime::now()) {
            Ok(ahead) => i64::try_from(ahead.as_millis()).unwrap_or(0),
            Err(behind) => -i64::try_from(behind.duration().as_millis()).unwrap_or(0),
        };
        self.offset_ms.store(offset_ms, Ordering::Relaxed);
    }

    /// Returns its time now, or this machine's before the first `Date`.
    pub(super) fn now(&self) -> SystemTime {
        self.known_now().unwrap_or_else(SystemTime::now)
    }

    /// Returns its time now, as HTTP writes it (RFC 9110, section 5.6.7), or `None` before the first `Date`.
    pub(crate) fn date(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&httpdate::fmt_http_date(self.known_now()?)).ok()
    }

    fn known_now(&self) -> Option<SystemTime> {
        let offset_ms = self.offset_ms.load(Ordering::Relaxed);
        if offset_ms == UNKNOWN {
            return None;
        }
        let offset = Duration::from_millis(offset_ms.unsigned_abs());
        let now = SystemTime::now();
        if offset_ms < 0 { now.checked_sub(offset) } else { now.checked_add(offset) }
    }
}

const UNKNOWN: i64 = i64::MIN;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn returns_the_time_of_the_api_server() {
        let clock = Clock::default();
        assert_eq!(clock.date(), None);
        clock.observe(&HeaderValue::from_static("no date"));
        assert_eq!(clock.date(), None);
        for text in ["Tue, 01 Jan 2030 00:00:00 GMT", "Wed, 01 Jan 2020 00:00:00 GMT"] {
            clock.observe(&HeaderValue::from_static(text));
            let now = clock.date().expect("a date");
            let now = httpdate::parse_http_date(now.to_str().expect("ASCII")).expect("a date");
            let observed = httpdate::parse_http_date(text).expect("a date");
            let late = now.duration_since(observed).expect("never earlier");
            assert!(late < Duration::from_secs(60), "{late:?}");
        }
    }
}
