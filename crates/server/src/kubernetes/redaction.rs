//! Redaction of the API server's refusals for clients: enough to act on, nothing about the cluster's inside.

use kube_enroll_core::{Status, StatusDetails, pem::is_base64};

/// Reduces a `Status`. Messages are kept where they are about the client's own object or version; where they may name
/// accounts, webhooks or addresses, a sentence takes their place.
pub(crate) fn redact(code: u16, found: Status) -> Status {
    let (code, reason, message) = match code {
        404 => (404, "NotFound", "not found".to_owned()),
        409 => (409, known_reason(&found.reason, &["AlreadyExists", "Conflict"], "Conflict"), found.message),
        410 => (410, known_reason(&found.reason, &["Expired", "Gone"], "Expired"), found.message),
        // A webhook chooses its own code, and names itself.
        400 | 422 if is_of_a_webhook(&found.message) => (code, "Invalid", BY_A_RULE.to_owned()),
        400 => (400, "BadRequest", found.message),
        422 => (422, "Invalid", found.message),
        429 => (429, "TooManyRequests", "the Kubernetes API is busy: try again later".to_owned()),
        // Not passed on as 401: it is this server's account that is meant, not the person's.
        401 => (503, "ServiceUnavailable", "the Kubernetes API does not know this server's account".to_owned()),
        403 => (403, "Forbidden", BY_A_RULE.to_owned()),
        504 => (504, "Timeout", "the Kubernetes API did not answer in time".to_owned()),
        500.. => {
            (code, known_reason(&found.reason, &["InternalError", "ServiceUnavailable"], "InternalError"), failed(code))
        }
        _ => (502, "InternalError", failed(code)),
    };
    let details = found.details.unwrap_or_default();
    let causes = if matches!(code, 400 | 422) && message != BY_A_RULE { details.causes } else { Vec::new() };
    let retry_after_seconds = details.retry_after_seconds;
    let mut status = Status::failure(code, reason, message);
    if retry_after_seconds > 0 || !causes.is_empty() {
        status.details = Some(StatusDetails { retry_after_seconds, causes });
    }
    status
}

/// Shortens what a `Status` repeats of the object: of a request that it does not accept, the API server repeats the
/// whole base64, in the message and in its cause. Neither a person nor the log needs it.
pub(crate) fn shorten(mut found: Status) -> Status {
    found.message = without_base64(&found.message);
    for cause in found.details.iter_mut().flat_map(|details| &mut details.causes) {
        cause.message = without_base64(&cause.message);
    }
    found
}

fn without_base64(text: &str) -> String {
    let is_part = |character: char| is_base64(character) || character == '=';
    let (mut short, mut rest) = (String::new(), text);
    while let Some(start) = rest.find(is_part) {
        let (before, from) = rest.split_at(start);
        let (run, after) = from.split_at(from.find(|character| !is_part(character)).unwrap_or(from.len()));
        short.push_str(before);
        if run.len() > MAX_BASE64_CHARACTERS {
            short.push_str(&format!("({} characters)", run.len()));
        } else {
            short.push_str(run);
        }
        rest = after;
    }
    short + rest
}

/// Returns whether a message is one that the API server passes on from an admission webhook.
pub(crate) fn is_of_a_webhook(message: &str) -> bool {
    message.contains("admission webhook")
}

fn failed(code: u16) -> String {
    format!("the Kubernetes API answered {code}")
}

/// Keeps a reason that is known.
fn known_reason(found: &str, known: &[&'static str], otherwise: &'static str) -> &'static str {
    known.iter().copied().find(|reason| *reason == found).unwrap_or(otherwise)
}

/// The longest run of base64's characters that is left as it is: names have no longer labels (RFC 1123), and a line of
/// PEM has one more.
const MAX_BASE64_CHARACTERS: usize = 63;

const BY_A_RULE: &str =
    "the cluster forbids this, to this server's account or by an admission rule: the server's log has the reason";

#[cfg(test)]
mod tests {
    use kube_enroll_core::StatusCause;

    use super::*;

    fn reduced(code: u16, reason: &str) -> Status {
        redact(code, Status::failure(code, reason, "SECRET"))
    }

    #[test]
    fn keeps_what_a_person_can_act_on() {
        for (code, reason) in
            [(409, "AlreadyExists"), (410, "Expired"), (422, "Invalid"), (429, "TooManyRequests"), (404, "NotFound")]
        {
            let status = reduced(code, reason);
            assert_eq!((status.code, &*status.reason), (code, reason));
        }
        let busy = Status {
            details: Some(StatusDetails { retry_after_seconds: 7, ..StatusDetails::default() }),
            ..Status::failure(429, "TooManyRequests", "")
        };
        assert_eq!(redact(429, busy).details.expect("details").retry_after_seconds, 7);
    }

    #[test]
    fn never_says_what_the_inside_of_the_cluster_looks_like() {
        for code in [401, 403, 404, 418, 429, 500, 502, 503, 504, 599] {
            let status = reduced(code, "SECRET");
            assert!(!status.message.contains("SECRET") && !status.reason.contains("SECRET"), "{status:?}");
        }
    }

    #[test]
    fn never_repeats_a_request() {
        let base64 = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K".repeat(47) + "aaa=";
        let cause = format!("Invalid value: \"{base64}\": x509: invalid RSA public exponent");
        // As Kubernetes 1.37 writes it.
        let message = format!(
            "CertificateSigningRequest.certificates.k8s.io \"jane-abcdefghij\" is invalid: spec.request: {cause}"
        );
        let mut found = Status::failure(422, "Invalid", message);
        let causes = vec![StatusCause { message: cause, ..StatusCause::default() }];
        found.details = Some(StatusDetails { causes, ..StatusDetails::default() });
        let found = shorten(found);
        let expected = "Invalid value: \"(2260 characters)\": x509: invalid RSA public exponent";
        assert_eq!(found.details.as_ref().expect("details").causes[0].message, expected);
        let before = "CertificateSigningRequest.certificates.k8s.io \"jane-abcdefghij\" is invalid: spec.request: ";
        assert_eq!(found.message, format!("{before}{expected}"));
        assert_eq!(shorten(found.clone()), found);
        let lines = "-----BEGIN X-----\n".to_owned() + &"A".repeat(64) + "\nAAAA==\n-----END X-----";
        assert!(without_base64(&lines).contains("\n(64 characters)\n"), "{lines}");
        let label = "a".repeat(63);
        assert_eq!(without_base64(&format!("{label}.{label}: ü /a/b=c")), format!("{label}.{label}: ü /a/b=c"));
    }

    #[test]
    fn never_says_what_a_webhook_said() {
        for code in [400, 403, 422] {
            let mut found =
                Status::failure(code, "SECRET", "admission webhook \"x.SECRET.svc\" denied the request: SECRET");
            found.details = Some(StatusDetails { causes: vec![Default::default()], ..StatusDetails::default() });
            let status = redact(code, found);
            assert_eq!(status.code, code);
            assert!(!format!("{status:?}").contains("SECRET") && status.details.is_none(), "{status:?}");
        }
    }

    #[test]
    fn never_tells_a_person_to_sign_in_for_the_servers_own_account() {
        assert_eq!(reduced(401, "Unauthorized").code, 503);
    }
}
