use gloo_dialogs::confirm;
use yew::prelude::*;

use super::use_ui;
use crate::state::UserAction;

/// Properties of [`Actions`].
#[derive(Properties, PartialEq)]
pub(crate) struct ActionsProps {
    /// The buttons.
    pub children: Html,
}

/// A row of buttons.
#[component]
pub(crate) fn Actions(props: &ActionsProps) -> Html {
    html! { <div class="actions">{ props.children.clone() }</div> }
}

/// Properties of [`Button`].
#[derive(Properties, PartialEq)]
pub(crate) struct ButtonProps {
    /// The element's id.
    #[prop_or_default]
    pub id: Option<AttrValue>,
    /// The look: `primary`, `quiet`, or the usual one.
    #[prop_or_default]
    pub class: Option<AttrValue>,
    /// The full name, where the text says it only to those who see what is beside the button.
    #[prop_or_default]
    pub label: Option<AttrValue>,
    /// The name of the action, where several buttons have it and an id cannot tell them apart.
    #[prop_or_default]
    pub name: Option<AttrValue>,
    /// A question to be answered with yes before the action is dispatched.
    #[prop_or_default]
    pub question: Option<&'static str>,
    /// The action of a click.
    pub act: UserAction,
    /// The text.
    pub children: Html,
}

/// A button that dispatches an action.
#[component]
pub(crate) fn Button(props: &ButtonProps) -> Html {
    let ui = use_ui();
    let (question, act) = (props.question, props.act.clone());
    let onclick = move |_: MouseEvent| {
        if question.is_none_or(confirm) {
            ui.dispatch.emit(act.clone());
        }
    };
    html! {
        <button
            type="button"
            id={props.id.clone()}
            data-act={props.name.clone()}
            class={props.class.clone()}
            aria-label={props.label.clone()}
            {onclick}
        >
            { props.children.clone() }
        </button>
    }
}

/// The way on without the API: a person carries the request.
#[component]
pub(crate) fn ManualButton() -> Html {
    html! { <Button id="manual" class="quiet" act={UserAction::Manual}>{ "Go on without the connection" }</Button> }
}

/// The second way where something on the way has refused a call: it may be a proxy whose session has ended.
#[component]
pub(crate) fn ReloadButton() -> Html {
    html! {
        <Button id="reload" class="quiet" act={UserAction::Reload}>
            { "Reload, if your sign-in may have ended" }
        </Button>
    }
}

/// The button that deletes the key of the enrollment that is shown.
#[component]
pub(crate) fn ForgetButton() -> Html {
    html! {
        <Button id="forget" class="quiet" question={FORGET_QUESTION} act={UserAction::Forget}>
            { "Forget this key now" }
        </Button>
    }
}

/// The ways out of an enrollment that is stored.
#[component]
pub(crate) fn LeaveActions() -> Html {
    html! {
        <Actions>
            <Button id="new" class="quiet" act={UserAction::Restart}>{ "Begin another" }</Button>
            <ForgetButton />
        </Actions>
    }
}

/// The question before a key is deleted that may still become a kubeconfig.
pub(crate) const FORGET_QUESTION: &str = "Without its key, a certificate for this request is of no use, and nothing \
                                          brings it back. Forget the key? Traces may stay on the disk until the \
                                          browser tidies up.";

/// The question before a key is deleted that is in a file as well.
pub(crate) const FORGET_SAVED_QUESTION: &str = "Have you seen that the file works? Without the key in this browser, it \
                                                cannot be saved again. Forget the key?";
