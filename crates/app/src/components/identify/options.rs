use std::rc::Rc;

use kube_enroll_core::{NameLabel, ObjectName, Policy, format_duration};
use yew::prelude::*;

use super::{algorithm_field::AlgorithmField, lifetime_field::LifetimeField, lock_field::LockField};
use crate::{
    components::{Button, Fault, Hint, Label, Text, TextField, TextInput, use_ui},
    state::{Edit, Faults, Form, LockKind, UserAction},
};

/// Properties of [`Options`].
#[derive(Properties, PartialEq)]
pub(crate) struct OptionsProps {
    /// The form's contents.
    pub form: Rc<Form>,
    /// The policy of this page.
    pub policy: Rc<Policy>,
    /// The browser can lock a key without a passphrase.
    pub browser_locks: bool,
    /// The form's faults.
    pub faults: Rc<Faults>,
}

/// The choices that most people leave as they are: a line says what they come to, and they are folded away under it
/// until one of them is in use or wrong.
#[component]
pub(crate) fn Options(props: &OptionsProps) -> Html {
    let ui = use_ui();
    let OptionsProps { form, policy, faults, .. } = props;
    let wrong = [&faults.algorithm, &faults.lifetime, &faults.label, &faults.namespace];
    let open = form.unfolded || wrong.into_iter().any(Option::is_some);
    html! {
        <details id="options" {open}>
            <summary><span id="summary"><Text text={summary(form)} /></span>{ " · " }<b>{ "Change" }</b></summary>
            <AlgorithmField {policy} chosen={form.algorithm} fault={faults.algorithm.clone().map(AttrValue::from)} />
            <LifetimeField {form} {policy} fault={faults.lifetime.clone().map(AttrValue::from)} />
            if form.lock != LockKind::None {
                <LockField {form} browser_locks={props.browser_locks} />
            }
            <div class="field">
                <Label field="label" text="Name of the request" remark="a label, optional" />
                <Hint id="label-hint">
                    { "Approvers see " }
                    <code translate="no">{ preview_name(form) }</code>
                    { ". Your user name and a random ending keep others from taking it." }
                </Hint>
                <div class="row">
                    <TextInput
                        id="label"
                        described_by="label-hint label-error"
                        value={form.label.clone()}
                        invalid={faults.label.is_some()}
                        oninput={ui.on_input(|text| UserAction::Edit(Edit::Label(text)))}
                    />
                    <Button id="reroll" class="quiet" act={UserAction::Edit(Edit::Reroll)}>{ "Another ending" }</Button>
                </div>
                <Fault id="label-error" text={faults.label.clone().map(AttrValue::from)} />
            </div>
            <TextField
                id="namespace"
                label="Namespace"
                remark="optional"
                hint={html! { { "Where kubectl works when you do not say otherwise." } }}
                value={form.namespace.clone()}
                fault={faults.namespace.clone().map(AttrValue::from)}
                oninput={ui.on_input(|text| UserAction::Edit(Edit::Namespace(text)))}
            />
        </details>
    }
}

/// Returns what the choices come to, for example `RSA-3072 key, for 1 day, kept in this browser`.
fn summary(form: &Form) -> String {
    let lifetime = match form.lifetime.seconds(&form.custom, form.unit) {
        Some(seconds) => format!(", for {}", format_duration(seconds)),
        None => String::new(),
    };
    let kept = match form.lock {
        LockKind::Browser => "kept in this browser",
        LockKind::Passphrase => "kept in this browser under your passphrase",
        LockKind::None => "kept in this tab only",
    };
    format!("{} key{lifetime}, {kept}", form.algorithm.name())
}

/// Returns the name that the object gets. A label that is not valid yet, since somebody is typing it, stands where a
/// valid one would.
fn preview_name(form: &Form) -> String {
    let name = |label: Option<&NameLabel>| ObjectName::new(form.user_name(), label, form.random).to_string();
    match NameLabel::parse(&form.label) {
        Ok(label) => name(Some(&label)),
        Err(_) if form.label.is_empty() => name(None),
        Err(_) => {
            let stand_in = NameLabel::parse("x").expect("a letter is a label");
            name(Some(&stand_in)).replacen("--x-", &format!("--{}-", form.label), 1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Lifetime;

    fn form(label: &str) -> Form {
        Form { label: label.into(), ..Form::new("Jane.Doe".into(), vec![]) }
    }

    #[test]
    fn says_what_the_choices_come_to() {
        let mut form = form("");
        (form.lifetime, form.lock) = (Lifetime::Seconds(28_800), LockKind::Browser);
        assert_eq!(summary(&form), "RSA-3072 key, for 8 hours, kept in this browser");
        (form.lifetime, form.lock) = (Lifetime::Custom, LockKind::Passphrase);
        assert_eq!(summary(&form), "RSA-3072 key, kept in this browser under your passphrase");
        form.custom = "90".into();
        form.lock = LockKind::None;
        assert_eq!(summary(&form), "RSA-3072 key, for 90 hours, kept in this tab only");
    }

    #[test]
    fn previews_the_name_that_the_object_gets() {
        for label in ["", "laptop", "a-b"] {
            let parsed = NameLabel::parse(label).ok();
            let name = ObjectName::new("Jane.Doe", parsed.as_ref(), [0; 7]);
            assert_eq!(preview_name(&form(label)), name.as_str());
        }
        assert_eq!(preview_name(&form("laptop")), "jane-doe--laptop-aaaaaaaaaa");
    }

    #[test]
    fn previews_a_label_that_is_not_valid_as_it_was_typed() {
        for (label, name) in [
            ("my-", "jane-doe--my--aaaaaaaaaa"),
            ("My Laptop", "jane-doe--My Laptop-aaaaaaaaaa"),
            ("a--b", "jane-doe--a--b-aaaaaaaaaa"),
        ] {
            assert_eq!(preview_name(&form(label)), name);
        }
    }
}
