use std::time::Duration;

use super::{Limits, table::Limit};

/// A limit with all that depends on it.
pub(crate) struct Row {
    /// The limit.
    pub(crate) limit: Limit,
    /// The field of [`Limits`] with its value.
    pub(crate) field: fn(&mut Limits) -> Field<'_>,
    /// The name: the label in `/metrics`.
    pub(crate) name: &'static str,
    /// The flag that sets it.
    pub(crate) flag: &'static str,
    /// The environment variable that sets it.
    pub(crate) environment: &'static str,
    /// The help of the flag.
    pub(crate) help: &'static str,
    /// The unit of its value.
    pub(crate) unit: Unit,
    /// The value where no flag sets it.
    pub(crate) default: u32,
    /// The group of callers that has the limit in common.
    pub(crate) scope: Scope,
    /// The consequence of reaching it.
    pub(crate) refusal: Refusal,
    /// Its purpose, for `docs/limits.md`.
    #[cfg_attr(not(test), expect(dead_code, reason = "a test compares the page"))]
    pub(crate) protects: &'static str,
    /// The rest of what a person sees, besides the status code, for `docs/limits.md`.
    #[cfg_attr(not(test), expect(dead_code, reason = "a test compares the page"))]
    pub(crate) seen: &'static str,
}

/// A value of [`Limits`].
pub(crate) enum Field<'a> {
    /// A number of something.
    Count(&'a mut usize),
    /// A time.
    Time(&'a mut Duration),
}

/// The unit of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// As many at a time.
    Count,
    /// As many in a minute.
    PerMinute,
    /// As many in a second.
    PerSecond,
    /// Bytes.
    Bytes,
    /// Many bytes, as people write them ([`super::ByteSize`]).
    Size,
    /// Seconds to do something.
    Seconds,
}

/// A group of callers, or a thing of theirs, that has a limit in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All callers together.
    Everyone,
    /// One address; an IPv6 network counts as one.
    Address,
    /// One network of addresses.
    Network,
    /// One person.
    User,
    /// One request.
    Request,
}

/// The consequence of reaching a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// A `Status` that says to try again: 429 if it is the caller's own doing, 503 if it is that of all together.
    TryAgain {
        /// The time to try again.
        after_seconds: u32,
        /// Its message, for people.
        message: &'static str,
    },
    /// Another `Status`.
    Status {
        /// Its code.
        code: u16,
        /// Its reason.
        reason: &'static str,
        /// The time to try again; 0 where that would not help.
        retry_after_seconds: u32,
        /// Its message, for people; `{}` is the limit's value.
        message: &'static str,
    },
    /// The connection ends.
    Disconnect,
    /// No line of the log.
    Silence,
}

impl Row {
    /// Returns whether refusals are counted in `/metrics`.
    pub(crate) fn is_counted(&self) -> bool {
        self.unit != Unit::Seconds
    }

    /// Returns code and reason of the `Status`, or `None` if the connection ends without one.
    pub(crate) fn status(&self) -> Option<(u16, &'static str)> {
        match self.refusal {
            Refusal::TryAgain { .. } => Some(match self.scope {
                Scope::Everyone => (503, "ServiceUnavailable"),
                Scope::Address | Scope::Network | Scope::User | Scope::Request => (429, "TooManyRequests"),
            }),
            Refusal::Status { code, reason, .. } => Some((code, reason)),
            Refusal::Disconnect | Refusal::Silence => None,
        }
    }

    /// Returns the time to try again; 0 where that would not help.
    pub(crate) fn retry_after_seconds(&self) -> u32 {
        match self.refusal {
            Refusal::TryAgain { after_seconds, .. } => after_seconds,
            Refusal::Status { retry_after_seconds, .. } => retry_after_seconds,
            Refusal::Disconnect | Refusal::Silence => 0,
        }
    }

    /// Returns the message of a refusal, for people.
    pub(crate) fn message(&self, value: u64) -> String {
        match self.refusal {
            Refusal::TryAgain { message, .. } => message.into(),
            Refusal::Status { message, .. } => message.replace("{}", &value.to_string()),
            Refusal::Disconnect => "the connection ends".into(),
            Refusal::Silence => "nothing".into(),
        }
    }
}
