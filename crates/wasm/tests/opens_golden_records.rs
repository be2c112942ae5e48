//! Records as earlier versions wrote them: each must open for ever, or a person loses a key with an update.
//!
//! `golden/record-N.json` is a record of the format N as it is in the browser's storage, with bytes in base64. It was
//! made by the `seal` of its time with [`PASSPHRASE`], and its certificate by openssl. None is ever changed; a new
//! format gets a new file.

use base64ct::{Base64, Encoding};
use kube_enroll_core::{Cluster, ErrorCode, Namespace, Timestamp};
use kube_enroll_protocol::{
    Assemble, Assembled, Command, Failure, Passphrase, Progress, Record, Reply, Wrap, WrapKind,
};
use kube_enroll_wasm::{Answer, Session};
use serde_json::Value;

const PASSPHRASE: &str = "correct horse battery staple";

#[test]
fn opens_version_1_and_writes_its_kubeconfig() {
    let golden = Golden::read(include_str!("golden/record-1.json"));
    let mut session = Session::default();
    let (result, file) = assemble(&mut session, golden.assemble(PASSPHRASE), golden.record());
    let assembled = result.expect("a kubeconfig");
    assert_eq!(assembled.certificate.groups, ["developers", "ü"]);
    assert_eq!(assembled.certificate_pem, golden.progress.certificate_pem);
    assert!(file.expect("a kubeconfig").contains("current-context: \"jane@dev\""));
    assert!(session.holds(&golden.record().id));
}

#[test]
fn opens_it_with_no_other_passphrase_and_no_other_details_and_holds_nothing_then() {
    let golden = Golden::read(include_str!("golden/record-1.json"));
    let bent = |bend: fn(&mut Record)| {
        let mut record = golden.record();
        bend(&mut record);
        record
    };
    for (record, passphrase, expected) in [
        (golden.record(), "", ErrorCode::PassphraseNeeded),
        (golden.record(), "correct horse battery", ErrorCode::Locked),
        (bent(|record| record.version = 2), PASSPHRASE, ErrorCode::Locked),
        (bent(|record| record.id = "0".repeat(32)), PASSPHRASE, ErrorCode::Locked),
        (
            bent(|record| record.details = record.details.replace("api.example.com", "api.example.org")),
            PASSPHRASE,
            ErrorCode::Locked,
        ),
        (bent(|record| record.sealed[40] ^= 1), PASSPHRASE, ErrorCode::Locked),
        (bent(|record| record.wrap.wrapped[40] ^= 1), PASSPHRASE, ErrorCode::Locked),
        (bent(|record| record.wrap.salt[0] ^= 1), PASSPHRASE, ErrorCode::Locked),
        (bent(|record| record.wrap.memory_kib = u32::MAX), PASSPHRASE, ErrorCode::Locked),
        (bent(|record| record.wrap.kind = WrapKind::Browser), PASSPHRASE, ErrorCode::Locked),
    ] {
        let mut session = Session::default();
        let (result, _) = assemble(&mut session, golden.assemble(passphrase), record);
        assert_eq!(result.expect_err("a failure").code, expected);
        assert!(!session.holds(&golden.record().id));
    }
}

fn assemble(
    session: &mut Session,
    command: Command,
    record: Record,
) -> (Result<Box<Assembled>, Failure>, Option<String>) {
    match session.handle(command, Some((record, &[]))) {
        Some(Answer { reply: Reply::Assemble(result), file }) => (result, file.map(|file| file.to_string())),
        _ => panic!("another reply"),
    }
}

struct Golden {
    value: Value,
    cluster: Cluster,
    progress: Progress,
}

impl Golden {
    fn read(json: &str) -> Self {
        let value: Value = serde_json::from_str(json).expect("JSON");
        let details: Value = serde_json::from_str(value["details"].as_str().expect("a text")).expect("JSON");
        let cluster = serde_json::from_value(details["cluster"].clone()).expect("a cluster");
        let progress = serde_json::from_value(value["progress"].clone()).expect("progress");
        Self { value, cluster, progress }
    }

    fn record(&self) -> Record {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let bytes = |value: &Value| Base64::decode_vec(value.as_str().expect("a text")).expect("base64");
        let number = |value: &Value| u32::try_from(value.as_u64().expect("a number")).expect("a small one");
        let wrap = &self.value["wrap"];
        Record {
            version: number(&self.value["version"]),
            id: text(&self.value["id"]),
            details: text(&self.value["details"]),
            sealed: bytes(&self.value["sealed"]),
            wrap: Wrap {
                kind: serde_json::from_value(wrap["kind"].clone()).expect("a kind"),
                memory_kib: number(&wrap["memoryKib"]),
                iterations: number(&wrap["iterations"]),
                salt: bytes(&wrap["salt"]),
                wrapped: bytes(&wrap["wrapped"]),
            },
        }
    }

    fn assemble(&self, passphrase: &str) -> Command {
        let not_after = self.progress.not_after.expect("it is issued");
        Command::Assemble(Box::new(Assemble {
            certificate: self.progress.certificate_pem.clone(),
            cluster: Some(self.cluster.clone()),
            namespace: Some(Namespace::parse("team").expect("a namespace")),
            expiration_seconds: 31_536_000,
            now: Timestamp::from_unix_seconds(not_after.unix_seconds() - 1),
            id: Some(self.record().id),
            passphrase: (!passphrase.is_empty()).then(|| Passphrase::new(passphrase.into())),
        }))
    }
}
