//! The Kubernetes API behind this server.

pub(crate) mod access;
pub(crate) mod client;
pub(crate) mod csr;
pub(crate) mod redaction;
pub(crate) mod watcher;
