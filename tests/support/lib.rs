//! What the journeys stand on: a real control plane, real browsers, the real server, and the tools that judge them.
//!
//! Nothing here imitates Kubernetes. Everything listens on the loopback interface only, on ports that were free, and
//! whatever is started ends with the test, also where the test panics or is killed.

pub mod account;
pub mod benchmarks;
pub mod browser;
pub mod caddy;
pub mod child;
pub mod control_plane;
pub mod deadline;
pub mod forward_proxy;
pub mod haproxy;
pub mod http;
pub mod kubectl_proxy;
pub mod leak;
pub mod look;
pub mod nginx;
pub mod oauth2_proxy;
pub mod page;
pub mod programs;
pub mod provider;
pub mod proxy;
pub mod serve;
pub mod shell;
pub mod site;
pub mod slow_link;
