//! `kube-enroll serve`: the page, and the few Kubernetes paths that an enrollment needs.
//!
//! Every request is parsed into one of six operations, or refused; what goes upstream and what comes back is built anew
//! from the parsed parts. No state is kept: all of it is in the Kubernetes API.

mod api;
mod audit;
mod bundle;
mod cache;
mod certificates;
mod config;
mod discovery;
mod error;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod http;
mod identity;
mod kubernetes;
#[cfg(test)]
mod layers;
mod limits;
mod metrics;
mod reread;
mod server;
mod shutdown;
mod start;

pub use config::{
    ClusterFlags, Config, ListenAddress, ListenMode, Loaded, PublicUrl, Sources, TlsFlags,
    flags::{Cli, Command, LogFormat, Serve},
};
pub use error::with_sources;
pub use identity::{IdentityFlags, IdentityKind, ProxyFlags};
pub use limits::Limits;
pub use server::Server;
pub use shutdown::Shutdown;
pub use start::StartError;
