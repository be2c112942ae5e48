use kube_enroll_core::Warning;
use yew::prelude::*;

use crate::components::{Note, Text};

/// Properties of [`PowerfulNote`].
#[derive(Properties, PartialEq)]
pub(crate) struct PowerfulNoteProps {
    /// The policy's warning about a name.
    pub warning: Warning,
}

/// A note beside a name with far-reaching rights, or beside one that looks like it.
#[component]
pub(crate) fn PowerfulNote(props: &PowerfulNoteProps) -> Html {
    let (name, text) = match &props.warning {
        Warning::PowerfulUser(user) => (user.as_str(), POWERFUL),
        Warning::PowerfulGroup(group) => (group.as_str(), POWERFUL),
        Warning::LikePowerfulUser(user) => (
            user.as_str(),
            " looks like a user with far-reaching rights, and is another one. Is it the one that you mean?",
        ),
        Warning::LikePowerfulGroup(group) => (
            group.as_str(),
            " looks like a group with far-reaching rights, and is another one. Is it the one that you mean?",
        ),
        _ => return Html::default(),
    };
    html! { <Note warns=true><b translate="no">{ name.to_owned() }</b><Text {text} /></Note> }
}

const POWERFUL: &str =
    " has far-reaching rights in this cluster. Ask for it only if you need it; the approver will look closely.";
