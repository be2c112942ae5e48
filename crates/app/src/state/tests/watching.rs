use kube_enroll_core::WatchEvent;

use super::{Person, REQUEST, list, unreachable};
use crate::state::{Act, Action, Answer, Call, Connection, Effect, Failure, Gone, State};

#[test]
fn keeps_the_key_while_somebody_signs_in() {
    let mut person = Person::submitting();
    person.answer(Answer::Created(Err(Failure::SignIn)));
    assert_eq!((person.name(), person.page.state.holds_a_key()), ("signin", true));
    person.act(Act::Retry);
    assert_eq!(person.name(), "submitting");
    for answer in [
        Answer::Listed(Err(Failure::SignIn)),
        Answer::Read(Err(Failure::SignIn)),
        Answer::WatchEnded(Some(Failure::SignIn)),
    ] {
        let mut person = Person::waiting();
        person.answer(answer);
        assert_eq!((person.name(), &person.effects[..]), ("signin", &[Effect::StopCalls][..]));
        person.act(Act::Retry);
        assert_eq!(person.name(), "waiting");
    }
}

#[test]
fn never_goes_back() {
    let mut person = Person::waiting();
    let pending = person.object();
    let approved = person.object_with("Approved", "");
    person.answer(Answer::Read(Ok(Some(Box::new(approved)))));
    person.answer(Answer::Read(Ok(Some(Box::new(pending.clone())))));
    assert_eq!(person.name(), "approved");
    let mut person = Person::issued();
    person.answer(Answer::Watched(vec![WatchEvent::Modified(pending.clone())]));
    person.answer(Answer::Read(Ok(None))).answer(list(vec![pending]));
    assert_eq!(person.name(), "issued");
}

#[test]
fn shows_what_was_decided() {
    for (condition, name) in [("Denied", "denied"), ("Failed", "failed")] {
        let mut person = Person::waiting();
        let object = person.object_with(condition, "");
        person.answer(list(vec![object]));
        assert_eq!((person.name(), &person.effects[..]), (name, &[Effect::StopCalls][..]));
        let (State::Denied { said, .. } | State::Failed { said, .. }) = &person.page.state else { panic!("{name}") };
        assert_eq!(said.message, "because");
        assert!(!person.page.state.holds_a_key());
    }
}

#[test]
fn tells_a_request_that_is_gone_from_one_that_is_not_ours() {
    let mut person = Person::waiting();
    person.answer(list(vec![]));
    assert!(matches!(person.page.state, State::Gone { why: Gone::Absent { was_approved: false }, .. }));
    person.random = Some([3; 7]);
    person.act(Act::Resubmit);
    assert!(matches!(&person.effects[..], [Effect::Call(Call::Create(object))] if object.is_for(REQUEST)));

    let mut person = Person::waiting();
    let mut other = person.object();
    other.metadata.uid = "uid-2".into();
    person.answer(Answer::Read(Ok(Some(Box::new(other)))));
    assert!(matches!(person.page.state, State::Gone { why: Gone::Other, .. }));

    let mut person = Person::waiting();
    let last = person.object_with("Approved", "CERT");
    person.answer(Answer::Watched(vec![WatchEvent::Deleted(last)]));
    assert_eq!(person.name(), "verifying", "its last state has the certificate");

    let mut person = Person::waiting();
    let last = person.object_with("Approved", "");
    person.answer(Answer::Watched(vec![WatchEvent::Deleted(last)]));
    assert!(matches!(person.page.state, State::Gone { why: Gone::Absent { was_approved: true }, .. }));
}

#[test]
fn reads_beside_a_watch_that_a_proxy_holds_back() {
    let mut person = Person::waiting();
    let object = person.object();
    person.answer(list(vec![object.clone()]));
    assert_eq!(person.after(5_000.0).effects, []);
    assert!(matches!(&person.after(2_000.0).effects[..], [Effect::Call(Call::Read(_))]));
    person.answer(Answer::Read(Ok(Some(Box::new(object)))));
    person.answer(Answer::Watched(vec![]));
    assert_eq!(person.after(44_000.0).effects, [], "a byte came: the watch works");
    assert!(matches!(&person.after(2_000.0).effects[..], [Effect::Call(Call::Read(_))]));
    assert!(matches!(&person.after(45_000.0).effects[..], [Effect::Call(Call::List(_))]), "silent for 90 s");
    assert!(matches!(&person.take(Action::Awake { reconnected: true }).effects[..], [Effect::Call(Call::Read(_))]));
}

#[test]
fn lists_again_after_a_watch_has_ended() {
    let mut person = Person::waiting();
    let object = person.object();
    person.answer(list(vec![object]));
    person.answer(Answer::WatchEnded(None));
    assert_eq!(*person.lookout_says(), Connection::Live, "that a watch ends is normal");
    assert_eq!(person.after(500.0).effects, []);
    assert!(matches!(&person.after(2_000.0).effects[..], [Effect::Call(Call::List(_))]));
    person.answer(Answer::Listed(Err(unreachable())));
    assert!(matches!(person.lookout_says(), Connection::Lost { reason, .. } if reason == "down"));
    assert!(matches!(&person.after(20_000.0).effects[..], [Effect::Call(Call::List(_))]));
    let late = Failure::Unreachable { reason: "busy".into(), retry_after_ms: 30_000.0 };
    person.answer(Answer::Listed(Err(late)));
    assert!(!person.after(29_000.0).effects.iter().any(|effect| matches!(effect, Effect::Call(Call::List(_)))));
    assert!(person.after(2_000.0).effects.iter().any(|effect| matches!(effect, Effect::Call(Call::List(_)))));
}
