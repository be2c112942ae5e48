//! The WebAssembly module over core, x509 and keys: the code of the key worker, and the JavaScript package.
//!
//! The bindings contain no logic. A private key leaves this module only within a kubeconfig, or encrypted.

mod checked;
mod error;
mod js;
mod record;
mod session;

pub use error::Error;
pub use record::{Sealed, WrappedKey};
pub use session::{Answer, OpenedRecord, Session};
