use yew::prelude::*;

use super::use_ui;
use crate::state::{Edit, UserAction};

/// Properties of [`RadioChoice`].
#[derive(Properties, PartialEq)]
pub(crate) struct RadioChoiceProps {
    /// The name of the group of choices.
    pub group: AttrValue,
    /// The value of this one.
    pub value: AttrValue,
    /// The name of this one.
    pub title: AttrValue,
    /// A remark beside the name.
    #[prop_or_default]
    pub remark: Option<AttrValue>,
    /// The hint.
    pub hint: AttrValue,
    /// This option is chosen.
    pub checked: bool,
    /// The edit of the form that chooses it.
    pub edit: Edit,
}

/// One of several choices, with a sentence about it.
#[component]
pub(crate) fn RadioChoice(props: &RadioChoiceProps) -> Html {
    let ui = use_ui();
    html! {
        <label class="choice">
            <input
                type="radio"
                name={props.group.clone()}
                value={props.value.clone()}
                checked={props.checked}
                onchange={ui.on::<Event>(UserAction::Edit(props.edit.clone()))}
            />
            <span>
                <b>{ props.title.clone() }</b>
                if let Some(remark) = &props.remark {
                    <span class="optional">{ remark.clone() }</span>
                }
                <span class="hint">{ props.hint.clone() }</span>
            </span>
        </label>
    }
}
