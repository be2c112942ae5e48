use kube_enroll_protocol::Stage;
use yew::prelude::*;

use super::saved_key::AgainButton;
use crate::{
    components::{Actions, Button, FORGET_QUESTION, FORGET_SAVED_QUESTION, Note, Text},
    state::{CertificateEnd, UserAction},
};

/// Properties of [`StoredEnrollments`].
#[derive(Properties, PartialEq)]
pub(crate) struct StoredEnrollmentsProps {
    /// A [`StoredEnrollment`] for each.
    pub children: Html,
}

/// The enrollments that the browser stores, to go on with or to delete.
#[component]
pub(crate) fn StoredEnrollments(props: &StoredEnrollmentsProps) -> Html {
    html! {
        <section id="enrollments" aria-label="Your requests">
            <h2>{ "Your requests" }</h2>
            <ul class="kept">{ props.children.clone() }</ul>
        </section>
    }
}

/// Properties of [`StoredEnrollment`].
#[derive(Properties, PartialEq)]
pub(crate) struct StoredEnrollmentProps {
    /// The id of its record.
    pub id: AttrValue,
    /// The user that it is for.
    pub user: AttrValue,
    /// The name of the CSR.
    pub name: AttrValue,
    /// The stage that was reached, or `None` for one that this version does not know.
    pub stage: Option<Stage>,
    /// The end of its certificate, or `None` if none is known to be issued.
    pub end: Option<End>,
    /// The time since its key was made, in words.
    pub age: AttrValue,
    /// The reason why the record cannot be read, or `None` if it can.
    pub fault: Option<AttrValue>,
}

/// The end of a stored certificate.
#[derive(Clone, PartialEq)]
pub(crate) struct End {
    /// The distance to it.
    pub distance: CertificateEnd,
    /// The time, formatted.
    pub time: AttrValue,
}

/// One of the enrollments that the browser stores.
#[component]
pub(crate) fn StoredEnrollment(props: &StoredEnrollmentProps) -> Html {
    let StoredEnrollmentProps { id, user, name, stage, end, age, fault } = props;
    let record = || id.to_string();
    let unseen = html! { <span class="unseen">{ " " }{ name.clone() }</span> };
    // Deleting a key that can still become a kubeconfig is worth a question.
    let distance = end.as_ref().map(|end| end.distance);
    let has_passed = distance.is_some_and(CertificateEnd::has_passed);
    let question = match stage {
        Some(Stage::Denied | Stage::Failed) => None,
        _ if has_passed => None,
        Some(Stage::Saved) => Some(FORGET_SAVED_QUESTION),
        _ => Some(FORGET_QUESTION),
    };
    html! {
        <li data-id={id.clone()} data-stage={stage.map(Stage::name)}>
            <b translate="no">{ user.clone() }</b>
            <span class="hint">
                <span translate="no">{ name.clone() }</span>
                <Text text={format!(" · {} · {age} old", stage.map_or("unknown", stage_text))} />
                if let Some(End { time, .. }) = end {
                    <Text text={format!(" · {} {time}", if has_passed { "ended" } else { "ends" })} />
                }
            </span>
            if distance == Some(CertificateEnd::PassedHere) {
                <Note>
                    { "By this computer’s clock its certificate has ended. If that is right, its key is of no more use, \
                       and can be deleted." }
                </Note>
            }
            if let Some(fault) = fault {
                <Note warns=true>{ fault.clone() }</Note>
            }
            <Actions>
                if fault.is_none() && distance != Some(CertificateEnd::Passed) {
                    <Button name="resume" class="quiet" act={UserAction::Resume(record())}>{ "Go on" }{ unseen.clone() }</Button>
                }
                if fault.is_none() {
                    <Button name="export" class="quiet" act={UserAction::Export(record())}>
                        { "Save the request" }{ unseen.clone() }
                    </Button>
                }
                if fault.is_none() && distance.is_some_and(|distance| distance != CertificateEnd::Later) {
                    <AgainButton {id} {name} />
                }
                <Button
                    name="forget"
                    class="quiet"
                    {question}
                    act={UserAction::Delete(record())}
                >
                    { "Forget it" }{ unseen.clone() }
                </Button>
            </Actions>
        </li>
    }
}

/// Returns the stage of an enrollment in words.
pub(crate) fn stage_text(stage: Stage) -> &'static str {
    match stage {
        Stage::Prepared => "not sent yet",
        Stage::Submitted => "waiting for approval",
        Stage::Issued => "the certificate is here",
        Stage::Denied => "denied",
        Stage::Failed => "could not be signed",
        Stage::Gone => "gone from the cluster",
        Stage::Saved => "saved",
    }
}
