use yew::prelude::*;

use super::Text;

/// Properties of [`Heading`].
#[derive(Properties, PartialEq)]
pub(crate) struct HeadingProps {
    /// The name of the step.
    pub text: AttrValue,
}

/// The heading of a step, which takes the focus when the step begins, so that a screen reader follows, and is announced
/// where it changes within one.
#[component]
pub(crate) fn Heading(props: &HeadingProps) -> Html {
    html! { <h1 tabindex="-1" aria-live="polite"><Text text={props.text.clone()} /></h1> }
}

/// Properties of [`Lead`].
#[derive(Properties, PartialEq)]
pub(crate) struct LeadProps {
    /// The element's id.
    #[prop_or_default]
    pub id: Option<AttrValue>,
    /// The sentence.
    pub children: Html,
}

/// The sentence under the heading, which screen readers announce when it changes.
#[component]
pub(crate) fn Lead(props: &LeadProps) -> Html {
    html! { <p id={props.id.clone()} class="lead" role="status">{ props.children.clone() }</p> }
}
