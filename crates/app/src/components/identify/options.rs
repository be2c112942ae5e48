use std::rc::Rc;

use kube_enroll_core::{NameLabel, ObjectName};
use yew::prelude::*;

use crate::{
    components::{Button, Fault, Hint, Label, TextField, TextInput, use_ui},
    state::{Edit, Faults, Form, UserAction},
};

/// Properties of [`AdvancedFields`].
#[derive(Properties, PartialEq)]
pub(crate) struct AdvancedFieldsProps {
    /// The form's contents.
    pub form: Rc<Form>,
    /// The form's faults.
    pub faults: Rc<Faults>,
}

/// The fields that most people leave alone, folded away until one of them is in use or wrong.
#[component]
pub(crate) fn AdvancedFields(props: &AdvancedFieldsProps) -> Html {
    let ui = use_ui();
    let AdvancedFieldsProps { form, faults } = props;
    let open = form.unfolded || faults.label.is_some() || faults.namespace.is_some();
    html! {
        <details id="advanced" {open}>
            <summary>{ "Advanced" }</summary>
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

    fn form(label: &str) -> Form {
        Form { label: label.into(), ..Form::new("Jane.Doe".into(), vec![]) }
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
