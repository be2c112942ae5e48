use kube_enroll_core::{
    CertificateSigningRequest, CertificateSigningRequestList, Status, StatusCause, StatusDetails, WatchEvent,
    csr::{Condition, ListMeta, ObjectMeta, RequestStatus, Spec},
};

use super::Value;

/// Reads a CertificateSigningRequest, as leniently as serde does.
pub(crate) fn request<V: Value>(value: &V) -> CertificateSigningRequest {
    CertificateSigningRequest {
        api_version: value.text_of("apiVersion"),
        kind: value.text_of("kind"),
        metadata: value.field("metadata").map(|metadata| meta(&metadata)).unwrap_or_default(),
        spec: value.field("spec").map(|spec| self::spec(&spec)).unwrap_or_default(),
        status: value.field("status").map(|status| RequestStatus {
            conditions: status.elements_of("conditions").iter().map(condition).collect(),
            certificate: status.text_of("certificate"),
        }),
    }
}

/// Writes what is sent to create one.
pub(crate) fn write_request<V: Value>(request: &CertificateSigningRequest) -> V {
    let Spec { request: pem, signer_name, expiration_seconds, usages, .. } = &request.spec;
    let mut spec = vec![
        ("request", V::of_text(pem)),
        ("signerName", V::of_text(signer_name)),
        ("usages", V::of_elements(usages.iter().map(|usage| V::of_text(usage)).collect())),
    ];
    #[allow(clippy::cast_precision_loss, reason = "an int32 by the API")]
    spec.extend(expiration_seconds.map(|seconds| ("expirationSeconds", V::of_number(seconds as f64))));
    V::of_fields(vec![
        ("apiVersion", V::of_text(&request.api_version)),
        ("kind", V::of_text(&request.kind)),
        ("metadata", V::of_fields(vec![("name", V::of_text(&request.metadata.name))])),
        ("spec", V::of_fields(spec)),
    ])
}

pub(crate) fn list<V: Value>(value: &V) -> CertificateSigningRequestList {
    CertificateSigningRequestList {
        api_version: value.text_of("apiVersion"),
        kind: value.text_of("kind"),
        metadata: ListMeta {
            resource_version: value.field("metadata").map(|meta| meta.text_of("resourceVersion")).unwrap_or_default(),
        },
        items: value.elements_of("items").iter().map(request).collect(),
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a code of three digits, and some seconds")]
pub(crate) fn status<V: Value>(value: &V) -> Status {
    let cause = |cause: &V| StatusCause {
        field: cause.text_of("field"),
        message: cause.text_of("message"),
        reason: cause.text_of("reason"),
    };
    Status {
        api_version: value.text_of("apiVersion"),
        kind: value.text_of("kind"),
        status: value.text_of("status"),
        message: value.text_of("message"),
        reason: value.text_of("reason"),
        code: value.number_of("code") as u16,
        details: value.field("details").map(|details| StatusDetails {
            retry_after_seconds: details.number_of("retryAfterSeconds") as u32,
            causes: details.elements_of("causes").iter().map(cause).collect(),
        }),
    }
}

/// Reads one event of a watch; nothing for types that are not known.
pub(crate) fn event<V: Value>(value: &V) -> Option<WatchEvent> {
    let object = value.field("object")?;
    Some(match value.text_of("type").as_str() {
        "ADDED" => WatchEvent::Added(request(&object)),
        "MODIFIED" => WatchEvent::Modified(request(&object)),
        "DELETED" => WatchEvent::Deleted(request(&object)),
        "BOOKMARK" => WatchEvent::Bookmark { resource_version: request(&object).metadata.resource_version },
        "ERROR" => WatchEvent::Error(status(&object)),
        _ => return None,
    })
}

/// Reads the kubeconfig out of the ConfigMap `kube-public/cluster-info`.
pub(crate) fn kubeconfig_of_config_map<V: Value>(value: &V) -> Option<String> {
    value.field("data")?.field("kubeconfig")?.text()
}

#[allow(
    clippy::needless_update,
    reason = "with core's feature x509, as in a test of the whole workspace, there is one field more"
)]
fn meta<V: Value>(value: &V) -> ObjectMeta {
    ObjectMeta {
        name: value.text_of("name"),
        uid: value.text_of("uid"),
        resource_version: value.text_of("resourceVersion"),
        creation_timestamp: value.text_of("creationTimestamp"),
        ..ObjectMeta::default()
    }
}

#[allow(clippy::cast_possible_truncation, reason = "an int32 by the API")]
fn spec<V: Value>(value: &V) -> Spec {
    Spec {
        request: value.text_of("request"),
        signer_name: value.text_of("signerName"),
        expiration_seconds: value.field("expirationSeconds").and_then(|seconds| seconds.number()).map(|n| n as i64),
        usages: value.texts_of("usages"),
        username: value.text_of("username"),
    }
}

fn condition<V: Value>(value: &V) -> Condition {
    Condition {
        kind: value.text_of("type"),
        status: value.text_of("status"),
        reason: value.text_of("reason"),
        message: value.text_of("message"),
        last_update_time: value.text_of("lastUpdateTime"),
    }
}
