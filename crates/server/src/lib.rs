//! `kube-enroll serve`: the page, and the few Kubernetes paths that an enrollment needs.
//!
//! Every request passes the gate, which parses it into one of five asks or refuses it; what goes upstream and
//! what comes back is built anew from the parsed parts. No state is kept: all of it is in the Kubernetes API.

mod bound;
mod bounds;
mod bundle;
pub mod cli;
mod config;
mod error;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod gate;
mod identity;
mod metrics;
mod serve;
mod store;
mod upstream;

pub use bound::Bound;
pub use config::{ClusterFlags, Config, Limits};
pub use error::{Error, with_sources};
pub use identity::{IdentityFlags, IdentityKind};
pub use serve::{Ending, Server};
