use kube_enroll_core::{
    Cluster, Timestamp,
    room::{Assembled, CertificateSummary, Difference, Message, Reply},
};

use super::Value;

/// Writes a message to the key's room.
#[allow(clippy::cast_precision_loss, reason = "seconds of our time fit")]
pub(crate) fn write_message<V: Value>(message: &Message) -> V {
    let text = |text: &str| V::of_text(text);
    match message {
        Message::Generate { algorithm, user, groups } => {
            let fields = vec![
                ("algorithm", text(algorithm.name())),
                ("user", text(user)),
                ("groups", V::of_elements(groups.iter().map(|group| text(group)).collect())),
            ];
            V::of_fields(vec![("generate", V::of_fields(fields))])
        }
        Message::Assemble { certificate_pem, cluster, namespace, expiration_seconds, now } => {
            let fields = vec![
                ("certificatePem", text(certificate_pem)),
                ("cluster", write_cluster(cluster)),
                ("namespace", text(namespace)),
                ("expirationSeconds", V::of_number(f64::from(*expiration_seconds))),
                ("now", V::of_number(now.unix_seconds() as f64)),
            ];
            V::of_fields(vec![("assemble", V::of_fields(fields))])
        }
        Message::Reveal => text("reveal"),
    }
}

/// Reads the room's reply; nothing for what is none.
pub(crate) fn reply<V: Value>(value: &V) -> Option<Reply> {
    Some(match value.text_of("kind").as_str() {
        "generated" => Reply::Generated {
            request_pem: value.field("requestPem")?.text()?,
            fingerprint: value.field("fingerprint")?.text()?,
        },
        "assembled" => Reply::Assembled(Assembled {
            preview: value.text_of("preview"),
            certificate: certificate(&value.field("certificate")?),
            differences: value.elements_of("differences").iter().filter_map(difference).collect(),
        }),
        "revealed" => Reply::Revealed { kubeconfig: value.field("kubeconfig")?.text()? },
        "failed" => Reply::Failed { code: value.text_of("code"), message: value.text_of("message") },
        _ => return None,
    })
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
        not_before: Timestamp::from_unix_seconds(seconds(value, "notBefore")),
        not_after: Timestamp::from_unix_seconds(seconds(value, "notAfter")),
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
