use http::HeaderValue;
use kube_enroll_core::{
    CertificateSigningRequest,
    csr::{Condition, CsrStatus, ObjectMeta, SIGNER_NAME, Spec},
};

use super::*;

const ACCOUNT: &str = "us";

fn account() -> ServiceAccount {
    ServiceAccount::new(ACCOUNT, &[])
}

fn decisions() -> Decisions {
    let clock = Clock::default();
    clock.observe(&HeaderValue::from_static("Tue, 01 Jan 2030 00:10:00 GMT"));
    let metrics = Metrics::new([].into_iter(), [], Decision::ALL.map(Decision::name));
    Decisions::new(100, metrics.into(), clock.into())
}

/// A CSR with these conditions, which was created ten minutes ago; `certificate` is there once it is issued.
fn csr(uid: &str, conditions: &[&str], certificate: &str) -> VisibleCsr {
    let condition = |kind: &&str| Condition { kind: (*kind).into(), ..Condition::default() };
    let object = CertificateSigningRequest {
        metadata: ObjectMeta {
            name: format!("jane-{uid}"),
            uid: uid.into(),
            creation_timestamp: "2030-01-01T00:00:00Z".into(),
            ..ObjectMeta::default()
        },
        spec: Spec { signer_name: SIGNER_NAME.into(), username: ACCOUNT.into(), ..Spec::default() },
        status: Some(CsrStatus {
            conditions: conditions.iter().map(condition).collect(),
            certificate: certificate.into(),
        }),
        ..CertificateSigningRequest::default()
    };
    account().visible(object).expect("ours")
}

fn list(decisions: &mut Decisions, csrs: &[VisibleCsr], account: ServiceAccount, counts_anew: bool) {
    decisions.begin_list(&account, counts_anew);
    for page in csrs.chunks(2) {
        decisions.list(page);
    }
    decisions.end_list(account);
}

/// Returns the numbers of approved, denied, failed, issued and deleted ones.
fn counted(decisions: &Decisions) -> [u64; 5] {
    let text = decisions.metrics.text();
    Decision::ALL.map(|decision| {
        let start = format!("kube_enroll_decisions_total{{decision=\"{}\"}} ", decision.name());
        let line = text.lines().find_map(|line| line.strip_prefix(&start)).expect("a line for each");
        line.parse().expect("a number")
    })
}

#[test]
fn counts_each_decision_once_though_a_csr_is_shown_again_and_again() {
    let mut decisions = decisions();
    list(&mut decisions, &[csr("a", &[], ""), csr("b", &[], "")], account(), false);
    for _ in 0..2 {
        decisions.apply(&csr("a", &["Approved"], ""));
        decisions.apply(&csr("a", &["Approved"], "AA=="));
        decisions.apply(&csr("b", &["Denied"], ""));
        decisions.apply(&csr("c", &[], ""));
        decisions.apply(&csr("c", &["Approved", "Failed"], ""));
    }
    assert_eq!(counted(&decisions), [2, 1, 1, 1, 0]);
    let text = decisions.metrics.text();
    for line in [
        "kube_enroll_decision_duration_seconds_count 3",
        "kube_enroll_decision_duration_seconds_bucket{le=\"300\"} 0",
        "kube_enroll_decision_duration_seconds_bucket{le=\"1800\"} 3",
        "kube_enroll_issue_duration_seconds_count 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in {text}");
    }
}

#[test]
fn counts_nothing_that_was_decided_before_it_started() {
    let mut decisions = decisions();
    let old = [csr("a", &["Approved"], "AA=="), csr("b", &["Denied"], "")];
    list(&mut decisions, &old, account(), false);
    for csr in &old {
        decisions.apply(csr);
        decisions.delete(csr);
    }
    assert_eq!(counted(&decisions), [0; 5]);
}

#[test]
fn counts_what_was_created_and_decided_while_the_watch_was_away() {
    let mut decisions = decisions();
    list(&mut decisions, &[csr("a", &[], "")], account(), false);
    list(&mut decisions, &[csr("a", &["Approved"], ""), csr("b", &["Denied"], "")], account(), false);
    assert_eq!(counted(&decisions), [1, 1, 0, 0, 0]);
}

#[test]
fn takes_what_a_backup_or_a_new_name_brings_for_old() {
    let mut restored = decisions();
    list(&mut restored, &[csr("a", &["Approved"], ""), csr("c", &[], "")], account(), false);
    list(&mut restored, &[csr("a", &[], ""), csr("b", &["Denied"], "")], account(), true);
    restored.apply(&csr("a", &["Approved"], ""));
    assert_eq!(counted(&restored), [0; 5], "a was approved before, and that counts once");

    let mut renamed = decisions();
    list(&mut renamed, &[csr("a", &[], "")], account(), false);
    let known = [csr("a", &["Approved"], ""), csr("b", &["Denied"], "")];
    list(&mut renamed, &known, account().renamed("us-now"), false);
    assert_eq!(counted(&renamed), [1, 0, 0, 0, 0]);
}

#[test]
fn counts_what_is_deleted_before_anybody_has_decided() {
    let mut decisions = decisions();
    list(&mut decisions, &[csr("a", &[], ""), csr("b", &[], ""), csr("c", &["Denied"], "")], account(), false);
    decisions.delete(&csr("a", &[], ""));
    list(&mut decisions, &[], account(), false);
    assert_eq!(counted(&decisions), [0, 0, 0, 0, 2]);
}

#[test]
fn knows_the_decisions_on_all_and_the_names_of_those_that_fit() {
    let mut decisions = decisions();
    decisions.max_named = 1;
    // Decided before the start, on one whose name does not fit.
    list(&mut decisions, &[csr("a", &[], ""), csr("b", &["Approved"], "")], account(), false);
    assert_eq!(decisions.named, 1);
    decisions.apply(&csr("b", &["Approved"], "AA=="));
    decisions.apply(&csr("c", &["Denied"], ""));
    assert_eq!(counted(&decisions), [0, 1, 0, 1, 0]);
    list(&mut decisions, &[csr("b", &["Approved"], "AA==")], account(), false);
    assert_eq!((counted(&decisions), decisions.named), ([0, 1, 0, 1, 1], 0));
    // There is room again.
    decisions.apply(&csr("d", &[], ""));
    assert_eq!(decisions.named, 1);
    decisions.delete(&csr("d", &[], ""));
    assert_eq!((counted(&decisions), decisions.named), ([0, 1, 0, 1, 2], 0));
}
