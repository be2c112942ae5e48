use yew::prelude::*;

/// Properties of [`SignOutLink`].
#[derive(Properties, PartialEq)]
pub(crate) struct SignOutLinkProps {
    /// The page that ends the session.
    pub url: AttrValue,
    /// The link opens in a new tab, since this one has a key.
    #[prop_or_default]
    pub new_tab: bool,
    /// The text.
    pub children: Html,
}

/// The link to the page that ends a person's session with the proxy in front.
#[component]
pub(crate) fn SignOutLink(props: &SignOutLinkProps) -> Html {
    let target = props.new_tab.then_some("_blank");
    let rel = props.new_tab.then_some("noopener");
    html! { <a id="sign-out" href={props.url.clone()} {target} {rel}>{ props.children.clone() }</a> }
}
