//! The form: who a person is, and what they ask for.

mod algorithm_field;
mod asked_for;
mod group_fields;
mod lifetime_field;
mod lock_field;
mod name_notes;
mod options;
mod powerful_note;
mod saved_key;
mod stored_enrollments;
mod unusual_note;
mod user_field;

use std::rc::Rc;

use kube_enroll_core::{Policy, Subject, shell};
use yew::prelude::*;

use super::{Actions, Heading, Hint, OnAPhone, SameSteps, use_ui};
use crate::state::{Faults, Form, Lifetime, LockKind, Person, UserAction};

use self::{
    asked_for::AskedFor, group_fields::GroupFields, lock_field::NewPassphrase, options::Options,
    powerful_note::PowerfulNote, user_field::UserField,
};
pub(crate) use self::{
    saved_key::{EndedKey, SavedKey},
    stored_enrollments::{End, StoredEnrollment, StoredEnrollments, stage_text},
};

/// Properties of [`Identify`].
#[derive(Properties, PartialEq)]
pub(crate) struct IdentifyProps {
    /// The form's contents.
    pub form: Rc<Form>,
    /// The policy of this page.
    pub policy: Rc<Policy>,
    /// The person who is signed in, where the server knows: the request can only be for them.
    pub person: Option<Rc<Person>>,
    /// The button has been pressed, so that empty fields are faults.
    pub tried: bool,
    /// The page sends the request to an API.
    pub has_api: bool,
    /// The page has no `config.json`.
    #[prop_or_default]
    pub has_defaults: bool,
    /// The browser can lock a key without a passphrase.
    pub browser_locks: bool,
    /// The address of the page, where it is open on a phone, which has no kubectl.
    #[prop_or_default]
    pub on_phone: Option<AttrValue>,
    /// The names of the form that are typed in decomposed letters, in composed ones.
    #[prop_or_default]
    pub composed: Composed,
    /// The enrollments that are stored already, and those that have ended.
    #[prop_or_default]
    pub children: Html,
}

/// Names in composed letters, each where its field has others.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Composed {
    /// The user.
    pub user: Option<AttrValue>,
    /// A name for each row of groups.
    pub groups: Vec<Option<AttrValue>>,
}

/// The step in which a person says who they are.
#[component]
pub(crate) fn Identify(props: &IdentifyProps) -> Html {
    let ui = use_ui();
    let IdentifyProps { form, policy, person, .. } = props;
    let faults = Rc::new(visible_faults(form, policy, props.tried));
    html! {
        <section>
            <Heading text="Get access to your cluster" />
            if let Some(person) = person {
                <AskedFor {form} {person} />
            } else if props.on_phone.is_none() {
                <p class="lead">
                    { "Say who you are. Once somebody has approved, save the file that kubectl needs." }
                </p>
            }
            if let Some(link) = &props.on_phone {
                <OnAPhone {link} />
            }
            { props.children.clone() }
            <form novalidate=true onsubmit={ui.on_submit(UserAction::Create)}>
                if person.is_none() {
                    <UserField
                        {form}
                        composed={props.composed.user.clone()}
                        fault={faults.user.clone().map(AttrValue::from)}
                    />
                }
                for warning in form.user_warnings(policy) {
                    <PowerfulNote {warning} />
                }
                <GroupFields {form} {policy} composed={props.composed.groups.clone()} faults={&faults} />
                <Options {form} {policy} browser_locks={props.browser_locks} faults={&faults} />
                if form.lock == LockKind::Passphrase {
                    <NewPassphrase {form} fault={faults.passphrase.clone().map(AttrValue::from)} />
                }
                <Actions>
                    <button id="create" class="primary">{ "Create key and request" }</button>
                    if !props.has_api {
                        <Hint>{ "This page sends nothing: you carry the request yourself." }</Hint>
                    }
                </Actions>
            </form>
            <SameSteps commands={commands_for(form)} />
            if props.has_defaults {
                <Hint id="no-settings">
                    { "For whoever runs this page: there is no config.json beside it, so it uses its defaults." }
                </Hint>
            }
        </section>
    }
}

/// Returns the faults of the form that are worth a word: nobody has to be told that they have not begun yet.
fn visible_faults(form: &Form, policy: &Policy, tried: bool) -> Faults {
    let mut faults = form.parse(policy).err().map(|faults| *faults).unwrap_or_default();
    if !tried && form.user.is_empty() {
        faults.user = None;
    }
    if !tried && form.passphrase.as_str().is_empty() {
        faults.passphrase = None;
    }
    if !tried && form.lifetime == Lifetime::Custom && form.custom.is_empty() {
        faults.lifetime = None;
    }
    faults
}

/// Returns the commands that make the key and, once the names are good, the request; `None` if openssl cannot.
fn commands_for(form: &Form) -> Option<AttrValue> {
    let groups: Vec<&str> = form.filled_rows().into_iter().map(|(_, group)| group).collect();
    let make_key = shell::make_key(form.algorithm);
    let Ok(subject) = Subject::parse(form.user_name(), &groups) else { return Some(make_key.into()) };
    let make_request = shell::make_request(&subject, form.algorithm)?;
    Some(format!("{make_key}\n{make_request}").into())
}

#[cfg(test)]
mod tests;
