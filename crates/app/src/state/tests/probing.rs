use kube_enroll_core::Settings;
use kube_enroll_protocol::{Lease, Listing, Stage};

use super::{Visit, cluster, list, refused, refused_storage, storing::record, unreachable};
use crate::state::{Answer, Call, Effect, Event, Failed, Failure, Remedies, Retry, State, UserAction, WorkerFailure};

fn settings() -> Settings {
    Settings { cluster: Some(cluster()), ..Settings::default() }
}

fn listing() -> Listing {
    Listing { enrollments: vec![record(Stage::Submitted, Lease::Free)], refused: None, wraps_keys: true }
}

fn probed(failure: Failure) -> Visit {
    Visit::probing(settings(), Some(refused_storage()), Some(failure))
}

fn remedies(visit: &Visit) -> Remedies {
    let State::Failed(Failed { problem, retry: Retry::Probe }) = visit.state() else { panic!("{:?}", visit.state()) };
    problem.remedies
}

#[test]
fn tries_the_api_before_the_form() {
    let mut visit = Visit::editing();
    let mut machine = visit.machine.take().expect("it is there");
    machine.state = State::Loading;
    let inputs = machine.context.inputs;
    let (machine, effects) = machine.on(Event::Answer(Answer::Settings(Ok(Box::new(settings())))), inputs);
    assert_eq!(machine.state, State::Loading, "the form is not shown yet");
    let [Effect::UseApi(_), Effect::Call(Call::Probe(name))] = &effects[..] else { panic!("{effects:?}") };
    assert!(name.as_str().starts_with("probe-"), "{name}");
}

#[test]
fn asks_nobody_before_the_form_where_there_is_no_api() {
    let visit = Visit::with(Settings { api_base: None, ..settings() });
    assert_eq!((visit.name(), &visit.effects[..]), ("editing", &[][..]));
}

#[test]
fn takes_every_answer_of_an_api_for_one_and_does_not_wait_for_a_slow_one() {
    for failure in [refused(401), refused(403), refused(404), unreachable()] {
        assert_eq!(probed(failure).name(), "editing");
    }
}

#[test]
fn says_in_the_form_that_there_is_no_api() {
    let mut visit = probed(Failure::NoApi(200));
    assert_eq!((visit.name(), visit.machine().context.found_no_api), ("editing", true));
    assert!(!Visit::editing().machine().context.found_no_api);
}

#[test]
fn shows_no_form_that_would_lead_nowhere() {
    for (failure, expected) in [
        (Failure::SignIn, Remedies::RetryOrReload),
        (Failure::Blocked(403), Remedies::RetryOrReload),
        (Failure::NotSent("the policy".into()), Remedies::Nothing),
    ] {
        let mut visit = probed(failure);
        assert_eq!((visit.name(), remedies(&visit)), ("error", expected));
        visit.act(UserAction::Retry);
        assert_eq!(visit.effects, [Effect::Call(Call::Settings)]);
        assert_eq!(visit.answer(Answer::Settings(Ok(Box::new(settings())))).name(), "editing");
    }
}

#[test]
fn shows_no_form_at_another_address_than_the_servers() {
    let elsewhere = || Settings { public_url: Some("https://enroll.example.com/".into()), ..settings() };
    let visit = Visit::probing(elsewhere(), Some(refused_storage()), Some(refused(404)));
    let State::Failed(Failed { problem, .. }) = visit.state() else { panic!("{:?}", visit.state()) };
    assert_eq!((problem.remedies, problem.link.as_deref()), (Remedies::Nothing, Some("https://enroll.example.com/")));
    assert!(problem.message.contains("https://enroll.example.com/"), "{}", problem.message);
    // What is stored at this address can be resumed: reading passes.
    assert_eq!(Visit::probing(elsewhere(), Some(listing()), Some(refused(404))).name(), "taking");
}

#[test]
fn resumes_what_is_stored_though_the_api_fails_the_probe() {
    let mut visit = Visit::probing(settings(), Some(listing()), Some(Failure::SignIn));
    assert_eq!(visit.name(), "taking");
    let mut late = Visit::probing(settings(), None, Some(Failure::SignIn));
    assert_eq!(late.name(), "error");
    assert_eq!(late.list(listing()).name(), "taking");
    visit.answer(list(vec![]));
    assert_eq!(visit.name(), "taking", "a late answer changes nothing");
}

#[test]
fn shows_before_the_form_that_a_policy_refuses_the_key_worker() {
    for mut visit in [Visit::editing(), Visit::before(settings(), None)] {
        visit.on(Event::WorkerFailed(WorkerFailure::Blocked("x-frame-options: DENY".into())));
        let State::Failed(Failed { problem, .. }) = visit.state() else { panic!("{:?}", visit.state()) };
        assert_eq!(
            (problem.remedies, &*problem.causes),
            (Remedies::Nothing, &["x-frame-options: DENY".to_owned()][..])
        );
        assert_eq!(visit.effects, [], "it is not started again");
    }
}
