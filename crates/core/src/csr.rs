//! The CertificateSigningRequest object, its conditions, and its state.

use std::collections::BTreeMap;

use base64ct::{Base64, Encoding};
use serde::{Deserialize, Serialize};

use crate::{Error, ObjectName, objects_alone, pem};

/// A `CertificateSigningRequest` object of `certificates.k8s.io/v1`, read leniently: without fields that are not needed
/// ([reference](https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/certificate-signing-request-v1/)).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase", default)]
pub struct CertificateSigningRequest {
    /// Always [`API_VERSION`]; empty inside of a list.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub api_version: String,
    /// Always `CertificateSigningRequest`; empty inside of a list.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Name, identity and version.
    pub metadata: ObjectMeta,
    /// The specification; immutable.
    pub spec: Spec,
    /// The decision and the certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<CsrStatus>,
}

/// The part of `metav1.ObjectMeta` that is needed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase", default)]
pub struct ObjectMeta {
    /// The object's name.
    pub name: String,
    /// Identity: another object under the same name has another one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub uid: String,
    /// Version, opaque.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub resource_version: String,
    /// RFC 3339.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub creation_timestamp: String,
    /// The annotations; whoever creates the object can write anything into them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// `CertificateSigningRequestSpec`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase", default)]
pub struct Spec {
    /// Base64 of the PEM of the PKCS#10 request.
    pub request: String,
    /// See [`SIGNER_NAME`].
    pub signer_name: String,
    /// Requested lifetime in seconds; the signer may issue a shorter one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration_seconds: Option<i64>,
    /// See [`USAGES`].
    pub usages: Vec<String>,
    /// The user who created the object; set by the API server.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub username: String,
}

/// `CertificateSigningRequestStatus`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase", default)]
pub struct CsrStatus {
    /// `Approved`, `Denied`, `Failed`, each at most once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Base64 of the PEM of the chain, leaf first; not empty means issued.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub certificate: String,
}

/// `CertificateSigningRequestCondition`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase", default)]
pub struct Condition {
    /// `Approved`, `Denied` or `Failed`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Always `True`.
    pub status: String,
    /// For programs, from whoever decided: untrusted text.
    pub reason: String,
    /// For people, from whoever decided: untrusted text.
    pub message: String,
    /// RFC 3339.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub last_update_time: String,
}

/// A list of [`CertificateSigningRequest`]s; its own version is where a watch begins.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase", default)]
pub struct CertificateSigningRequestList {
    /// Always [`API_VERSION`].
    pub api_version: String,
    /// Always `CertificateSigningRequestList`.
    pub kind: String,
    /// The list's own version.
    pub metadata: ListMeta,
    /// The objects.
    pub items: Vec<CertificateSigningRequest>,
}

/// The part of `metav1.ListMeta` that is needed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase", default)]
pub struct ListMeta {
    /// Version, opaque.
    pub resource_version: String,
}

objects_alone!(
    CertificateSigningRequest,
    ObjectMeta,
    Spec,
    CsrStatus,
    Condition,
    CertificateSigningRequestList,
    ListMeta
);

/// The state of an object. Kubernetes has no such field: it follows from conditions and certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CsrState {
    /// Neither approved nor denied.
    Pending,
    /// Approved, and the signer has not signed yet.
    Approved,
    /// Signed: the PEM of the chain, leaf first.
    Issued {
        /// PEM, as the API server has it.
        certificate_pem: String,
    },
    /// An approver has denied it.
    Denied(Decision),
    /// The signer could not sign.
    Failed(Decision),
}

/// The reason and message of a `Denied` or `Failed` condition: untrusted text of the approver or the signer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// For programs, in `CamelCase`.
    pub reason: String,
    /// For people.
    pub message: String,
}

impl CertificateSigningRequest {
    /// Builds the object that requests a certificate, from its parsed parts only.
    pub fn new(name: &ObjectName, request_pem: &str, expiration_seconds: u32) -> Self {
        Self {
            api_version: API_VERSION.into(),
            kind: KIND.into(),
            metadata: ObjectMeta { name: name.as_str().into(), ..ObjectMeta::default() },
            spec: Spec {
                request: Base64::encode_string(request_pem.as_bytes()),
                signer_name: SIGNER_NAME.into(),
                expiration_seconds: Some(i64::from(expiration_seconds)),
                usages: USAGES.map(String::from).into(),
                username: String::new(),
            },
            status: None,
        }
    }

    /// Derives the object's state. A certificate counts before conditions, since it is set once and stays.
    ///
    /// # Errors
    /// [`Error::InvalidObject`] where `status.certificate` is not base64 of a text.
    pub fn state(&self) -> Result<CsrState, Error> {
        let Some(status) = &self.status else { return Ok(CsrState::Pending) };
        if !status.certificate.is_empty() {
            let certificate_pem = decode_text(&status.certificate, "status.certificate")?;
            return Ok(CsrState::Issued { certificate_pem });
        }
        Ok(CsrState::of_conditions(&status.conditions))
    }

    /// Decodes the PEM that `spec.request` holds.
    ///
    /// # Errors
    /// [`Error::InvalidObject`] where it is not base64 of a text.
    pub fn request_pem(&self) -> Result<String, Error> {
        decode_text(&self.spec.request, "spec.request")
    }

    /// Returns whether the object holds this request. The decoded bytes are compared, since a proxy may re-encode the
    /// PEM.
    pub fn is_for(&self, request_pem: &str) -> bool {
        self.request_pem().is_ok_and(|found| pem::is_same(&found, request_pem))
    }
}

impl CsrState {
    /// Derives the state of an object without a certificate from its conditions.
    pub fn of_conditions(conditions: &[Condition]) -> Self {
        let decision = |kind: &str| {
            let condition = conditions.iter().find(|condition| condition.kind == kind)?;
            Some(Decision { reason: condition.reason.clone(), message: condition.message.clone() })
        };
        if let Some(decision) = decision("Denied") {
            Self::Denied(decision)
        } else if let Some(decision) = decision("Failed") {
            Self::Failed(decision)
        } else if decision("Approved").is_some() {
            Self::Approved
        } else {
            Self::Pending
        }
    }
}

impl Decision {
    /// Removes the words that `kubectl certificate deny` and `kube-enroll review` write by themselves: they are no
    /// reason of a person
    /// ([kubectl](https://kubernetes.io/docs/reference/kubectl/generated/kubectl_certificate/kubectl_certificate_deny/)).
    pub fn without_words_of_programs(mut self) -> Self {
        if self.reason == "KubectlDeny" || self.reason == DENIED_HERE {
            self.reason.clear();
        }
        if self.message == "This CSR was denied by kubectl certificate deny." {
            self.message.clear();
        }
        self
    }

    /// Returns whether the decision has neither a reason nor a message.
    pub fn is_silent(&self) -> bool {
        self.reason.is_empty() && self.message.is_empty()
    }
}

fn decode_text(base64: &str, field: &'static str) -> Result<String, Error> {
    Base64::decode_vec(base64).ok().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(|| {
        Error::InvalidObject {
            field,
            found: format!("{} characters that are not base64 of a text", base64.len()),
            expected: "base64 of PEM".into(),
        }
    })
}

/// The API group and version of [`CertificateSigningRequest`].
pub const API_VERSION: &str = "certificates.k8s.io/v1";

/// The only signer used: it issues client certificates for the API server and never approves by itself
/// ([signers](https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#kubernetes-signers)).
pub const SIGNER_NAME: &str = "kubernetes.io/kube-apiserver-client";

/// The requested usages: the only one that the signer allows.
pub const USAGES: [&str; 1] = ["client auth"];

/// The kind of [`CertificateSigningRequest`].
pub const KIND: &str = "CertificateSigningRequest";

/// The reason of a `Denied` condition that `kube-enroll review` writes; the person's own words are its message.
pub const DENIED_HERE: &str = "KubeEnrollDeny";

/// The annotation with the user who asked for an object. It counts only where `spec.username` is this server's own
/// account: anybody who may create CSRs can write it.
pub const USER_ANNOTATION: &str = "kube-enroll/user";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_the_words_of_a_person_alone() {
        let left = |reason: &str, message: &str| {
            let decision = Decision { reason: reason.into(), message: message.into() }.without_words_of_programs();
            (decision.reason, decision.message)
        };
        let words = |reason: &str, message: &str| (reason.to_owned(), message.to_owned());
        assert_eq!(left("KubectlDeny", "This CSR was denied by kubectl certificate deny."), words("", ""));
        assert_eq!(left(DENIED_HERE, "not you (denied by ann)"), words("", "not you (denied by ann)"));
        assert_eq!(left("NotYou", "ask first"), words("NotYou", "ask first"));
    }
}
