//! The CSRs of this server's own account, reduced to what an enrollment needs.

use std::sync::Arc;

use bytes::Bytes;
use kube_enroll_core::{
    CertificateSigningRequest, CsrState,
    csr::{API_VERSION, KIND, SIGNER_NAME, USER_ANNOTATION},
};

/// The account that this server creates CSRs with: CSRs of other accounts do not exist here.
#[derive(Clone, Debug)]
pub(crate) struct ServiceAccount {
    name: Arc<str>,
    /// All names of it: first those that an operator has configured, then those that it had and has, the oldest first.
    names: Arc<[String]>,
    configured: usize,
}

/// A CSR of this server's account, without the fields that no client may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct VisibleCsr {
    user: Option<Box<str>>,
    version: u64,
    object: CertificateSigningRequest,
}

impl ServiceAccount {
    /// Makes the account of this name. CSRs of the configured names count as well: of an earlier name, or of other
    /// replicas.
    pub(crate) fn new(name: &str, configured: &[String]) -> Self {
        let account = Self { name: name.into(), names: configured.into(), configured: configured.len() };
        account.renamed(name)
    }

    /// Returns the present name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Returns whether CSRs of this `spec.username` are its own.
    pub(crate) fn has_name(&self, username: &str) -> bool {
        self.names.iter().any(|name| name == username)
    }

    /// Returns whether the same CSRs belong to both.
    pub(crate) fn has_same_names(&self, other: &Self) -> bool {
        self.names == other.names
    }

    /// Returns the account under another name. CSRs of its former names stay its own.
    pub(crate) fn renamed(&self, name: &str) -> Self {
        let mut names = self.names.to_vec();
        if !self.has_name(name) {
            names.push(name.to_owned());
            if names.len() > self.configured + MAX_NAMES {
                names.remove(self.configured);
            }
        }
        Self { name: name.into(), names: names.into(), configured: self.configured }
    }

    /// Reduces a CSR to what is visible, or returns `None` if another account created it, which could write any
    /// annotation.
    ///
    /// Core's types have no place for `managedFields`, labels, `spec.uid`, `spec.groups` and `spec.extra`, so those are
    /// gone once an object is read; annotations are removed here.
    pub(crate) fn visible(&self, mut object: CertificateSigningRequest) -> Option<VisibleCsr> {
        if object.spec.signer_name != SIGNER_NAME || !self.has_name(&object.spec.username) {
            return None;
        }
        let user = object.metadata.annotations.remove(USER_ANNOTATION).map(String::into_boxed_str);
        object.metadata.annotations.clear();
        object.api_version = API_VERSION.into();
        object.kind = KIND.into();
        Some(VisibleCsr { user, version: version_number(&object.metadata.resource_version), object })
    }
}

impl VisibleCsr {
    /// Returns the object's name.
    pub(crate) fn name(&self) -> &str {
        &self.object.metadata.name
    }

    /// Returns `metadata.uid`, which another object under the same name does not have.
    pub(crate) fn uid(&self) -> &str {
        &self.object.metadata.uid
    }

    /// Returns the resource version, as a number.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// Returns the reduced object.
    pub(crate) fn object(&self) -> &CertificateSigningRequest {
        &self.object
    }

    /// Writes the reduced object, as clients see it.
    pub(crate) fn to_json(&self) -> Bytes {
        serde_json::to_vec(&self.object).expect("only strings, numbers and lists").into()
    }

    /// Returns the person who was signed in when it was asked for, or `None` without an identity.
    pub(crate) fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// Returns whether nobody has decided on the CSR.
    pub(crate) fn is_pending(&self) -> bool {
        self.object.state() == Ok(CsrState::Pending)
    }
}

/// Parses a resource version; 0 if it is no number. The order is used only for objects that are read beside the watch,
/// and a cluster whose versions are no numbers (there is none) would be followed all the same.
pub(crate) fn version_number(version: &str) -> u64 {
    version.parse().unwrap_or(0)
}

/// The names that are remembered besides the configured ones. Where each session has a name of its own, they are those
/// of more than two days of one-hour sessions; Kubernetes deletes a CSR that nobody has decided on after one.
const MAX_NAMES: usize = 64;

/// The annotation with the fingerprint of the key, as openssl prints it, for `kubectl describe csr`. It counts where
/// [`USER_ANNOTATION`] does.
pub(crate) const FINGERPRINT_ANNOTATION: &str = "kube-enroll/fingerprint";

/// The annotation with what an approver should look at twice. It counts where [`USER_ANNOTATION`] does.
pub(crate) const WARNING_ANNOTATION: &str = "kube-enroll/warning";

#[cfg(test)]
mod tests {
    use kube_enroll_core::csr::{ObjectMeta, Spec};

    use super::*;

    fn object(signer_name: &str, username: &str) -> CertificateSigningRequest {
        CertificateSigningRequest {
            metadata: ObjectMeta {
                name: "jane-abcdefghij".into(),
                resource_version: "7".into(),
                ..ObjectMeta::default()
            },
            spec: Spec { signer_name: signer_name.into(), username: username.into(), ..Spec::default() },
            ..CertificateSigningRequest::default()
        }
    }

    #[test]
    fn shows_only_objects_of_our_signer_and_our_account() {
        let account = ServiceAccount::new("us", &[]);
        let csr = account.visible(object(SIGNER_NAME, "us")).expect("ours");
        assert_eq!((csr.version(), csr.is_pending(), csr.user()), (7, true, None));
        for foreign in [object(SIGNER_NAME, "them"), object(SIGNER_NAME, ""), object("example.com/signer", "us")] {
            assert_eq!(account.visible(foreign), None);
        }
    }

    #[test]
    fn shows_objects_of_former_and_of_configured_names() {
        let account = ServiceAccount::new("us", &["us-before".into()]).renamed("us-now");
        assert_eq!(account.name(), "us-now");
        for own in ["us", "us-before", "us-now"] {
            assert!(account.visible(object(SIGNER_NAME, own)).is_some(), "{own}");
        }
        assert_eq!(account.visible(object(SIGNER_NAME, "them")), None);
        assert!(account.has_same_names(&account.renamed("us")), "a name that is known brings no other objects");
        assert!(!account.has_same_names(&account.renamed("us-later")));
    }

    #[test]
    fn remembers_a_bounded_number_of_former_names_and_all_configured_ones() {
        let sessions = (0..3 * MAX_NAMES).map(|session| format!("session-{session}"));
        let account = sessions.fold(ServiceAccount::new("us", &["us-before".into()]), |us, name| us.renamed(&name));
        assert_eq!(account.names.len(), MAX_NAMES + 1);
        assert!(account.has_name("us-before") && account.has_name(account.name()) && !account.has_name("session-0"));
    }

    #[test]
    fn knows_in_whose_name_an_object_was_asked_for() {
        for user in [Some("jane"), None] {
            let mut found = object(SIGNER_NAME, "us");
            found.metadata.annotations.extend(user.map(|user| (USER_ANNOTATION.into(), user.into())));
            let csr = ServiceAccount::new("us", &[]).visible(found).expect("ours");
            assert_eq!(csr.user(), user);
        }
    }

    #[test]
    fn leaves_out_what_an_enrollment_does_not_need() {
        let found = r#"{
            "metadata": {"name": "jane-abcdefghij", "uid": "1", "resourceVersion": "2", "labels": {"leak": "x"},
                "annotations": {"leak": "x", "kube-enroll/user": "leak"}, "ownerReferences": [{"name": "leak"}],
                "managedFields": [{"manager": "leak"}]},
            "spec": {"signerName": "kubernetes.io/kube-apiserver-client", "username": "us", "uid": "leak",
                "groups": ["leak"], "extra": {"leak": ["leak"]}, "request": "AA==", "usages": ["client auth"]},
            "status": {"conditions": [{"type": "Approved", "status": "True", "message": "m", "lastTransitionTime": "leak"}]}
        }"#;
        let object = serde_json::from_str(found).expect("an object");
        let csr = ServiceAccount::new("us", &[]).visible(object).expect("an object of ours");
        assert!(!csr.is_pending());
        let json = serde_json::to_string(csr.object()).expect("JSON");
        assert!(!json.contains("leak"), "{json}");
        for kept in ["\"uid\":\"1\"", "\"resourceVersion\":\"2\"", "\"username\":\"us\"", "\"message\":\"m\""] {
            assert!(json.contains(kept), "{kept} in {json}");
        }
    }
}
