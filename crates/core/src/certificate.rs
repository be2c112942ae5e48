//! The fields of an issued certificate that a person is shown. The crate `x509` parses and checks certificates.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// The fields of a certificate that a person is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateSummary {
    /// CN of the subject.
    pub user: String,
    /// O of the subject, in the certificate's order.
    pub groups: Vec<String>,
    /// The signer, as RFC 4514 writes a name.
    pub issuer: String,
    /// Hexadecimal.
    pub serial_number: String,
    /// Begin of validity.
    pub not_before: Timestamp,
    /// End of validity.
    pub not_after: Timestamp,
}

/// A difference between the requested lifetime and the issued one. The certificate is usable all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// The direction of the difference.
    pub kind: DifferenceKind,
    /// Requested seconds.
    pub asked_seconds: i64,
    /// Seconds from the begin of validity to its end.
    pub issued_seconds: i64,
}

/// The direction of a [`Difference`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DifferenceKind {
    /// The signer cut the lifetime.
    ShorterLifetime,
    /// The signer issued more than was requested.
    LongerLifetime,
}
