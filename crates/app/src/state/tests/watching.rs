use kube_enroll_core::WatchEvent;

use super::{REQUEST, Visit, list, unreachable};
use crate::state::{Answer, Call, Connection, Effect, Event, Failure, Gone, Phase, UserAction};

fn is_gone(visit: &Visit, why: Gone) -> bool {
    matches!(visit.phase(), Phase::Gone(found) if *found == why)
}

#[test]
fn holds_the_key_while_somebody_signs_in() {
    let mut visit = Visit::submitting();
    visit.answer(Answer::Created(Err(Failure::SignIn)));
    assert_eq!((visit.name(), visit.state().holds_a_key()), ("signin", true));
    visit.act(UserAction::Retry);
    assert_eq!(visit.name(), "submitting");
    for answer in [
        Answer::Listed(Err(Failure::SignIn)),
        Answer::Read(Err(Failure::SignIn)),
        Answer::WatchEnded(Some(Failure::SignIn)),
    ] {
        let mut visit = Visit::waiting();
        visit.answer(answer);
        assert_eq!((visit.name(), &visit.effects[..]), ("signin", &[Effect::StopCalls][..]));
        visit.act(UserAction::Retry);
        assert_eq!(visit.name(), "waiting");
    }
}

#[test]
fn keeps_waiting_where_something_on_the_way_refuses() {
    let mut visit = Visit::waiting();
    visit.answer(Answer::Listed(Err(Failure::Blocked(403))));
    let Connection::Lost { reason, may_reload: true, .. } = visit.connection() else { panic!("{:?}", visit.state()) };
    assert_eq!(reason, "something between you and the cluster refused this, HTTP 403");
    visit.act(UserAction::Reload);
    assert_eq!((visit.name(), &visit.effects[..]), ("waiting", &[Effect::Reload][..]));
    visit.answer(Answer::Listed(Err(unreachable())));
    assert!(matches!(visit.connection(), Connection::Lost { may_reload: false, .. }));
}

#[test]
fn never_goes_back() {
    let mut visit = Visit::waiting();
    let pending = visit.object();
    let approved = visit.object_with("Approved", "");
    visit.answer(Answer::Read(Ok(Some(Box::new(approved)))));
    visit.answer(Answer::Read(Ok(Some(Box::new(pending.clone())))));
    assert_eq!(visit.name(), "approved");
    let mut visit = Visit::issued();
    visit.answer(Answer::Watched(vec![WatchEvent::Modified(pending.clone())]));
    visit.answer(Answer::Read(Ok(None))).answer(list(vec![pending]));
    assert_eq!(visit.name(), "issued");
}

#[test]
fn shows_what_was_decided() {
    for (condition, name) in [("Denied", "denied"), ("Failed", "failed")] {
        let mut visit = Visit::waiting();
        let object = visit.object_with(condition, "");
        visit.answer(list(vec![object]));
        assert_eq!((visit.name(), &visit.effects[..]), (name, &[Effect::StopCalls][..]));
        let (Phase::Denied(decision) | Phase::SigningFailed(decision)) = visit.phase() else { panic!("{name}") };
        assert_eq!(decision.message, "because");
        assert!(!visit.state().holds_a_key());
    }
}

#[test]
fn distinguishes_an_object_that_is_gone_from_another_one() {
    let mut visit = Visit::waiting();
    visit.answer(list(vec![]));
    assert!(is_gone(&visit, Gone::Absent { was_approved: false }));
    visit.random = Some([3; 7]);
    visit.act(UserAction::Resubmit);
    assert!(matches!(&visit.effects[..], [Effect::Call(Call::Create(object))] if object.is_for(REQUEST)));

    let mut visit = Visit::waiting();
    let mut other = visit.object();
    other.metadata.uid = "uid-2".into();
    visit.answer(Answer::Read(Ok(Some(Box::new(other)))));
    assert!(is_gone(&visit, Gone::Replaced));

    let mut visit = Visit::waiting();
    let last = visit.object_with("Approved", "CERT");
    visit.answer(Answer::Watched(vec![WatchEvent::Deleted(last)]));
    assert_eq!(visit.name(), "verifying", "its last state has the certificate");

    let mut visit = Visit::waiting();
    let last = visit.object_with("Approved", "");
    visit.answer(Answer::Watched(vec![WatchEvent::Deleted(last)]));
    assert!(is_gone(&visit, Gone::Absent { was_approved: true }));
}

#[test]
fn reads_beside_a_watch_that_a_proxy_holds_back() {
    let mut visit = Visit::waiting();
    let object = visit.object();
    visit.answer(list(vec![object.clone()]));
    assert_eq!(visit.after(5_000.0).effects, []);
    assert!(matches!(&visit.after(2_000.0).effects[..], [Effect::Call(Call::Read(_))]));
    visit.answer(Answer::Read(Ok(Some(Box::new(object)))));
    visit.answer(Answer::Watched(vec![]));
    assert_eq!(visit.after(44_000.0).effects, [], "a byte came: the watch works");
    assert!(matches!(&visit.after(2_000.0).effects[..], [Effect::Call(Call::Read(_))]));
    assert!(matches!(&visit.after(45_000.0).effects[..], [Effect::Call(Call::List(_))]), "silent for 90 s");
    assert!(matches!(&visit.on(Event::Awake { reconnected: true }).effects[..], [Effect::Call(Call::Read(_))]));
}

#[test]
fn lists_again_after_a_watch_has_ended() {
    let lists = |visit: &Visit| visit.effects.iter().any(|effect| matches!(effect, Effect::Call(Call::List(_))));
    let mut visit = Visit::waiting();
    let object = visit.object();
    visit.answer(list(vec![object])).answer(Answer::WatchEnded(None));
    assert_eq!(*visit.connection(), Connection::Live, "that a watch ends is normal");
    assert_eq!(visit.after(500.0).effects, []);
    assert!(matches!(&visit.after(2_000.0).effects[..], [Effect::Call(Call::List(_))]));
    visit.answer(Answer::Listed(Err(unreachable())));
    assert!(matches!(visit.connection(), Connection::Lost { reason, .. } if reason == "down"));
    assert!(matches!(&visit.after(20_000.0).effects[..], [Effect::Call(Call::List(_))]));
    let late = Failure::Unreachable { reason: "busy".into(), retry_after_ms: 30_000.0 };
    visit.answer(Answer::Listed(Err(late)));
    assert!(!lists(visit.after(29_000.0)));
    assert!(lists(visit.after(2_000.0)));
}

#[test]
fn watches_on_from_what_it_has_seen_after_a_watch_that_held() {
    let watched = |visit: &Visit| match &visit.effects[..] {
        [Effect::Call(Call::Watch(_, version))] => Some(version.clone()),
        _ => None,
    };
    let bookmark = |version: &str| WatchEvent::Bookmark { resource_version: version.into() };
    let mut visit = Visit::waiting();
    let object = visit.object();
    visit.answer(list(vec![object.clone()]));
    visit.after(6_000.0).answer(Answer::Watched(vec![bookmark("30"), bookmark("40")])).answer(Answer::WatchEnded(None));
    assert_eq!(watched(visit.after(2_000.0)).as_deref(), Some("40"));
    // Again, by the version of an event; and where nothing came, by the same.
    let mut changed = object.clone();
    changed.metadata.resource_version = "50".into();
    visit.after(6_000.0).answer(Answer::Watched(vec![WatchEvent::Modified(changed)])).answer(Answer::WatchEnded(None));
    assert_eq!(watched(visit.after(2_000.0)).as_deref(), Some("50"));
    visit.after(6_000.0).answer(Answer::WatchEnded(None));
    assert_eq!(watched(visit.after(2_000.0)).as_deref(), Some("50"));
    // Not after a failure, nor where the server says so, nor where it ends at once.
    let lists = |visit: &Visit| matches!(&visit.effects[..], [Effect::Call(Call::List(_))]);
    visit.after(6_000.0).answer(Answer::WatchEnded(Some(unreachable())));
    assert!(lists(visit.after(20_000.0)));
    let expired = kube_enroll_core::Status::failure(410, "Expired", "too old");
    visit.answer(list(vec![object.clone()])).after(6_000.0);
    visit.answer(Answer::Watched(vec![WatchEvent::Error(expired)])).answer(Answer::WatchEnded(None));
    assert!(lists(visit.after(2_000.0)));
    visit.answer(list(vec![object])).answer(Answer::WatchEnded(None));
    assert!(lists(visit.after(20_000.0)));
}
