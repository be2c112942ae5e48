use std::rc::Rc;

use kube_enroll_protocol::Passphrase;
use yew::prelude::*;

use crate::{
    components::{Actions, Fault, Heading, Hint, Label, Lead, LeaveActions, PassphraseInput, use_ui},
    state::UserAction,
};

/// Properties of [`Locked`].
#[derive(Properties, PartialEq)]
pub(crate) struct LockedProps {
    /// The name of the CSR.
    pub name: AttrValue,
    /// The typed passphrase.
    pub passphrase: AttrValue,
    /// The reason why the last passphrase did not open the key, once one was tried.
    pub fault: Option<AttrValue>,
}

/// The certificate is here, and the key is locked with a passphrase.
#[component]
pub(crate) fn Locked(props: &LockedProps) -> Html {
    let ui = use_ui();
    html! {
        <section>
            <Heading text="Your certificate is here" />
            <Lead>
                { "The key of " }
                <code translate="no" id="object-name">{ props.name.clone() }</code>
                { " is locked. Open it with the passphrase that you chose." }
            </Lead>
            <form novalidate=true onsubmit={ui.on_submit(UserAction::Unlock)}>
                <div class="field">
                    <Label field="passphrase" text="Passphrase" />
                    <PassphraseInput
                        id="passphrase"
                        autocomplete="current-password"
                        described_by="passphrase-error"
                        value={props.passphrase.clone()}
                        oninput={ui.on_input(|text| UserAction::Passphrase(Rc::new(Passphrase::new(text))))}
                    />
                    <Fault id="passphrase-error" text={props.fault.clone()} />
                </div>
                <Actions><button id="unlock" class="primary">{ "Open the key" }</button></Actions>
            </form>
            <Hint>
                { "Forgotten? Then this key cannot be opened by anybody. Forget it, and begin again with a new one." }
            </Hint>
            <LeaveActions />
        </section>
    }
}
