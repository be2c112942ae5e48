//! The same for programs: JSON in ASCII, so that it can be printed too.

use kube_enroll_core::CsrState;
use kube_enroll_x509::CertificateChain;
use serde_json::{Value, json};

use super::show::Shown;
use crate::{Assessment, RightsWithYes, Vouching};

/// Writes the requests that wait.
pub(super) fn list(pending: &[Assessment]) -> String {
    let items: Vec<Value> = pending.iter().map(of_assessment).collect();
    ascii(&json!({ "items": items }))
}

/// Writes one request.
pub(super) fn one(shown: &Shown) -> String {
    let mut value = of_assessment(&shown.assessment);
    let lines = |text: String| text.lines().map(str::to_owned).collect::<Vec<_>>();
    value["rights"] = match &shown.rights {
        Err(why) => json!({ "unknown": why }),
        Ok(None) => Value::Null,
        Ok(Some(RightsWithYes { now, added })) => {
            json!({ "now": lines(now.to_string()), "added": lines(added.to_string()) })
        }
    };
    value["othersUnknown"] = json!(shown.unread_others);
    value["missingRules"] = shown.missing.iter().map(ToString::to_string).collect();
    ascii(&value)
}

/// Writes what became of a decision: the certificate, or none where none is issued yet.
pub(super) fn decided(assessment: &Assessment, decision: &str, certificate: Option<&CertificateChain>) -> String {
    let certificate = certificate.map(|chain| {
        let summary = chain.summary();
        json!({
            "serialNumber": summary.serial_number, "credentialId": chain.credential_id(),
            "notAfter": summary.not_after.to_string(),
        })
    });
    ascii(&json!({
        "name": assessment.name, "uid": assessment.uid, "decision": decision, "certificate": certificate,
    }))
}

fn of_assessment(assessment: &Assessment) -> Value {
    let (state, decision) = match &assessment.state {
        CsrState::Pending => ("Pending", None),
        CsrState::Approved => ("Approved", None),
        CsrState::Issued { .. } => ("Issued", None),
        CsrState::Denied(decision) => ("Denied", Some(decision)),
        CsrState::Failed(decision) => ("Failed", Some(decision)),
    };
    let request = assessment.request.as_ref().ok().map(|details| {
        json!({
            "user": details.user, "groups": details.groups, "otherAttributes": details.other_attributes,
            "key": details.key(), "fingerprint": details.fingerprint.to_string(),
            "alternativeNames": details.alternative_names, "extensions": details.extensions,
        })
    });
    let vouched_for = match &assessment.vouching {
        Vouching::User(person) | Vouching::Other(person) => Some(person),
        Vouching::NotOurs | Vouching::Nobody => None,
    };
    let warnings: Vec<Value> = assessment
        .warnings
        .iter()
        .map(|warning| json!({ "code": warning.code(), "message": warning.to_string() }))
        .collect();
    json!({
        "name": assessment.name, "uid": assessment.uid, "state": state,
        "reason": decision.map(|decision| &decision.reason), "message": decision.map(|decision| &decision.message),
        "ageSeconds": assessment.age_seconds, "signerName": assessment.signer, "usages": assessment.usages,
        "expirationSeconds": assessment.expiration_seconds, "submittedBy": assessment.submitter,
        "isOwnAccount": assessment.is_own, "vouchedFor": vouched_for, "annotations": assessment.annotations,
        "request": request, "warnings": warnings,
    })
}

/// Writes JSON in which everything outside of ASCII is escaped
/// ([RFC 8259, section 7](https://www.rfc-editor.org/rfc/rfc8259#section-7)): it stands in strings only.
fn ascii(value: &Value) -> String {
    let mut text = String::new();
    for character in format!("{value:#}").chars() {
        if matches!(character, '\n' | ' '..='~') {
            text.push(character);
        } else {
            let mut units = [0; 2];
            character.encode_utf16(&mut units).iter().for_each(|unit| text.push_str(&format!("\\u{unit:04x}")));
        }
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_nothing_that_drives_a_terminal_and_reads_it_back() {
        let hostile = json!({ "a\u{9b}": "\u{1b}[2J\u{202e}\u{7f}\n\u{1f600}ü" });
        let text = ascii(&hostile);
        assert!(text.chars().all(|character| character == '\n' || (' '..='~').contains(&character)), "{text:?}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), hostile);
    }
}
