//! The JavaScript package: core, x509 and keys as a WebAssembly module. The bindings contain no logic.

mod error;
mod js;

pub use error::Error;
