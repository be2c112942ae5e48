//! The whole server over a socket, in front of a recorder: what goes upstream is what these tests are about. The
//! recorder imitates nothing; the journeys with a real Kubernetes are in `/tests`.

mod accounts;
mod audit;
mod client;
mod config;
mod creating;
mod deadlines;
mod forward_proxy;
mod hostile_texts;
mod identity;
mod jwt;
mod limits;
mod memory;
mod metrics;
mod page;
mod powerful;
mod proof;
mod provider;
mod public_url;
mod reading;
mod reading_again;
mod recorder;
mod refusing;
mod rereading;
mod running;
mod smuggling;
mod starting;
mod tls;
mod watching;
