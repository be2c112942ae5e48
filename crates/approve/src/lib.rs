//! The approver's tool: requests listed, decoded, judged and decided, with the approver's own kubeconfig.
//!
//! Nothing that a requester wrote is believed: requests are decoded by the crate `x509`, names are compared here, and
//! texts of others are escaped before they reach a terminal. The [`Client`] can do what an approver does, and nothing
//! else; an [`Assessment`] does no I/O.

mod assessment;
mod client;
mod error;
mod review;

pub use assessment::{
    Assessment, Decoded, LookAlikes, Others, Place, RightsWithYes, Surroundings, Vouching, Warning, state_words,
};
pub use client::{Client, Dated, Decision, Fetched, Listed, Rule, Verdict};
pub use error::Error;
pub use review::{Review, review};
