use kube_enroll_core::{
    Algorithm, Cluster, Timestamp,
    room::{Assembled, CertificateSummary, Details, Difference, Kept, Message, Owner, Progress, Reply, Stage},
};

use super::Value;

/// Writes a message to the key's room.
pub(crate) fn write_message<V: Value>(message: &Message) -> V {
    let one = |name, fields| V::of_fields(vec![(name, V::of_fields(fields))]);
    match message {
        Message::Generate { algorithm, user, groups } => one(
            "generate",
            vec![
                ("algorithm", V::of_text(algorithm.name())),
                ("user", V::of_text(user)),
                ("groups", write_texts(groups)),
            ],
        ),
        Message::Keep { details, progress, passphrase } => one(
            "keep",
            vec![
                ("details", write_details(details)),
                ("progress", write_progress(progress)),
                ("passphrase", V::of_text(passphrase)),
            ],
        ),
        Message::List => V::of_text("list"),
        Message::Own { id } => one("own", vec![("id", V::of_text(id))]),
        Message::Note { id, progress } => {
            one("note", vec![("id", V::of_text(id)), ("progress", write_progress(progress))])
        }
        Message::Forget { id } => one("forget", vec![("id", V::of_text(id))]),
        Message::Assemble { certificate, cluster, namespace, expiration_seconds, now, id, passphrase } => one(
            "assemble",
            vec![
                ("certificate", V::of_text(certificate)),
                ("cluster", write_cluster(cluster)),
                ("namespace", V::of_text(namespace)),
                ("expirationSeconds", V::of_number(f64::from(*expiration_seconds))),
                ("now", write_time(*now)),
                ("id", V::of_text(id)),
                ("passphrase", V::of_text(passphrase)),
            ],
        ),
        Message::Reveal => V::of_text("reveal"),
    }
}

/// Reads the room's reply; nothing for what is none.
pub(crate) fn reply<V: Value>(value: &V) -> Option<Reply> {
    Some(match value.text_of("kind").as_str() {
        "generated" => Reply::Generated {
            request_pem: value.field("requestPem")?.text()?,
            fingerprint: value.field("fingerprint")?.text()?,
        },
        "kept" => Reply::Kept { id: value.field("id")?.text()? },
        "notKept" => Reply::NotKept { reason: value.text_of("reason") },
        "listed" => Reply::Listed {
            kept: value.elements_of("kept").iter().map(kept).collect(),
            refused: value.text_of("refused"),
            wraps: value.truth_of("wraps"),
        },
        "assembled" => Reply::Assembled(Assembled {
            preview: value.text_of("preview"),
            certificate_pem: value.text_of("certificatePem"),
            certificate: certificate(&value.field("certificate")?),
            differences: value.elements_of("differences").iter().filter_map(difference).collect(),
        }),
        "revealed" => Reply::Revealed { kubeconfig: value.field("kubeconfig")?.text()? },
        "failed" => Reply::Failed { code: value.text_of("code"), message: value.text_of("message") },
        _ => return None,
    })
}

fn write_details<V: Value>(details: &Details) -> V {
    let mut fields = vec![
        ("created", write_time(details.created)),
        ("algorithm", V::of_text(details.algorithm.name())),
        ("user", V::of_text(&details.user)),
        ("groups", write_texts(&details.groups)),
        ("expirationSeconds", V::of_number(f64::from(details.expiration_seconds))),
        ("label", V::of_text(&details.label)),
        ("namespace", V::of_text(&details.namespace)),
        ("requestPem", V::of_text(&details.request_pem)),
        ("fingerprint", V::of_text(&details.fingerprint)),
    ];
    fields.extend(details.cluster.as_ref().map(|cluster| ("cluster", write_cluster(cluster))));
    V::of_fields(fields)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was written as an u32")]
fn details<V: Value>(value: &V) -> Details {
    Details {
        created: time(value, "created"),
        algorithm: Algorithm::parse(&value.text_of("algorithm")).unwrap_or_default(),
        user: value.text_of("user"),
        groups: value.texts_of("groups"),
        expiration_seconds: value.number_of("expirationSeconds") as u32,
        label: value.text_of("label"),
        namespace: value.text_of("namespace"),
        cluster: value.field("cluster").map(|cluster| Cluster {
            name: cluster.text_of("name"),
            server: cluster.text_of("server"),
            certificate_authority_data: cluster.text_of("certificateAuthorityData"),
            tls_server_name: cluster.text_of("tlsServerName"),
        }),
        request_pem: value.text_of("requestPem"),
        fingerprint: value.text_of("fingerprint"),
    }
}

fn write_progress<V: Value>(progress: &Progress) -> V {
    let mut fields = vec![
        ("stage", V::of_text(progress.stage.name())),
        ("name", V::of_text(&progress.name)),
        ("uid", V::of_text(&progress.uid)),
        ("username", V::of_text(&progress.username)),
        ("creationTimestamp", V::of_text(&progress.creation_timestamp)),
        ("reason", V::of_text(&progress.reason)),
        ("message", V::of_text(&progress.message)),
        ("certificatePem", V::of_text(&progress.certificate_pem)),
    ];
    fields.extend(progress.not_after.map(|time| ("notAfter", write_time(time))));
    V::of_fields(fields)
}

fn progress<V: Value>(value: &V) -> Progress {
    let stage = value.text_of("stage");
    Progress {
        stage: Stage::ALL.into_iter().find(|known| known.name() == stage).unwrap_or_default(),
        name: value.text_of("name"),
        uid: value.text_of("uid"),
        username: value.text_of("username"),
        creation_timestamp: value.text_of("creationTimestamp"),
        reason: value.text_of("reason"),
        message: value.text_of("message"),
        certificate_pem: value.text_of("certificatePem"),
        not_after: value.field("notAfter").map(|_| time(value, "notAfter")),
    }
}

fn kept<V: Value>(value: &V) -> Kept {
    Kept {
        id: value.text_of("id"),
        details: value.field("details").map(|value| details(&value)).unwrap_or_default(),
        progress: value.field("progress").map(|value| progress(&value)).unwrap_or_default(),
        has_passphrase: value.truth_of("hasPassphrase"),
        owner: match value.text_of("owner").as_str() {
            "us" => Owner::Us,
            "other" => Owner::Other,
            _ => Owner::Nobody,
        },
        fault: value.text_of("fault"),
    }
}

fn write_texts<V: Value>(texts: &[String]) -> V {
    V::of_elements(texts.iter().map(|text| V::of_text(text)).collect())
}

fn write_cluster<V: Value>(cluster: &Cluster) -> V {
    V::of_fields(vec![
        ("name", V::of_text(&cluster.name)),
        ("server", V::of_text(&cluster.server)),
        ("certificateAuthorityData", V::of_text(&cluster.certificate_authority_data)),
        ("tlsServerName", V::of_text(&cluster.tls_server_name)),
    ])
}

fn certificate<V: Value>(value: &V) -> CertificateSummary {
    CertificateSummary {
        user: value.text_of("user"),
        groups: value.texts_of("groups"),
        issuer: value.text_of("issuer"),
        serial_number: value.text_of("serialNumber"),
        not_before: time(value, "notBefore"),
        not_after: time(value, "notAfter"),
    }
}

fn difference<V: Value>(value: &V) -> Option<Difference> {
    let (asked_seconds, issued_seconds) = (seconds(value, "askedSeconds"), seconds(value, "issuedSeconds"));
    match value.text_of("kind").as_str() {
        "shorterLifetime" => Some(Difference::ShorterLifetime { asked_seconds, issued_seconds }),
        "longerLifetime" => Some(Difference::LongerLifetime { asked_seconds, issued_seconds }),
        _ => None,
    }
}

#[allow(clippy::cast_possible_truncation, reason = "seconds of our time fit")]
fn seconds<V: Value>(value: &V, name: &str) -> i64 {
    value.number_of(name) as i64
}

fn time<V: Value>(value: &V, name: &str) -> Timestamp {
    Timestamp::from_unix_seconds(seconds(value, name))
}

#[allow(clippy::cast_precision_loss, reason = "seconds of our time fit")]
fn write_time<V: Value>(time: Timestamp) -> V {
    V::of_number(time.unix_seconds() as f64)
}
