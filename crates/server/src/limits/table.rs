//! The table of limits: a row for each, from which its flag, its label in `/metrics`, its refusal and its line in
//! `docs/limits.md` come.

use super::row::{Field, Refusal, Row, Scope, Unit};

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

impl Limit {
    /// Returns the row of the limit.
    pub(crate) fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }
}

const fn try_again(after_seconds: u32, message: &'static str) -> Refusal {
    Refusal::TryAgain { after_seconds, message }
}

/// The limits, in the order of [`Limit`].
pub(crate) static TABLE: [Row; 15] = [
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
        help: "Connections of one address; a proxy at a Unix socket is exempt and, without a listener beyond loopback, this machine",
        unit: Unit::Count,
        default: 1024,
        scope: Scope::Address,
        refusal: try_again(2, "there are too many connections from your address: close some pages"),
        protects: "all others, from one that opens connections only to hold them",
        seen: "exempt are a proxy at a Unix socket and, where nobody else is listened to, 127.0.0.1 and ::1",
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
