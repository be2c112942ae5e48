use yew::prelude::*;

/// Properties of [`Note`].
#[derive(Properties, PartialEq)]
pub(crate) struct NoteProps {
    /// The element's id.
    #[prop_or_default]
    pub id: Option<AttrValue>,
    /// The note is a warning.
    #[prop_or_default]
    pub warns: bool,
    /// The element's ARIA role.
    #[prop_or_default]
    pub role: Option<AttrValue>,
    /// The text.
    pub children: Html,
}

/// A paragraph that is set apart: worth knowing, or a warning.
#[component]
pub(crate) fn Note(props: &NoteProps) -> Html {
    let class = classes!("note", props.warns.then_some("warn"));
    html! { <p id={props.id.clone()} {class} role={props.role.clone()}>{ props.children.clone() }</p> }
}
