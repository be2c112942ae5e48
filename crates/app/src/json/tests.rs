use kube_enroll_core::{
    Algorithm, Cluster, Timestamp,
    room::{Details, Message, Progress, Reply, Stage},
};
use serde_json::{Value as Json, json};

use super::{Value, reply, write_message};

impl Value for Json {
    fn field(&self, name: &str) -> Option<Self> {
        self.get(name).filter(|value| !value.is_null()).cloned()
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
fn writes_what_serde_reads() {
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
