use yew::prelude::*;

/// Properties of [`Text`].
#[derive(Properties, PartialEq)]
pub(crate) struct TextProps {
    /// The text.
    pub text: AttrValue,
}

/// A text that changes while its state stays, in an element that is another one for each text.
///
/// A browser that translates the page puts nodes of its own in the places of texts. Yew would go on writing to those
/// that it has made, which nobody sees any more.
#[component]
pub(crate) fn Text(props: &TextProps) -> Html {
    html! { <span key={props.text.as_str()}>{ props.text.clone() }</span> }
}
