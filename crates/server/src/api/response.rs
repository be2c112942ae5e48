//! The bodies of responses, built from reduced objects.

use bytes::Bytes;
use kube_enroll_core::csr::{API_VERSION, KIND};
use serde_json::json;

use crate::kubernetes::csr::VisibleCsr;

/// Writes a CSR.
pub(crate) fn csr(csr: &VisibleCsr) -> Bytes {
    serde_json::to_vec(csr.object()).expect("only strings, numbers and lists").into()
}

/// Writes the list of at most one CSR; a watch begins at its version.
pub(crate) fn list(version: u64, item: Option<&VisibleCsr>) -> Bytes {
    let head = format!(
        r#"{{"apiVersion":"{API_VERSION}","kind":"{KIND}List","metadata":{{"resourceVersion":"{version}"}},"items":["#
    );
    let item = item.map(csr).unwrap_or_default();
    [head.as_bytes(), &item, b"]}"].concat().into()
}

/// Writes the line of a watch with an event of this type (`ADDED`, `MODIFIED`, `DELETED`).
pub(crate) fn event(kind: &str, item: &VisibleCsr) -> Bytes {
    [br#"{"type":""#, kind.as_bytes(), br#"","object":"#, &csr(item), b"}\n"].concat().into()
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
        let lines = [event("MODIFIED", &visible), bookmark(9)].concat();
        let events = WatchDecoder::new().push(&lines).expect("a good stream");
        assert_eq!(
            events,
            [WatchEvent::Modified(expected.clone()), WatchEvent::Bookmark { resource_version: "9".into() }]
        );
        for (item, items) in [(None, vec![]), (Some(&visible), vec![expected])] {
            let read: CertificateSigningRequestList = serde_json::from_slice(&list(8, item)).expect("a list");
            assert_eq!((&*read.kind, &*read.metadata.resource_version), ("CertificateSigningRequestList", "8"));
            assert_eq!(read.items, items);
        }
    }
}
