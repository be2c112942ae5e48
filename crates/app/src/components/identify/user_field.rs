use std::rc::Rc;

use yew::prelude::*;

use super::{name_notes::NameNotes, unusual_note::UnusualNote};
use crate::{
    components::{SignOutLink, TextField, use_ui},
    state::{Edit, Form, Person, UserAction},
};

/// Properties of [`UserField`].
#[derive(Properties, PartialEq)]
pub(crate) struct UserFieldProps {
    /// The form's contents.
    pub form: Rc<Form>,
    /// The person who is signed in: nobody else can be asked for.
    pub person: Option<Rc<Person>>,
    /// The name in composed letters, where it is typed in others.
    pub composed: Option<AttrValue>,
    /// The name's fault, or `None`.
    pub fault: Option<AttrValue>,
}

/// The name of the user.
#[component]
pub(crate) fn UserField(props: &UserFieldProps) -> Html {
    let ui = use_ui();
    let hint = match props.person.as_deref() {
        None => html! { { "What the cluster will know you by, for example jane or jane@example.com." } },
        Some(Person { sign_out_url: None, .. }) => html! {
            { "You are signed in as this. Not you? Sign out where you have signed in, then reload this page." }
        },
        Some(Person { sign_out_url: Some(url), .. }) => html! {
            <>
                { "You are signed in as this. Not you? " }
                <SignOutLink url={url.clone()}>{ "Sign in as somebody else" }</SignOutLink>
            </>
        },
    };
    html! {
        <TextField
            id="user"
            label="User name"
            {hint}
            value={props.form.user.clone()}
            readonly={props.person.is_some()}
            fault={props.fault.clone()}
            oninput={ui.on_input(|text| UserAction::Edit(Edit::User(text)))}
        >
            if props.person.is_none() {
                <NameNotes
                    field="user"
                    kind="users"
                    name={props.form.user.clone()}
                    composed={props.composed.clone()}
                    compose={props.composed.as_ref().map(|composed| Edit::User(composed.to_string()))}
                />
            } else if !props.form.user.is_ascii() {
                <UnusualNote name={props.form.user.clone()} />
            }
        </TextField>
    }
}
