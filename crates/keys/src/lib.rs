//! Private keys, signing, PKCS#8, and the sealed envelope in which a key is stored. Only the key worker uses them.
//!
//! Randomness is an argument. No type here that holds a key can be printed or serialised, and each is wiped when
//! dropped.

mod assemble;
pub mod envelope;
mod error;
mod private_key;
mod record;
mod request;

pub use assemble::{AssembledKubeconfig, CheckedCertificate};
pub use error::Error;
pub use private_key::PrivateKey;
pub use record::{Record, RecordFields};
