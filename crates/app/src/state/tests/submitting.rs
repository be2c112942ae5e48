use std::rc::Rc;

use base64ct::{Base64, Encoding};
use kube_enroll_core::{ErrorCode, Settings, Status, StatusCause, StatusDetails, UserName};
use kube_enroll_protocol::{Command, Reply};

use super::{REQUEST, Visit, command, generated, not_assembled, refused, unreachable};
use crate::state::{
    Answer, Call, ClusterForm, Effect, Failure, Person, Phase, PrivateText, Remedies, Shown, UserAction,
};

fn needs_new_name(visit: &Visit) -> bool {
    matches!(visit.phase(), Phase::SubmitFailed(submit_failed) if submit_failed.needs_new_name)
}

#[test]
fn tries_the_same_name_again_after_a_lost_reply() {
    let mut visit = Visit::submitting();
    let before = visit.effects.pop();
    for _ in 0..5 {
        visit.answer(Answer::Created(Err(unreachable())));
        assert_eq!((visit.name(), visit.effects.len()), ("submitting", 0));
        assert_eq!(visit.after(100.0).effects, []);
        assert_eq!(visit.after(60_000.0).effects.pop(), before);
        assert_eq!(visit.after(60_000.0).effects, []);
    }
    visit.answer(Answer::Created(Err(unreachable())));
    assert_eq!(visit.name(), "error");
    assert!(visit.state().holds_a_key());
    assert_eq!(visit.act(UserAction::Retry).effects.pop(), before);
}

#[test]
fn adopts_what_has_the_name_only_if_it_holds_the_same_request() {
    for (holds, name) in [(REQUEST, "waiting"), ("BBBB", "error")] {
        let mut visit = Visit::submitting();
        visit.answer(Answer::Created(Err(refused(409))));
        assert!(matches!(&visit.effects[..], [Effect::Call(Call::Adopt(_))]));
        let mut object = visit.object();
        object.spec.request = Base64::encode_string(holds.as_bytes());
        visit.answer(Answer::Adopted(Ok(Some(Box::new(object)))));
        assert_eq!(visit.name(), name);
    }
    let mut visit = Visit::submitting();
    let Some(Effect::Call(Call::Create(first))) = visit.effects.pop() else { panic!("no POST") };
    visit.answer(Answer::Created(Err(refused(409)))).answer(Answer::Adopted(Ok(None)));
    assert!(needs_new_name(&visit));
    visit.random = Some([2; 7]);
    visit.act(UserAction::Retry);
    let Some(Effect::Call(Call::Create(second))) = visit.effects.pop() else { panic!("no POST") };
    assert_ne!(first.metadata.name, second.metadata.name);
    assert_eq!(first.spec, second.spec);
}

#[test]
fn shows_why_the_cluster_refused() {
    let mut visit = Visit::submitting();
    let cause = StatusCause { field: "spec.usages".into(), message: "no".into(), reason: String::new() };
    let details = Some(StatusDetails { causes: vec![cause], ..StatusDetails::default() });
    let status = Status { details, ..Status::failure(422, "Invalid", "not so") };
    visit.answer(Answer::Created(Err(Failure::Refused(Box::new(status)))));
    assert!(!needs_new_name(&visit));
    let Phase::SubmitFailed(submit_failed) = visit.phase() else { panic!("{}", visit.name()) };
    assert_eq!(submit_failed.problem.message, "Not so.");
    assert_eq!(submit_failed.problem.causes, ["Invalid (422)", "spec.usages: no"]);
    assert_eq!(submit_failed.problem.remedies, Remedies::Nothing, "a policy refuses it again");
}

#[test]
fn offers_no_way_around_a_policy_and_one_around_missing_rights() {
    let remedies = |mut visit: Visit, failure: Failure| {
        visit.answer(Answer::Created(Err(failure)));
        let Phase::SubmitFailed(submit_failed) = visit.phase() else { panic!("{}", visit.name()) };
        submit_failed.problem.remedies
    };
    assert_eq!(remedies(Visit::submitting(), refused(403)), Remedies::Retry);
    assert_eq!(remedies(Visit::submitting(), refused(422)), Remedies::Nothing);
    assert_eq!(remedies(Visit::submitting(), Failure::NotSent("x".into())), Remedies::Nothing);
    let mut signed_in = Visit::submitting();
    let user = UserName::parse("jane").expect("a name");
    signed_in.machine().context.person =
        Some(Rc::new(Person { user, groups: vec![], group_problems: vec![], sign_out_url: None }));
    assert_eq!(remedies(signed_in, refused(403)), Remedies::Nothing);
}

#[test]
fn offers_to_reload_where_something_on_the_way_refuses() {
    let mut visit = Visit::submitting();
    visit.answer(Answer::Created(Err(Failure::Blocked(403))));
    let Phase::SubmitFailed(submit_failed) = visit.phase() else { panic!("{}", visit.name()) };
    assert_eq!(submit_failed.problem.remedies, Remedies::RetryOrReload);
    assert!(submit_failed.problem.message.contains("refused this (HTTP 403)"), "{submit_failed:?}");
    visit.act(UserAction::Retry);
    assert!(visit.posts());
}

#[test]
fn says_for_whoever_runs_the_page_that_there_are_no_settings() {
    let mut visit = Visit::with(Settings { identity: Some("header".into()), ..Settings::default() });
    visit.answer(Answer::NoSettings);
    assert_eq!((visit.name(), visit.machine().context.has_defaults), ("editing", true));
    assert!(!Visit::editing().machine().context.has_defaults);
}

#[test]
fn fails_closed_without_random_numbers() {
    let mut visit = Visit::with(Settings { identity: Some("header".into()), ..Settings::default() });
    assert_eq!(visit.name(), "loading");
    visit.random = None;
    visit.answer(Answer::Settings(Ok(Box::default())));
    assert_eq!(visit.name(), "error");
    let mut visit = Visit::waiting();
    visit.random = None;
    visit.answer(Answer::Read(Ok(None))).act(UserAction::Resubmit);
    assert!(needs_new_name(&visit));
}

#[test]
fn starts_a_new_worker_after_a_panic() {
    let mut visit = Visit::editing();
    visit.act(UserAction::Create).panic();
    assert_eq!((visit.name(), &visit.effects[..]), ("error", &[Effect::EndWorker][..]));
    visit.act(UserAction::Retry);
    assert_eq!(visit.name(), "generating");
    visit.act(UserAction::Cancel);
    let effects = [Effect::StopCalls, Effect::EndWorker, command(Command::List)];
    assert_eq!((visit.name(), &visit.effects[..]), ("editing", &effects[..]));
}

#[test]
fn saves_nothing_that_did_not_pass_the_checks() {
    let mut visit = Visit::waiting();
    let object = visit.object_with("Approved", "CERT");
    visit.answer(Answer::Read(Ok(Some(Box::new(object))))).reply(not_assembled(ErrorCode::OtherKey));
    assert_eq!((visit.name(), &visit.effects[..]), ("refused", &[][..]));
    visit.act(UserAction::Save);
    assert_eq!(visit.effects, []);
    visit.act(UserAction::Retry);
    assert_eq!(visit.name(), "waiting", "the cluster may have the right one");
}

#[test]
fn shows_the_key_only_for_a_click() {
    let mut visit = Visit::issued();
    visit.reply(Reply::Reveal(Ok("secret".into())));
    assert!(visit.shown().shown == Shown::No, "nobody asked");
    visit.act(UserAction::Reveal);
    assert_eq!(visit.effects, [command(Command::Reveal)]);
    visit.reply(Reply::Reveal(Ok("secret".into())));
    assert!(visit.shown().shown == Shown::Yes(PrivateText("secret".into())));
    assert!(!format!("{:?}", visit.state()).contains("secret"));
    visit.act(UserAction::Hide).act(UserAction::NameFile("../x".into())).act(UserAction::Save);
    assert_eq!(visit.effects, [Effect::Focus("file-name".into())]);
}

#[test]
fn requires_the_cluster_where_it_is_not_known() {
    let mut visit = Visit::with(Settings::default());
    assert_eq!(visit.effects, [Effect::UseApi("./".into()), Effect::Call(Call::ClusterInfo)]);
    visit.answer(Answer::ClusterInfo(None)).act(UserAction::Create).reply(generated());
    let object = visit.object();
    visit.answer(Answer::Created(Ok(Box::new(object))));
    let object = visit.object_with("", "CERT");
    visit.answer(Answer::Read(Ok(Some(Box::new(object)))));
    assert_eq!(visit.name(), "verifying");
    visit.reply(not_assembled(ErrorCode::ClusterMissing));
    assert_eq!(visit.effects, [Effect::Call(Call::ClusterInfo)]);
    visit.act(UserAction::UseCluster);
    assert_eq!(visit.effects, [Effect::Focus("cluster-name".into())]);
    let pointing = "clusters: [{name: c, cluster: {server: 'https://k', certificate-authority: ca.crt}}]";
    visit.act(UserAction::PasteKubeconfig(pointing.into())).act(UserAction::UseCluster);
    assert_eq!(visit.effects, [Effect::Focus("cluster-authorities".into())]);
    let form = ClusterForm {
        name: "c".into(),
        server: "https://k".into(),
        authorities: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----".into(),
        ..ClusterForm::default()
    };
    visit.act(UserAction::EditCluster(Box::new(form))).act(UserAction::UseCluster);
    assert!(matches!(visit.only_command(), Command::Assemble(_)));
    assert_eq!(visit.machine().context.cluster, None, "another enrollment may be for another cluster");
}
