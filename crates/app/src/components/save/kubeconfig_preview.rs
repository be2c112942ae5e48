use yew::prelude::*;

use crate::{
    components::{Button, CopyLines, Hint, Note},
    state::UserAction,
};

/// Properties of [`KubeconfigPreview`].
#[derive(Properties, PartialEq)]
pub(crate) struct KubeconfigPreviewProps {
    /// The kubeconfig, with a sentence in the key's place.
    pub preview: AttrValue,
    /// The kubeconfig with the key, or `None` unless the person wants to see it.
    pub revealed: Option<AttrValue>,
}

/// The content of the file, folded away.
#[component]
pub(crate) fn KubeconfigPreview(props: &KubeconfigPreviewProps) -> Html {
    html! {
        <details>
            <summary>{ "What is in the file" }</summary>
            <pre translate="no" id="preview">{ props.preview.clone() }</pre>
            if let Some(text) = &props.revealed {
                <Note warns=true>
                    { "Below is your private key. Whoever has it is you, until the certificate ends. Do not paste it \
                       into chats or tickets." }
                </Note>
                <CopyLines id="kubeconfig-text" label="the file with the private key" {text} />
                <Button id="hide-key" act={UserAction::Hide}>{ "Hide it" }</Button>
            } else {
                <Button id="show-key" act={UserAction::Reveal}>{ "Show the file with the private key" }</Button>
                <Hint>{ "Only where you cannot save it. Make sure that nobody looks over your shoulder." }</Hint>
            }
        </details>
    }
}
