//! The hand-written types of the wire against those that are generated from Kubernetes' own OpenAPI.

use std::collections::BTreeMap;

use k8s_openapi::{
    ByteString,
    api::certificates::v1 as k8s,
    apimachinery::pkg::apis::meta::v1::{ObjectMeta, Status as K8sStatus, StatusDetails},
};
use kube_enroll_core::{
    CertificateSigningRequest, CsrState, ObjectName, Status, WatchDecoder, WatchEvent, csr::Decision,
};

const PEM: &str = "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n";

/// An object with every field of the specification set.
fn full() -> k8s::CertificateSigningRequest {
    let condition = |type_: &str| k8s::CertificateSigningRequestCondition {
        type_: type_.into(),
        status: "True".into(),
        reason: Some("reason".into()),
        message: Some("<script>".into()),
        ..Default::default()
    };
    k8s::CertificateSigningRequest {
        metadata: ObjectMeta {
            name: Some("jane-aaaaaaaaaa".into()),
            uid: Some("uid".into()),
            resource_version: Some("7".into()),
            labels: Some(BTreeMap::from([("a".into(), "b".into())])),
            annotations: Some(BTreeMap::from([("a".into(), "b".into())])),
            finalizers: Some(vec!["x/y".into()]),
            managed_fields: Some(vec![Default::default()]),
            ..Default::default()
        },
        spec: k8s::CertificateSigningRequestSpec {
            request: ByteString(PEM.into()),
            signer_name: "kubernetes.io/kube-apiserver-client".into(),
            expiration_seconds: Some(600),
            usages: Some(vec!["client auth".into()]),
            username: Some("system:serviceaccount:a:b".into()),
            uid: Some("u".into()),
            groups: Some(vec!["g".into()]),
            extra: Some(BTreeMap::from([("k".into(), vec!["v".into()])])),
        },
        status: Some(k8s::CertificateSigningRequestStatus {
            certificate: Some(ByteString(b"chain".to_vec())),
            conditions: Some(vec![condition("Approved")]),
        }),
    }
}

fn ours(object: &k8s::CertificateSigningRequest) -> CertificateSigningRequest {
    serde_json::from_str(&serde_json::to_string(object).expect("JSON")).expect("an object")
}

#[test]
fn reads_every_field_that_kubernetes_writes() {
    let object = ours(&full());
    assert_eq!(object.api_version, "certificates.k8s.io/v1");
    assert_eq!(object.metadata.name, "jane-aaaaaaaaaa");
    assert_eq!(object.metadata.uid, "uid");
    assert_eq!(object.metadata.resource_version, "7");
    assert_eq!(object.request_pem().as_deref(), Ok(PEM));
    assert_eq!(object.spec.expiration_seconds, Some(600));
    assert_eq!(object.spec.usages, ["client auth"]);
    assert_eq!(object.spec.username, "system:serviceaccount:a:b");
    assert_eq!(object.state(), Ok(CsrState::Issued { certificate_pem: "chain".into() }));
}

#[test]
fn writes_an_object_that_kubernetes_reads() {
    let name = ObjectName::parse("jane-aaaaaaaaaa").expect("a name");
    let json = serde_json::to_string(&CertificateSigningRequest::new(&name, PEM, 600)).expect("JSON");
    let read: k8s::CertificateSigningRequest = serde_json::from_str(&json).expect("an object of Kubernetes");
    let expected = k8s::CertificateSigningRequest {
        metadata: ObjectMeta { name: Some("jane-aaaaaaaaaa".into()), ..Default::default() },
        spec: k8s::CertificateSigningRequestSpec {
            username: None,
            uid: None,
            groups: None,
            extra: None,
            ..full().spec
        },
        status: None,
    };
    assert_eq!(read, expected);
}

#[test]
fn derives_the_state_from_conditions_and_certificate() {
    let state = |types: &[&str], certificate: &[u8]| {
        let mut object = full();
        let template = object.status.clone().and_then(|status| status.conditions).unwrap_or_default().remove(0);
        let conditions = types
            .iter()
            .map(|type_| k8s::CertificateSigningRequestCondition { type_: (*type_).into(), ..template.clone() });
        object.status = Some(k8s::CertificateSigningRequestStatus {
            certificate: (!certificate.is_empty()).then(|| ByteString(certificate.to_vec())),
            conditions: Some(conditions.collect()),
        });
        ours(&object).state().expect("a state")
    };
    let (reason, message) = ("reason".to_owned(), "<script>".to_owned());
    assert_eq!(state(&[], b""), CsrState::Pending);
    assert_eq!(state(&["Approved"], b""), CsrState::Approved);
    assert_eq!(state(&["Approved"], b"c"), CsrState::Issued { certificate_pem: "c".into() });
    assert_eq!(
        state(&["Denied"], b""),
        CsrState::Denied(Decision { reason: reason.clone(), message: message.clone() })
    );
    assert_eq!(state(&["Approved", "Failed"], b""), CsrState::Failed(Decision { reason, message }));
    assert_eq!(ours(&k8s::CertificateSigningRequest { status: None, ..full() }).state(), Ok(CsrState::Pending));
}

#[test]
fn reads_a_status_as_kubernetes_writes_it() {
    let status = K8sStatus {
        code: Some(410),
        reason: Some("Expired".into()),
        message: Some("too old".into()),
        status: Some("Failure".into()),
        details: Some(StatusDetails { retry_after_seconds: Some(3), ..Default::default() }),
        ..Default::default()
    };
    let json = serde_json::to_string(&status).expect("JSON");
    let read: Status = serde_json::from_str(&json).expect("a Status");
    assert!(read.is_expired());
    assert_eq!(read.details.map(|details| details.retry_after_seconds), Some(3));
    let event = format!("{{\"type\":\"ERROR\",\"object\":{json}}}\n");
    let events = WatchDecoder::new().push(event.as_bytes()).expect("an event");
    assert!(matches!(&events[..], [WatchEvent::Error(status)] if status.code == 410));

    let ours = serde_json::to_string(&Status::failure(403, "Forbidden", "no")).expect("JSON");
    let theirs: K8sStatus = serde_json::from_str(&ours).expect("a Status of Kubernetes");
    assert_eq!(
        (theirs.code, theirs.reason.as_deref(), theirs.message.as_deref()),
        (Some(403), Some("Forbidden"), Some("no"))
    );
}
