//! The domain of kube-enroll: names, subjects, the policy, clusters, settings, kubeconfigs, and the Kubernetes types of
//! an enrollment.
//!
//! This crate reads no clock, does no I/O, depends on no browser and contains no cryptography: time and randomness are
//! arguments. It has no Cargo features, so every type is the same in every crate. Requests and certificates are the
//! crate `x509`, private keys the crate `keys`.

pub mod address;
mod algorithm;
mod approval_message;
mod backoff;
mod certificate;
mod cluster;
pub mod csr;
mod display;
mod error;
pub mod kubeconfig;
mod name;
mod namespace;
mod object;
mod object_name;
mod passphrase;
mod paths;
pub mod pem;
mod policy;
mod settings;
pub mod shell;
mod status;
mod subject;
mod time;
mod visible;
mod watch;

pub use algorithm::Algorithm;
pub use approval_message::{ApprovalMessage, fingerprint_pairs};
pub use backoff::Backoff;
pub use certificate::{CertificateSummary, Difference, DifferenceKind};
pub use cluster::{Cluster, ClusterChange, ClusterFields};
pub use csr::{CertificateSigningRequest, CertificateSigningRequestList, CsrState};
pub use display::Quoted;
pub use error::{Error, ErrorCode, Field};
pub use kubeconfig::{FileName, Kubeconfig};
pub use name::{ClusterName, GroupName, MAX_NAME_CHARACTERS, NameError, UserName};
pub use namespace::Namespace;
pub use object::ObjectAlone;
pub use object_name::{NameLabel, ObjectName};
pub use passphrase::{MIN_PASSPHRASE_CHARACTERS, check_new_passphrase};
pub use paths::{CLUSTER_INFO_PATH, CSRS_PATH, csr_path};
pub use policy::{ExpirationSeconds, Groups, Judgement, KUBERNETES_MIN_EXPIRATION_SECONDS, Policy, Requested, Warning};
pub use settings::{Origin, Settings};
pub use status::{Status, StatusCause, StatusDetails};
pub use subject::{MAX_GROUPS, MAX_SUBJECT_BYTES, Subject, parse_groups};
pub use time::{Timestamp, format_duration};
pub use visible::{is_visible, visible};
pub use watch::{MAX_WATCH_LINE_BYTES, WatchDecoder, WatchEvent};
