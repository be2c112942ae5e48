//! Records as earlier versions wrote them: each must open for ever, or a person loses a key with an update.
//!
//! `golden/record-N.json` is a record of the format N as it is in the browser's storage, with bytes in base64. It was
//! made by the `seal` of its time with [`PASSPHRASE`], and its certificate by openssl. None is ever changed; a new
//! format gets a new file.

use base64ct::{Base64, Encoding};
use kube_enroll_core::{ErrorCode, Namespace, Timestamp};
use kube_enroll_keys::{Error as KeysError, Record, RecordFields};
use kube_enroll_protocol::{Assemble, Assembled, Details, Passphrase, Progress};
use kube_enroll_worker::{Error, Session};
use serde_json::{Value, json};

const PASSPHRASE: &str = "correct horse battery staple";

const RECORDS: [&str; 2] = [include_str!("golden/record-1.json"), include_str!("golden/record-2.json")];

#[test]
fn opens_every_version_and_writes_its_kubeconfig() {
    for (index, text) in RECORDS.iter().enumerate() {
        let golden = Golden::read(text);
        let record = golden.record().expect("a record");
        assert_eq!(record.bound().version() as usize, index + 1);
        let mut session = Session::default();
        let assembled = golden.assemble(&mut session, &record, PASSPHRASE).expect("a kubeconfig");
        assert_eq!(assembled.certificate.groups, ["developers", "ü"]);
        assert_eq!(assembled.certificate_pem, golden.progress().certificate_pem);
        assert!(session.kubeconfig().expect("a file").contains("current-context: \"jane@dev\""));
        assert!(session.holds(record.bound().id()));
    }
}

#[test]
fn opens_it_after_its_progress_was_written_while_it_was_locked() {
    for (index, text) in RECORDS.iter().enumerate() {
        let golden = Golden::read(text);
        let mut record = golden.record().expect("a record");
        let progress = Progress { reason: "written".into(), ..golden.progress() };
        record.set_progress(serde_json::to_string(&progress).expect("JSON"));
        assert_eq!(record.bound().version() as usize, index + 1, "only with its key open does it become another");
        let read = Record::parse(record.fields()).expect("a record");
        assert!(golden.assemble(&mut Session::default(), &read, PASSPHRASE).is_ok());
    }
}

#[test]
fn tells_damage_from_a_wrong_passphrase_as_far_as_its_version_can() {
    for (text, wrong, damaged) in [
        (RECORDS[0], KeysError::WrongPassphraseOrDamaged, KeysError::WrongPassphraseOrDamaged),
        (RECORDS[1], KeysError::WrongPassphrase, KeysError::Damaged),
    ] {
        let golden = Golden::read(text);
        let bent = |bend: fn(&mut Value)| {
            let mut value = golden.fields.clone();
            bend(&mut value);
            Golden { fields: value }
        };
        let open = |golden: &Golden, passphrase: &str| {
            let mut session = Session::default();
            let record = golden.record()?;
            let opened = golden.assemble(&mut session, &record, passphrase);
            assert!(opened.is_ok() || !session.holds(record.bound().id()), "it holds nothing that did not open");
            opened.map(drop)
        };
        assert_eq!(open(&golden, ""), Err(KeysError::PassphraseNeeded.into()));
        assert_eq!(open(&golden, "correct horse battery"), Err(wrong.into()));
        for (what, bend) in [
            ("id", (|value| value["id"] = json!("0".repeat(32))) as fn(&mut Value)),
            ("details", |value| {
                let details = value["details"].as_str().expect("a text").replace("\"team\"", "\"term\"");
                value["details"] = json!(details);
            }),
            ("wrapped", |value| flip(&mut value["wrap"]["wrapped"], 40)),
            ("salt", |value| flip(&mut value["wrap"]["salt"], 0)),
        ] {
            assert_eq!(open(&bent(bend), PASSPHRASE), Err(damaged.clone().into()), "{what}");
        }
        for (what, bend) in [
            ("version", (|value| value["version"] = json!(0)) as fn(&mut Value)),
            ("another version", |value| value["version"] = json!(3 - value["version"].as_u64().expect("a number"))),
            ("sealed", |value| flip(&mut value["sealed"], 40)),
            ("memory", |value| value["wrap"]["memoryKib"] = json!(u32::MAX)),
            ("kind", |value| value["wrap"]["kind"] = json!("browser")),
            ("digest", |value| value["digest"] = json!([1])),
        ] {
            assert_eq!(open(&bent(bend), PASSPHRASE), Err(KeysError::Damaged.into()), "{what}");
        }
        let newer = bent(|value| value["version"] = json!(3));
        assert_eq!(open(&newer, PASSPHRASE), Err(KeysError::NewerVersion.into()));
        assert_eq!(KeysError::NewerVersion.code(), ErrorCode::NewerVersion);
    }
}

fn flip(bytes: &mut Value, index: usize) {
    bytes[index] = json!(bytes[index].as_u64().expect("a byte") ^ 1);
}

struct Golden {
    /// The fields, with bytes as lists of numbers, and the progress as text.
    fields: Value,
}

impl Golden {
    fn read(json: &str) -> Self {
        let mut fields: Value = serde_json::from_str(json).expect("JSON");
        for path in ["/sealed", "/wrap/salt", "/wrap/wrapped", "/digest"] {
            if let Some(value) = fields.pointer_mut(path) {
                *value = json!(Base64::decode_vec(value.as_str().expect("a text")).expect("base64"));
            }
        }
        if fields["progress"].is_object() {
            fields["progress"] = json!(fields["progress"].to_string());
        }
        Self { fields }
    }

    fn record(&self) -> Result<Record, Error> {
        let fields: RecordFields = serde_json::from_value(self.fields.clone()).map_err(|_| KeysError::Damaged)?;
        Ok(Record::parse(fields)?)
    }

    fn progress(&self) -> Progress {
        serde_json::from_str(self.fields["progress"].as_str().expect("a text")).expect("progress")
    }

    fn assemble(&self, session: &mut Session, record: &Record, passphrase: &str) -> Result<Assembled, Error> {
        let progress = self.progress();
        let details: Details = serde_json::from_str(record.bound().details()).expect("details");
        let not_after = progress.not_after.expect("it is issued");
        let command = Assemble {
            certificate: progress.certificate_pem,
            cluster: details.cluster,
            namespace: Some(Namespace::parse("team").expect("a namespace")),
            expiration_seconds: 31_536_000,
            now: Timestamp::from_unix_seconds(not_after.unix_seconds() - 1),
            id: Some(record.bound().id().to_owned()),
            passphrase: Some(Passphrase::new(passphrase.into())),
        };
        Session::check(record, &command)?;
        let data_key = record.unwrap_with_passphrase(passphrase)?;
        session.hold(record, record.open(&data_key)?)?;
        session.assemble(&command)
    }
}
