use std::rc::Rc;

use kube_enroll_core::{Groups, Policy, UserName, parse_groups};
use yew::prelude::*;

use super::{Composed, Identify, IdentifyProps};
use crate::{
    components::{
        OnAPhone,
        tests::{render, tag},
    },
    state::{Edit, Form, Lifetime, LockKind, Person},
};

/// A form filled in by a person who is not signed in.
struct Filled {
    form: Form,
    policy: Policy,
    person: Option<Person>,
    tried: bool,
    composed: Composed,
}

impl Filled {
    fn new(user: &str, groups: &[&str]) -> Self {
        let policy = Policy::default();
        let mut form = Form::new(user.into(), groups.iter().map(|group| (*group).into()).collect());
        form.adopt(&policy);
        Self { form, policy, person: None, tried: false, composed: Composed::default() }
    }

    fn offering(mut self, groups: &[&str]) -> Self {
        self.policy.groups = Groups::Only(parse_groups(groups).expect("good names"));
        self.form.adopt(&self.policy);
        self
    }

    fn edited(mut self, edit: Edit) -> Self {
        self.form.edit(edit, None);
        self
    }

    async fn render(self) -> String {
        let props = IdentifyProps {
            form: Rc::new(self.form),
            policy: Rc::new(self.policy),
            person: self.person.map(Rc::new),
            tried: self.tried,
            has_defaults: false,
            has_api: true,
            browser_locks: true,
            on_phone: None,
            composed: self.composed,
            children: Html::default(),
        };
        render(html! { <Identify ..props /> }).await
    }
}

#[tokio::test]
async fn reproaches_nobody_who_has_not_begun() {
    let empty = || {
        let mut filled = Filled::new("", &[]);
        filled.form.lifetime = Lifetime::Custom;
        filled.form.lock = LockKind::Passphrase;
        filled
    };
    let html = empty().render().await;
    assert!(!html.contains("aria-invalid"), "{html}");
    let html = Filled { tried: true, ..empty() }.render().await;
    for (field, fault) in
        [("user", "user-error"), ("lifetime-custom", "lifetime-error"), ("new-passphrase", "new-passphrase-error")]
    {
        assert!(tag(&html, field).contains(r#"aria-invalid="true""#), "{field}");
        assert!(!html.contains(&format!("{}</p>", tag(&html, fault))), "{fault} is empty");
    }
}

#[tokio::test]
async fn shows_a_fault_beside_its_field_only() {
    for (edit, field, fault) in [
        (Edit::User("system:admin".into()), "user", "user-error"),
        (Edit::Group(0, "system:masters".into()), "group-0", "groups-error"),
        (Edit::Label("-".into()), "label", "label-error"),
        (Edit::Namespace("A".into()), "namespace", "namespace-error"),
    ] {
        let html = Filled::new("jane", &["dev"]).edited(edit).render().await;
        assert!(tag(&html, field).contains(r#"aria-invalid="true""#), "{field}");
        assert!(tag(&html, field).contains(fault), "{field} is described by {fault}");
        assert_eq!(html.matches("aria-invalid").count(), 1, "{field}");
        assert_eq!(html.matches(r#"class="fault"></p>"#).count(), 4, "only {fault} is filled");
    }
}

#[tokio::test]
async fn unfolds_what_is_wrong() {
    let html = Filled::new("jane", &[]).render().await;
    assert!(!tag(&html, "options").contains("open"));
    let mut filled = Filled::new("jane", &[]);
    filled.form.namespace = "A".into();
    assert!(tag(&filled.render().await, "options").contains("open"));
}

#[tokio::test]
async fn offers_a_row_to_type_for_each_group_where_the_policy_names_none() {
    let html = Filled::new("jane", &["dev", "ops"]).render().await;
    for row in ["group-0", "group-1"] {
        assert!(tag(&html, row).contains(r#"type="text""#), "{row}");
    }
    assert!(html.contains(r#"id="add-group""#));
    assert!(html.contains(r#"id="remove-group-1""#));
    let html = Filled::new("jane", &[]).render().await;
    assert!(!html.contains("remove-group"), "the last row stays");
}

#[tokio::test]
async fn offers_a_checkbox_for_each_group_that_the_policy_names() {
    let html = Filled::new("jane", &["ops"]).offering(&["dev", "ops"]).render().await;
    assert!(tag(&html, "group-0").contains(r#"value="dev""#));
    assert!(!tag(&html, "group-0").contains("checked"));
    assert!(tag(&html, "group-1").contains(r#"type="checkbox""#));
    assert!(tag(&html, "group-1").contains("checked"));
    assert!(!html.contains(r#"id="add-group""#));
}

#[tokio::test]
async fn shows_a_group_of_the_link_that_is_not_offered_so_that_it_can_be_removed() {
    let html = Filled::new("jane", &["other"]).offering(&["dev"]).render().await;
    assert!(tag(&html, "group-1").contains(r#"value="other""#));
    assert!(tag(&html, "group-1").contains(r#"aria-invalid="true""#));
    assert!(!tag(&html, "group-0").contains("aria-invalid"));
}

#[tokio::test]
async fn offers_no_groups_to_somebody_who_is_in_none() {
    let user = UserName::parse("jane").expect("a name");
    let person = Person { user, groups: vec![], group_problems: vec![], sign_out_url: Some("/out".into()) };
    let html = Filled { person: Some(person), ..Filled::new("jane", &["ops"]).offering(&[]) }.render().await;
    assert!(html.contains("You are in no group that can be asked for here."));
    assert!(!html.contains(r#"id="group-0""#));
    assert!(html.contains(r#"Left out, since you cannot ask for it here: <b translate="no">ops</b>"#), "{html}");
    assert!(tag(&html, "user").starts_with("<b "), "nobody else can be typed: {html}");
    assert!(html.contains("Hello <b") && html.contains("You will ask for: <b>no groups</b>"), "{html}");
    assert!(tag(&html, "sign-out").contains(r#"href="/out""#));
}

#[tokio::test]
async fn ticks_the_only_group_that_is_offered_unless_it_is_a_powerful_one() {
    let html = Filled::new("jane", &[]).offering(&["dev"]).render().await;
    assert!(tag(&html, "group-0").contains("checked"), "{html}");
    for offered in [&["kubeadm:cluster-admins"][..], &["dev", "ops"]] {
        let html = Filled::new("jane", &[]).offering(offered).render().await;
        assert!(!tag(&html, "group-0").contains("checked"), "{html}");
    }
}

#[tokio::test]
async fn greets_who_is_signed_in_with_what_they_will_ask_for() {
    let user = UserName::parse("jane").expect("a name");
    let person = Person { user, groups: vec![], group_problems: vec![], sign_out_url: None };
    let filled = Filled::new("jane", &["ops", "dev"]).offering(&["dev", "ops"]);
    let html = Filled { person: Some(person), ..filled }.render().await;
    assert!(html.contains(r#"Hello <b translate="no" id="user">jane</b>. You will ask for: "#), "{html}");
    assert!(html.contains(r#"<b translate="no">ops, dev</b>"#), "{html}");
}

#[tokio::test]
async fn says_which_groups_of_theirs_a_person_cannot_ask_for() {
    let user = UserName::parse("jane").expect("a name");
    let group_problems = vec!["The group \"R&D\" is left out.".into(), "Another <b>".into()];
    let person = Person { user, groups: vec![], group_problems, sign_out_url: None };
    let html = Filled { person: Some(person), ..Filled::new("jane", &[]) }.render().await;
    assert!(html.contains("The group \"R&amp;D\" is left out."), "{html}");
    assert!(html.contains("Another &lt;b&gt;"), "{html}");
}

#[tokio::test]
async fn has_room_for_a_passphrase_beside_the_folded_options() {
    let mut filled = Filled::new("jane", &[]);
    filled.form.lock = LockKind::Passphrase;
    let html = filled.render().await;
    assert!(html.find("</details>") < html.find(r#"id="new-passphrase""#), "{html}");
    assert!(!tag(&html, "options").contains("open"), "{html}");
}

#[tokio::test]
async fn says_on_a_phone_that_this_is_for_the_computer_with_kubectl() {
    assert!(!Filled::new("jane", &[]).render().await.contains("on-a-phone"));
    let html = render(html! { <OnAPhone link="https://enroll.example.com/?user=jane" /> }).await;
    assert!(tag(&html, "copy-link").contains("button") && tag(&html, "share-link").contains("button"), "{html}");
}

#[tokio::test]
async fn warns_of_powerful_groups_and_of_names_that_look_alike() {
    let named = Filled::new("jäne", &["dev", "kubeadm:cluster-admins"]).offering(&["dev", "kubeadm:cluster-admins"]);
    let html = named.render().await;
    assert!(html.contains(r#"<b translate="no">jäne</b> has letters outside of a–z"#), "{html}");
    assert!(html.contains(r#"<b translate="no">kubeadm:cluster-admins</b><span> has far-reaching rights"#), "{html}");
    assert_eq!(html.matches("far-reaching").count(), 1);
}

#[tokio::test]
async fn refuses_powerful_names_beside_their_fields_and_says_who_can_allow_them() {
    let html = Filled::new("root", &["kubeadm:cluster-admins"]).render().await;
    assert!(tag(&html, "user").contains(r#"aria-invalid="true""#), "{html}");
    assert!(tag(&html, "group-0").contains(r#"aria-invalid="true""#), "{html}");
    for flag in ["--powerful-user.", "--group."] {
        assert!(html.contains(&format!("whoever runs this page can allow it with {flag}")), "{html}");
    }
    assert!(!html.contains("in this cluster"), "not a warning as well: {html}");
}

#[tokio::test]
async fn warns_of_a_powerful_user_who_is_signed_in() {
    let person = Person {
        user: UserName::parse("root").expect("a name"),
        groups: vec![],
        group_problems: vec![],
        sign_out_url: None,
    };
    let mut filled = Filled { person: Some(person), ..Filled::new("root", &[]) };
    filled.form.user_is_proved = true;
    let html = filled.render().await;
    assert!(html.contains(r#"<b translate="no">root</b><span> has far-reaching rights in this cluster"#), "{html}");
    assert!(!html.contains("aria-invalid"), "{html}");
    let html = Filled::new("Root", &[]).render().await;
    assert!(html.contains("Root</b><span> looks like a user with far-reaching rights"), "{html}");
}

#[tokio::test]
async fn asks_whether_a_group_that_looks_like_a_powerful_one_is_meant() {
    let html = Filled::new("jane", &["kubeadm:clüster-admins"]).render().await;
    assert!(html.contains("kubeadm:clüster-admins</b><span> looks like a group with far-reaching rights"), "{html}");
}

#[tokio::test]
async fn asks_whether_a_group_with_a_comma_is_one_or_two() {
    let html = Filled::new("jane", &["x", "dev, ops"]).render().await;
    assert!(html.contains("One group, or 2?"), "{html}");
    assert!(tag(&html, "split-group-1").contains("button"), "{html}");
    assert!(!html.contains("aria-invalid"), "{html}");
    assert!(!Filled::new("jane", &["cn=dev,ou=x"]).render().await.contains("One group, or"));
}

#[tokio::test]
async fn notes_capitals_and_the_space_around_a_typed_name() {
    let html = Filled::new("Jane ", &["Dev"]).render().await;
    assert!(html.contains("The space around the name is left out."), "{html}");
    assert!(html.contains(r#"<b translate="no">Jane</b> and <b translate="no">jane</b> are two users."#), "{html}");
    assert!(html.contains(r#"<b translate="no">Dev</b> and <b translate="no">dev</b> are two groups."#), "{html}");
    assert!(!html.contains("aria-invalid"), "{html}");
    let user = UserName::parse("Jane").expect("a name");
    let person = Person { user, groups: vec![], group_problems: vec![], sign_out_url: None };
    let html = Filled { person: Some(person), ..Filled::new("Jane", &[]) }.render().await;
    assert!(!html.contains("user-capitals"), "somebody who is signed in cannot change it: {html}");
}

#[tokio::test]
async fn offers_a_decomposed_name_in_composed_letters() {
    let composed = Composed { user: Some("José".into()), groups: vec![None, Some("développement".into())] };
    let html = Filled { composed, ..Filled::new("Jose\u{301}", &["dev", "de\u{301}veloppement"]) }.render().await;
    assert!(tag(&html, "user-compose").contains("button"), "{html}");
    assert!(tag(&html, "group-1-compose").contains("button"), "{html}");
    assert!(!html.contains("group-0-compose") && !html.contains("aria-invalid"), "{html}");
}

#[tokio::test]
async fn shows_markup_in_a_name_as_text() {
    let html = Filled::new("jane", &["<img>ü"]).render().await;
    assert!(!html.contains("<img>"));
}
