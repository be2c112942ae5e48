//! HTTP/1.1: connections, each under deadlines, strict heads, and the handler of each path.

mod calls;
pub(crate) mod connection;
mod headers;
pub(crate) mod hosts;
mod lasting;
pub(crate) mod listener;
pub(crate) mod router;
pub(crate) mod strict;
pub(crate) mod tls;
mod unknown_host;
