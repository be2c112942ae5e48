//! The Kubernetes API behind this server.

pub(crate) mod client;
pub(crate) mod csr;
mod error;
pub(crate) mod redaction;
pub(crate) mod watcher;

pub(crate) use error::Error;
