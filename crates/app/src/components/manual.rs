use std::rc::Rc;

use kube_enroll_core::{Cluster, shell};
use yew::prelude::*;

use super::{
    Actions, ApproverBlock, Button, CopyLines, Fault, Fingerprint, Heading, Hint, Label, Lead, LeaveActions, Note,
    SameSteps, allow_drop, use_ui,
};
use crate::state::{Enrollment, Person, UserAction};

/// Properties of [`ManualSteps`].
#[derive(Properties, PartialEq)]
pub(crate) struct ManualStepsProps {
    /// The enrollment whose request a person carries.
    pub enrollment: Rc<Enrollment>,
    /// The cluster, where it is known.
    pub cluster: Option<Rc<Cluster>>,
    /// The person who is signed in, where the server knows.
    pub person: Option<Rc<Person>>,
    /// The account that creates the object, where it is known.
    pub requesting_user: Option<AttrValue>,
    /// The reason why the API is not used, where the person may not know.
    pub reason: Option<AttrValue>,
    /// The pasted text.
    pub pasted: AttrValue,
    /// Its fault, or `None`.
    pub fault: Option<AttrValue>,
    /// The page has an API to send the request to.
    pub has_api: bool,
}

/// The way without the API: a person carries the request to the cluster, and the certificate back.
#[component]
pub(crate) fn ManualSteps(props: &ManualStepsProps) -> Html {
    let ui = use_ui();
    let ManualStepsProps { enrollment, cluster, person, requesting_user, reason, .. } = props;
    let name = enrollment.name();
    html! {
        <section ondragover={allow_drop} ondrop={ui.on_drop(UserAction::PasteFile)}>
            <Heading text="Bring the request to the cluster" />
            <Lead>
                { "This page has no connection to the cluster, so somebody who has one carries the request there, and \
                   the certificate back." }
            </Lead>
            if let Some(reason) = reason {
                <Note>{ reason.clone() }</Note>
            }
            <h2>{ "1. The request" }</h2>
            <p>{ "Save it, and give it to somebody who may approve. It holds no secret." }</p>
            <CopyLines id="manifest" label="the request" text={enrollment.manifest()} />
            <Actions><Button id="save-manifest" act={UserAction::SaveManifest}>{ "Save as a file" }</Button></Actions>
            <CopyLines
                id="cmd-apply"
                label="the line that creates it"
                text={shell::apply(&format!("{name}.yaml"))}
            />
            <h2>{ "2. The approval" }</h2>
            <ApproverBlock {enrollment} {cluster} {person} {requesting_user} />
            <Fingerprint fingerprint={enrollment.fingerprint.clone()} />
            <h2>{ "3. The certificate" }</h2>
            <form novalidate=true onsubmit={ui.on_submit(UserAction::UsePasted)}>
                <PastedField
                    command={shell::get_object(name)}
                    value={props.pasted.clone()}
                    fault={props.fault.clone()}
                />
                <Actions>
                    <button id="use-pasted" class="primary">{ "Check the certificate" }</button>
                    if props.has_api {
                        <Button id="retry" class="quiet" act={UserAction::Retry}>
                            { "Send it from this page after all" }
                        </Button>
                    }
                </Actions>
            </form>
            <SameSteps commands={AttrValue::from(shell::fetch_certificate(name))} />
            <LeaveActions />
        </section>
    }
}

/// Properties of [`PastedField`].
#[derive(Properties, PartialEq)]
struct PastedFieldProps {
    /// The command that prints the object.
    command: AttrValue,
    /// The pasted text.
    value: AttrValue,
    /// Its fault, or `None`.
    fault: Option<AttrValue>,
}

/// The field for the certificate: pasted, or from a file.
#[component]
fn PastedField(props: &PastedFieldProps) -> Html {
    let ui = use_ui();
    html! {
        <div class="field">
            <Label field="pasted" text="The certificate" remark="paste it, drop it on this page, or choose a file" />
            <Hint id="pasted-hint">{ "What this prints, or only the certificate in it:" }</Hint>
            <CopyLines id="cmd-get" label="the line that prints the object" text={props.command.clone()} />
            <textarea
                id="pasted"
                rows="6"
                spellcheck="false"
                autocomplete="off"
                aria-describedby="pasted-hint pasted-error"
                value={props.value.clone()}
                oninput={ui.on_input(UserAction::Paste)}
            />
            <input
                type="file"
                id="pasted-file"
                aria-label="A file with the certificate"
                onchange={ui.on_file(UserAction::PasteFile)}
            />
            <Fault id="pasted-error" text={props.fault.clone()} />
        </div>
    }
}
