use kube_enroll_core::{
    Algorithm, CertificateSigningRequest, CertificateSigningRequestList, Cluster, ObjectName, Settings, Status,
    Timestamp, WatchDecoder,
    room::{Details, Message, Progress, Reply, Stage},
};
use serde_json::{Value as Json, json};

use super::{Value, event, list, reply, request, settings, status, write_message, write_request};

impl Value for Json {
    fn field(&self, name: &str) -> Option<Self> {
        self.get(name).filter(|value| !value.is_null()).cloned()
    }

    fn names(&self) -> Vec<String> {
        self.as_object().map(|object| object.keys().cloned().collect()).unwrap_or_default()
    }

    fn elements(&self) -> Option<Vec<Self>> {
        self.as_array().cloned()
    }

    fn text(&self) -> Option<String> {
        self.as_str().map(String::from)
    }

    fn number(&self) -> Option<f64> {
        self.as_f64()
    }

    fn truth(&self) -> bool {
        *self == json!(true)
    }

    fn of_fields(fields: Vec<(&str, Self)>) -> Self {
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn of_elements(elements: Vec<Self>) -> Self {
        elements.into()
    }

    fn of_text(text: &str) -> Self {
        text.into()
    }

    #[allow(clippy::cast_possible_truncation)]
    fn of_number(number: f64) -> Self {
        (number as i64).into()
    }
}

#[test]
fn reads_objects_as_serde_does() {
    let object = json!({
        "apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest",
        "metadata": {"name": "jane-aaaaaaaaaa", "uid": "u", "resourceVersion": "5", "creationTimestamp": "2026-01-01T00:00:00Z",
            "managedFields": [{}]},
        "spec": {"request": "cmVx", "signerName": "s", "expirationSeconds": 600, "usages": ["client auth"], "username": "ü",
            "groups": ["x"]},
        "status": {"conditions": [{"type": "Denied", "status": "True", "reason": "r", "message": "m", "lastUpdateTime": "t"}],
            "certificate": "Y2VydA=="},
    });
    let serde: CertificateSigningRequest = serde_json::from_value(object.clone()).expect("an object");
    assert_eq!(request(&object), serde);
    assert_eq!(request(&json!({})), CertificateSigningRequest::default());

    let objects = json!({"kind": "L", "metadata": {"resourceVersion": "7"}, "items": [object]});
    assert_eq!(
        list(&objects),
        serde_json::from_value::<CertificateSigningRequestList>(objects.clone()).expect("a list")
    );

    let failure = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": "m", "reason": "Invalid",
        "code": 422, "details": {"retryAfterSeconds": 3, "causes": [{"field": "f", "message": "m", "reason": "r"}]}});
    assert_eq!(status(&failure), serde_json::from_value::<Status>(failure.clone()).expect("a status"));
}

#[test]
fn reads_events_as_core_does() {
    for kind in ["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR", "SOMETHING"] {
        let line = json!({"type": kind, "object": {"metadata": {"name": "a", "resourceVersion": "7"}, "code": 410}});
        let core = WatchDecoder::new().push(format!("{line}\n").as_bytes()).expect("an event").pop();
        assert_eq!(event(&line), core, "{kind}");
    }
}

#[test]
fn writes_what_serde_reads() {
    let name = ObjectName::new("jane", "", [1; 7]).expect("a name");
    let object = CertificateSigningRequest::new(&name, "PEM", 600);
    assert_eq!(serde_json::from_value::<CertificateSigningRequest>(write_request(&object)).expect("an object"), object);

    let cluster = Cluster {
        name: "dev".into(),
        server: "https://k".into(),
        certificate_authority_data: "Q0E=".into(),
        tls_server_name: "k".into(),
    };
    for message in [
        Message::Generate {
            algorithm: Algorithm::EcdsaP256,
            user: "jane".into(),
            groups: vec!["a".into(), "ü".into()],
        },
        Message::Keep {
            details: Box::new(details(Some(cluster.clone()))),
            progress: Box::new(progress(None)),
            passphrase: "p".into(),
        },
        Message::Keep {
            details: Box::new(details(None)),
            progress: Box::new(progress(Some(9))),
            passphrase: String::new(),
        },
        Message::List,
        Message::Own { id: "i".into() },
        Message::Note { id: "i".into(), progress: Box::new(progress(None)) },
        Message::Forget { id: "i".into() },
        Message::Assemble {
            certificate: "C".into(),
            cluster,
            namespace: "n".into(),
            expiration_seconds: 600,
            now: Timestamp::from_unix_seconds(5),
            id: "i".into(),
            passphrase: "p".into(),
        },
        Message::Reveal,
    ] {
        assert_eq!(serde_json::from_value::<Message>(write_message(&message)).expect("a message"), message);
    }
}

#[test]
fn names_stages_as_serde_does() {
    for stage in Stage::ALL {
        assert_eq!(serde_json::to_value(stage).expect("a name"), json!(stage.name()));
    }
}

fn details(cluster: Option<Cluster>) -> Details {
    Details {
        created: Timestamp::from_unix_seconds(5),
        algorithm: Algorithm::Ed25519,
        user: "jane".into(),
        groups: vec!["a".into()],
        expiration_seconds: 600,
        label: "l".into(),
        namespace: "n".into(),
        cluster,
        request_pem: "R".into(),
        fingerprint: "F".into(),
    }
}

fn progress(not_after: Option<i64>) -> Progress {
    Progress {
        stage: Stage::Denied,
        name: "jane-x".into(),
        uid: "u".into(),
        username: "proxy".into(),
        creation_timestamp: "t".into(),
        reason: "r".into(),
        message: "m".into(),
        certificate_pem: "C".into(),
        not_after: not_after.map(Timestamp::from_unix_seconds),
    }
}

#[test]
fn reads_replies_as_serde_writes_them() {
    for object in [
        json!({"kind": "generated", "requestPem": "R", "fingerprint": "F"}),
        json!({"kind": "revealed", "kubeconfig": "K"}),
        json!({"kind": "failed", "code": "other-key", "message": "m"}),
        json!({"kind": "kept", "id": "i"}),
        json!({"kind": "notKept", "reason": "full"}),
        json!({"kind": "listed", "kept": [], "refused": "private", "wraps": true}),
        json!({"kind": "listed", "refused": "", "wraps": false, "kept": [
            {"id": "i", "details": details(None), "progress": progress(Some(5)), "hasPassphrase": true, "owner": "us", "fault": ""},
            {"id": "j", "details": details(Some(Cluster::default())), "progress": progress(None), "owner": "other", "fault": "f"},
            {"id": "k"}]}),
        json!({"kind": "assembled", "preview": "P", "certificatePem": "C", "certificate": {"user": "u", "groups": ["g"], "issuer": "i",
            "serialNumber": "1", "notBefore": 1, "notAfter": 2},
            "differences": [{"kind": "shorterLifetime", "askedSeconds": 5, "issuedSeconds": 4},
                {"kind": "longerLifetime", "askedSeconds": 5, "issuedSeconds": 6}]}),
    ] {
        let serde: Reply = serde_json::from_value(object.clone()).expect("a reply");
        assert_eq!(reply(&object), Some(serde));
    }
    for object in [json!({}), json!(null), json!({"kind": "generated"}), json!({"kind": "other"})] {
        assert_eq!(reply(&object), None);
    }
}

#[test]
fn reads_settings_as_strictly_as_core() {
    for text in [
        "{}",
        r#"{"apiBase":null}"#,
        r#"{"apiBase":"/","cluster":{"name":"dev","server":"https://k.example.com","tlsServerName":"k"},"approver":"a","requestingUser":"r",
            "policy":{"algorithms":["ECDSA-P256"],"expirationSeconds":{"maximum":86400},"groups":["dev"],"powerfulGroups":["x"]}}"#,
    ] {
        let value: Json = serde_json::from_str(text).expect("JSON");
        assert_eq!(settings(&value), Settings::parse(text), "{text}");
    }
    for text in [
        "5",
        "\"x\"",
        "[]",
        r#"{"apibase":"/"}"#,
        r#"{"apiBase":5}"#,
        r#"{"cluster":{"name":"dev","server":"http://x"}}"#,
        r#"{"cluster":{"nam":"dev"}}"#,
        r#"{"policy":{"algorithms":[]}}"#,
        r#"{"policy":{"algorithms":["RSA-1024"]}}"#,
        r#"{"policy":{"groups":"dev"}}"#,
        r#"{"policy":{"groups":[5]}}"#,
        r#"{"policy":{"expirationSeconds":{"default":-1}}}"#,
        r#"{"policy":{"expirationSeconds":{"default":1.5}}}"#,
        r#"{"policy":{"expirationSeconds":{"least":600}}}"#,
    ] {
        let value: Json = serde_json::from_str(text).expect("JSON");
        assert!(settings(&value).is_err(), "{text}");
        assert!(Settings::parse(text).is_err(), "{text}");
    }
}
