use base64ct::{Base64, Encoding};
use kube_enroll_core::{CertificateSigningRequest, Policy};
use serde_json::{Value, json};

use crate::{
    recorder::{ACCOUNT, DATE, Scenario},
    running::{CSRS_PATH, NAME, Running, TOKEN, body, golden, only},
};

/// Posts a body that must not pass, and returns the code of the refusal.
async fn refused(server: &Running, body: &str, status: u16) -> String {
    let answer = server.post(body).await;
    assert_eq!(answer.status, status, "{answer:?}");
    let found = answer.json();
    assert_eq!(found["kind"], "Status");
    assert_eq!(found["code"], status);
    assert_eq!(server.recorder.seen().len(), 0, "a refused body went upstream: {body}");
    found["details"]["causes"][0]["reason"].as_str().unwrap_or_default().to_owned()
}

/// Posts the body for a golden request that must not pass.
async fn refused_request(server: &Running, name: &str) -> String {
    refused(server, &body(&golden(name)).to_string(), 422).await
}

#[tokio::test]
async fn passes_a_good_request_on() {
    let server = Running::start(Scenario::Created).await;
    for name in ["jane", "jane-rsa", "jane-twenty-groups"] {
        let answer = server.post(&body(&golden(name)).to_string()).await;
        assert_eq!(answer.status, 201, "{name}: {answer:?}");
    }
    let seen = server.recorder.seen();
    assert_eq!(seen.len(), 3);
    assert_eq!((&*seen[0].method, &*seen[0].target), ("POST", CSRS_PATH));
    assert_eq!(seen[0].headers["authorization"], format!("Bearer {TOKEN}"));
}

#[tokio::test]
async fn builds_the_object_anew_and_shows_only_what_is_needed_of_the_answer() {
    let server = Running::start(Scenario::Created).await;
    let pem = golden("jane");
    // The same body in another order, with spaces.
    let given = format!(
        "  {{\"spec\":{}, \"kind\":\"CertificateSigningRequest\",\n\"metadata\":{{\"name\":\"{NAME}\"}},\
         \"apiVersion\":\"certificates.k8s.io/v1\"}} ",
        body(&pem)["spec"]
    );
    let answer = server.post(&given).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert!(answer.is_dated(DATE), "{answer:?}");
    let mut sent: Value = serde_json::from_str(&server.recorder.seen()[0].body).expect("JSON");
    sent["metadata"].as_object_mut().expect("an object").remove("annotations");
    assert_eq!(sent, body(&pem));

    let shown = answer.json();
    assert_eq!(shown["spec"]["username"], ACCOUNT);
    assert_eq!(shown["metadata"]["uid"], format!("uid of {NAME}"));
    assert_eq!(shown["metadata"].get("managedFields"), None);
    assert_eq!(shown["spec"].get("groups"), None);
}

#[tokio::test]
async fn sends_a_pem_of_its_own_making() {
    let server = Running::start(Scenario::Created).await;
    let pem = golden("jane");
    for given in [pem.replace('\n', "\r\n"), format!("\n{pem}\n\n"), pem.trim_end().to_owned()] {
        assert_eq!(server.post(&body(&given).to_string()).await.status, 201, "{given:?}");
        let seen = server.recorder.seen();
        let sent = &seen.last().expect("just sent").body;
        let object: CertificateSigningRequest = serde_json::from_str(sent).expect("an object");
        assert_eq!(object.request_pem().expect("PEM"), pem, "{given:?}");
    }
}

#[tokio::test]
async fn refuses_two_users_and_attributes_that_are_no_user_or_group() {
    let server = Running::start(Scenario::Created).await;
    for name in [
        "two-users",
        "two-users-other-order",
        "multi-valued",
        "no-user",
        "uid",
        "domain-component",
        "email",
        "bmp-string",
        "teletex-string",
    ] {
        assert_eq!(refused_request(&server, name).await, "invalid-subject", "{name}");
    }
    // The decoder does not even know the type.
    assert_eq!(refused_request(&server, "universal-string").await, "invalid-der");
}

#[tokio::test]
async fn refuses_the_names_that_kubernetes_keeps_for_itself() {
    let server = Running::start(Scenario::Created).await;
    for name in ["system-group", "system-user"] {
        assert_eq!(refused_request(&server, name).await, "system-name", "{name}");
    }
}

#[tokio::test]
async fn refuses_names_that_hide_or_deceive() {
    let server = Running::start(Scenario::Created).await;
    for (name, code) in [
        ("newline", "forbidden-character"),
        ("bidi", "forbidden-character"),
        ("byte-order-mark", "forbidden-character"),
        ("mixed-scripts", "mixed-scripts"),
        ("like-system-group", "system-name"),
        ("like-system-user", "system-name"),
        ("stacked-marks", "misplaced-mark"),
        ("option", "like-an-option"),
        ("punctuation", "only-punctuation"),
        ("spaces", "spaces-in-a-row"),
    ] {
        assert_eq!(refused_request(&server, name).await, code, "{name}");
    }
}

#[tokio::test]
async fn refuses_requests_for_extensions_and_other_attributes() {
    let server = Running::start(Scenario::Created).await;
    for name in ["san", "other-name", "authority", "challenge-password"] {
        assert_eq!(refused_request(&server, name).await, "unexpected-attribute", "{name}");
    }
    let answer = server.post(&body(&golden("san")).to_string()).await;
    assert!(answer.body.contains("the request asks for extensions, such as DNS names"), "{answer:?}");
}

#[tokio::test]
async fn refuses_weak_keys_and_signatures() {
    let server = Running::start(Scenario::Created).await;
    for (name, code) in [
        ("rsa-1024", "weak-key"),
        ("rsa-exponent-1", "weak-key"),
        ("rsa-exponent-3", "weak-key"),
        ("other-curve", "weak-key"),
        ("sha-1", "unexpected-signature-algorithm"),
    ] {
        assert_eq!(refused_request(&server, name).await, code, "{name}");
    }
    // One bit of the signature, turned over.
    let base64: String = golden("jane").lines().filter(|line| !line.starts_with('-')).collect();
    let mut tampered = Base64::decode_vec(&base64).expect("base64");
    *tampered.last_mut().expect("not empty") ^= 1;
    let base64 = Base64::encode_string(&tampered);
    let lines = base64.as_bytes().chunks(64).map(|line| format!("{}\n", String::from_utf8_lossy(line)));
    let lines: String = lines.collect();
    let pem = format!("-----BEGIN CERTIFICATE REQUEST-----\n{lines}-----END CERTIFICATE REQUEST-----\n");
    assert_eq!(refused(&server, &body(&pem).to_string(), 422).await, "bad-signature");
}

#[tokio::test]
async fn refuses_keys_whose_private_part_anybody_can_compute_and_says_what_to_do() {
    let server = Running::start(Scenario::Created).await;
    for (name, found) in [
        ("rsa-roca-2048", "ROCA"),
        ("rsa-roca-4096", "ROCA"),
        ("rsa-close-primes", "close together"),
        ("rsa-half-equal-primes", "close together"),
        ("rsa-square", "close together"),
        ("rsa-small-factor", "a factor below 65536"),
        ("rsa-pattern", "sixteen times in a row"),
        ("p256-scalar-1", "whose private key is a small number"),
        ("p256-scalar-minus-1", "whose private key is a small number"),
        ("p256-scalar-65535", "whose private key is a small number"),
        ("p384-scalar-2", "whose private key is a small number"),
        ("p384-scalar-minus-3", "whose private key is a small number"),
    ] {
        let answer = server.post(&body(&golden(name)).to_string()).await;
        let status = answer.json();
        assert_eq!((answer.status, &status["details"]["causes"][0]["reason"]), (422, &json!("weak-key")), "{name}");
        let message = status["message"].as_str().expect("a text");
        assert!(message.contains(found) && message.contains("expected a new key"), "{name}: {message}");
    }
    assert_eq!(server.recorder.seen().len(), 0);
}

#[tokio::test]
async fn takes_pem_whose_lines_have_another_length_and_writes_it_anew() {
    let server = Running::start(Scenario::Created).await;
    let pem = golden("jane");
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    for (columns, end) in [(76, "\n"), (76, "\r\n"), (1000, "\n")] {
        let lines = base64.as_bytes().chunks(columns).map(|line| String::from_utf8_lossy(line) + end);
        let lines: String = lines.collect();
        let given = format!("-----BEGIN CERTIFICATE REQUEST-----{end}{lines}-----END CERTIFICATE REQUEST-----{end}");
        assert_eq!(server.post(&body(&given).to_string()).await.status, 201, "{columns} {end:?}");
    }
    for seen in server.recorder.seen() {
        let sent: CertificateSigningRequest = serde_json::from_str(&seen.body).expect("an object");
        assert_eq!(sent.request_pem().expect("PEM"), pem);
    }
}

#[tokio::test]
async fn refuses_anything_around_the_one_pem_block() {
    let server = Running::start(Scenario::Created).await;
    let pem = golden("jane");
    let headers = pem.replacen('\n', "\nProc-Type: 4,ENCRYPTED\n\n", 1);
    for given in [
        format!("{pem}{pem}"),
        format!("{pem}{}", golden("admins")),
        format!("{pem}trailing"),
        format!("leading\n{pem}"),
        headers,
        pem.replace("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"),
        pem.replace("CERTIFICATE REQUEST", "CERTIFICATE"),
        String::new(),
    ] {
        let code = refused(&server, &body(&given).to_string(), 422).await;
        assert_eq!(code, "invalid-pem", "{given}");
    }
    let mut not_base64 = body(&pem);
    not_base64["spec"]["request"] = pem.into();
    assert_eq!(refused(&server, &not_base64.to_string(), 422).await, "invalid-object");
}

#[tokio::test]
async fn refuses_other_signers_and_usages() {
    let server = Running::start(Scenario::Created).await;
    let changed = |field: &str, value: Value| {
        let mut body = body(&golden("jane"));
        body["spec"][field] = value;
        body.to_string()
    };
    for signer in ["kubernetes.io/kubelet-serving", "kubernetes.io/legacy-unknown", "example.com/signer", ""] {
        assert_eq!(refused(&server, &changed("signerName", signer.into()), 422).await, "invalid-object", "{signer}");
    }
    for usages in [
        json!([]),
        json!(["server auth"]),
        json!(["client auth", "server auth"]),
        json!(["client auth", "client auth"]),
        json!(["any"]),
        json!(["client auth", "digital signature"]),
    ] {
        assert_eq!(refused(&server, &changed("usages", usages.clone()), 422).await, "invalid-object", "{usages}");
    }
}

#[tokio::test]
async fn refuses_lifetimes_outside_of_the_policy() {
    let server = Running::start(Scenario::Created).await;
    for seconds in [0, 599, -1, 1_i64 << 31, (1 << 32) + 3600, i64::MAX, i64::MIN, 31_536_001] {
        let mut body = body(&golden("jane"));
        body["spec"]["expirationSeconds"] = seconds.into();
        assert_eq!(refused(&server, &body.to_string(), 422).await, "expiration-out-of-range", "{seconds}");
    }
    for seconds in [json!("3600"), json!(3600.5), json!(null), json!(1e300)] {
        let mut body = body(&golden("jane"));
        body["spec"]["expirationSeconds"] = seconds.clone();
        assert_eq!(refused(&server, &body.to_string(), 400).await, "invalid-object", "{seconds}");
    }
}

#[tokio::test]
async fn refuses_names_of_another_shape_and_of_another_user() {
    let server = Running::start(Scenario::Created).await;
    for name in ["jane", "joe-abcdefghij", "../jane-abcdefghij", "jane-abcdefghij/approval", "Jane-abcdefghij", ""] {
        let mut body = body(&golden("jane"));
        body["metadata"]["name"] = name.into();
        assert_eq!(refused(&server, &body.to_string(), 422).await, "invalid-object-name", "{name}");
    }
}

#[tokio::test]
async fn refuses_every_field_that_is_not_a_clients_to_set() {
    let server = Running::start(Scenario::Created).await;
    let good = body(&golden("jane"));
    let with = |pointer: &str, key: &str, value: Value| {
        let mut body = good.clone();
        body.pointer_mut(pointer).expect("a place")[key] = value;
        body.to_string()
    };
    for given in [
        with("", "status", json!({"conditions": [{"type": "Approved", "status": "True"}]})),
        with("", "status", json!({})),
        with("", "unknown", json!(1)),
        with("/metadata", "labels", json!({"a": "b"})),
        with("/metadata", "annotations", json!({"a": "b"})),
        with("/metadata", "ownerReferences", json!([])),
        with("/metadata", "finalizers", json!(["x"])),
        with("/metadata", "generateName", json!("jane-")),
        with("/metadata", "namespace", json!("default")),
        with("/metadata", "uid", json!("")),
        with("/spec", "username", json!("admin")),
        with("/spec", "groups", json!(["system:masters"])),
        with("/spec", "uid", json!("0")),
        with("/spec", "extra", json!({})),
    ] {
        assert_eq!(refused(&server, &given, 400).await, "invalid-object", "{given}");
    }
    for (field, value) in [("apiVersion", "certificates.k8s.io/v1beta1"), ("kind", "Secret")] {
        assert_eq!(refused(&server, &with("", field, value.into()), 422).await, "invalid-object", "{field}");
    }
}

#[tokio::test]
async fn refuses_bodies_that_are_no_such_object() {
    let server = Running::start(Scenario::Created).await;
    let good = body(&golden("jane")).to_string();
    let twice = good.replacen("\"kind\"", "\"kind\":\"Secret\",\"kind\"", 1);
    for given in
        ["{}", "[]", "null", "5", "{\"apiVersion\":", "\u{FEFF}{}", &format!("{good}{good}"), &twice, &"[".repeat(5000)]
    {
        assert_eq!(refused(&server, given, 400).await, "invalid-object", "{given}");
    }
}

#[tokio::test]
async fn refuses_an_array_in_the_place_of_an_object() {
    let server = Running::start(Scenario::Created).await;
    let good = body(&golden("jane"));
    let values = |object: &Value, names: &[&str]| names.iter().map(|name| object[*name].clone()).collect::<Value>();
    let spec = values(&good["spec"], &["request", "signerName", "expirationSeconds", "usages"]);
    let with = |name: &str, value: &Value| {
        let mut object = good.clone();
        object[name] = value.clone();
        object
    };
    let metadata = json!([NAME]);
    for given in [
        values(&good, &["apiVersion", "kind", "metadata", "spec"]),
        with("metadata", &metadata),
        with("spec", &spec),
        values(&with("spec", &spec), &["apiVersion", "kind", "metadata", "spec"]),
    ] {
        let answer = server.post(&given.to_string()).await;
        let status = answer.json();
        assert_eq!((answer.status, &status["details"]["causes"][0]["reason"]), (400, &json!("invalid-object")));
        let message = status["message"].as_str().expect("a text");
        assert!(message.contains("found an array in the place of an object at line 1"), "{message}");
    }
    assert_eq!(server.recorder.seen().len(), 0);
}

#[tokio::test]
async fn gives_only_the_configured_groups_and_key_types() {
    let policy = Policy { groups: only(&["developers"]), ..Policy::default() };
    let server = Running::with(Scenario::Created, |config| config.policy = policy).await;
    assert_eq!(refused_request(&server, "admins").await, "group-not-offered");
    assert_eq!(server.post(&body(&golden("jane")).to_string()).await.status, 201);

    let policy = Policy { algorithms: vec![kube_enroll_core::Algorithm::Ed25519], ..Policy::default() };
    let server = Running::with(Scenario::Created, |config| config.policy = policy).await;
    assert_eq!(refused_request(&server, "jane").await, "algorithm-not-offered");
}

#[tokio::test]
async fn passes_refusals_of_the_api_server_on_without_its_inside() {
    let server = Running::start(Scenario::Created).await;
    let good = body(&golden("jane")).to_string();
    let status = |code: u16, reason: &str| {
        json!({"kind": "Status", "code": code, "reason": reason, "message": "INSIDE 10.0.0.7",
            "details": {"name": NAME, "group": "INSIDE", "causes": [{"reason": "FieldValueInvalid", "message": "m", "field": "f"}]}})
    };
    for (given, reason, expected, shown, tells_the_message) in [
        (409, "AlreadyExists", 409, "AlreadyExists", true),
        (422, "Invalid", 422, "Invalid", true),
        (429, "TooManyRequests", 429, "TooManyRequests", false),
        (403, "Forbidden", 403, "Forbidden", false),
        (401, "Unauthorized", 503, "ServiceUnavailable", false),
        (500, "InternalError", 500, "InternalError", false),
        (503, "ServiceUnavailable", 503, "ServiceUnavailable", false),
    ] {
        server.recorder.answer(Scenario::Answer {
            status: given,
            body: status(given, reason).to_string(),
            headers: vec![("Retry-After", "7"), ("Warning", "INSIDE"), ("Audit-Id", "INSIDE")],
        });
        let answer = server.post(&good).await;
        assert_eq!((answer.status, answer.json()["reason"].as_str()), (expected, Some(shown)), "{given}");
        assert_eq!(answer.body.contains("INSIDE 10.0.0.7"), tells_the_message, "{given}");
        assert_eq!(answer.header("retry-after"), Some("7"), "{given}");
        assert!(answer.is_dated(DATE), "{given}");
        assert_eq!((answer.header("warning"), answer.header("audit-id")), (None, None));
    }
    for body in ["INSIDE", "<html>INSIDE</html>", ""] {
        server.recorder.answer(Scenario::status(502, body));
        let answer = server.post(&good).await;
        assert_eq!((answer.status, answer.body.contains("INSIDE")), (502, false));
        server.recorder.answer(Scenario::status(200, body));
        let answer = server.post(&good).await;
        assert_eq!((answer.status, answer.body.contains("INSIDE")), (503, false));
    }
}

#[tokio::test]
async fn never_repeats_the_request_that_the_api_server_repeats_in_its_refusal() {
    let server = Running::start(Scenario::Created).await;
    let object = body(&golden("jane"));
    let request = object["spec"]["request"].as_str().expect("base64");
    let cause = format!("Invalid value: \"{request}\": ecdsa: invalid uncompressed public key");
    let refusal = json!({"kind": "Status", "code": 422, "reason": "Invalid", "message": format!("spec.request: {cause}"),
        "details": {"causes": [{"reason": "FieldValueInvalid", "message": cause, "field": "spec.request"}]}});
    server.recorder.answer(Scenario::status(422, refusal));
    let answer = server.post(&object.to_string()).await;
    assert_eq!(answer.status, 422);
    assert!(!answer.body.contains(&request[..64]), "{answer:?}");
    let expected = format!("Invalid value: \"({} characters)\": ecdsa: invalid uncompressed public key", request.len());
    let status = answer.json();
    assert_eq!(status["message"], format!("spec.request: {expected}"));
    assert_eq!(status["details"]["causes"][0]["message"], expected);
}

#[tokio::test]
async fn answers_504_to_a_create_that_the_api_server_does_not_answer() {
    let server = Running::with(Scenario::Silence, |config| {
        config.limits.upstream_timeout = std::time::Duration::from_millis(500);
    })
    .await;
    let answer = server.post(&body(&golden("jane")).to_string()).await;
    assert_eq!((answer.status, answer.json()["reason"].as_str()), (504, Some("Timeout")));
    assert_eq!(server.recorder.seen().len(), 1, "only the page may send a create again");
}
