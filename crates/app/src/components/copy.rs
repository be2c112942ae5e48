use yew::prelude::*;

use super::{Text, use_ui};
use crate::state::UserAction;

/// Properties of [`CopyLines`] and [`CopyButton`].
#[derive(Properties, PartialEq)]
pub(crate) struct CopyProps {
    /// The id of the element that has the text.
    pub id: &'static str,
    /// The name of the text, for those who do not see it beside the button.
    #[prop_or_default]
    pub label: AttrValue,
    /// The text, copied as it is.
    pub text: AttrValue,
    /// The words on the button.
    #[prop_or("Copy")]
    pub face: &'static str,
    /// The look of the button. By default it stands in a corner of the text.
    #[prop_or("copy")]
    pub class: &'static str,
}

/// Lines to copy, with the button that copies exactly them.
#[component]
pub(crate) fn CopyLines(props: &CopyProps) -> Html {
    let CopyProps { id, label, text, .. } = props;
    html! {
        <div class="lines">
            <pre translate="no" id={*id}>{ text.clone() }</pre>
            <CopyButton id={*id} {label} {text} />
        </div>
    }
}

/// The button beside a text that is worth copying. It shows for a moment whether that worked.
#[component]
pub(crate) fn CopyButton(props: &CopyProps) -> Html {
    let ui = use_ui();
    let CopyProps { id, label, text, face, class } = props;
    let face = match ui.copied {
        Some((copied, true)) if copied == *id => "Copied",
        Some((copied, false)) if copied == *id => "Please select it",
        _ => face,
    };
    let button_id = format!("copy-{}", id.strip_suffix("-block").unwrap_or(id));
    let onclick = ui.on::<MouseEvent>(UserAction::Copy { block: id, text: text.to_string() });
    html! {
        <button type="button" id={button_id} class={*class} {onclick}>
            <span aria-live="polite"><Text text={face} /></span>
            <span class="unseen">{ " " }{ label.clone() }</span>
        </button>
    }
}

/// Properties of [`SameSteps`].
#[derive(Properties, PartialEq)]
pub(crate) struct SameStepsProps {
    /// The commands, or `None` if openssl cannot do this step for its limit of a name's length.
    pub commands: Option<AttrValue>,
}

/// The same step for a shell, folded away.
#[component]
pub(crate) fn SameSteps(props: &SameStepsProps) -> Html {
    html! {
        <details id="same-steps">
            <summary>{ "The same step as commands" }</summary>
            if let Some(text) = &props.commands {
                <CopyLines id="same-steps-lines" label="these commands" {text} />
            } else {
                <p>{ "openssl cannot make this request: it takes names of at most 64 characters. This page can." }</p>
            }
        </details>
    }
}
