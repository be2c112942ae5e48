use base64ct::{Base64, Encoding};
use kube_enroll_core::{
    Settings, Status, StatusCause, StatusDetails,
    room::{Message, Reply},
};

use super::{Person, REQUEST, refused, unreachable};
use crate::state::{Act, Action, Answer, Call, ClusterForm, Effect, Failure, Retry, RoomTrouble, Shown, State};

#[test]
fn tries_the_same_name_again_after_a_lost_reply() {
    let mut person = Person::submitting();
    let before = person.effects.pop();
    for _ in 0..5 {
        person.answer(Answer::Created(Err(unreachable())));
        assert_eq!((person.name(), person.effects.len()), ("submitting", 0));
        assert_eq!(person.after(100.0).effects, []);
        assert_eq!(person.after(60_000.0).effects.pop(), before);
        assert_eq!(person.after(60_000.0).effects, []);
    }
    person.answer(Answer::Created(Err(unreachable())));
    assert_eq!(person.name(), "error");
    assert!(person.page.state.holds_a_key());
    assert_eq!(person.act(Act::Retry).effects.pop(), before);
}

#[test]
fn adopts_what_has_the_name_only_if_it_holds_the_same_request() {
    for (holds, name) in [(REQUEST, "waiting"), ("BBBB", "error")] {
        let mut person = Person::submitting();
        person.answer(Answer::Created(Err(refused(409))));
        assert!(matches!(&person.effects[..], [Effect::Call(Call::Adopt(_))]));
        let mut object = person.object();
        object.spec.request = Base64::encode_string(holds.as_bytes());
        person.answer(Answer::Adopted(Ok(Some(Box::new(object)))));
        assert_eq!(person.name(), name);
    }
    let mut person = Person::submitting();
    let Some(Effect::Call(Call::Create(first))) = person.effects.pop() else { panic!("no POST") };
    person.answer(Answer::Created(Err(refused(409)))).answer(Answer::Adopted(Ok(None)));
    assert!(matches!(person.page.state, State::Error { retry: Retry::Rename(_), .. }));
    person.random = Some([2; 7]);
    person.act(Act::Retry);
    let Some(Effect::Call(Call::Create(second))) = person.effects.pop() else { panic!("no POST") };
    assert_ne!(first.metadata.name, second.metadata.name);
    assert_eq!(first.spec, second.spec);
}

#[test]
fn says_why_the_cluster_refused() {
    let mut person = Person::submitting();
    let cause = StatusCause { field: "spec.usages".into(), message: "no".into(), reason: String::new() };
    let details = Some(StatusDetails { causes: vec![cause], ..StatusDetails::default() });
    let status = Status { details, ..Status::failure(422, "Invalid", "not so") };
    person.answer(Answer::Created(Err(Failure::Refused(Box::new(status)))));
    let State::Error { problem, retry: Retry::Submit(_) } = &person.page.state else { panic!("no error") };
    assert_eq!(problem.message, "not so");
    assert_eq!(problem.causes, ["Invalid (422)", "spec.usages: no"]);
}

#[test]
fn fails_closed_without_random_numbers() {
    let mut person = Person::editing();
    person.random = None;
    person.page.state = State::Loading;
    person.answer(Answer::Settings(Ok(Box::default())));
    assert_eq!(person.name(), "error");
    let mut person = Person::waiting();
    person.random = None;
    person.answer(Answer::Read(Ok(None))).act(Act::Resubmit);
    assert!(matches!(person.page.state, State::Error { retry: Retry::Rename(_), .. }));
}

#[test]
fn starts_a_new_room_after_a_panic() {
    let mut person = Person::editing();
    person.act(Act::Create).take(Action::Replied(Err(RoomTrouble::Panicked("oh".into()))));
    assert_eq!((person.name(), &person.effects[..]), ("error", &[Effect::EndRoom][..]));
    person.act(Act::Retry);
    assert_eq!(person.name(), "generating");
    person.act(Act::Cancel);
    assert_eq!(
        (person.name(), &person.effects[..]),
        ("editing", &[Effect::StopCalls, Effect::EndRoom, Effect::Ask(Box::new(Message::List))][..])
    );
}

#[test]
fn saves_nothing_that_did_not_pass_the_checks() {
    let mut person = Person::waiting();
    let object = person.object_with("Approved", "CERT");
    person.answer(Answer::Read(Ok(Some(Box::new(object)))));
    person.reply(Reply::Failed { code: "other-key".into(), message: "m".into() });
    assert_eq!((person.name(), &person.effects[..]), ("refused", &[][..]));
    person.act(Act::Save);
    assert_eq!(person.effects, []);
    person.act(Act::Retry);
    assert_eq!(person.name(), "waiting", "the cluster may have the right one");
}

#[test]
fn shows_the_key_only_for_a_click() {
    let mut person = Person::issued();
    person.reply(Reply::Revealed { kubeconfig: "secret".into() });
    let State::Issued(issued) = &person.page.state else { panic!("not issued") };
    assert!(issued.shown == Shown::No, "nobody asked");
    person.act(Act::Show);
    assert_eq!(person.effects, [Effect::Ask(Box::new(Message::Reveal))]);
    person.reply(Reply::Revealed { kubeconfig: "secret".into() });
    let State::Issued(issued) = &person.page.state else { panic!("not issued") };
    assert!(issued.shown == Shown::Yes("secret".into()));
    assert!(!format!("{issued:?}").contains("secret"));
    person.act(Act::Hide).act(Act::NameFile("../x".into())).act(Act::Save);
    assert_eq!(person.effects, [Effect::Focus("file-name".into())]);
}

#[test]
fn asks_for_the_cluster_where_nothing_else_says_it() {
    let mut person = Person::with(Settings::default());
    assert_eq!(person.effects, [Effect::UseApi("./".into()), Effect::Call(Call::ClusterInfo)]);
    person.answer(Answer::ClusterInfo(None)).act(Act::Create);
    person.reply(Reply::Generated { request_pem: REQUEST.into(), fingerprint: "ab:cd".into() });
    let object = person.object();
    person.answer(Answer::Created(Ok(Box::new(object))));
    let object = person.object_with("", "CERT");
    person.answer(Answer::Read(Ok(Some(Box::new(object)))));
    assert_eq!(person.name(), "verifying");
    person.reply(Reply::Failed { code: "empty-name".into(), message: "m".into() });
    assert_eq!(person.effects, [Effect::Call(Call::ClusterInfo)]);
    person.act(Act::UseCluster);
    assert_eq!(person.effects, [Effect::Focus("cluster-name".into())]);
    let form = ClusterForm {
        name: "c".into(),
        server: "https://k".into(),
        authorities: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----".into(),
        ..ClusterForm::default()
    };
    person.act(Act::EditCluster(Box::new(form))).act(Act::UseCluster);
    assert!(matches!(&person.effects[..], [Effect::Ask(message)] if matches!(**message, Message::Assemble { .. })));
    assert_eq!(person.page.cluster, None, "another enrollment may be for another cluster");
}
