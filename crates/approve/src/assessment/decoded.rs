use kube_enroll_core::{CertificateSigningRequest, CsrState, MAX_NAME_CHARACTERS, csr::USER_ANNOTATION, visible};
use kube_enroll_x509::RequestDetails;

/// A CSR, decoded.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// The object, without the request's text and the certificate's.
    pub csr: CertificateSigningRequest,
    /// Its state.
    pub state: CsrState,
    /// The contents of the request, or the reason why it cannot be decoded.
    pub details: Result<RequestDetails, String>,
}

impl Decoded {
    /// Decodes a CSR.
    pub fn new(mut csr: CertificateSigningRequest) -> Self {
        // A certificate that is no text is one all the same: the request is decided.
        let state = csr.state().unwrap_or(CsrState::Issued { certificate_pem: String::new() });
        let details = csr.request_pem().map_err(|error| error.to_string());
        let details = details.and_then(|pem| RequestDetails::parse_pem(&pem).map_err(|error| error.to_string()));
        csr.spec.request = String::new();
        if let Some(status) = &mut csr.status {
            status.certificate = String::new();
        }
        Self { csr, state, details }
    }

    /// Decodes a CSR among many: of its annotations the operator's alone is left, and of that no more than a name can
    /// be long. Whoever may create CSRs can write a quarter of a megabyte into each.
    pub fn among_many(mut csr: CertificateSigningRequest) -> Self {
        let user = csr.metadata.annotations.remove(USER_ANNOTATION);
        let user = user.map(|user| user.chars().take(2 * MAX_NAME_CHARACTERS).collect());
        csr.metadata.annotations = user.map(|user: String| (USER_ANNOTATION.to_owned(), user)).into_iter().collect();
        Self::new(csr)
    }
}

/// Returns a state in words that are safe to print, with the decision's reason and message.
pub fn state_words(state: &CsrState) -> String {
    match state {
        CsrState::Pending => "pending".into(),
        CsrState::Approved => "approved, and not issued yet".into(),
        CsrState::Issued { .. } => "issued".into(),
        CsrState::Denied(decision) => format!("denied ({}: {})", visible(&decision.reason), visible(&decision.message)),
        CsrState::Failed(decision) => {
            format!("failed at the signer ({}: {})", visible(&decision.reason), visible(&decision.message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_no_more_of_many_than_is_needed() {
        let mut csr = CertificateSigningRequest::default();
        csr.metadata.annotations.insert("x".into(), "y".repeat(1000));
        csr.metadata.annotations.insert(USER_ANNOTATION.into(), "u".repeat(1000));
        let left = Decoded::among_many(csr).csr.metadata.annotations;
        assert_eq!(left.into_iter().collect::<Vec<_>>(), [(USER_ANNOTATION.to_owned(), "u".repeat(400))]);
    }
}
