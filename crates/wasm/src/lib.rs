//! The WebAssembly module over core, x509 and keys: what runs in the key worker, and what JavaScript projects import.
//!
//! The bindings hold no logic. A private key is made here and stays here, until it is written into a kubeconfig.

mod checked;
mod error;
mod js;
mod record;
mod session;

pub use error::Error;
pub use record::{Sealed, WrappedKey};
pub use session::{Answer, OpenedRecord, Session};
