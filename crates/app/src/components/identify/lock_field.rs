use std::rc::Rc;

use kube_enroll_core::MIN_PASSPHRASE_CHARACTERS;
use kube_enroll_protocol::Passphrase;
use yew::prelude::*;

use crate::{
    components::{Fault, Hint, Label, PassphraseInput, RadioChoice, use_ui},
    state::{Edit, Form, LockKind, UserAction},
};

/// Properties of [`LockField`].
#[derive(Properties, PartialEq)]
pub(crate) struct LockFieldProps {
    /// The form's contents.
    pub form: Rc<Form>,
    /// The browser can lock a key without a passphrase.
    pub browser_locks: bool,
}

/// The choice of what locks the key while it is stored.
#[component]
pub(crate) fn LockField(props: &LockFieldProps) -> Html {
    let form = &props.form;
    html! {
        <fieldset class="field">
            <legend>{ "While you wait" }</legend>
            <Hint id="keep-hint">
                { "Your key is stored in this browser, so that you may close the page and come back. In a private \
                   window it ends with the window." }
            </Hint>
            <div class="choices">
                if props.browser_locks {
                    <RadioChoice
                        group="keep"
                        value="browser"
                        title="This browser locks it"
                        hint="Nothing to remember. Whoever can read this browser’s profile on the disk can open it."
                        checked={form.lock == LockKind::Browser}
                        edit={Edit::Lock(LockKind::Browser)}
                    />
                }
                <RadioChoice
                    group="keep"
                    value="passphrase"
                    title="A passphrase locks it"
                    hint="You are asked for it when the certificate comes, if you have left the page until then."
                    checked={form.lock == LockKind::Passphrase}
                    edit={Edit::Lock(LockKind::Passphrase)}
                />
            </div>
        </fieldset>
    }
}

/// Properties of [`NewPassphrase`].
#[derive(Properties, PartialEq)]
pub(crate) struct NewPassphraseProps {
    /// The form's contents.
    pub form: Rc<Form>,
    /// The passphrase's fault, or `None`.
    pub fault: Option<AttrValue>,
}

/// The passphrase that will lock the key. It stands beside the folded options, since nobody else can type it.
#[component]
pub(crate) fn NewPassphrase(props: &NewPassphraseProps) -> Html {
    let ui = use_ui();
    let form = &props.form;
    html! {
        <div class="field">
            <Label field="new-passphrase" text="Passphrase" />
            <Hint id="new-passphrase-hint">
                { format!("It locks your key until the certificate comes; if it is forgotten, nobody can open the key. At \
                           least {MIN_PASSPHRASE_CHARACTERS} characters: four words are good.") }
            </Hint>
            <PassphraseInput
                id="new-passphrase"
                autocomplete="new-password"
                described_by="new-passphrase-hint new-passphrase-error"
                readable={form.shows_passphrase}
                invalid={props.fault.is_some()}
                value={form.passphrase.as_str().to_owned()}
                oninput={ui.on_input(|text| UserAction::Edit(Edit::Passphrase(Rc::new(Passphrase::new(text)))))}
            />
            <label class="choice">
                <input
                    type="checkbox"
                    id="show-passphrase"
                    checked={form.shows_passphrase}
                    onchange={ui.on::<Event>(UserAction::Edit(Edit::ShowPassphrase))}
                />
                <span>{ "Show it" }</span>
            </label>
            <Fault id="new-passphrase-error" text={props.fault.clone()} />
        </div>
    }
}
