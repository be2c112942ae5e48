//! The table of limits: a row for each, from which its flag, its label in `/metrics`, its refusal and its line in
//! `docs/limits.md` come.

mod rows;

use super::row::Row;
pub(crate) use rows::TABLE;

/// A limit; its row is at its place in [`TABLE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// Memory of the server, in bytes.
    Memory,
    /// Connections of all.
    Connections,
    /// Connections of one address.
    ConnectionsPerAddress,
    /// Connections of one network.
    ConnectionsPerNetwork,
    /// Watches of all.
    Streams,
    /// Watches of one person.
    StreamsPerUser,
    /// Watches of one address where nobody is known.
    StreamsPerAddress,
    /// Those of one network.
    StreamsPerNetwork,
    /// Creates of all.
    Creates,
    /// Creates of one person.
    CreatesPerUser,
    /// Creates of one address where nobody is known.
    CreatesPerAddress,
    /// Those of one network.
    CreatesPerNetwork,
    /// CSRs that nobody has decided on.
    Pending,
    /// CSRs of one person that nobody has decided on.
    PendingPerUser,
    /// Those of one address where nobody is known.
    PendingPerAddress,
    /// Those of one network.
    PendingPerNetwork,
    /// Requests to the API server about names that are not known.
    Lookups,
    /// Those of one person.
    LookupsPerUser,
    /// Those of one address where nobody is known.
    LookupsPerAddress,
    /// Those of one network.
    LookupsPerNetwork,
    /// Lines of the log about requests, of all.
    LogLines,
    /// Those about one person.
    LogLinesPerUser,
    /// Those about one address where nobody is known.
    LogLinesPerAddress,
    /// Those about one network.
    LogLinesPerNetwork,
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

#[cfg(test)]
mod tests;
