use yew::prelude::*;

use super::Text;

/// Properties of [`Label`].
#[derive(Properties, PartialEq)]
pub(crate) struct LabelProps {
    /// The id of the field.
    pub field: AttrValue,
    /// The name of the field.
    pub text: AttrValue,
    /// A remark beside the name, for example that the field is optional.
    #[prop_or_default]
    pub remark: Option<AttrValue>,
}

/// The label of a field.
#[component]
pub(crate) fn Label(props: &LabelProps) -> Html {
    html! {
        <label for={props.field.clone()}>
            { props.text.clone() }
            if let Some(remark) = &props.remark {
                { " " }<span class="optional">{ remark.clone() }</span>
            }
        </label>
    }
}

/// Properties of [`Hint`].
#[derive(Properties, PartialEq)]
pub(crate) struct HintProps {
    /// The element's id, where a field refers to it.
    #[prop_or_default]
    pub id: Option<AttrValue>,
    /// The text.
    pub children: Html,
}

/// A sentence that helps to fill in a field.
#[component]
pub(crate) fn Hint(props: &HintProps) -> Html {
    html! { <p class="hint" id={props.id.clone()}>{ props.children.clone() }</p> }
}

/// Properties of [`Fault`].
#[derive(Properties, PartialEq)]
pub(crate) struct FaultProps {
    /// The element's id.
    pub id: AttrValue,
    /// The field's fault, or `None`.
    pub text: Option<AttrValue>,
}

/// A field's fault, beside it. The element is always there, so that a screen reader announces it when it
/// fills.
#[component]
pub(crate) fn Fault(props: &FaultProps) -> Html {
    html! {
        <p id={props.id.clone()} class="fault" aria-live="polite">
            if let Some(text) = &props.text {
                <Text {text} />
            }
        </p>
    }
}

/// Properties of [`TextInput`].
#[derive(Properties, PartialEq)]
pub(crate) struct TextInputProps {
    /// The element's id.
    pub id: AttrValue,
    /// The name of the field, where it has no label of its own.
    #[prop_or_default]
    pub label: Option<AttrValue>,
    /// The ids of the elements that say more about the field.
    pub described_by: AttrValue,
    /// The text.
    pub value: AttrValue,
    /// The text has a fault.
    pub invalid: bool,
    /// The kind of name that a browser may propose; it proposes nothing by default.
    #[prop_or(AttrValue::Static("off"))]
    pub autocomplete: AttrValue,
    /// Receives an edited text.
    pub oninput: Callback<InputEvent>,
}

/// A text field for names: nothing capitalizes or corrects them.
#[component]
pub(crate) fn TextInput(props: &TextInputProps) -> Html {
    html! {
        <input
            id={props.id.clone()}
            type="text"
            autocapitalize="none"
            autocomplete={props.autocomplete.clone()}
            spellcheck="false"
            aria-describedby={props.described_by.clone()}
            aria-invalid={invalid(props.invalid)}
            aria-label={props.label.clone()}
            value={props.value.clone()}
            oninput={props.oninput.clone()}
        />
    }
}

/// Properties of [`TextField`].
#[derive(Properties, PartialEq)]
pub(crate) struct TextFieldProps {
    /// The input's id. The hint's and the fault's begin with it.
    pub id: &'static str,
    /// The name of the field.
    pub label: AttrValue,
    /// A remark beside the name.
    #[prop_or_default]
    pub remark: Option<AttrValue>,
    /// The hint.
    #[prop_or_default]
    pub hint: Option<Html>,
    /// The text.
    pub value: AttrValue,
    /// The text's fault, or `None`.
    pub fault: Option<AttrValue>,
    /// The kind of name that a browser may propose; it proposes nothing by default.
    #[prop_or(AttrValue::Static("off"))]
    pub autocomplete: AttrValue,
    /// Receives an edited text.
    pub oninput: Callback<InputEvent>,
    /// The content after the fault.
    #[prop_or_default]
    pub children: Html,
}

/// A text field with its label, its hint and what is wrong with it.
#[component]
pub(crate) fn TextField(props: &TextFieldProps) -> Html {
    let id = props.id;
    let (hint_id, fault_id) = (format!("{id}-hint"), format!("{id}-error"));
    let described_by = if props.hint.is_some() { format!("{hint_id} {fault_id}") } else { fault_id.clone() };
    html! {
        <div class="field">
            <Label field={id} text={props.label.clone()} remark={props.remark.clone()} />
            if let Some(hint) = &props.hint {
                <Hint id={hint_id}>{ hint.clone() }</Hint>
            }
            <TextInput
                {id}
                {described_by}
                value={props.value.clone()}
                invalid={props.fault.is_some()}
                autocomplete={props.autocomplete.clone()}
                oninput={props.oninput.clone()}
            />
            <Fault id={fault_id} text={props.fault.clone()} />
            { props.children.clone() }
        </div>
    }
}

/// Properties of [`PassphraseInput`].
#[derive(Properties, PartialEq)]
pub(crate) struct PassphraseInputProps {
    /// The element's id.
    pub id: AttrValue,
    /// The hint for password managers: `new-password` or `current-password`.
    pub autocomplete: AttrValue,
    /// The ids of the elements that say more about the field.
    pub described_by: AttrValue,
    /// The passphrase is readable on the screen.
    #[prop_or_default]
    pub readable: bool,
    /// The passphrase has a fault.
    #[prop_or_default]
    pub invalid: bool,
    /// The passphrase.
    pub value: AttrValue,
    /// Receives an edited passphrase.
    pub oninput: Callback<InputEvent>,
}

/// A field for a passphrase.
#[component]
pub(crate) fn PassphraseInput(props: &PassphraseInputProps) -> Html {
    html! {
        <input
            id={props.id.clone()}
            type={if props.readable { "text" } else { "password" }}
            autocomplete={props.autocomplete.clone()}
            autocapitalize="none"
            spellcheck="false"
            aria-describedby={props.described_by.clone()}
            aria-invalid={invalid(props.invalid)}
            value={props.value.clone()}
            oninput={props.oninput.clone()}
        />
    }
}

/// Returns the value of `aria-invalid`, or `None` if the field is in order.
pub(crate) fn invalid(is: bool) -> Option<AttrValue> {
    is.then_some(AttrValue::Static("true"))
}
