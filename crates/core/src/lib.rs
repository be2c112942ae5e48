//! The pure part of kube-enroll: subjects, the policy, certification requests, certificate checks, kubeconfigs, and the
//! Kubernetes types of an enrollment.
//!
//! Nothing here reads a clock, does I/O or knows a browser: time and randomness are arguments. Private keys exist only
//! with the feature `keys`, X.509 only with `x509`.

mod algorithm;
#[cfg(feature = "x509")]
mod chain;
pub mod commands;
pub mod csr;
mod error;
#[cfg(feature = "x509")]
mod fingerprint;
#[cfg(feature = "x509")]
mod json;
#[cfg(feature = "keys")]
mod key;
pub mod kubeconfig;
mod object_name;
#[cfg(feature = "x509")]
pub mod pasted;
mod paths;
mod policy;
#[cfg(feature = "x509")]
mod public_key;
pub mod quote;
#[cfg(feature = "x509")]
mod request;
pub mod room;
mod settings;
mod status;
mod subject;
mod time;
#[cfg(feature = "keys")]
pub mod vault;
mod watch;
#[cfg(feature = "x509")]
mod x509;

pub use algorithm::Algorithm;
#[cfg(feature = "x509")]
pub use chain::CertificateChain;
pub use csr::{CertificateSigningRequest, CertificateSigningRequestList, RequestState};
pub use error::{Error, Field};
#[cfg(feature = "x509")]
pub use fingerprint::Fingerprint;
#[cfg(feature = "keys")]
pub use key::PrivateKey;
pub use kubeconfig::{Cluster, Kubeconfig};
pub use object_name::ObjectName;
pub use paths::{CLUSTER_INFO_PATH, CSRS_PATH};
pub use policy::{ExpirationSeconds, KUBERNETES_MINIMUM_EXPIRATION_SECONDS, Policy, Warning};
#[cfg(feature = "x509")]
pub use request::CertificationRequest;
pub use settings::Settings;
pub use status::{Status, StatusCause, StatusDetails};
pub use subject::{MAX_GROUPS, MAX_NAME_CHARACTERS, MAX_SUBJECT_BYTES, Subject, parse_name};
pub use time::Timestamp;
pub use watch::{MAX_WATCH_LINE_BYTES, WatchDecoder, WatchEvent};
