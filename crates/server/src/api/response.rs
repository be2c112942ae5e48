//! The visible part of objects: only what this server has made, to its person, and of that only what an enrollment
//! needs.

use bytes::Bytes;
use kube_enroll_core::{
    CertificateSigningRequest, CsrState,
    csr::{API_VERSION, SIGNER_NAME},
};
use serde_json::json;

use crate::identity::{Person, USER_ANNOTATION};

/// The account that this server makes objects with: what others have made does not exist here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServiceAccount(pub(crate) String);

/// An object of this server, as its person sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct VisibleCsr {
    /// Whom it was made for; nobody where nobody was known.
    pub(crate) user: Option<Box<str>>,
    /// Which object it is: another one under the same name has another.
    pub(crate) uid: Box<str>,
    /// Its version, as a number; 0 where it is none.
    pub(crate) version: u64,
    /// Nobody has decided on it.
    pub(crate) pending: bool,
    json: Bytes,
}

impl ServiceAccount {
    /// Returns an object as it is visible, or `None` if this server has not made it: what another account has made
    /// can carry any annotation.
    ///
    /// Core's types have no place for `managedFields`, labels, `spec.uid`, `spec.groups` and `spec.extra`, so those are
    /// gone once it is read; annotations are taken out here.
    pub(crate) fn visible(&self, mut object: CertificateSigningRequest) -> Option<VisibleCsr> {
        if object.spec.signer_name != SIGNER_NAME || object.spec.username != self.0 {
            return None;
        }
        let user = object.metadata.annotations.remove(USER_ANNOTATION).map(String::into_boxed_str);
        object.metadata.annotations.clear();
        object.api_version = API_VERSION.into();
        object.kind = "CertificateSigningRequest".into();
        Some(VisibleCsr {
            user,
            uid: object.metadata.uid.as_str().into(),
            version: object.metadata.resource_version.parse().unwrap_or(0),
            pending: object.state() == Ok(CsrState::Pending),
            json: serde_json::to_vec(&object).expect("only strings, numbers and lists").into(),
        })
    }
}

impl VisibleCsr {
    /// Tells whether this is the same object, of the same person.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        (&self.uid, &self.user) == (&other.uid, &other.user)
    }

    /// Tells whether the object was made for this person: without an identity for nobody.
    pub(crate) fn is_for(&self, person: Option<&Person>) -> bool {
        self.user.as_deref() == person.map(|person| &*person.user)
    }

    /// Returns the object as JSON.
    pub(crate) fn json(&self) -> Bytes {
        self.json.clone()
    }

    /// Returns the object as a line of a watch; `kind` is the type of the event.
    pub(crate) fn event(&self, kind: &str) -> Bytes {
        [br#"{"type":""#, kind.as_bytes(), br#"","object":"#, &self.json, b"}\n"].concat().into()
    }
}

/// Writes the list of at most one object; a watch begins at its version.
pub(crate) fn list(version: u64, item: Option<&VisibleCsr>) -> Bytes {
    let head = format!(
        r#"{{"apiVersion":"{API_VERSION}","kind":"CertificateSigningRequestList","metadata":{{"resourceVersion":"{version}"}},"items":["#
    );
    let item = item.map(VisibleCsr::json).unwrap_or_default();
    [head.as_bytes(), &item, b"]}"].concat().into()
}

/// Writes the line of a watch that says that nothing has happened up to a version.
pub(crate) fn bookmark(version: u64) -> Bytes {
    let event = json!({
        "type": "BOOKMARK",
        "object": {
            "apiVersion": API_VERSION,
            "kind": "CertificateSigningRequest",
            "metadata": {"resourceVersion": version.to_string()},
        },
    });
    format!("{event}\n").into()
}

#[cfg(test)]
mod tests {
    use kube_enroll_core::{
        CertificateSigningRequestList, WatchDecoder, WatchEvent,
        csr::{ObjectMeta, Spec},
    };

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
        let account = ServiceAccount("us".into());
        let csr = account.visible(object(SIGNER_NAME, "us")).expect("ours");
        assert_eq!((csr.version, csr.pending, csr.user), (7, true, None));
        for foreign in [object(SIGNER_NAME, "them"), object(SIGNER_NAME, ""), object("example.com/signer", "us")] {
            assert_eq!(account.visible(foreign), None);
        }
    }

    #[test]
    fn shows_a_person_only_what_was_asked_for_in_their_name() {
        let person = |user: &str| Person { user: user.into(), groups: Vec::new() };
        let of = |user: Option<&str>| {
            let mut found = object(SIGNER_NAME, "us");
            found.metadata.annotations.extend(user.map(|user| (USER_ANNOTATION.into(), user.into())));
            ServiceAccount("us".into()).visible(found).expect("ours")
        };
        assert!(of(Some("jane")).is_for(Some(&person("jane"))) && of(None).is_for(None));
        for (csr, person) in
            [(of(Some("jane")), Some(person("joe"))), (of(Some("jane")), None), (of(None), Some(person("jane")))]
        {
            assert!(!csr.is_for(person.as_ref()), "{csr:?} {person:?}");
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
        let csr = ServiceAccount("us".into()).visible(object).expect("an object of ours");
        assert!(!csr.pending);
        let csr = String::from_utf8_lossy(&csr.json()).into_owned();
        assert!(!csr.contains("leak"), "{csr}");
        for kept in ["\"uid\":\"1\"", "\"resourceVersion\":\"2\"", "\"username\":\"us\"", "\"message\":\"m\""] {
            assert!(csr.contains(kept), "{kept} in {csr}");
        }
    }

    #[test]
    fn writes_lists_and_events_that_core_reads_again() {
        let found = object(SIGNER_NAME, "us");
        let csr = ServiceAccount("us".into()).visible(found.clone()).expect("an object of ours");
        let expected = CertificateSigningRequest {
            api_version: API_VERSION.into(),
            kind: "CertificateSigningRequest".into(),
            ..found
        };
        let lines = [csr.event("MODIFIED"), bookmark(9)].concat();
        let events = WatchDecoder::new().push(&lines).expect("a good stream");
        assert_eq!(
            events,
            [WatchEvent::Modified(expected.clone()), WatchEvent::Bookmark { resource_version: "9".into() }]
        );
        for (item, items) in [(None, vec![]), (Some(&csr), vec![expected])] {
            let read: CertificateSigningRequestList = serde_json::from_slice(&list(8, item)).expect("a list");
            assert_eq!((&*read.kind, &*read.metadata.resource_version), ("CertificateSigningRequestList", "8"));
            assert_eq!(read.items, items);
        }
    }
}
