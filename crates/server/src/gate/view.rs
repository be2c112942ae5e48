//! What is shown: only what this server has made, and of that only what an enrollment needs.

use kube_enroll_core::{
    CertificateSigningRequest, CertificateSigningRequestList, Status, WatchEvent,
    csr::{API_VERSION, SIGNER_NAME},
};
use serde::Serialize;
use serde_json::json;

use crate::{
    identity::{Person, USER_ANNOTATION},
    upstream::reduce,
};

/// The account that this server makes objects with: what others have made does not exist here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owner(pub(crate) String);

impl Owner {
    /// Returns the object as a person sees it, or nothing where it is not ours, or somebody else's.
    ///
    /// Core's types have no place for `managedFields`, labels, `spec.uid`, `spec.groups` and `spec.extra`, so those are
    /// gone once it is read; annotations are taken out here.
    pub(crate) fn object(
        &self,
        mut object: CertificateSigningRequest,
        person: Option<&Person>,
    ) -> Option<CertificateSigningRequest> {
        if !self.shows(&object, person) {
            return None;
        }
        object.metadata.annotations.clear();
        Some(CertificateSigningRequest {
            api_version: API_VERSION.into(),
            kind: "CertificateSigningRequest".into(),
            ..object
        })
    }

    /// Returns the list as a person sees it; its version stays, since a watch begins there.
    pub(crate) fn list(
        &self,
        list: CertificateSigningRequestList,
        person: Option<&Person>,
    ) -> CertificateSigningRequestList {
        CertificateSigningRequestList {
            api_version: API_VERSION.into(),
            kind: "CertificateSigningRequestList".into(),
            metadata: list.metadata,
            items: list
                .items
                .into_iter()
                .filter(|object| self.shows(object, person))
                .map(|mut object| {
                    object.metadata.annotations.clear();
                    object
                })
                .collect(),
        }
    }

    /// Returns the event as a line of a watch, or nothing where it is not about an object of ours.
    pub(crate) fn event(&self, event: WatchEvent, person: Option<&Person>) -> Option<Vec<u8>> {
        let shown = |kind: &str, object| self.object(object, person).map(|object| line(kind, &object));
        match event {
            WatchEvent::Added(object) => shown("ADDED", object),
            WatchEvent::Modified(object) => shown("MODIFIED", object),
            WatchEvent::Deleted(object) => shown("DELETED", object),
            WatchEvent::Bookmark { resource_version } => Some(line(
                "BOOKMARK",
                &json!({
                    "apiVersion": API_VERSION,
                    "kind": "CertificateSigningRequest",
                    "metadata": {"resourceVersion": resource_version},
                }),
            )),
            WatchEvent::Error(Status { code, reason, message, details, .. }) => {
                let found = Status { details, ..Status::failure(code, &reason, message) };
                Some(line("ERROR", &reduce::for_client(code, found)))
            }
        }
    }

    /// Tells whether an object was made by this server, and for this person: without an identity for nobody. What another
    /// account has made can carry any annotation.
    fn shows(&self, object: &CertificateSigningRequest, person: Option<&Person>) -> bool {
        object.spec.signer_name == SIGNER_NAME
            && object.spec.username == self.0
            && object.metadata.annotations.get(USER_ANNOTATION) == person.map(|person| &person.user)
    }
}

#[derive(Serialize)]
struct Event<'a, T> {
    #[serde(rename = "type")]
    kind: &'a str,
    object: &'a T,
}

fn line(kind: &str, object: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(&Event { kind, object }).expect("only strings, numbers and lists");
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    use kube_enroll_core::csr::{ObjectMeta, Spec};

    use super::*;

    fn object(signer_name: &str, username: &str) -> CertificateSigningRequest {
        CertificateSigningRequest {
            metadata: ObjectMeta { name: "jane-abcdefghij".into(), ..ObjectMeta::default() },
            spec: Spec { signer_name: signer_name.into(), username: username.into(), ..Spec::default() },
            ..CertificateSigningRequest::default()
        }
    }

    #[test]
    fn shows_only_objects_of_our_signer_and_our_account() {
        let owner = Owner("us".into());
        assert!(owner.object(object(SIGNER_NAME, "us"), None).is_some());
        for foreign in [object(SIGNER_NAME, "them"), object(SIGNER_NAME, ""), object("example.com/signer", "us")] {
            assert_eq!(owner.object(foreign.clone(), None), None);
            assert_eq!(owner.event(WatchEvent::Added(foreign.clone()), None), None);
            assert_eq!(owner.event(WatchEvent::Modified(foreign.clone()), None), None);
            assert_eq!(owner.event(WatchEvent::Deleted(foreign.clone()), None), None);
            let list = CertificateSigningRequestList { items: vec![foreign], ..Default::default() };
            assert_eq!(owner.list(list, None).items, []);
        }
    }

    #[test]
    fn shows_a_person_only_what_was_asked_for_in_their_name() {
        let owner = Owner("us".into());
        let person = |user: &str| Person { user: user.into(), groups: Vec::new() };
        let of = |user: Option<&str>| {
            let mut found = object(SIGNER_NAME, "us");
            found.metadata.annotations.extend(user.map(|user| (USER_ANNOTATION.into(), user.into())));
            found
        };
        let shown = owner.object(of(Some("jane")), Some(&person("jane"))).expect("her own");
        assert!(shown.metadata.annotations.is_empty());
        for (object, person) in
            [(of(Some("jane")), Some(person("joe"))), (of(Some("jane")), None), (of(None), Some(person("jane")))]
        {
            assert_eq!(owner.object(object, person.as_ref()), None);
        }
    }

    #[test]
    fn leaves_out_what_an_enrollment_does_not_need() {
        let found = r#"{
            "metadata": {"name": "jane-abcdefghij", "uid": "1", "resourceVersion": "2", "labels": {"leak": "x"},
                "annotations": {"leak": "x"}, "ownerReferences": [{"name": "leak"}], "managedFields": [{"manager": "leak"}]},
            "spec": {"signerName": "kubernetes.io/kube-apiserver-client", "username": "us", "uid": "leak",
                "groups": ["leak"], "extra": {"leak": ["leak"]}, "request": "AA==", "usages": ["client auth"]},
            "status": {"conditions": [{"type": "Approved", "status": "True", "message": "m", "lastTransitionTime": "leak"}]}
        }"#;
        let object = serde_json::from_str(found).expect("an object");
        let shown = Owner("us".into()).object(object, None).expect("an object of ours");
        let shown = serde_json::to_string(&shown).expect("JSON");
        assert!(!shown.contains("leak"), "{shown}");
        for kept in ["\"uid\":\"1\"", "\"resourceVersion\":\"2\"", "\"username\":\"us\"", "\"message\":\"m\""] {
            assert!(shown.contains(kept), "{kept} in {shown}");
        }
    }

    #[test]
    fn writes_events_that_core_reads_again() {
        let owner = Owner("us".into());
        let mut lines = owner.event(WatchEvent::Modified(object(SIGNER_NAME, "us")), None).expect("an event of ours");
        lines.extend(owner.event(WatchEvent::Bookmark { resource_version: "7".into() }, None).expect("a bookmark"));
        let expired = Status::failure(410, "Expired", "too old resource version: 1 (2)");
        lines.extend(owner.event(WatchEvent::Error(expired), None).expect("an error"));
        let events = kube_enroll_core::WatchDecoder::new().push(&lines).expect("a good stream");
        assert!(matches!(&events[0], WatchEvent::Modified(object) if object.metadata.name == "jane-abcdefghij"));
        assert_eq!(events[1], WatchEvent::Bookmark { resource_version: "7".into() });
        assert!(matches!(&events[2], WatchEvent::Error(status) if status.is_expired()));
    }
}
