use http::{Method, Request, header};
use kube::client::Body;

/// Builds a request to the API server with the headers that are ours, and no other. A `body` is JSON; an empty one is
/// none.
///
/// # Errors
/// [`http::Error`] for a target that is none.
pub fn build_request(method: Method, target: &str, body: Vec<u8>) -> Result<Request<Body>, http::Error> {
    let mut request = Request::builder()
        .method(method)
        .uri(target)
        .header(header::ACCEPT, "application/json")
        // A watch is read line by line as it comes; Kubernetes 1.37 would compress it.
        .header(header::ACCEPT_ENCODING, "identity")
        .header(header::USER_AGENT, concat!("kube-enroll/", env!("CARGO_PKG_VERSION")));
    if !body.is_empty() {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    request.body(Body::from(body))
}
