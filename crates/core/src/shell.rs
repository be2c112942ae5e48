//! Shell commands to copy: for the approver, for the person who saved the kubeconfig, and for each step by hand.
//!
//! Every line is POSIX shell, unless its name ends in `powershell`, and every value that a person typed is quoted as
//! one word.

mod approver;
mod commands;
mod quote;

pub use approver::{ApproverBlock, in_groups};
pub use commands::*;
