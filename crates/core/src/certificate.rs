//! What an issued certificate says, as it is shown to a person. Reading and checking one is the crate `x509`'s.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// The fields of a certificate that a person wants to see.
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

/// A difference between the lifetime that was asked for and the one that was issued. It does no harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// In which direction it goes.
    pub kind: DifferenceKind,
    /// Seconds asked for.
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
    /// The signer gave more than was asked for.
    LongerLifetime,
}
