//! The bounds, each with its name, its flag and its text.

/// Something of which nobody may take more than an operator gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
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
    /// Requests of one person that nobody has decided on.
    PendingPerUser,
    /// Questions to the API server about names that are not known.
    Lookups,
    /// Those of one address.
    LookupsPerAddress,
    /// The length of a body.
    BodyBytes,
}

impl Limit {
    pub(crate) const ALL: [Self; 11] = [
        Self::Connections,
        Self::ConnectionsPerAddress,
        Self::Streams,
        Self::StreamsPerUser,
        Self::StreamsPerAddress,
        Self::CreatesPerUser,
        Self::CreatesPerAddress,
        Self::PendingPerUser,
        Self::Lookups,
        Self::LookupsPerAddress,
        Self::BodyBytes,
    ];

    /// Names it in `/metrics`.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Connections => "connections",
            Self::ConnectionsPerAddress => "connections_per_address",
            Self::Streams => "streams",
            Self::StreamsPerUser => "streams_per_user",
            Self::StreamsPerAddress => "streams_per_address",
            Self::CreatesPerUser => "creates_per_user",
            Self::CreatesPerAddress => "creates_per_address",
            Self::PendingPerUser => "pending_per_user",
            Self::Lookups => "lookups",
            Self::LookupsPerAddress => "lookups_per_address",
            Self::BodyBytes => "body_bytes",
        }
    }

    /// Names the flag that sets it.
    pub(crate) fn flag(self) -> &'static str {
        match self {
            Self::Connections => "--max-connections",
            Self::ConnectionsPerAddress => "--max-connections-per-address",
            Self::Streams => "--max-streams",
            Self::StreamsPerUser => "--max-streams-per-user",
            Self::StreamsPerAddress => "--max-streams-per-address",
            Self::CreatesPerUser => "--max-creates-per-user",
            Self::CreatesPerAddress => "--max-creates-per-address",
            Self::PendingPerUser => "--max-pending-per-user",
            Self::Lookups => "--max-lookups-per-second",
            Self::LookupsPerAddress => "--max-lookups-per-address",
            Self::BodyBytes => "--max-body-bytes",
        }
    }

    /// Says what was reached and what to do, for people.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::Connections => "the server has as many connections as it takes: try again in a moment",
            Self::ConnectionsPerAddress => "there are too many connections from your address: close some pages",
            Self::Streams => "the server has as many people waiting as it takes: this page looks again by itself",
            Self::StreamsPerUser => "you have too many pages waiting: close some of them",
            Self::StreamsPerAddress => "too many pages wait at your address: this page looks again by itself",
            Self::CreatesPerUser => "you have sent many requests in a short time: try again in a minute",
            Self::CreatesPerAddress => {
                "many requests have come from your address in a short time: try again in a minute"
            }
            Self::PendingPerUser => "too many requests of yours wait for a decision: have some of them decided first",
            Self::Lookups => "the server is asked for too many requests that it does not know: try again in a moment",
            Self::LookupsPerAddress => {
                "your address has asked for too many requests that are not known here: try again in a moment"
            }
            Self::BodyBytes => "the body is too long",
        }
    }

    /// Returns whom the limit applies to.
    pub(crate) fn scope(self) -> Scope {
        match self {
            Self::Connections | Self::Streams | Self::Lookups => Scope::Everyone,
            Self::ConnectionsPerAddress
            | Self::StreamsPerAddress
            | Self::CreatesPerAddress
            | Self::LookupsPerAddress => Scope::Address,
            Self::StreamsPerUser | Self::CreatesPerUser | Self::PendingPerUser => Scope::User,
            Self::BodyBytes => Scope::Request,
        }
    }
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
