//! The parts of the cluster that are known without asking it: CSRs of this server's account, its clock, `cluster-info`.
//!
//! One list and one watch ([`crate::kubernetes::watcher`]) fill the CSRs; any number of browsers are served from them.
//! Nothing of it is needed after a restart: all state is in the Kubernetes API.

mod clock;
mod cluster_info;
mod csrs;
mod decisions;
mod lookups;

use std::{convert::Infallible, sync::Arc};

use crate::kubernetes::watcher::{Event, Watcher};
pub(crate) use clock::Clock;
pub(crate) use cluster_info::ClusterInfo;
pub(crate) use csrs::{CsrReader, CsrWriter, Latest, Subscription, csrs};
pub(crate) use decisions::{Decision, Decisions};
pub(crate) use lookups::Lookups;

/// Writes what a watcher sees, for ever.
pub(crate) async fn follow(
    mut watcher: Watcher,
    csrs: &CsrWriter,
    clock: &Arc<Clock>,
    mut decisions: Decisions,
) -> Infallible {
    loop {
        let event = tokio::select! {
            event = watcher.next() => event,
            () = csrs.doubted() => {
                tracing::warn!("the cluster counts anew, as after a restore: listing");
                watcher.list_again();
                continue;
            }
        };
        match event {
            Event::Listed { csrs: listed, version, account } => {
                decisions.replace(&listed, &account, csrs.counts_anew(version));
                csrs.replace(listed, version, account);
            }
            Event::Applied(csr) => {
                decisions.apply(&csr);
                csrs.apply(csr);
            }
            Event::Deleted(csr) => {
                decisions.delete(&csr);
                csrs.delete(csr);
            }
            Event::Bookmark(version) => csrs.bookmark(version),
            Event::Date(date) => clock.observe(&date),
        }
    }
}
