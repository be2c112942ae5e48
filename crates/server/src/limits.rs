//! Limits of what one person, one address and all together may take.

mod concurrency;
mod flags;
mod in_flight;
mod limiter;
mod rate;
mod row;
pub(crate) mod table;
mod values;

pub(crate) use concurrency::Permit;
pub(crate) use limiter::{LimitExceeded, Limiter};
pub use values::Limits;
