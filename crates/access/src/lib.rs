//! The way to an API server: the kubeconfig that kubectl would use, with its exec plugins, or a pod's own account; the
//! proxies through which anything is reached; and what every client of it asks: who it is.

mod client;
mod error;
mod forward_proxy;
mod kubeconfig;
mod request;
mod self_subject_review;

pub use error::NoAccess;
pub use forward_proxy::{Connector, ForwardProxies, ForwardProxy, ForwardProxyError};
pub use kubeconfig::{Access, Endpoint};
pub use request::build_request;
pub use self_subject_review::SelfSubjectReview;
