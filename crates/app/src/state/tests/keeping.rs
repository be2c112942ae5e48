use kube_enroll_core::{
    Cluster, Settings, Timestamp,
    room::{Details, Kept, Message, Owner, Progress, Reply, Stage},
};

use super::{Person, REQUEST, assembled, cluster, list, unreachable};
use crate::state::{Act, Action, Answer, Call, Edit, Effect, Failure, Keep, Place, Retry, RoomTrouble, State};

fn listed(kept: Vec<Kept>) -> Reply {
    Reply::Listed { kept, refused: String::new(), wraps: true }
}

fn settings() -> Settings {
    Settings { cluster: Some(cluster()), ..Settings::default() }
}

fn record(stage: Stage, owner: Owner) -> Kept {
    let certificate_pem = if matches!(stage, Stage::Issued | Stage::Saved) { "CERT".into() } else { String::new() };
    Kept {
        id: "1".into(),
        details: Details {
            created: Timestamp::from_unix_seconds(500),
            user: "jane".into(),
            expiration_seconds: 3_600,
            request_pem: REQUEST.into(),
            fingerprint: "ab:cd".into(),
            cluster: Some(cluster()),
            ..Details::default()
        },
        progress: Progress {
            stage,
            name: "jane-aaaaaaaaaa".into(),
            reason: "R".into(),
            message: "M".into(),
            certificate_pem,
            ..Progress::default()
        },
        owner,
        ..Kept::default()
    }
}

/// A page that finds one enrollment, and owns it.
fn resumed(stage: Stage) -> Person {
    let mut person = Person::before(settings(), listed(vec![record(stage, Owner::Nobody)]));
    assert_eq!(person.name(), "taking");
    assert_eq!(person.effects.last(), Some(&Effect::Ask(Box::new(Message::Own { id: "1".into() }))));
    person.reply(listed(vec![record(stage, Owner::Us)]));
    person
}

fn kept_and_submitting() -> Person {
    let mut person = Person::before(settings(), listed(vec![]));
    person.act(Act::Create);
    person.reply(Reply::Generated { request_pem: REQUEST.into(), fingerprint: "ab:cd".into() });
    assert_eq!(person.name(), "keeping");
    person.reply(Reply::Kept { id: "1".into() });
    person
}

fn noted(person: &Person) -> Vec<Stage> {
    let stage = |effect: &Effect| match effect {
        Effect::Ask(message) => match &**message {
            Message::Note { progress, .. } => Some(progress.stage),
            _ => None,
        },
        _ => None,
    };
    person.effects.iter().filter_map(stage).collect()
}

fn posts(person: &Person) -> bool {
    person.effects.iter().any(|effect| matches!(effect, Effect::Call(Call::Create(_))))
}

#[test]
fn sends_nothing_before_it_is_kept() {
    let mut person = Person::before(settings(), listed(vec![]));
    person.act(Act::Create);
    person.reply(Reply::Generated { request_pem: REQUEST.into(), fingerprint: "ab:cd".into() });
    let [Effect::Ask(message)] = &person.effects[..] else { panic!("{:?}", person.effects) };
    let Message::Keep { details, progress, passphrase } = &**message else { panic!("{message:?}") };
    assert_eq!((details.request_pem.as_str(), progress.stage, passphrase.as_str()), (REQUEST, Stage::Prepared, ""));
    assert_eq!(details.cluster, Some(cluster()));
    assert!(person.page.state.holds_a_key(), "until it is on the disk");
    person.reply(Reply::Kept { id: "1".into() });
    assert!(posts(&person));
    assert!(!person.page.state.holds_a_key(), "it may be closed now");
    let object = person.object();
    person.answer(Answer::Created(Ok(Box::new(object))));
    assert_eq!(noted(&person), [Stage::Submitted]);
}

#[test]
fn says_what_could_not_be_kept_before_anything_is_sent() {
    let mut person = Person::before(settings(), listed(vec![]));
    person.act(Act::Create);
    person.reply(Reply::Generated { request_pem: REQUEST.into(), fingerprint: "ab:cd".into() });
    person.reply(Reply::NotKept { reason: "full".into() });
    assert_eq!((person.name(), &person.effects[..]), ("unkept", &[][..]));
    person.act(Act::Retry);
    assert_eq!(person.name(), "keeping");
    person.reply(Reply::NotKept { reason: "full".into() }).act(Act::GoOn);
    assert!(posts(&person));
    assert!(person.page.state.holds_a_key());
}

#[test]
fn goes_on_where_it_stopped() {
    let person = resumed(Stage::Prepared);
    assert!(posts(&person), "not known to be there: sent");
    for stage in [Stage::Submitted, Stage::Gone] {
        let mut person = resumed(stage);
        assert_eq!(person.name(), "waiting");
        assert!(!posts(&person));
        person.answer(list(vec![]));
        assert_eq!(person.name(), "gone");
        assert!(!posts(&person), "sent again only for a click");
    }
    assert_eq!(resumed(Stage::Denied).name(), "denied");
    assert_eq!(resumed(Stage::Failed).name(), "failed");
    let mut person = resumed(Stage::Issued);
    assert_eq!(person.name(), "verifying");
    person.reply(assembled());
    assert_eq!(person.name(), "issued");
    assert!(!person.effects.iter().any(|effect| matches!(effect, Effect::Save(_))), "saved only for a click");
    person.act(Act::Save);
    assert_eq!(noted(&person), [Stage::Saved]);
}

#[test]
fn leaves_the_form_to_whoever_has_begun_with_it() {
    let mut person = Person::before(settings(), Reply::NotKept { reason: String::new() });
    person.act(Act::Edit(Edit::User("joe".into())));
    person.reply(listed(vec![record(Stage::Submitted, Owner::Nobody)]));
    assert_eq!((person.name(), person.page.kept.len()), ("editing", 1));

    let two =
        vec![record(Stage::Submitted, Owner::Nobody), Kept { id: "2".into(), ..record(Stage::Issued, Owner::Nobody) }];
    let mut person = Person::before(settings(), listed(two));
    assert_eq!(person.name(), "editing");
    person.act(Act::Take("2".into()));
    assert_eq!(person.effects, [Effect::Ask(Box::new(Message::Own { id: "2".into() }))]);

    let person = Person::before(settings(), listed(vec![record(Stage::Saved, Owner::Nobody)]));
    assert_eq!(person.name(), "editing");
}

#[test]
fn sends_again_under_a_new_name_only_once_that_is_written_down() {
    let mut person = resumed(Stage::Submitted);
    person.answer(list(vec![]));
    person.random = Some([2; 7]);
    person.act(Act::Resubmit);
    assert_eq!((person.name(), noted(&person)), ("keeping", vec![Stage::Prepared]));
    let [Effect::Ask(message)] = &person.effects[..] else { panic!("{:?}", person.effects) };
    let Message::Note { progress, .. } = &**message else { panic!("{message:?}") };
    let progress = (**progress).clone();
    person.reply(listed(vec![record(Stage::Gone, Owner::Us)]));
    assert!(!posts(&person), "another tab's list");
    person.reply(listed(vec![Kept { progress, ..record(Stage::Prepared, Owner::Us) }]));
    assert!(posts(&person));
}

#[test]
fn watches_in_one_tab_only() {
    let mut person = Person::before(settings(), listed(vec![record(Stage::Submitted, Owner::Other)]));
    person.reply(listed(vec![record(Stage::Submitted, Owner::Other)]));
    assert_eq!(person.name(), "elsewhere");
    person.reply(listed(vec![record(Stage::Submitted, Owner::Us)]));
    assert_eq!(person.name(), "waiting");
    person.reply(listed(vec![record(Stage::Submitted, Owner::Other)]));
    assert_eq!((person.name(), &person.effects[..]), ("elsewhere", &[Effect::StopCalls][..]));
    person.reply(listed(vec![]));
    assert_eq!(person.name(), "editing", "the other tab has forgotten it");
}

#[test]
fn tells_another_cluster_from_a_request_that_is_gone() {
    let elsewhere = Cluster { certificate_authority_data: "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t".into(), ..cluster() };
    let mut kept = record(Stage::Submitted, Owner::Us);
    kept.details.cluster = Some(elsewhere.clone());
    let here = Cluster { certificate_authority_data: "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==".into(), ..cluster() };
    let mut person =
        Person::before(Settings { cluster: Some(here.clone()), ..Settings::default() }, listed(vec![kept.clone()]));
    person.reply(listed(vec![kept.clone()]));
    assert_eq!(person.name(), "othercluster");

    // The page learns late which cluster it is in front of.
    let mut person = Person::before(Settings::default(), listed(vec![kept.clone()]));
    person.reply(listed(vec![kept]));
    assert_eq!(person.name(), "waiting");
    person.answer(Answer::ClusterInfo(Some(Box::new(here))));
    assert_eq!(person.name(), "othercluster");
}

#[test]
fn a_storage_that_falls_silent_has_deleted_nothing() {
    let silent = || Reply::Listed { kept: vec![], refused: "it does not answer".into(), wraps: true };
    let mut person = resumed(Stage::Issued);
    person.reply(assembled()).reply(silent());
    assert_eq!((person.name(), person.page.kept.len()), ("issued", 1));
    let mut person = Person::before(settings(), listed(vec![record(Stage::Issued, Owner::Nobody)]));
    person.reply(silent());
    assert!(matches!(&person.page.state, State::Error { retry: Retry::Take(id), .. } if id == "1"));
}

#[test]
fn what_the_storage_refuses_is_not_blamed_on_the_certificate() {
    let failed = |code: &str| Reply::Failed { code: code.into(), message: "m".into() };
    for code in ["storage", "no-memory", "locked", "forgotten"] {
        let mut person = resumed(Stage::Issued);
        person.reply(failed(code));
        assert!(matches!(&person.page.state, State::Error { retry: Retry::Take(id), .. } if id == "1"), "{code}");
    }
    let mut person = Person::before(settings(), listed(vec![record(Stage::Issued, Owner::Nobody)]));
    person.reply(failed("storage"));
    assert!(matches!(&person.page.state, State::Error { retry: Retry::Take(id), .. } if id == "1"));
}

#[test]
fn what_is_carried_by_hand_is_not_sent_by_the_next_visit() {
    let mut person = kept_and_submitting();
    person.act(Act::Manual);
    assert_eq!((person.name(), noted(&person)), ("manual", vec![Stage::Submitted]));
}

#[test]
fn tells_of_the_decision_whoever_wants_to_be_told() {
    for (condition, certificate) in [("Denied", ""), ("Failed", ""), ("Approved", "CERT")] {
        for wants in [false, true] {
            let mut person = resumed(Stage::Submitted);
            person.take(Action::Notifies(wants));
            let object = person.object_with(condition, certificate);
            person.answer(Answer::Read(Ok(Some(Box::new(object)))));
            let told = person.effects.iter().position(|effect| matches!(effect, Effect::Notify(_)));
            let asked = person.effects.iter().rposition(|effect| matches!(effect, Effect::Ask(_)));
            assert_eq!(told.is_some(), wants);
            assert!(told.is_none() || told > asked, "not before it is kept: {:?}", person.effects);
        }
    }
}

#[test]
fn asks_for_the_passphrase_only_when_the_certificate_has_come() {
    let mut person = resumed(Stage::Submitted);
    let object = person.object_with("Approved", "CERT");
    person.answer(Answer::Read(Ok(Some(Box::new(object)))));
    assert_eq!((person.name(), noted(&person)), ("verifying", vec![Stage::Issued]));
    let failed = |code: &str| Reply::Failed { code: code.into(), message: "m".into() };
    person.reply(failed("passphrase-needed"));
    assert_eq!(person.name(), "locked");
    person.page.kept[0].has_passphrase = true;
    person.act(Act::Passphrase("wrong".into())).act(Act::Unlock);
    let [Effect::Ask(message)] = &person.effects[..] else { panic!("{:?}", person.effects) };
    assert!(matches!(&**message, Message::Assemble { passphrase, id, .. } if passphrase == "wrong" && id == "1"));
    person.reply(failed("locked"));
    assert!(matches!(&person.page.state, State::Locked { fault, .. } if fault.contains("passphrase")));
    person.act(Act::Passphrase("right".into())).act(Act::Unlock).reply(assembled());
    assert_eq!(person.name(), "issued");
}

#[test]
fn chooses_a_lock_that_fits_the_place() {
    let keep = |place: Place, base: &str, wraps: bool| {
        let mut person = Person::before(
            Settings { api_base: Some(base.into()), ..settings() },
            Reply::Listed { kept: vec![], refused: String::new(), wraps },
        );
        person.page.place = Place { shared: person.page.place.shared, ..place };
        person.page.choose_keep();
        person.page.form.keep
    };
    let secure = Place { secure: true, ..Place::default() };
    assert_eq!(keep(secure, "./", true), Keep::Browser);
    assert_eq!(keep(secure, "/", true), Keep::Passphrase, "kubectl proxy: pods have the same origin");
    assert_eq!(keep(Place::default(), "./", false), Keep::Passphrase);
    assert_eq!(keep(secure, "./", false), Keep::Passphrase);

    let mut person = Person::before(settings(), Reply::Listed { kept: vec![], refused: String::new(), wraps: false });
    person.act(Act::Create);
    assert_eq!(person.effects, [Effect::Focus("new-passphrase".into())]);
    person.act(Act::Edit(Edit::Passphrase("correct horse".into()))).act(Act::Create);
    person.reply(Reply::Generated { request_pem: REQUEST.into(), fingerprint: "ab:cd".into() });
    let [Effect::Ask(message)] = &person.effects[..] else { panic!("{:?}", person.effects) };
    assert!(matches!(&**message, Message::Keep { passphrase, .. } if passphrase == "correct horse"));
    person.reply(Reply::Kept { id: "1".into() });
    assert_eq!(person.page.form.passphrase, "");
}

#[test]
fn keeps_to_the_lock_that_was_chosen_before_the_room_has_loaded() {
    let mut person = Person::before(settings(), Reply::NotKept { reason: String::new() });
    person.act(Act::Edit(Edit::Keep(Keep::Passphrase))).act(Act::Edit(Edit::Passphrase("correct horse".into())));
    person.reply(listed(vec![]));
    assert_eq!(person.page.form.keep, Keep::Passphrase);
}

#[test]
fn asks_whoever_was_quicker_than_the_storage() {
    let mut person = Person::before(settings(), Reply::NotKept { reason: String::new() });
    person.act(Act::Create);
    person.reply(Reply::Listed { kept: vec![], refused: "private window".into(), wraps: true });
    person.reply(Reply::Generated { request_pem: REQUEST.into(), fingerprint: "ab:cd".into() });
    assert_eq!((person.name(), posts(&person)), ("unkept", false));
    person.act(Act::GoOn);
    assert!(posts(&person));
}

#[test]
fn what_was_given_up_is_not_sent_by_the_next_visit() {
    for act in [Act::Cancel, Act::Forget] {
        let mut person = kept_and_submitting();
        person.act(act);
        assert_eq!(person.effects[0], Effect::Ask(Box::new(Message::Forget { id: "1".into() })));
        assert_eq!(person.name(), "editing");
    }
    let mut person = kept_and_submitting();
    person.act(Act::Restart);
    let forgets =
        |effect: &Effect| matches!(effect, Effect::Ask(message) if matches!(**message, Message::Forget { .. }));
    assert!(!person.effects.iter().any(forgets), "to begin another leaves this one");
    assert!(!person.effects.contains(&Effect::EndRoom), "what is being written is written");
}

#[test]
fn a_broken_room_loses_nothing_that_is_kept() {
    let mut person = resumed(Stage::Issued);
    person.take(Action::Replied(Err(RoomTrouble::Panicked("oh".into()))));
    assert_eq!(person.name(), "error");
    person.act(Act::Retry);
    assert_eq!(person.effects, [Effect::Ask(Box::new(Message::Own { id: "1".into() }))]);
    person.reply(listed(vec![record(Stage::Issued, Owner::Us)]));
    assert_eq!(person.name(), "verifying");
}

#[test]
fn without_an_api_a_person_carries_request_and_certificate() {
    let mut person = Person::before(Settings { api_base: None, ..settings() }, listed(vec![]));
    assert_eq!(person.effects, [], "nothing is asked");
    person.act(Act::Create);
    person.reply(Reply::Generated { request_pem: REQUEST.into(), fingerprint: "ab:cd".into() });
    person.reply(Reply::Kept { id: "1".into() });
    assert_eq!((person.name(), &person.effects[..]), ("manual", &[][..]));
    person.act(Act::Paste("-----BEGIN PRIVATE KEY-----".into()));
    let State::Manual(manual) = &person.page.state else { panic!("not manual") };
    assert_eq!(manual.pasted, "");
    assert!(manual.fault.contains("private key"));
    person.act(Act::Paste("client-key-data: DATA+OMITTED".into())).act(Act::Paste("<html>".into())).act(Act::UsePasted);
    person.reply(Reply::Failed { code: "pasted-html".into(), message: "a web page".into() });
    let State::Manual(manual) = &person.page.state else { panic!("not manual") };
    assert_eq!((manual.pasted.as_str(), manual.fault.as_str()), ("<html>", "A web page."));
    person.act(Act::Bring("CERT".into()));
    assert_eq!(person.name(), "verifying");
    person.reply(assembled());
    assert_eq!((person.name(), noted(&person)), ("issued", vec![Stage::Issued]));
}

#[test]
fn where_nothing_answers_a_person_can_carry_it_too() {
    let mut person = kept_and_submitting();
    person.answer(Answer::Created(Err(Failure::NoApi(405))));
    assert_eq!(person.name(), "manual");
    person.act(Act::Retry);
    assert!(posts(&person));
    for _ in 0..6 {
        person.answer(Answer::Created(Err(unreachable()))).after(60_000.0);
    }
    assert_eq!(person.name(), "error");
    person.act(Act::Manual);
    assert_eq!(person.name(), "manual");
}
