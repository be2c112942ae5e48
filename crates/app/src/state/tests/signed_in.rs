use kube_enroll_core::{Policy, Settings};

use super::{Person, cluster, list};
use crate::state::{self, Act, Action, Answer, Call, Edit, Effect, Failure, Problem, State};

fn settings() -> Settings {
    Settings {
        cluster: Some(cluster()),
        identity: "header".into(),
        policy: Policy { groups: vec!["dev".into(), "ops".into()], ..Policy::default() },
        ..Settings::default()
    }
}

fn joe(groups: &[&str]) -> Box<state::Person> {
    let groups = groups.iter().map(|group| (*group).to_owned()).collect();
    Box::new(state::Person { user: "joe".into(), groups, sign_out_url: String::new() })
}

#[test]
fn asks_who_is_signed_in_before_it_shows_the_form() {
    let mut page = Person::with(settings());
    assert_eq!((page.name(), &page.effects[..]), ("loading", &[Effect::Call(Call::Whoami)][..]));
    page.answer(Answer::Whoami(Ok(joe(&["ops"]))));
    // The link to the page said jane and dev.
    assert_eq!((page.name(), &*page.page.form.user), ("editing", "joe"));
    assert_eq!(page.page.policy().groups, ["ops"]);
    page.act(Act::Create);
    assert_eq!(page.name(), "editing");
    page.act(Act::Edit(Edit::ToggleGroup("dev".into()))).act(Act::Edit(Edit::ToggleGroup("ops".into())));
    page.act(Act::Create);
    let State::Generating { options, .. } = &page.page.state else { panic!("{:?}", page.page.state) };
    assert_eq!((options.subject.user(), options.subject.groups()), ("joe", &["ops".to_owned()][..]));
}

#[test]
fn keeps_the_person_through_all_that_follows() {
    let mut page = Person::with(settings());
    page.answer(Answer::Whoami(Ok(joe(&[]))));
    page.act(Act::Restart);
    assert_eq!(page.page.form.user, "joe");
    assert_eq!(page.page.person, Some(joe(&[])));
}

#[test]
fn says_before_there_is_a_key_that_a_name_cannot_be_used() {
    let problem = Problem::new("Your name cannot be used here", "user contains U+202E at position 2");
    let mut page = Person::with(settings());
    page.answer(Answer::Whoami(Err(problem)));
    let State::Error { problem, .. } = &page.page.state else { panic!("{:?}", page.page.state) };
    assert!(problem.message.contains("U+202E"), "{problem:?}");
    // The same button asks again.
    page.act(Act::Retry);
    assert_eq!(page.effects, [Effect::Call(Call::Settings)]);
}

#[test]
fn says_that_nobody_is_signed_in() {
    let mut page = Person::with(settings());
    page.answer(Answer::Whoami(Err(Problem::new("Please sign in", ""))));
    assert_eq!(page.name(), "error");
}

#[test]
fn looks_by_reading_where_a_watch_is_refused() {
    let mut page = Person::waiting();
    let pending = page.object();
    page.answer(list(vec![pending.clone()]));
    page.answer(Answer::Watched(vec![]));
    page.after(30_000.0);
    assert_eq!(page.effects, [], "a watch is alive");
    let refused = Failure::Unreachable { reason: "too many".into(), retry_after_ms: 60_000.0 };
    page.answer(Answer::WatchEnded(Some(refused)));
    page.after(7_000.0);
    assert!(matches!(&page.effects[..], [Effect::Call(Call::Read(_))]), "{:?}", page.effects);
    page.answer(Answer::Read(Ok(Some(Box::new(pending)))));
    page.after(60_000.0);
    assert!(matches!(&page.effects[..], [Effect::Call(Call::List(_))]), "{:?}", page.effects);
}

#[test]
fn asks_nothing_when_a_person_comes_back_to_a_watch_that_is_alive() {
    let mut page = Person::waiting();
    page.take(Action::Awake { reconnected: false });
    assert!(matches!(&page.effects[..], [Effect::Call(Call::Read(_))]), "nothing of a watch has come yet");
    let pending = page.object();
    page.answer(list(vec![pending]));
    page.answer(Answer::Watched(vec![]));
    page.take(Action::Awake { reconnected: false });
    assert_eq!(page.effects, []);
    page.take(Action::Awake { reconnected: true });
    assert!(matches!(&page.effects[..], [Effect::Call(Call::Read(_))]), "{:?}", page.effects);
    page.now_ms += 32_000.0;
    page.take(Action::Awake { reconnected: false });
    assert!(matches!(&page.effects[..], [Effect::Call(Call::Read(_))]), "{:?}", page.effects);
}
