//! Pasted text: the certificate as a person brings it where the page has no access to the API, or something else.
//!
//! The accepted formats are PEM, base64 of PEM, base64 of DER, and the CertificateSigningRequest as `kubectl get csr
//! NAME -o yaml` or `-o json` prints it, alone or in a list, each with the extra text of a terminal, an editor or a
//! chat around it, and with what they put in front of each line.

mod decoration;
mod encoding;
mod json;
mod object;
mod secret;

use std::fmt;

use kube_enroll_core::{CsrState, ErrorCode, Quoted};

use crate::{Error, Fingerprint};

/// Extracts the certificate chain from a pasted text, as PEM, in its order. Of several objects, the one whose request
/// has the key of this fingerprint is chosen.
///
/// The certificate is not checked: that is [`CertificateChain::check`](crate::CertificateChain::check).
///
/// # Errors
/// [`Error::Pasted`] with the kind of any other text.
pub fn certificate_of(text: &str, fingerprint: Fingerprint) -> Result<String, Error> {
    find(text, fingerprint).map_err(|found| Error::Pasted { found })
}

/// The kind of a pasted text that holds no certificate.
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
        /// Its state, which is not `Issued`.
        state: CsrState,
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
    /// A text over the size limit.
    TooLong {
        /// Its length.
        bytes: usize,
    },
}

impl Pasted {
    pub(crate) fn code(&self) -> ErrorCode {
        match self {
            Self::Nothing => ErrorCode::PastedNothing,
            Self::PrivateKey => ErrorCode::PastedPrivateKey,
            Self::Request => ErrorCode::PastedRequest,
            Self::NoCertificate { .. } => ErrorCode::PastedNoCertificate,
            Self::Kubeconfig => ErrorCode::PastedKubeconfig,
            Self::Html => ErrorCode::PastedHtml,
            Self::OtherObject { .. } => ErrorCode::PastedOtherObject,
            Self::OtherPem { .. } => ErrorCode::PastedOtherPem,
            Self::Incomplete => ErrorCode::PastedIncomplete,
            Self::Binary => ErrorCode::PastedBinary,
            Self::OtherText => ErrorCode::PastedOtherText,
            Self::TooLong { .. } => ErrorCode::PastedTooLong,
        }
    }

    /// Returns advice on the next step.
    pub(crate) fn advice(&self) -> &'static str {
        match self {
            Self::Nothing => "copy it once more",
            Self::PrivateKey => {
                "the certificate holds no secret, and the key that belongs to it is in this browser already; if the pasted \
                 key is in use, have it replaced wherever others may have seen it"
            }
            Self::Request => "the request goes to the cluster, and its certificate comes back in the object's status",
            Self::NoCertificate { state, .. } => match state {
                CsrState::Pending => "have it approved, and copy it once more",
                CsrState::Approved | CsrState::Issued { .. } => "the signer takes a moment, copy it once more",
                CsrState::Denied(_) => "ask whoever denied it, and make another request",
                CsrState::Failed(_) => "its message says why; make another request",
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
            Self::NoCertificate { name, state } => {
                let state = match state {
                    CsrState::Pending => "which nobody has approved or denied yet",
                    CsrState::Approved | CsrState::Issued { .. } => "which is approved and not yet signed",
                    CsrState::Denied(_) => "which was denied",
                    CsrState::Failed(_) => "which the signer could not sign",
                };
                write!(f, "the CertificateSigningRequest {}, {state}", Quoted(name))
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
    // Invisible characters that chats and web pages insert.
    let text = text.replace('\u{A0}', " ").replace(['\u{FEFF}', '\u{200B}', '\u{2060}'], "");
    let bare = decoration::without(&text);
    let begin = bare.trim_start();
    if begin.is_empty() {
        return Err(Pasted::Nothing);
    }
    // First, so that no part of a private key gets into a message. The removal could have broken a key apart, or put
    // one together.
    if [&text, &bare].into_iter().any(|text| secret::contains_private_key(text)) {
        return Err(Pasted::PrivateKey);
    }
    if text.contains(['\0', char::REPLACEMENT_CHARACTER]) {
        return Err(Pasted::Binary);
    }
    if begin.strip_prefix('<').is_some_and(|rest| rest.starts_with(|next: char| next == '!' || next.is_alphabetic())) {
        return Err(Pasted::Html);
    }
    match object::find(&bare, fingerprint) {
        Some(found) => encoding::certificates(&found?),
        None => encoding::certificates(&bare),
    }
}

/// Returns the first characters of an untrusted text, for a message.
fn excerpt(text: &str) -> String {
    text.chars().take(60).collect()
}

/// The maximum length of a pasted text, in bytes.
const MAX_BYTES: usize = 1 << 20;
