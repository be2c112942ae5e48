//! The step in which the kubeconfig is saved.

mod cluster_change;
mod kubeconfig_preview;
mod next_steps;

use std::rc::Rc;

use kube_enroll_core::{Cluster, ClusterChange, FileName, UserName, shell};
use yew::prelude::*;

use self::{cluster_change::ClusterChanged, kubeconfig_preview::KubeconfigPreview, next_steps::NextSteps};
use super::{
    Actions, Button, FORGET_QUESTION, FORGET_SAVED_QUESTION, Heading, Hint, Lead, LeaveActions, Note, SameSteps, Text,
    TextField, use_ui,
};
use crate::state::{Enrollment, System, UserAction};

/// Properties of [`Save`].
#[derive(Properties, PartialEq)]
pub(crate) struct SaveProps {
    /// The enrollment whose certificate was issued.
    pub enrollment: Rc<Enrollment>,
    /// The cluster that the kubeconfig leads to.
    pub cluster: Rc<Cluster>,
    /// The changes of the cluster since the key was stored, or `None` if there are none.
    pub cluster_change: Option<ClusterChange>,
    /// The page comes from this machine.
    pub page_is_local: bool,
    /// The reader's operating system.
    pub system: System,
    /// The name of the file.
    pub file_name: AttrValue,
    /// The file has been saved.
    pub saved: bool,
    /// The end of the certificate, formatted.
    pub not_after: AttrValue,
    /// The page knows the cluster's time, by which it deletes keys whose certificates have ended.
    pub knows_time: bool,
    /// The kubeconfig, with a sentence in the key's place.
    pub preview: AttrValue,
    /// The kubeconfig with the key, or `None` unless the person wants to see it.
    pub revealed: Option<AttrValue>,
    /// The facts of the certificate.
    pub children: Html,
}

/// The certificate is here, to be saved as a kubeconfig.
#[component]
pub(crate) fn Save(props: &SaveProps) -> Html {
    let SaveProps { enrollment, cluster, file_name, saved, .. } = props;
    let stored = enrollment.is_stored();
    let user: &UserName = enrollment.application.subject.user();
    let file = FileName::parse(file_name).ok();
    html! {
        <section>
            <Heading text={if *saved { "Your file is saved" } else { "Your certificate is here" }} />
            <Lead>
                <Text
                    text={if *saved {
                        "It is in your downloads. It holds your private key: keep it to yourself."
                    } else {
                        "It has passed the checks. Save it together with your key, as the file that kubectl reads."
                    }}
                />
            </Lead>
            if let Some(change) = &props.cluster_change {
                <ClusterChanged change={change.clone()} {cluster} />
            }
            if cluster.is_local() {
                <LocalClusterWarning server={cluster.server().to_owned()} page_is_local={props.page_is_local} />
            }
            if *saved {
                <NextSteps
                    file={file.clone()}
                    {enrollment}
                    not_after={props.not_after.clone()}
                    system={props.system}
                >
                    <FileForm {file_name} saved=true />
                </NextSteps>
            } else {
                <FileForm {file_name} saved=false />
            }
            <details id="certificate-facts" open={!*saved}>
                <summary>{ "The certificate" }</summary>
                { props.children.clone() }
            </details>
            <KubeconfigPreview preview={props.preview.clone()} revealed={props.revealed.clone()} />
            if let Some(file) = &file {
                <SameSteps commands={AttrValue::from(shell::assemble(file, user, cluster))} />
            }
            if !*saved && stored {
                <StoredKeyHint not_after={props.not_after.clone()} knows_time={props.knows_time} />
                <LeaveActions />
            } else if *saved {
                <Actions>
                    <Button id="restart" class="quiet" act={UserAction::Restart}>{ "Start another" }</Button>
                    if stored {
                        <Button id="forget" class="quiet" question={FORGET_SAVED_QUESTION} act={UserAction::Forget}>
                            { "Forget the key in this browser" }
                        </Button>
                    }
                </Actions>
                if stored {
                    <Hint id="key-stays">
                        { "The key is still stored in this browser as well. Once you have seen that the file works, \
                           nothing needs it here." }
                    </Hint>
                }
            } else {
                <Actions>
                    <Button id="restart" class="quiet" question={FORGET_QUESTION} act={UserAction::Forget}>
                        { "Forget the key and begin again" }
                    </Button>
                </Actions>
            }
        </section>
    }
}

/// Properties of [`LocalClusterWarning`].
#[derive(Properties, PartialEq)]
struct LocalClusterWarningProps {
    /// The cluster's address.
    server: AttrValue,
    /// The page comes from this machine.
    page_is_local: bool,
}

/// A warning of an address that means the machine of whoever uses it.
#[component]
fn LocalClusterWarning(props: &LocalClusterWarningProps) -> Html {
    html! {
        <Note id="local-warning" warns={!props.page_is_local}>
            { "The cluster’s address is " }
            <code translate="no">{ props.server.clone() }</code>
            if props.page_is_local {
                { ", so the file works on this machine only." }
            } else {
                { ", which means the machine that it is used on: on yours, the file will not reach the cluster. Ask \
                   whoever runs this page to set the cluster’s public address." }
            }
        </Note>
    }
}

/// Properties of [`FileForm`].
#[derive(Properties, PartialEq)]
struct FileFormProps {
    /// The name of the file.
    file_name: AttrValue,
    /// The file has been saved.
    saved: bool,
}

/// The name of the file, and the button that saves it.
#[component]
fn FileForm(props: &FileFormProps) -> Html {
    let ui = use_ui();
    let fault =
        FileName::parse(&props.file_name).err().map(|_| "Letters, digits, spaces and . _ - @ + = are possible.");
    html! {
        <form novalidate=true onsubmit={ui.on_submit(UserAction::Save)}>
            <TextField
                id="file-name"
                label="File name"
                hint={props.saved.then(|| html! { { "Called differently in your downloads? Change it here." } })}
                value={props.file_name.clone()}
                fault={fault.map(AttrValue::from)}
                oninput={ui.on_input(UserAction::NameFile)}
            />
            <Actions>
                <button id="save" class={if props.saved { "quiet" } else { "primary" }}>
                    { if props.saved { "Save again" } else { "Save the kubeconfig" } }
                </button>
            </Actions>
        </form>
    }
}

/// Properties of [`StoredKeyHint`].
#[derive(Properties, PartialEq)]
struct StoredKeyHintProps {
    /// The end of the certificate, formatted.
    not_after: AttrValue,
    /// The page knows the cluster's time.
    knows_time: bool,
}

/// A hint about what becomes of the stored key, before the file is saved.
#[component]
fn StoredKeyHint(props: &StoredKeyHintProps) -> Html {
    html! {
        <Hint id="key-stays">
            { "After you have saved the file, the key stays stored in this browser, so that you can save it again. From \
               tomorrow on, this page asks whether the file works, and deletes the key if you say so. " }
            <Text
                text={format!(
                    "Once the certificate has ended, {}, your next visit {} it.",
                    props.not_after,
                    if props.knows_time { "deletes" } else { "asks to delete" }
                )}
            />
        </Hint>
    }
}

#[cfg(test)]
mod tests;
