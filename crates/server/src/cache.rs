//! The parts of the cluster that are known without asking it: CSRs of this server's account, its clock, `cluster-info`.
//!
//! One list and one watch ([`crate::kubernetes::watcher`]) fill the CSRs; any number of browsers are served from them.
//! Nothing of it is needed after a restart: all state is in the Kubernetes API.

mod clock;
mod cluster_info;
mod csrs;
mod lookups;

use std::{convert::Infallible, sync::Arc};

use crate::kubernetes::watcher::{Event, Watcher};
pub(crate) use clock::Clock;
pub(crate) use cluster_info::ClusterInfo;
pub(crate) use csrs::{CsrReader, CsrWriter, Latest, Subscription, csrs};
pub(crate) use lookups::Lookups;

/// Writes what a watcher sees, for ever.
pub(crate) async fn follow(mut watcher: Watcher, csrs: &CsrWriter, clock: &Arc<Clock>) -> Infallible {
    loop {
        match watcher.next().await {
            Event::Listed { csrs: listed, version, account } => csrs.replace(listed, version, account),
            Event::Applied(csr) => csrs.apply(csr),
            Event::Deleted(csr) => csrs.delete(csr),
            Event::Bookmark(version) => csrs.bookmark(version),
            Event::Date(date) => clock.observe(&date),
        }
    }
}
