use yew::prelude::*;

/// Properties of [`Fact`].
#[derive(Properties, PartialEq)]
pub(crate) struct FactProps {
    /// The term that is described.
    pub term: AttrValue,
    /// Its value.
    pub children: Html,
}

/// A term and its value, in a `dl`.
#[component]
pub(crate) fn Fact(props: &FactProps) -> Html {
    html! { <div><dt>{ props.term.clone() }</dt><dd>{ props.children.clone() }</dd></div> }
}

/// Returns the names of groups for a fact, or the word for none.
pub(crate) fn group_names<T: ToString>(groups: &[T]) -> String {
    if groups.is_empty() {
        return "none".into();
    }
    groups.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
