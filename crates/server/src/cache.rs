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
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use csrs::model;
pub(crate) use csrs::{CsrReader, CsrWriter, Latest, Snapshot, Subscription, csrs};
pub(crate) use decisions::{Decision, Decisions};
pub(crate) use lookups::{Lookups, Question};

/// Writes what a watcher sees, and drops what is too old, for ever.
pub(crate) async fn follow(watcher: Watcher, csrs: &CsrWriter, clock: &Arc<Clock>, decisions: Decisions) -> Infallible {
    tokio::select! {
        never = write(watcher, csrs, clock, decisions) => never,
        never = csrs.drop_old() => never,
    }
}

async fn write(mut watcher: Watcher, csrs: &CsrWriter, clock: &Arc<Clock>, mut decisions: Decisions) -> Infallible {
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
            Event::Listing { version, account } => {
                decisions.begin_list(&account, csrs.counts_anew(version));
                csrs.begin_list();
            }
            Event::Page(page) => {
                decisions.list(&page);
                csrs.list(&page);
            }
            Event::Listed { version, account } => {
                decisions.end_list(account.clone());
                csrs.end_list(version, account);
            }
            Event::Applied(csr) => {
                decisions.apply(&csr);
                csrs.apply(&csr);
            }
            Event::Deleted(csr) => {
                decisions.delete(&csr);
                csrs.delete(&csr);
            }
            Event::Bookmark(version) => csrs.bookmark(version),
            Event::Date(date) => clock.observe(&date),
        }
    }
}
