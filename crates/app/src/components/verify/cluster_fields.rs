use std::rc::Rc;

use yew::prelude::*;

use crate::{
    components::{Actions, Fault, Label, Note, Text, TextInput, Ui, allow_drop, invalid, use_ui},
    state::{ClusterForm, UserAction},
};

/// Properties of [`ClusterFields`].
#[derive(Properties, PartialEq)]
pub(crate) struct ClusterFieldsProps {
    /// The form's contents.
    pub form: Rc<ClusterForm>,
}

/// The form for the cluster: a kubeconfig to read it from, or its parts.
#[component]
pub(crate) fn ClusterFields(props: &ClusterFieldsProps) -> Html {
    let ui = use_ui();
    let form = &props.form;
    let lacks_authorities = form.fault.is_some() && form.lacking().is_some();
    let is_invalid = form.fault.is_some() && !lacks_authorities;
    html! {
        <form
            novalidate=true
            onsubmit={ui.on_submit(UserAction::UseCluster)}
            ondragover={allow_drop}
            ondrop={ui.on_drop(UserAction::PasteKubeconfig)}
        >
            <div class="field">
                <Label
                    field="cluster-kubeconfig"
                    text="A kubeconfig of this cluster"
                    remark="or cluster-info: paste it, or drop the file here; only the cluster is read"
                />
                // It may have a key in it.
                <textarea
                    id="cluster-kubeconfig"
                    rows="2"
                    spellcheck="false"
                    aria-describedby="kubeconfig-error"
                    aria-invalid={invalid(form.unreadable.is_some())}
                    value=""
                    oninput={ui.on_paste(UserAction::PasteKubeconfig)}
                />
                <Fault id="kubeconfig-error" text={form.unreadable.clone().map(AttrValue::from)} />
            </div>
            // Always there, so that a screen reader announces what was read.
            <div id="cluster-notes" aria-live="polite">
                for note in &form.notes {
                    <Note><Text text={note.clone()} /></Note>
                }
            </div>
            <div class="field">
                <Label field="cluster-name" text="Name of the cluster" />
                <TextInput
                    id="cluster-name"
                    described_by="cluster-error"
                    value={form.name.clone()}
                    invalid={is_invalid}
                    oninput={on_edit(&ui, form, |form, text| form.name = text)}
                />
            </div>
            <div class="field">
                <Label field="cluster-server" text="Address of its API server" remark="https://…" />
                <TextInput
                    id="cluster-server"
                    described_by="cluster-error"
                    value={form.server.clone()}
                    invalid={is_invalid}
                    oninput={on_edit(&ui, form, ClusterForm::set_server)}
                />
            </div>
            <div class="field">
                <Label
                    field="cluster-authorities"
                    text="Its certificate authority"
                    remark="PEM or base64; empty for a public one"
                />
                <textarea
                    id="cluster-authorities"
                    rows="5"
                    spellcheck="false"
                    aria-describedby="cluster-error"
                    aria-invalid={invalid(lacks_authorities)}
                    value={form.authorities.clone()}
                    oninput={on_edit(&ui, form, |form, text| form.authorities = text)}
                />
            </div>
            <Fault id="cluster-error" text={form.fault.clone().map(AttrValue::from)} />
            <Actions><button id="use-cluster" class="primary">{ "Check the certificate" }</button></Actions>
        </form>
    }
}

/// Returns a handler that edits one part of the form, which may be right from then on.
fn on_edit(ui: &Ui, form: &Rc<ClusterForm>, edit: fn(&mut ClusterForm, String)) -> Callback<InputEvent> {
    let form = Rc::clone(form);
    ui.on_input(move |text| {
        let mut form = ClusterForm { fault: None, unreadable: None, ..(*form).clone() };
        edit(&mut form, text);
        UserAction::EditCluster(Box::new(form))
    })
}
