use yew::prelude::*;

use super::{Actions, CopyButton, use_ui};
use crate::state::UserAction;

/// Properties of [`SendActions`].
#[derive(Properties, PartialEq)]
pub(crate) struct SendActionsProps {
    /// The id of the element that has the text.
    pub id: &'static str,
    /// The words on the button that copies.
    pub face: &'static str,
    /// The text.
    pub text: AttrValue,
    /// The button that copies is the one thing to do.
    #[prop_or_default]
    pub primary: bool,
}

/// The ways of a text to somebody else: the clipboard, and the system's share sheet where there is one.
#[component]
pub(crate) fn SendActions(props: &SendActionsProps) -> Html {
    let ui = use_ui();
    let SendActionsProps { id, face, text, primary } = props;
    html! {
        <Actions>
            <CopyButton id={*id} {face} class={if *primary { "primary" } else { "quiet" }} {text} />
            if ui.can_share {
                <button
                    type="button"
                    id={format!("share-{id}")}
                    class={(!primary).then_some("quiet")}
                    onclick={ui.on::<MouseEvent>(UserAction::Share(text.to_string()))}
                >
                    { "Share…" }
                </button>
            }
        </Actions>
    }
}

/// Properties of [`OnAPhone`].
#[derive(Properties, PartialEq)]
pub(crate) struct OnAPhoneProps {
    /// The address of the page.
    pub link: AttrValue,
}

/// The advice to open the page where the file will be needed.
#[component]
pub(crate) fn OnAPhone(props: &OnAPhoneProps) -> Html {
    html! {
        <section id="on-a-phone" class="note" aria-label="On a phone">
            <p>{ "For the computer that has kubectl: open the page there." }</p>
            <SendActions id="link" face="Copy the link" text={props.link.clone()} />
        </section>
    }
}
