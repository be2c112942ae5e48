//! The messages between the page and the key's room. The page and the room compile the same types.
//!
//! A private key is in none of them. Where the kubeconfig is ready, the reply's JavaScript object also carries it as a
//! `Blob` named `file`, which serde does not see: the page can save it without reading it.

use serde::{Deserialize, Serialize};

use crate::{Algorithm, Cluster, Timestamp};

/// What the page asks of the room, one at a time: each message gets exactly one [`Reply`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Message {
    /// Make a key and a request; the key replaces any earlier one.
    Generate {
        /// The kind of key.
        algorithm: Algorithm,
        /// The user (CN).
        user: String,
        /// The groups (O).
        groups: Vec<String>,
    },
    /// Check the issued certificate against the key and the request, and write the kubeconfig.
    Assemble {
        /// PEM of the chain, leaf first.
        certificate_pem: String,
        /// Where the kubeconfig leads.
        cluster: Cluster,
        /// The namespace of its context; empty means none.
        namespace: String,
        /// The lifetime that was asked for.
        expiration_seconds: u32,
        /// The cluster's time, in seconds since 1970: validity is judged by it.
        now: Timestamp,
    },
    /// Show the kubeconfig with the key in it: only ever sent for a click of the person.
    Reveal,
}

/// What the room answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Reply {
    /// The request is made.
    Generated {
        /// PEM of the PKCS#10 request.
        request_pem: String,
        /// SHA-256 of the public key, as `openssl dgst -sha256 -c` prints it.
        fingerprint: String,
    },
    /// The certificate is the one that was asked for; the file is in the reply's `file`.
    Assembled(Assembled),
    /// The kubeconfig with the key in it.
    Revealed {
        /// YAML.
        kubeconfig: String,
    },
    /// The message could not be carried out; what the room holds is unchanged.
    Failed {
        /// [`crate::Error::code`].
        code: String,
        /// For people.
        message: String,
    },
}

/// What an issued and checked certificate says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Assembled {
    /// The kubeconfig, with a sentence in the key's place.
    pub preview: String,
    /// The certificate.
    pub certificate: CertificateSummary,
    /// Seconds asked for, where the signer gave others.
    pub differences: Vec<Difference>,
}

/// The fields of a certificate that a person wants to see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateSummary {
    /// CN of the subject.
    pub user: String,
    /// O of the subject, in the certificate's order.
    pub groups: Vec<String>,
    /// Who signed, as RFC 4514 writes a name.
    pub issuer: String,
    /// Hexadecimal.
    pub serial_number: String,
    /// Begin of validity.
    pub not_before: Timestamp,
    /// End of validity.
    pub not_after: Timestamp,
}

/// Where the certificate is not quite what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Difference {
    /// The signer cut the lifetime.
    ShorterLifetime {
        /// Seconds asked for.
        asked_seconds: i64,
        /// Seconds from now to the end.
        issued_seconds: i64,
    },
    /// The signer gave more than was asked for.
    LongerLifetime {
        /// Seconds asked for.
        asked_seconds: i64,
        /// Seconds from now to the end.
        issued_seconds: i64,
    },
}
