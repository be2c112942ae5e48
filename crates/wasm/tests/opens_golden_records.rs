//! Records as earlier versions wrote them: each must open for ever, or a person loses a key with an update.
//!
//! `golden/record-N.json` is a record of the format N as it is in the browser's storage, with bytes in base64. It was made by
//! `Room.seal` with [`PASSPHRASE`], and its certificate by openssl. None is ever changed; a new format gets a new file.

use base64ct::{Base64, Encoding};
use kube_enroll_core::{
    Cluster, Timestamp,
    room::{Message, Progress, Reply},
};
use kube_enroll_wasm::{Answer, Record, Room, Wrap, WrapKind};
use serde_json::Value;

const PASSPHRASE: &str = "correct horse battery staple";

#[test]
fn opens_version_1_and_writes_its_kubeconfig() {
    let golden = Golden::read(include_str!("golden/record-1.json"));
    let mut room = Room::default();
    let Answer { reply, file } = room.handle(golden.assemble(PASSPHRASE), Some((golden.record(), &[])));
    let Reply::Assembled(assembled) = reply else { panic!("{reply:?}") };
    assert_eq!(assembled.certificate.groups, ["developers", "ü"]);
    assert_eq!(assembled.certificate_pem, golden.progress.certificate_pem);
    assert!(file.expect("a kubeconfig").contains("current-context: \"jane@dev\""));
    assert!(room.holds(&golden.record().id));
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
        (golden.record(), "", "passphrase-needed"),
        (golden.record(), "correct horse battery", "locked"),
        (bent(|record| record.version = 2), PASSPHRASE, "locked"),
        (bent(|record| record.id = "0".repeat(32)), PASSPHRASE, "locked"),
        (
            bent(|record| record.details = record.details.replace("api.example.com", "api.example.org")),
            PASSPHRASE,
            "locked",
        ),
        (bent(|record| record.sealed[40] ^= 1), PASSPHRASE, "locked"),
        (bent(|record| record.wrap.wrapped[40] ^= 1), PASSPHRASE, "locked"),
        (bent(|record| record.wrap.salt[0] ^= 1), PASSPHRASE, "locked"),
        (bent(|record| record.wrap.memory_kib = u32::MAX), PASSPHRASE, "locked"),
        (bent(|record| record.wrap.kind = WrapKind::Browser), PASSPHRASE, "locked"),
    ] {
        let mut room = Room::default();
        let reply = room.handle(golden.assemble(passphrase), Some((record, &[]))).reply;
        assert!(matches!(&reply, Reply::Failed { code, .. } if code == expected), "{reply:?}, expected {expected}");
        assert!(!room.holds(&golden.record().id));
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

    fn assemble(&self, passphrase: &str) -> Message {
        let not_after = self.progress.not_after.expect("it is issued");
        Message::Assemble {
            certificate: self.progress.certificate_pem.clone(),
            cluster: self.cluster.clone(),
            namespace: "team".into(),
            expiration_seconds: 31_536_000,
            now: Timestamp::from_unix_seconds(not_after.unix_seconds() - 1),
            id: self.record().id,
            passphrase: passphrase.into(),
        }
    }
}
