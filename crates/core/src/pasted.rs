//! What a person hands in where the page cannot ask the API: the certificate in one of many shapes, or something else.
//!
//! The shapes are PEM, base64 of PEM, and the CertificateSigningRequest as `kubectl get csr NAME -o yaml` or `-o json` prints
//! it, alone or in a list, each with whatever a terminal, an editor or a chat has put around it.

mod armour;
mod object;
mod secret;

use std::fmt;

use crate::{Error, Fingerprint, error::Quoted};

/// The longest text that is looked at, in bytes.
const MAX_BYTES: usize = 1 << 20;

/// Finds the certificate chain in what was pasted, and writes it as PEM and nothing else, in its order. Of several objects the
/// one counts whose request has the key of this fingerprint.
///
/// Whose certificate it is stays to be checked.
///
/// # Errors
/// [`Error::Pasted`], which says what it is instead.
pub fn certificate_of(text: &str, fingerprint: Fingerprint) -> Result<String, Error> {
    find(text, fingerprint).map_err(|found| Error::Pasted { found })
}

/// What was pasted in the certificate's place.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pasted {
    /// No visible character.
    Nothing,
    /// A private key, alone or within something else.
    PrivateKey,
    /// PKCS#10.
    Request,
    /// A CertificateSigningRequest without a certificate.
    NoCertificate {
        /// The object's name.
        name: String,
        /// Where it stands.
        decision: Decision,
    },
    /// A kubeconfig without a private key.
    Kubeconfig,
    /// A page of the web.
    Html,
    /// A Kubernetes object.
    OtherObject {
        /// Its kind.
        kind: String,
    },
    /// PEM.
    OtherPem {
        /// Its label.
        label: String,
    },
    /// A certificate without its end.
    Incomplete,
    /// A file that is no text.
    Binary,
    /// Any other text.
    OtherText,
    /// More than is looked at.
    TooLong {
        /// Its length.
        bytes: usize,
    },
}

/// Where a CertificateSigningRequest without a certificate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nobody has decided.
    Pending,
    /// Approved, and the signer has not signed yet.
    Approved,
    /// Somebody said no.
    Denied,
    /// The signer could not sign.
    Failed,
}

impl Pasted {
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Nothing => "pasted-nothing",
            Self::PrivateKey => "pasted-private-key",
            Self::Request => "pasted-request",
            Self::NoCertificate { .. } => "pasted-no-certificate",
            Self::Kubeconfig => "pasted-kubeconfig",
            Self::Html => "pasted-html",
            Self::OtherObject { .. } => "pasted-other-object",
            Self::OtherPem { .. } => "pasted-other-pem",
            Self::Incomplete => "pasted-incomplete",
            Self::Binary => "pasted-binary",
            Self::OtherText => "pasted-other-text",
            Self::TooLong { .. } => "pasted-too-long",
        }
    }

    /// How to go on.
    pub(crate) fn advice(&self) -> &'static str {
        match self {
            Self::Nothing => "copy it once more",
            Self::PrivateKey => {
                "the certificate holds no secret, and the key that belongs to it is in this browser already; if the pasted \
                 key is in use, have it replaced wherever others may have seen it"
            }
            Self::Request => "the request goes to the cluster, and its certificate comes back in the object's status",
            Self::NoCertificate { decision, .. } => match decision {
                Decision::Pending => "have it approved, and copy it once more",
                Decision::Approved => "the signer takes a moment, copy it once more",
                Decision::Denied => "ask whoever denied it, and make another request",
                Decision::Failed => "its message says why; make another request",
            },
            Self::Kubeconfig => "a kubeconfig is what comes of it; paste what kubectl get csr NAME -o yaml prints",
            Self::Html => "it may be the page of a login; paste what kubectl get csr NAME -o yaml prints",
            Self::Incomplete => "copy it once more, to its last line",
            Self::Binary => "a file in DER becomes PEM by openssl x509 -inform DER -in FILE",
            Self::OtherObject { .. } | Self::OtherPem { .. } | Self::OtherText | Self::TooLong { .. } => {
                "paste what kubectl get csr NAME -o yaml prints"
            }
        }
    }
}

impl fmt::Display for Pasted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("nothing"),
            Self::PrivateKey => f.write_str("a private key"),
            Self::Request => f.write_str("a certification request"),
            Self::NoCertificate { name, decision } => {
                let decision = match decision {
                    Decision::Pending => "which nobody has approved or denied yet",
                    Decision::Approved => "which is approved and not yet signed",
                    Decision::Denied => "which was denied",
                    Decision::Failed => "which the signer could not sign",
                };
                write!(f, "the CertificateSigningRequest {}, {decision}", Quoted(name))
            }
            Self::Kubeconfig => f.write_str("a kubeconfig"),
            Self::Html => f.write_str("a web page"),
            Self::OtherObject { kind } => write!(f, "an object of the kind {}", Quoted(kind)),
            Self::OtherPem { label } => write!(f, "a PEM block labelled {}", Quoted(label)),
            Self::Incomplete => f.write_str("a certificate that is cut off"),
            Self::Binary => f.write_str("a file that is no text"),
            Self::OtherText => f.write_str("another text"),
            Self::TooLong { bytes } => write!(f, "{bytes} bytes"),
        }
    }
}

fn find(text: &str, fingerprint: Fingerprint) -> Result<String, Pasted> {
    if text.len() > MAX_BYTES {
        return Err(Pasted::TooLong { bytes: text.len() });
    }
    // What chats and pages of the web put between.
    let text = text.replace('\u{A0}', " ").replace(['\u{FEFF}', '\u{200B}', '\u{2060}'], "");
    let begin = text.trim_start();
    if begin.is_empty() {
        return Err(Pasted::Nothing);
    }
    // Before all else, so that nothing of it comes into a message.
    if secret::is_in(&text) {
        return Err(Pasted::PrivateKey);
    }
    if text.contains(['\0', char::REPLACEMENT_CHARACTER]) {
        return Err(Pasted::Binary);
    }
    if begin.strip_prefix('<').is_some_and(|rest| rest.starts_with(|next: char| next == '!' || next.is_alphabetic())) {
        return Err(Pasted::Html);
    }
    match object::find(&text, fingerprint) {
        Some(found) => armour::certificates(&found?),
        None => armour::certificates(&text),
    }
}

/// The first characters of what comes from outside and goes into a message.
fn excerpt(text: &str) -> String {
    text.chars().take(60).collect()
}
