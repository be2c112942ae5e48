//! Limits of what one person or one address, one network and all together may take, of each thing that strangers can
//! fill.

mod concurrency;
mod connection;
mod counts;
mod flags;
mod limiter;
mod memory;
mod party;
mod places;
mod rate;
mod row;
pub(crate) mod table;
mod values;
mod waiting;

pub(crate) use concurrency::Permit;
pub(crate) use connection::{ConnectionKind, ConnectionPermit};
pub(crate) use limiter::{LimitExceeded, Limiter};
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use memory::ByteSize;
pub(crate) use memory::{CacheRoom, Memory};
pub(crate) use party::Party;
pub(crate) use places::Places;
pub use values::Limits;
pub(crate) use waiting::Waiting;
