//! The pure part of kube-enroll: subjects, the policy, certification requests, certificate checks, kubeconfigs, and the
//! Kubernetes types of an enrollment.
//!
//! Nothing here reads a clock, does I/O or knows a browser: time and randomness are arguments. Private keys exist only
//! with the feature `keys`, X.509 only with `x509`.

mod algorithm;
pub mod commands;
pub mod csr;
mod error;
pub mod kubeconfig;
mod object_name;
mod policy;
pub mod quote;
pub mod room;
mod settings;
mod status;
mod subject;
mod time;
mod watch;

pub use algorithm::Algorithm;
pub use csr::{CertificateSigningRequest, CertificateSigningRequestList, RequestState};
pub use error::{Error, Field};
pub use kubeconfig::{Cluster, Kubeconfig};
pub use object_name::ObjectName;
pub use policy::{ExpirationSeconds, KUBERNETES_MINIMUM_EXPIRATION_SECONDS, Policy, Warning};
pub use settings::Settings;
pub use status::{Status, StatusCause, StatusDetails};
pub use subject::{MAX_GROUPS, MAX_NAME_CHARACTERS, Subject, parse_name};
pub use time::Timestamp;
pub use watch::{MAX_WATCH_LINE_BYTES, WatchDecoder, WatchEvent};
