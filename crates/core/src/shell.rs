//! Shell commands to copy: for the approver, for the person who saved the kubeconfig, and for each step by hand.
//!
//! Every line is POSIX shell that fish 3.4 and zsh read the same way, unless its name ends in `powershell`: no
//! heredocs, no parentheses, and what fish does not have stands in `sh -c`. Every value that a person typed is quoted
//! as one word.

mod approver;
mod commands;
mod quote;

pub use approver::ApproverBlock;
pub use commands::*;
pub use quote::posix as quote_posix;
