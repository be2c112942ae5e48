use std::sync::{Arc, Mutex};

use super::{LimitExceeded, Limiter, concurrency::Permit, memory::Memory, table::Limit};

/// The place of a connection, with the memory that each takes; both are free again when this is dropped.
pub(crate) struct ConnectionPermit {
    limiter: Arc<Limiter>,
    permit: Permit,
    kind: ConnectionKind,
    base: Mutex<Memory>,
}

/// The kind of a connection, by which its memory differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConnectionKind {
    /// HTTP alone.
    Plain,
    /// HTTP over TLS.
    Tls,
}

impl ConnectionPermit {
    pub(super) fn new(limiter: Arc<Limiter>, permit: Permit, kind: ConnectionKind) -> Result<Self, LimitExceeded> {
        let base = limiter.pool().take(permit.parties(), kind.opening_bytes());
        let base = base.ok_or_else(|| limiter.refuse(Limit::Memory))?.into();
        Ok(Self { limiter, permit, kind, base })
    }

    /// Gives it more memory, until what is returned is dropped.
    ///
    /// # Errors
    /// [`LimitExceeded`].
    pub(crate) fn memory(&self, bytes: u64) -> Result<Memory, LimitExceeded> {
        let taken = self.limiter.pool().take(self.permit.parties(), bytes);
        taken.ok_or_else(|| self.limiter.refuse(Limit::Memory))
    }

    /// Notes that it waits: nothing is read, and little is written now and then.
    pub(crate) fn wait(&self) {
        self.resize(self.kind.waiting_bytes());
    }

    /// Notes that requests are read from here on, and returns whether there is memory for that.
    pub(crate) fn resume(&self) -> bool {
        self.resize(self.kind.bytes())
    }

    /// Returns whether a line of the log about it may be written.
    pub(crate) fn line(&self) -> bool {
        self.limiter.line(self.permit.parties())
    }

    fn resize(&self, bytes: u64) -> bool {
        self.base.lock().expect("nothing panics while it holds the lock").resize(bytes)
    }
}

impl ConnectionKind {
    /// Returns the memory before the first request: a handshake may come in as many bytes as rustls takes.
    fn opening_bytes(self) -> u64 {
        match self {
            Self::Plain => self.bytes(),
            Self::Tls => 68 << 10,
        }
    }

    /// Returns the memory while a request is read or answered, with a head of 8 KiB; measured on the release build.
    fn bytes(self) -> u64 {
        match self {
            Self::Plain => 20 << 10,
            Self::Tls => 32 << 10,
        }
    }

    /// Returns the memory while it waits for an event (`make load` measures it).
    fn waiting_bytes(self) -> u64 {
        match self {
            Self::Plain => 8 << 10,
            // With a record of which the end has not come.
            Self::Tls => 24 << 10,
        }
    }
}
