//! The WebAssembly module over core: what runs in the key's room, and what JavaScript projects import.
//!
//! The bindings hold no logic. A private key is made here and stays here, until it is written into a kubeconfig.

mod checked;
mod js;
mod record;
mod room;

pub use record::{Record, Sealed, Wrap, WrapKind, Wrapped};
pub use room::{Answer, Opening, Room};
