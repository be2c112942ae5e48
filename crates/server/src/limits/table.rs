//! The table of limits: a row for each, from which its flag, its label in `/metrics`, its refusal and its line in
//! `docs/limits.md` come.

use std::time::Duration;

use super::Limits;

/// A limit; its row is at its place in [`TABLE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// Connections of all.
    Connections,
    /// Connections of one address.
    ConnectionsPerAddress,
    /// Watches of all.
    Streams,
    /// Watches of one person.
    StreamsPerUser,
    /// Watches of one address.
    StreamsPerAddress,
    /// Creates of one person.
    CreatesPerUser,
    /// Creates of one address.
    CreatesPerAddress,
    /// CSRs of one person that nobody has decided on.
    PendingPerUser,
    /// Requests to the API server about names that are not known.
    Lookups,
    /// Those of one address.
    LookupsPerAddress,
    /// The length of a body.
    BodyBytes,
    /// The time for a head.
    HeaderTimeout,
    /// The time for a body.
    BodyTimeout,
    /// The time for a write.
    WriteTimeout,
    /// The time for an answer of the API server.
    UpstreamTimeout,
}

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
}

impl Limit {
    /// Returns the row of the limit.
    pub(crate) fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }
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
                Scope::Address | Scope::User | Scope::Request => (429, "TooManyRequests"),
            }),
            Refusal::Status { code, reason, .. } => Some((code, reason)),
            Refusal::Disconnect => None,
        }
    }

    /// Returns the time to try again; 0 where that would not help.
    pub(crate) fn retry_after_seconds(&self) -> u32 {
        match self.refusal {
            Refusal::TryAgain { after_seconds, .. } => after_seconds,
            Refusal::Status { retry_after_seconds, .. } => retry_after_seconds,
            Refusal::Disconnect => 0,
        }
    }

    /// Returns the message of a refusal, for people.
    pub(crate) fn message(&self, value: u64) -> String {
        match self.refusal {
            Refusal::TryAgain { message, .. } => message.into(),
            Refusal::Status { message, .. } => message.replace("{}", &value.to_string()),
            Refusal::Disconnect => "the connection ends".into(),
        }
    }
}

const fn try_again(after_seconds: u32, message: &'static str) -> Refusal {
    Refusal::TryAgain { after_seconds, message }
}

/// The limits, in the order of [`Limit`].
pub(crate) const TABLE: [Row; 15] = [
    Row {
        limit: Limit::Connections,
        field: |limits| Field::Count(&mut limits.connections),
        name: "connections",
        flag: "max-connections",
        environment: "KUBE_ENROLL_MAX_CONNECTIONS",
        help: "Connections at a time",
        unit: Unit::Count,
        default: 16_384,
        scope: Scope::Everyone,
        refusal: try_again(2, "the server has as many connections as it takes: try again in a moment"),
        protects: "the server's file descriptors and memory",
        seen: "a balancer tries another replica",
    },
    Row {
        limit: Limit::ConnectionsPerAddress,
        field: |limits| Field::Count(&mut limits.connections_per_address),
        name: "connections_per_address",
        flag: "max-connections-per-address",
        environment: "KUBE_ENROLL_MAX_CONNECTIONS_PER_ADDRESS",
        help: "Connections of one address; this machine’s own is exempt",
        unit: Unit::Count,
        default: 1024,
        scope: Scope::Address,
        refusal: try_again(2, "there are too many connections from your address: close some pages"),
        protects: "all others, from one that opens connections only to hold them",
        seen: "this machine's own address is exempt",
    },
    Row {
        limit: Limit::Streams,
        field: |limits| Field::Count(&mut limits.streams),
        name: "streams",
        flag: "max-streams",
        environment: "KUBE_ENROLL_MAX_STREAMS",
        help: "People who wait (watches) at a time",
        unit: Unit::Count,
        default: 16_000,
        scope: Scope::Everyone,
        refusal: try_again(20, "the server has as many people waiting as it takes: this page looks again by itself"),
        protects: "memory: a person who waits takes less than 24 KiB",
        seen: "the page looks every few seconds instead",
    },
    Row {
        limit: Limit::StreamsPerUser,
        field: |limits| Field::Count(&mut limits.streams_per_user),
        name: "streams_per_user",
        flag: "max-streams-per-user",
        environment: "KUBE_ENROLL_MAX_STREAMS_PER_USER",
        help: "Watches of one person",
        unit: Unit::Count,
        default: 16,
        scope: Scope::User,
        refusal: try_again(30, "you have too many pages waiting: close some of them"),
        protects: "all others, from one person's pages",
        seen: "the page looks every few seconds instead",
    },
    Row {
        limit: Limit::StreamsPerAddress,
        field: |limits| Field::Count(&mut limits.streams_per_address),
        name: "streams_per_address",
        flag: "max-streams-per-address",
        environment: "KUBE_ENROLL_MAX_STREAMS_PER_ADDRESS",
        help: "Watches of one address, IPv6 by /64",
        unit: Unit::Count,
        default: 512,
        scope: Scope::Address,
        refusal: try_again(20, "too many pages wait at your address: this page looks again by itself"),
        protects: "all others, from one address; an office has one",
        seen: "the page looks every few seconds instead",
    },
    Row {
        limit: Limit::CreatesPerUser,
        field: |limits| Field::Count(&mut limits.creates_per_user),
        name: "creates_per_user",
        flag: "max-creates-per-user",
        environment: "KUBE_ENROLL_MAX_CREATES_PER_USER",
        help: "Creates of one person in a minute",
        unit: Unit::PerMinute,
        default: 10,
        scope: Scope::User,
        refusal: try_again(30, "you have sent many requests in a short time: try again in a minute"),
        protects: "the cluster, from one person's requests",
        seen: "\"try again in a minute\"",
    },
    Row {
        limit: Limit::CreatesPerAddress,
        field: |limits| Field::Count(&mut limits.creates_per_address),
        name: "creates_per_address",
        flag: "max-creates-per-address",
        environment: "KUBE_ENROLL_MAX_CREATES_PER_ADDRESS",
        help: "Creates of one address in a minute",
        unit: Unit::PerMinute,
        default: 120,
        scope: Scope::Address,
        refusal: try_again(30, "many requests have come from your address in a short time: try again in a minute"),
        protects: "the cluster, from one address's requests",
        seen: "\"try again in a minute\"",
    },
    Row {
        limit: Limit::PendingPerUser,
        field: |limits| Field::Count(&mut limits.pending_per_user),
        name: "pending_per_user",
        flag: "max-pending-per-user",
        environment: "KUBE_ENROLL_MAX_PENDING_PER_USER",
        help: "Requests of one person that nobody has decided on",
        unit: Unit::Count,
        default: 10,
        scope: Scope::User,
        refusal: try_again(30, "too many requests of yours wait for a decision: have some of them decided first"),
        protects: "approvers, from a heap of requests of one person",
        seen: "\"have some of them decided first\"",
    },
    Row {
        limit: Limit::Lookups,
        field: |limits| Field::Count(&mut limits.lookups_per_second),
        name: "lookups",
        flag: "max-lookups-per-second",
        environment: "KUBE_ENROLL_MAX_LOOKUPS_PER_SECOND",
        help: "Questions a second to the Kubernetes API about names that are not known here",
        unit: Unit::PerSecond,
        default: 50,
        scope: Scope::Everyone,
        refusal: try_again(2, "the server is asked for too many requests that it does not know: try again in a moment"),
        protects: "the API server, from questions about names that are made up",
        seen: "",
    },
    Row {
        limit: Limit::LookupsPerAddress,
        field: |limits| Field::Count(&mut limits.lookups_per_address),
        name: "lookups_per_address",
        flag: "max-lookups-per-address",
        environment: "KUBE_ENROLL_MAX_LOOKUPS_PER_ADDRESS",
        help: "Those of one address",
        unit: Unit::PerSecond,
        default: 10,
        scope: Scope::Address,
        refusal: try_again(
            2,
            "your address has asked for too many requests that are not known here: try again in a moment",
        ),
        protects: "all others, from one address that makes up names",
        seen: "",
    },
    Row {
        limit: Limit::BodyBytes,
        field: |limits| Field::Count(&mut limits.body_bytes),
        name: "body_bytes",
        flag: "max-body-bytes",
        environment: "KUBE_ENROLL_MAX_BODY_BYTES",
        help: "The longest body",
        unit: Unit::Bytes,
        default: 16 << 10,
        scope: Scope::Request,
        refusal: Refusal::Status {
            code: 413,
            reason: "RequestEntityTooLarge",
            retry_after_seconds: 0,
            message: "the body is longer than {} bytes",
        },
        protects: "memory; the largest request that the page makes fits",
        seen: "",
    },
    Row {
        limit: Limit::HeaderTimeout,
        field: |limits| Field::Time(&mut limits.header_timeout),
        name: "header_timeout",
        flag: "header-timeout-seconds",
        environment: "KUBE_ENROLL_HEADER_TIMEOUT_SECONDS",
        help: "For the head of a request, and for the pause between two",
        unit: Unit::Seconds,
        default: 30,
        scope: Scope::Request,
        refusal: Refusal::Disconnect,
        protects: "connections, from clients that send their head drop by drop; also the pause between two requests",
        seen: "",
    },
    Row {
        limit: Limit::BodyTimeout,
        field: |limits| Field::Time(&mut limits.body_timeout),
        name: "body_timeout",
        flag: "body-timeout-seconds",
        environment: "KUBE_ENROLL_BODY_TIMEOUT_SECONDS",
        help: "For the body of a request",
        unit: Unit::Seconds,
        default: 10,
        scope: Scope::Request,
        refusal: Refusal::Status {
            code: 408,
            reason: "Timeout",
            retry_after_seconds: 0,
            message: "the body did not arrive in time",
        },
        protects: "the same, for bodies",
        seen: "",
    },
    Row {
        limit: Limit::WriteTimeout,
        field: |limits| Field::Time(&mut limits.write_timeout),
        name: "write_timeout",
        flag: "write-timeout-seconds",
        environment: "KUBE_ENROLL_WRITE_TIMEOUT_SECONDS",
        help: "For a write to make progress: a slow reader is cut off",
        unit: Unit::Seconds,
        default: 30,
        scope: Scope::Request,
        refusal: Refusal::Disconnect,
        protects: "memory, from clients that do not read",
        seen: "",
    },
    Row {
        limit: Limit::UpstreamTimeout,
        field: |limits| Field::Time(&mut limits.upstream_timeout),
        name: "upstream_timeout",
        flag: "upstream-timeout-seconds",
        environment: "KUBE_ENROLL_UPSTREAM_TIMEOUT_SECONDS",
        help: "For the Kubernetes API to answer",
        unit: Unit::Seconds,
        default: 15,
        scope: Scope::Request,
        refusal: Refusal::Status {
            code: 504,
            reason: "Timeout",
            retry_after_seconds: 2,
            message: "the Kubernetes API did not answer in time",
        },
        protects: "people, from an API server that does not answer",
        seen: "",
    },
];

#[cfg(test)]
mod tests;
