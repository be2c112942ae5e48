//! The bodies of responses, built from reduced objects.

use bytes::Bytes;
use kube_enroll_core::csr::{API_VERSION, KIND};
use serde_json::json;

/// Writes the list of at most one CSR, given as JSON; a watch begins at its version.
pub(crate) fn list(version: u64, item: Option<&[u8]>) -> Bytes {
    let head = format!(
        r#"{{"apiVersion":"{API_VERSION}","kind":"{KIND}List","metadata":{{"resourceVersion":"{version}"}},"items":["#
    );
    [head.as_bytes(), item.unwrap_or_default(), b"]}"].concat().into()
}

/// Writes the line of a watch with an event of this type (`ADDED`, `MODIFIED`, `DELETED`), of a CSR, or `ERROR`, of a
/// `Status`, each given as JSON.
pub(crate) fn event(kind: &str, object: &[u8]) -> Bytes {
    [br#"{"type":""#, kind.as_bytes(), br#"","object":"#, object, b"}\n"].concat().into()
}

/// Writes the line of a watch which says that nothing has happened up to a version.
pub(crate) fn bookmark(version: u64) -> Bytes {
    let event = json!({
        "type": "BOOKMARK",
        "object": {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "metadata": {"resourceVersion": version.to_string()},
        },
    });
    format!("{event}\n").into()
}

/// Writes the ConfigMap `kube-public/cluster-info` around its kubeconfig.
pub(crate) fn cluster_info(kubeconfig: &str) -> Bytes {
    let object = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "cluster-info", "namespace": "kube-public"},
        "data": {"kubeconfig": kubeconfig},
    });
    object.to_string().into()
}

#[cfg(test)]
mod tests {
    use kube_enroll_core::{
        CertificateSigningRequest, CertificateSigningRequestList, WatchDecoder, WatchEvent,
        csr::{ObjectMeta, SIGNER_NAME, Spec},
    };

    use super::*;
    use crate::kubernetes::csr::ServiceAccount;

    #[test]
    fn writes_lists_and_events_that_core_reads_again() {
        let found = CertificateSigningRequest {
            metadata: ObjectMeta {
                name: "jane-abcdefghij".into(),
                resource_version: "7".into(),
                ..ObjectMeta::default()
            },
            spec: Spec { signer_name: SIGNER_NAME.into(), username: "us".into(), ..Spec::default() },
            ..CertificateSigningRequest::default()
        };
        let visible = ServiceAccount::new("us", &[]).visible(found.clone()).expect("an object of ours");
        let expected = CertificateSigningRequest { api_version: API_VERSION.into(), kind: KIND.into(), ..found };
        let json = visible.to_json();
        let lines = [event("MODIFIED", &json), bookmark(9)].concat();
        let events = WatchDecoder::new().push(&lines).expect("a good stream");
        assert_eq!(
            events,
            [WatchEvent::Modified(expected.clone()), WatchEvent::Bookmark { resource_version: "9".into() }]
        );
        for (item, items) in [(None, vec![]), (Some(&*json), vec![expected])] {
            let read: CertificateSigningRequestList = serde_json::from_slice(&list(8, item)).expect("a list");
            assert_eq!((&*read.kind, &*read.metadata.resource_version), ("CertificateSigningRequestList", "8"));
            assert_eq!(read.items, items);
        }
    }
}
