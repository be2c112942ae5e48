use std::rc::Rc;

use yew::prelude::*;

use super::name_notes::NameNotes;
use crate::{
    components::{TextField, use_ui},
    state::{Edit, Form, UserAction},
};

/// Properties of [`UserField`].
#[derive(Properties, PartialEq)]
pub(crate) struct UserFieldProps {
    /// The form's contents.
    pub form: Rc<Form>,
    /// The name in composed letters, where it is typed in others.
    pub composed: Option<AttrValue>,
    /// The name's fault, or `None`.
    pub fault: Option<AttrValue>,
}

/// The name of the user, for somebody who is not signed in.
#[component]
pub(crate) fn UserField(props: &UserFieldProps) -> Html {
    let ui = use_ui();
    html! {
        <TextField
            id="user"
            label="User name"
            hint={html! { { "How the cluster will know you, for example jane@example.com." } }}
            autocomplete="username"
            value={props.form.user.clone()}
            fault={props.fault.clone()}
            oninput={ui.on_input(|text| UserAction::Edit(Edit::User(text)))}
        >
            <NameNotes
                field="user"
                kind="users"
                name={props.form.user.clone()}
                composed={props.composed.clone()}
                compose={props.composed.as_ref().map(|composed| Edit::User(composed.to_string()))}
            />
        </TextField>
    }
}
