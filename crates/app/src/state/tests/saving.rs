use kube_enroll_core::{Algorithm, ErrorCode};
use kube_enroll_protocol::{Command, Lease, Reply, Stage, StoredEnrollment};

use super::{
    Visit, assembled, command, list, not_assembled,
    storing::{listed, record, resumed, settings},
};
use crate::state::{Edit, Effect, Lifetime, UserAction};

/// Saves the file, and returns its name.
fn save(visit: &mut Visit) -> String {
    visit.act(UserAction::Save).reply(Reply::Save(Ok(())));
    let [.., Effect::Save(name)] = &visit.effects[..] else { panic!("{:?}", visit.effects) };
    assert_eq!(visit.shown().file_name, name.as_str(), "the lines use the name in the field");
    name.as_str().to_owned()
}

#[test]
fn a_second_file_has_another_name() {
    let mut visit = Visit::issued();
    assert_eq!(save(&mut visit), "jane@c.kubeconfig");
    assert_eq!(save(&mut visit), "jane@c-2.kubeconfig");
    assert_eq!(save(&mut visit), "jane@c-3.kubeconfig");
    // The field says what the file is called, and the browser has chosen another name.
    visit.act(UserAction::NameFile("jane@c (1).kubeconfig".into()));
    assert_eq!(save(&mut visit), "jane@c (1)-2.kubeconfig");
    let mut visit = Visit::issued();
    visit.act(UserAction::NameFile("mine".into()));
    assert_eq!(save(&mut visit), "mine", "the first has the name that was typed");
}

#[test]
fn a_file_of_an_earlier_visit_is_not_overwritten_either() {
    let mut stored = record(Stage::Saved, Lease::Free);
    let mut visit = Visit::before(settings(), Some(listed(vec![stored.clone()])));
    stored.lease = Lease::Ours;
    visit.act(UserAction::Resume("1".into())).reply(Reply::Acquire(Ok(listed(vec![stored])))).reply(assembled());
    assert!(visit.shown().saved);
    assert_eq!(save(&mut visit), "jane@c-2.kubeconfig");
}

#[test]
fn the_form_after_trouble_is_as_it_was_at_an_earlier_visit_too() {
    let mut visit = resumed(Stage::Gone);
    visit.answer(list(vec![]));
    assert_eq!(visit.name(), "gone");
    visit.act(UserAction::BackToForm);
    assert_eq!((visit.name(), visit.form().lifetime), ("editing", Lifetime::Seconds(3_600)));
    assert!(!visit.effects.iter().any(Effect::deletes), "its record stays");
    // Whoever begins another one begins with an empty form.
    let mut visit = resumed(Stage::Submitted);
    visit.act(UserAction::Restart);
    assert_ne!(visit.form().lifetime, Lifetime::Seconds(3_600));
}

#[test]
fn the_form_after_trouble_is_that_of_the_enrollment_and_not_of_what_was_typed_since() {
    let mut visit = resumed(Stage::Gone);
    visit.answer(list(vec![])).act(UserAction::Restart);
    visit.edit(Edit::User("joe".into())).edit(Edit::Group(0, "ops".into()));
    let stored = StoredEnrollment { lease: Lease::Ours, ..record(Stage::Gone, Lease::Free) };
    visit.act(UserAction::Resume("1".into())).reply(Reply::Acquire(Ok(listed(vec![stored])))).answer(list(vec![]));
    assert_eq!(visit.name(), "gone");
    visit.act(UserAction::BackToForm);
    assert_eq!((visit.form().user.as_str(), &visit.form().groups[..]), ("jane", &[String::new()][..]));
}

#[test]
fn a_key_that_cannot_be_opened_leads_to_the_form_as_it_was() {
    let mut visit = resumed(Stage::Issued);
    visit.reply(not_assembled(ErrorCode::RecordDamaged));
    assert_eq!(visit.name(), "error");
    visit.act(UserAction::BackToForm);
    assert_eq!((visit.name(), visit.form().lifetime), ("editing", Lifetime::Seconds(3_600)));
}

#[test]
fn begins_again_with_the_details_of_a_record_that_this_visit_has_not_made() {
    for stage in [Stage::Denied, Stage::Failed] {
        let mut visit = resumed(stage);
        visit.act(UserAction::Forget);
        assert_eq!(visit.name(), "editing");
        assert!(visit.effects.contains(&command(Command::Delete { id: "1".into() })), "{:?}", visit.effects);
        let form = visit.form();
        assert_eq!((form.user.as_str(), form.algorithm), ("jane", Algorithm::Rsa3072));
        assert_eq!(form.lifetime, Lifetime::Seconds(3_600));
    }
}
