use kube_enroll_core::{ErrorCode, Settings, Timestamp};
use kube_enroll_protocol::{Failure, Listing, Reply, Stage, Validity};

use super::{
    Visit, assembled, cluster, failure, generated, not_assembled,
    storing::{saved_stages, stored_and_submitting},
    unreachable,
};
use crate::state::{Answer, Fault, UserAction};

/// Returns the words of the fault of what was pasted.
fn words(visit: &Visit) -> &str {
    match &visit.manual().fault {
        Some(Fault::Words(words)) => words,
        other => panic!("no words: {other:?}"),
    }
}

#[test]
fn what_is_carried_by_hand_is_not_sent_by_the_next_visit() {
    let mut visit = stored_and_submitting();
    visit.act(UserAction::Manual);
    assert_eq!((visit.name(), saved_stages(&visit)), ("manual", vec![Stage::Submitted]));
}

#[test]
fn without_an_api_a_person_carries_request_and_certificate() {
    let settings = Settings { api_base: None, cluster: Some(cluster()), ..Settings::default() };
    let storage = Listing { enrollments: vec![], refused: None, wraps_keys: true };
    let mut visit = Visit::before(settings, Some(storage));
    assert_eq!(visit.effects, [], "nothing is asked");
    visit.act(UserAction::Create).reply(generated()).reply(Reply::Store(Ok("1".into())));
    assert_eq!((visit.name(), &visit.effects[..]), ("manual", &[][..]));
    visit.act(UserAction::Paste("-----BEGIN PRIVATE KEY-----".into()));
    assert_eq!(visit.manual().pasted, "");
    assert!(words(&visit).contains("private key"));
    visit.act(UserAction::Paste("client-key-data: DATA+OMITTED".into()));
    visit.act(UserAction::Paste("<html>".into())).act(UserAction::UsePasted);
    let refusal = Failure { message: "a web page".into(), ..failure(ErrorCode::PastedHtml) };
    visit.reply(Reply::Assemble(Err(refusal)));
    assert_eq!((visit.manual().pasted.as_str(), words(&visit)), ("<html>", "A web page."));
    visit.act(UserAction::PasteFile("CERT".into()));
    assert_eq!(visit.name(), "verifying");
    visit.reply(assembled());
    assert_eq!((visit.name(), saved_stages(&visit)), ("issued", vec![Stage::Issued]));
}

#[test]
fn blames_the_computers_clock_where_no_cluster_was_asked() {
    let settings = Settings { api_base: None, cluster: Some(cluster()), ..Settings::default() };
    let storage = Listing { enrollments: vec![], refused: None, wraps_keys: true };
    let mut visit = Visit::before(settings, Some(storage));
    visit.act(UserAction::Create).reply(generated()).reply(Reply::Store(Ok("1".into())));
    let at = Timestamp::from_unix_seconds;
    let validity = Validity { not_before: at(1_000), not_after: at(2_000), now: at(100) };
    let failure = Failure { validity: Some(validity), ..failure(ErrorCode::NotValidNow) };
    visit.act(UserAction::PasteFile("CERT".into())).reply(Reply::Assemble(Err(failure)));
    assert_eq!(visit.manual().fault, Some(Fault::NotValidNow { validity, is_clusters: false }));
    assert_eq!(visit.manual().pasted, "CERT", "it can be checked again");
}

#[test]
fn clears_a_private_key_that_only_the_worker_has_recognised() {
    let mut visit = stored_and_submitting();
    visit.act(UserAction::Manual).act(UserAction::Paste("MC4CAQA".into())).act(UserAction::UsePasted);
    visit.reply(not_assembled(ErrorCode::PastedPrivateKey));
    assert_eq!((visit.name(), visit.manual().pasted.as_str()), ("manual", ""));
    assert!(words(&visit).contains("private key"));
}

#[test]
fn where_nothing_answers_a_person_can_carry_it_too() {
    let mut visit = stored_and_submitting();
    visit.answer(Answer::Created(Err(crate::state::Failure::NoApi(405))));
    assert_eq!(visit.name(), "manual");
    visit.act(UserAction::Retry);
    assert!(visit.posts());
    for _ in 0..6 {
        visit.answer(Answer::Created(Err(unreachable()))).after(60_000.0);
    }
    assert_eq!(visit.name(), "error");
    visit.act(UserAction::Manual);
    assert_eq!(visit.name(), "manual");
}
