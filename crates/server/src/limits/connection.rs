use std::sync::Arc;

use super::{LimitExceeded, Limiter, concurrency::Permit, memory::Memory, table::Limit};

/// The place of a connection, with the memory that each takes; both are free again when this is dropped.
pub(crate) struct ConnectionPermit {
    limiter: Arc<Limiter>,
    permit: Permit,
    _base: Memory,
}

impl ConnectionPermit {
    pub(super) fn new(limiter: Arc<Limiter>, permit: Permit, base: Memory) -> Self {
        Self { limiter, permit, _base: base }
    }

    /// Gives it more memory, until what is returned is dropped.
    ///
    /// # Errors
    /// [`LimitExceeded`].
    pub(crate) fn memory(&self, bytes: u64) -> Result<Memory, LimitExceeded> {
        let taken = self.limiter.pool().take(self.permit.parties(), bytes);
        taken.ok_or_else(|| self.limiter.refuse(Limit::Memory))
    }

    /// Returns whether a line of the log about it may be written.
    pub(crate) fn line(&self) -> bool {
        self.limiter.line(self.permit.parties())
    }
}
