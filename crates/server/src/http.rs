//! HTTP/1.1: one connection after the other, strict heads, and which handler answers a path.

pub(crate) mod connection;
pub(crate) mod origin;
pub(crate) mod router;
pub(crate) mod strict;
mod unknown_host;
