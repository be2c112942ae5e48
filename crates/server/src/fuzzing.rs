//! Invariants of every input, called by the fuzzers of `fuzz/` and by the mutations of golden files in the tests.
//! Each function panics where it does not hold.

use http::Method;
use kube_enroll_core::{CLUSTER_INFO_PATH, CSRS_PATH, ObjectName, Policy, WatchDecoder};
use kube_enroll_x509::CertificationRequest;

use crate::{
    api::{
        admission,
        operation::{Operation, WatchOptions},
    },
    cache::model,
    http::strict::heads::Heads,
    limits::ByteSize,
};

/// The heads of a connection: however the bytes are cut, the verdict is the same; and the first head that passes is the
/// same head to hyper's parser, with the same end, one Host, and one framing.
pub fn heads(bytes: &[u8]) {
    let mut whole = Heads::default();
    let verdict = whole.judge(bytes);
    let (mut bytewise, mut first_end) = (Heads::default(), None);
    let mut bytewise_verdict = Ok(());
    for (index, byte) in bytes.iter().enumerate() {
        bytewise_verdict = bytewise.judge(std::slice::from_ref(byte));
        if bytewise_verdict.is_err() {
            break;
        }
        if bytewise.complete() > 0 && first_end.is_none() {
            first_end = Some(index + 1);
        }
    }
    assert_eq!((verdict, whole.complete()), (bytewise_verdict, bytewise.complete()), "the cuts make a difference");
    let Some(end) = first_end else { return };

    let mut fields = [httparse::EMPTY_HEADER; 256];
    let mut request = httparse::Request::new(&mut fields);
    match request.parse(bytes) {
        Ok(status) => assert_eq!(status, httparse::Status::Complete(end), "hyper sees another end"),
        // hyper answers these itself, and closes.
        Err(_) => return,
    }
    let values = |name: &str| -> Vec<&[u8]> {
        request.headers.iter().filter(|field| field.name.eq_ignore_ascii_case(name)).map(|field| field.value).collect()
    };
    let (hosts, lengths, encodings) = (values("host"), values("content-length"), values("transfer-encoding"));
    let is_http_1_0 = request.version == Some(0);
    assert!(hosts.len() == 1 || is_http_1_0 && hosts.is_empty(), "Hosts: {hosts:?}");
    assert!(lengths.len() + encodings.len() <= 1, "two framings");
    assert!(encodings.iter().all(|encoding| encoding == b"chunked"), "encodings: {encodings:?}");
    // hyper refuses these, beyond its parser of heads.
    let is_number = |length: &&[u8]| !length.is_empty() && length.iter().all(u8::is_ascii_digit);
    if !lengths.iter().all(is_number) || is_http_1_0 && !encodings.is_empty() {
        return;
    }
    let has_body = !encodings.is_empty() || lengths.iter().any(|length| length.iter().any(|digit| *digit != b'0'));
    assert!(!has_body || whole.complete() == 1, "a head was read behind a body");
}

/// A method and a target, with a space between them: an operation that is accepted means the same when its parts are
/// written anew.
pub fn target(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Some((method, target)) = text.split_once(' ') else { return };
    let Ok(method) = method.parse::<Method>() else { return };
    let parse = |target: &str| match target.split_once('?') {
        Some((path, query)) => Operation::parse(&method, path, Some(query)),
        None => Operation::parse(&method, target, None),
    };
    let Ok(operation) = parse(target) else { return };
    let again = match &operation {
        Operation::Create => CSRS_PATH.to_owned(),
        Operation::Get(name) => format!("{CSRS_PATH}/{name}"),
        Operation::GetOther(name) => format!("{CSRS_PATH}/{name}"),
        Operation::List(name) => format!("{CSRS_PATH}?fieldSelector=metadata.name%3D{name}"),
        Operation::Watch(name, options) => watch_target(name, options),
        Operation::ClusterInfo => CLUSTER_INFO_PATH.to_owned(),
    };
    assert!(again.bytes().all(|byte| byte.is_ascii_graphic()), "{again:?} is no target");
    assert_eq!(parse(&again).ok(), Some(operation), "{again}");
}

/// The body of a create: what is built from it is exactly what is built from that.
pub fn body(bytes: &[u8]) {
    let admit = |bytes: &[u8]| {
        let mut object = admission::admit(bytes, &Policy::default(), None, |_, _| {}).ok()?;
        // The server's own, which no client may send.
        object.metadata.annotations.clear();
        Some(object)
    };
    let Some(object) = admit(bytes) else { return };
    let pem = object.request_pem().expect("the server has written it");
    let request = CertificationRequest::parse_pem(&pem).expect("the server has encoded it");
    let name = ObjectName::parse(&object.metadata.name).expect("it was parsed before");
    name.check_user(request.subject().user()).expect("it was checked before");
    let again = serde_json::to_vec(&object).expect("only strings and numbers");
    assert_eq!(admit(&again), Some(object));
}

/// A certification request, in PEM: one that is accepted is encoded to the same again.
pub fn request(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(request) = CertificationRequest::parse_pem(text) else { return };
    let again = CertificationRequest::parse_pem(&request.to_pem()).expect("it was encoded here");
    assert_eq!((again.der(), again.subject()), (request.der(), request.subject()));
    request_der(request.der());
}

/// A certification request, in DER: one that is accepted is canonical.
pub fn request_der(bytes: &[u8]) {
    if let Ok(request) = CertificationRequest::parse_der(bytes) {
        assert_eq!(request.der(), bytes);
    }
}

/// A watch of the API server: however it is cut, the events are the same.
pub fn watch(bytes: &[u8]) {
    let whole = WatchDecoder::new().push(bytes);
    let mut decoder = WatchDecoder::new();
    let cut: Result<Vec<_>, _> = bytes.chunks(7).map(|piece| decoder.push(piece)).collect();
    match (whole, cut) {
        (Ok(whole), Ok(cut)) => assert_eq!(whole, cut.concat()),
        (whole, cut) => assert_eq!(whole.is_ok(), cut.is_ok(), "the cuts make a difference"),
    }
}

/// Changes of a cluster, and questions about it: those who watch know in the end what is there.
pub fn cache(bytes: &[u8]) {
    model::follow(bytes);
}

/// A number of bytes, as people write it: one that is accepted means the same when it is written anew.
pub fn byte_size(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(size) = text.parse::<ByteSize>() else { return };
    assert_eq!(size.to_string().parse::<ByteSize>().expect("it was written here"), size);
}

fn watch_target(name: &ObjectName, options: &WatchOptions) -> String {
    format!(
        "{CSRS_PATH}?watch=1&fieldSelector=metadata.name%3D{name}&resourceVersion={}&allowWatchBookmarks={}&timeoutSeconds={}",
        options.version, options.bookmarks, options.timeout_seconds,
    )
}

#[cfg(test)]
mod tests;
