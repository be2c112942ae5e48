//! The way to an API server: the kubeconfig that kubectl would use, with its exec plugins, or a pod's own account; and
//! the proxies through which anything is reached.

mod client;
mod error;
mod forward_proxy;
mod kubeconfig;

pub use error::NoAccess;
pub use forward_proxy::{Connector, ForwardProxies, ForwardProxy, ForwardProxyError};
pub use kubeconfig::{Access, Endpoint};
