use yew::prelude::*;

use crate::components::Note;

/// Properties of [`UnusualNote`].
#[derive(Properties, PartialEq)]
pub(crate) struct UnusualNoteProps {
    /// The name of a user or of a group, with letters outside of ASCII.
    pub name: AttrValue,
}

/// A note beside a name with letters outside of ASCII: they are fine, and worth a second look.
#[component]
pub(crate) fn UnusualNote(props: &UnusualNoteProps) -> Html {
    html! {
        <Note>
            <b translate="no">{ props.name.clone() }</b>
            { " has letters outside of a–z. The cluster compares names exactly: whoever gives you rights must type \
               the very same." }
        </Note>
    }
}
