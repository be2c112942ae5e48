//! The requests that wait.

use kube_enroll_core::{CsrState, csr::SIGNER_NAME, visible};

use super::text::{age, cell, lifetime};
use crate::{Assessment, Decoded, Surroundings};

/// Judges the requests that wait: first those of the operator's accounts, the oldest first.
pub(super) fn pending(requests: &[Decoded], all_signers: bool, surroundings: &Surroundings<'_>) -> Vec<Assessment> {
    let waiting = requests.iter().filter(|request| request.state == CsrState::Pending);
    let shown = waiting.filter(|request| all_signers || request.csr.spec.signer_name == SIGNER_NAME);
    let mut judged: Vec<Assessment> = shown.map(|request| Assessment::new(request, surroundings)).collect();
    judged.sort_by_key(|assessment| (!assessment.is_own, assessment.age_seconds.map(|seconds| -seconds)));
    judged
}

/// Counts the requests that wait for other signers.
pub(super) fn of_other_signers(requests: &[Decoded]) -> usize {
    let waiting = requests.iter().filter(|request| request.state == CsrState::Pending);
    waiting.filter(|request| request.csr.spec.signer_name != SIGNER_NAME).count()
}

/// Writes the table, with how to go on.
pub(super) fn table(pending: &[Assessment], hidden: usize, program: &str) -> String {
    let mut rows = vec![HEADER.map(str::to_owned)];
    rows.extend(pending.iter().map(row));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..HEADER.len()).map(width).collect();
    let mut text = String::new();
    if pending.is_empty() {
        text.push_str("No request waits for a decision.\n");
    } else {
        for row in &rows {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
            text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
            text.push('\n');
        }
        let noun = if pending.len() == 1 { "request waits" } else { "requests wait" };
        text.push_str(&format!("\n{} {noun}. Look at one: {program} review NAME\n", pending.len()));
    }
    if hidden > 0 {
        text.push_str(&format!("{hidden} of other signers: --all-signers\n"));
    }
    text
}

fn row(assessment: &Assessment) -> [String; HEADER.len()] {
    let (user, groups) = match &assessment.request {
        Ok(details) => (details.user.as_deref().map_or("-".into(), visible), details.groups.len().to_string()),
        Err(_) => ("?".into(), "?".into()),
    };
    let mut warnings: Vec<&str> = assessment.warnings.iter().map(crate::Warning::code).collect();
    warnings.dedup();
    [
        // Whole, since it is typed.
        visible(&assessment.name),
        cell(&user, MAX_CELL),
        groups,
        cell(&visible(&assessment.submitter), MAX_CELL),
        age(assessment.age_seconds),
        lifetime(assessment.expiration_seconds),
        warnings.join(","),
    ]
}

const HEADER: [&str; 7] = ["NAME", "USER", "GROUPS", "SUBMITTED BY", "AGE", "LIFETIME", "WARNINGS"];

/// The columns of a text of others.
const MAX_CELL: usize = 40;

#[cfg(test)]
mod tests {
    use kube_enroll_core::{CertificateSigningRequest, Timestamp, csr::Condition};

    use super::*;

    fn request(name: &str, created: &str, submitter: &str, signer: &str) -> Decoded {
        let mut csr = CertificateSigningRequest::default();
        csr.metadata.name = name.into();
        csr.metadata.creation_timestamp = format!("1970-01-01T00:00:{created}Z");
        (csr.spec.username, csr.spec.signer_name) = (submitter.into(), signer.into());
        Decoded::new(csr)
    }

    #[test]
    fn begins_with_the_operators_and_the_oldest_and_leaves_out_what_is_decided() {
        let mut denied = CertificateSigningRequest::default();
        denied.spec.signer_name = SIGNER_NAME.into();
        denied.status.get_or_insert_default().conditions =
            vec![Condition { kind: "Denied".into(), ..Condition::default() }];
        let requests = [
            request("theirs", "01", "them", SIGNER_NAME),
            request("ours-new", "09", "us", SIGNER_NAME),
            request("ours-old", "05", "us", SIGNER_NAME),
            request("other", "02", "them", "example.com/signer"),
            Decoded::new(denied),
        ];
        let accounts = ["us".to_owned()];
        let surroundings = Surroundings {
            own_accounts: &accounts,
            maximum_seconds: 600,
            now: Timestamp::from_unix_seconds(60),
            others: None,
            bound: None,
            checks_keys: false,
        };
        let names = |all_signers| -> Vec<String> {
            pending(&requests, all_signers, &surroundings).into_iter().map(|shown| shown.name).collect()
        };
        assert_eq!(names(false), ["ours-old", "ours-new", "theirs"]);
        assert_eq!(names(true), ["ours-old", "ours-new", "theirs", "other"]);
        assert_eq!(of_other_signers(&requests), 1);
        assert_eq!(table(&[], 1, "x"), "No request waits for a decision.\n1 of other signers: --all-signers\n");
    }
}
