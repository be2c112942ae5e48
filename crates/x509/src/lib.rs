//! Certification requests, certificate chains, public keys and fingerprints: everything that is public. Private keys
//! are in the crate `keys`.

mod chain;
mod error;
mod fingerprint;
mod name;
pub mod pasted;
mod public_key;
mod request;
mod request_details;

pub use chain::CertificateChain;
pub use error::Error;
pub use fingerprint::Fingerprint;
pub use name::encode_subject;
pub use public_key::{PublicKey, oid};
pub use request::CertificationRequest;
pub use request_details::RequestDetails;
