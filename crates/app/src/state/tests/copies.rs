//! Rules that once stood in several places, and had drifted.

use kube_enroll_core::{Groups, Policy, Settings, parse_groups};
use kube_enroll_protocol::{Command, Fault, Lease, Listing, Readable, Reply, Stage, StoredEnrollment};

use super::{Visit, cluster, command, storing::record};
use crate::state::{Answer, Effect, Failed, Person, State, UserAction};

fn settings() -> Settings {
    Settings { cluster: Some(cluster()), ..Settings::default() }
}

fn listing(stored: StoredEnrollment) -> Listing {
    Listing { enrollments: vec![stored], refused: None, wraps_keys: true }
}

/// A record as it comes from the worker, with something in it that this version does not know.
fn newer(change: impl Fn(&mut StoredEnrollment)) -> StoredEnrollment {
    let mut stored = record(Stage::Prepared, Lease::Free);
    change(&mut stored);
    let StoredEnrollment { id, details, progress, has_passphrase, lease, .. } = stored;
    StoredEnrollment::of_parts(id, Some(details), Some(progress), has_passphrase, lease)
}

#[test]
fn a_record_of_a_newer_version_is_neither_sent_nor_changed() {
    for stored in [
        newer(|stored| stored.details.algorithm = Readable::Unknown("ML-DSA-65".into())),
        newer(|stored| stored.progress.stage = Readable::Unknown("renewed".into())),
    ] {
        assert_eq!(stored.fault, Some(Fault::NewerVersion));
        let mut visit = Visit::before(settings(), Some(listing(stored.clone())));
        assert_eq!((visit.name(), &visit.effects[1..]), ("editing", &[][..]), "only the API's base is set");
        // Even where a person has found a way to it.
        visit.act(UserAction::Resume("1".into()));
        visit.reply(Reply::Acquire(Ok(listing(StoredEnrollment { lease: Lease::Ours, ..stored }))));
        assert_eq!(visit.effects, [command(Command::Release)]);
        let State::Failed(Failed { problem, .. }) = visit.state() else { panic!("{:?}", visit.state()) };
        assert!(problem.message.contains("newer version"), "{problem:?}");
    }
}

#[test]
fn leaves_out_a_group_that_a_person_without_groups_cannot_ask_for() {
    let settings = Settings { identity: Some("header".into()), ..settings() };
    let mut visit = Visit::with(settings);
    let user = kube_enroll_core::UserName::parse("joe").expect("a name");
    visit.answer(Answer::Whoami(Ok(Box::new(Person {
        user,
        groups: vec![],
        group_problems: vec![],
        sign_out_url: None,
    }))));
    // The link to the page names dev.
    assert_eq!((&visit.form().groups, &visit.form().unavailable_groups), (&vec![], &vec!["dev".to_owned()]));
    visit.act(UserAction::Create);
    let Command::Generate { groups, .. } = visit.only_command() else { panic!("{:?}", visit.effects) };
    assert!(groups.is_empty(), "{groups:?}");
}

#[test]
fn an_enrollment_that_was_refused_can_go_back_to_the_form_and_be_deleted() {
    let mut stored = record(Stage::Prepared, Lease::Ours);
    stored.details.groups = vec!["x".into()];
    let mut visit = Visit::before(settings(), Some(listing(stored.clone())));
    visit.reply(Reply::Acquire(Ok(listing(stored.clone())))).answer(Answer::Created(Err(super::refused(403))));
    assert_eq!(visit.name(), "error");
    visit.act(UserAction::Restart);
    assert_eq!(visit.name(), "editing");
    visit.reply(Reply::Release(Ok(listing(stored))));
    assert_eq!(visit.name(), "editing", "it is not sent again by itself");
    visit.act(UserAction::Delete("1".into()));
    assert_eq!(visit.effects, [command(Command::Delete { id: "1".into() })]);
}

#[test]
fn judges_by_the_policy_before_a_key_is_made() {
    let policy = Policy { groups: Groups::Only(parse_groups(&["ops"]).expect("names")), ..Policy::default() };
    let mut visit = Visit::with(Settings { policy, ..settings() });
    visit.act(UserAction::Create);
    assert_eq!((visit.name(), &visit.effects[..]), ("editing", &[Effect::Focus("group-0".into())][..]));
}
