use yew::prelude::*;

use crate::{
    components::{Button, CopyLines, Hint, Note},
    state::UserAction,
};

/// The kubeconfig with the key, where a person wants to see it. It is a secret, so it is never printed.
#[derive(Clone, PartialEq)]
pub(crate) enum Reveal {
    /// The key is not shown.
    Hidden,
    /// This is it.
    Shown(AttrValue),
    /// This is why it cannot be shown.
    Failed(AttrValue),
}

/// Properties of [`KubeconfigPreview`].
#[derive(Properties, PartialEq)]
pub(crate) struct KubeconfigPreviewProps {
    /// The kubeconfig, with a sentence in the key's place.
    pub preview: AttrValue,
    /// The kubeconfig with the key.
    pub reveal: Reveal,
}

/// The content of the file, folded away.
#[component]
pub(crate) fn KubeconfigPreview(props: &KubeconfigPreviewProps) -> Html {
    html! {
        <details>
            <summary>{ "What is in the file" }</summary>
            <pre id="preview">{ props.preview.clone() }</pre>
            if let Reveal::Shown(text) = &props.reveal {
                <Note warns=true>
                    { "Below is your private key. Whoever has it is you, until the certificate ends. Do not paste it \
                       into chats or tickets." }
                </Note>
                <CopyLines id="kubeconfig-text" label="the file with the private key" {text} />
                <Button id="hide-key" act={UserAction::Hide}>{ "Hide it" }</Button>
            } else {
                if let Reveal::Failed(reason) = &props.reveal {
                    <Note warns=true role="alert">{ reason.clone() }</Note>
                }
                <Button id="show-key" act={UserAction::Reveal}>{ "Show the file with the private key" }</Button>
                <Hint>{ "Only where you cannot save it. Make sure that nobody looks over your shoulder." }</Hint>
            }
        </details>
    }
}
