//! The lines that people copy: for the approver, for the person who saved the file, and for doing each step by hand.
//!
//! Every line runs in a POSIX shell as it is, unless its name says PowerShell, and whatever somebody typed stays one
//! word in it.

mod approver;
mod commands;
mod quote;

pub use approver::{ApproverBlock, in_groups};
pub use commands::*;
