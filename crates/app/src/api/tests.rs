use kube_enroll_core::{CertificateSigningRequest, ObjectName, Status};

use super::{
    response::{Response, judge},
    *,
};

mod answers;
mod endpoints;
mod judgements;

fn name() -> ObjectName {
    ObjectName::new("jane", None, [0; 7])
}

fn create() -> Call {
    Call::Create(Box::new(CertificateSigningRequest::new(&name(), "PEM", 600)))
}

/// Everything that is asked of the Kubernetes API.
fn calls_to_kubernetes() -> [Call; 6] {
    [
        Call::ClusterInfo,
        create(),
        Call::Adopt(name()),
        Call::List(name()),
        Call::Watch(name(), "7".into()),
        Call::Read(name()),
    ]
}

fn response(status: u16, content_type: &str, body: &str) -> Response {
    Response { status, content_type: content_type.into(), body: body.into(), ..Response::default() }
}

fn json(status: u16, body: &str) -> Response {
    response(status, "application/json", body)
}

fn html(status: u16) -> Response {
    response(status, "text/html; charset=utf-8", "<html>")
}

fn unreachable_for(reason: &str, retry_after_ms: f64) -> Failure {
    Failure::Unreachable { reason: reason.into(), retry_after_ms }
}
