use kube_enroll_core::{Groups, Policy, Settings, UserName, parse_groups};

use super::{Visit, cluster, list};
use crate::state::{
    Answer, Call, Edit, Effect, Event, Failed, Failure, Generating, Person, Problem, State, UserAction,
};

fn settings() -> Settings {
    Settings {
        cluster: Some(cluster()),
        identity: Some("header".into()),
        policy: Policy { groups: groups(&["dev", "ops"]), ..Policy::default() },
        ..Settings::default()
    }
}

fn groups(names: &[&str]) -> Groups {
    Groups::Only(parse_groups(names).expect("good names"))
}

fn joe(groups: &[&str]) -> Box<Person> {
    let user = UserName::parse("joe").expect("a name");
    Box::new(Person {
        user,
        groups: parse_groups(groups).expect("good names"),
        group_problems: vec![],
        sign_out_url: None,
    })
}

#[test]
fn reads_who_is_signed_in_before_it_shows_the_form() {
    let mut visit = Visit::with(settings());
    assert_eq!((visit.name(), &visit.effects[..]), ("loading", &[Effect::Call(Call::Whoami)][..]));
    visit.answer(Answer::Whoami(Ok(joe(&["ops"]))));
    // The link to the page said jane and dev.
    assert_eq!((visit.name(), visit.form().user.as_str()), ("editing", "joe"));
    assert_eq!(visit.machine().context.policy.groups, groups(&["ops"]));
    visit.act(UserAction::Create);
    assert_eq!(visit.name(), "editing");
    visit.edit(Edit::ToggleGroup("dev".into())).edit(Edit::ToggleGroup("ops".into()));
    visit.act(UserAction::Create);
    let State::Generating(Generating { application, .. }) = visit.state() else { panic!("{:?}", visit.state()) };
    assert_eq!(application.subject.user(), &"joe");
    assert_eq!(application.subject.groups(), parse_groups(&["ops"]).expect("a good name"));
}

#[test]
fn remembers_the_signed_in_person() {
    let mut visit = Visit::with(settings());
    visit.answer(Answer::Whoami(Ok(joe(&[])))).act(UserAction::Create).act(UserAction::Restart);
    assert_eq!((visit.name(), visit.form().user.as_str()), ("editing", "joe"));
    assert_eq!(visit.machine().context.person.as_deref(), Some(&*joe(&[])));
}

#[test]
fn refuses_an_unusable_name_before_a_key_is_made() {
    let mut visit = Visit::with(settings());
    let problem = Problem::new("Your name cannot be used here", "user contains U+202E at position 2");
    visit.answer(Answer::Whoami(Err(problem)));
    let State::Failed(Failed { problem, .. }) = visit.state() else { panic!("{:?}", visit.state()) };
    assert!(problem.message.contains("U+202E"), "{problem:?}");
    // The same button asks again.
    visit.act(UserAction::Retry);
    assert_eq!(visit.effects, [Effect::Call(Call::Settings)]);
}

#[test]
fn shows_that_nobody_is_signed_in() {
    let mut visit = Visit::with(settings());
    visit.answer(Answer::Whoami(Err(Problem::new("Please sign in", ""))));
    assert_eq!(visit.name(), "error");
}

#[test]
fn polls_where_a_watch_is_refused() {
    let mut visit = Visit::waiting();
    let pending = visit.object();
    visit.answer(list(vec![pending.clone()])).answer(Answer::Watched(vec![])).after(30_000.0);
    assert_eq!(visit.effects, [], "a watch is alive");
    let refused = Failure::Unreachable { reason: "too many".into(), retry_after_ms: 60_000.0 };
    visit.answer(Answer::WatchEnded(Some(refused))).after(7_000.0);
    assert!(matches!(&visit.effects[..], [Effect::Call(Call::Read(_))]), "{:?}", visit.effects);
    visit.answer(Answer::Read(Ok(Some(Box::new(pending))))).after(60_000.0);
    assert!(matches!(&visit.effects[..], [Effect::Call(Call::List(_))]), "{:?}", visit.effects);
}

#[test]
fn sends_nothing_when_the_tab_is_visible_again_and_the_watch_is_alive() {
    let reads = |visit: &Visit| matches!(&visit.effects[..], [Effect::Call(Call::Read(_))]);
    let mut visit = Visit::waiting();
    visit.on(Event::Awake { reconnected: false });
    assert!(reads(&visit), "nothing of a watch has come yet");
    let pending = visit.object();
    visit.answer(list(vec![pending])).answer(Answer::Watched(vec![])).on(Event::Awake { reconnected: false });
    assert_eq!(visit.effects, []);
    visit.on(Event::Awake { reconnected: true });
    assert!(reads(&visit), "{:?}", visit.effects);
    visit.now_ms += 32_000.0;
    visit.on(Event::Awake { reconnected: false });
    assert!(reads(&visit), "{:?}", visit.effects);
}
