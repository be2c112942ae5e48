//! The step in which somebody decides on the request.

mod decided;
mod elsewhere;
mod request_facts;
mod request_gone;

use std::rc::Rc;

use kube_enroll_core::{Cluster, shell};
use yew::prelude::*;

use self::request_facts::{ContactStatus, RequestFacts};
pub(crate) use self::{
    decided::{Denied, SigningFailed},
    elsewhere::{Elsewhere, OtherCluster, Resuming},
    request_facts::Contact,
    request_gone::RequestGone,
};
use super::{
    Actions, ApproverBlock, Button, Fingerprint, ForgetButton, Heading, Lead, ManualButton, MessageToSend, Note,
    ProgressBar, SameSteps, Text, elapsed, use_ui,
};
use crate::state::{Approval, Enrollment, Person, UserAction};

/// Properties of [`Waiting`].
#[derive(Properties, PartialEq)]
pub(crate) struct WaitingProps {
    /// The enrollment whose request is in the cluster.
    pub enrollment: Rc<Enrollment>,
    /// The approval as last read.
    pub approval: Approval,
    /// The connection to the API.
    pub contact: Contact,
    /// The cluster, where it is known.
    pub cluster: Option<Rc<Cluster>>,
    /// The person who is signed in, where the server knows.
    pub person: Option<Rc<Person>>,
    /// The way to reach an approver, where the settings say so.
    pub approver: Option<AttrValue>,
    /// The account that creates the object, where it is known.
    pub requesting_user: Option<AttrValue>,
    /// The time at which Kubernetes deletes a pending request, formatted, or `None` if it is not known.
    pub dropped_at: Option<AttrValue>,
    /// The page may be closed, or `None` while a banner says why not.
    pub can_leave: Option<bool>,
    /// The notification of the decision.
    pub notifications: Notifications,
}

/// The browser's notification of the decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notifications {
    /// The browser cannot.
    Unavailable,
    /// The browser can notify, but needs permission.
    Available,
    /// The browser will notify.
    Enabled,
}

/// The request is in the cluster, undecided or approved.
#[component]
pub(crate) fn Waiting(props: &WaitingProps) -> Html {
    let WaitingProps { enrollment, cluster, person, approver, requesting_user, .. } = props;
    let name = enrollment.name();
    let by_hand = format!("{}\n{}", shell::wait_for_approval(name), shell::fetch_certificate(name));
    html! {
        <section>
            if let Approval::Approved { since_ms } = props.approval {
                <Approved {since_ms} />
            } else {
                <Heading text="Waiting for approval" />
                <Lead>
                    { "Send this to somebody who may approve it. " }
                    if let Some(approver) = approver {
                        <span id="approver">{ approver.clone() }</span>
                    }
                </Lead>
                <MessageToSend {enrollment} {cluster} />
            }
            if let Some(can_leave) = props.can_leave {
                <Leaving {can_leave} notifications={props.notifications} />
            }
            <ContactStatus contact={props.contact.clone()} />
            if props.approval == Approval::Pending {
                <details id="approver-lines">
                    <summary>{ "For the approver: how to look and decide" }</summary>
                    <ApproverBlock {enrollment} {cluster} {person} {requesting_user} />
                </details>
            }
            <details id="request-facts">
                <summary>{ "Your request and the fingerprint of its key" }</summary>
                <RequestFacts {enrollment} {requesting_user} dropped_at={props.dropped_at.clone()} />
                <Fingerprint fingerprint={enrollment.fingerprint.clone()} />
            </details>
            <SameSteps commands={AttrValue::from(by_hand)} />
            <details>
                <summary>{ "Something is wrong with this request" }</summary>
                <p>
                    { "You can begin again. The request stays in the cluster until somebody denies it or Kubernetes \
                       drops it, and without its key nobody can use it." }
                </p>
                <Actions><ForgetButton /></Actions>
                <p>{ "Or you have got the certificate in another way." }</p>
                <ManualButton />
            </details>
        </section>
    }
}

/// Properties of [`Approved`].
#[derive(Properties, PartialEq)]
struct ApprovedProps {
    /// The time at which the approval was read, in milliseconds since 1970.
    since_ms: f64,
}

/// The request is approved, and not signed yet.
#[component]
fn Approved(props: &ApprovedProps) -> Html {
    let for_ms = use_ui().now_ms - props.since_ms;
    let text = if for_ms < MAX_SIGNING_MS {
        "Somebody said yes. The cluster is signing the certificate.".to_owned()
    } else {
        format!(
            "Somebody said yes, but the cluster has not signed for {}. This cluster may not sign client certificates at \
             all: Amazon EKS, for one, never does. Ask whoever runs it. The page goes on looking.",
            elapsed(for_ms)
        )
    };
    html! {
        <>
            <Heading text="Approved" />
            <Lead><Text {text} /></Lead>
            <ProgressBar />
        </>
    }
}

/// Properties of [`Leaving`].
#[derive(Properties, PartialEq)]
struct LeavingProps {
    /// The key is in the browser's storage.
    can_leave: bool,
    /// The notification of the decision.
    notifications: Notifications,
}

/// The advice whether the page may be closed.
#[component]
fn Leaving(props: &LeavingProps) -> Html {
    html! {
        if props.can_leave {
            <div>
                <Note>
                    { "You can close this page: your key is stored in this browser, locked. Come back in the same \
                       browser, at this address." }
                </Note>
                <Actions>
                    if props.notifications == Notifications::Enabled {
                        <span id="notifies">{ "You will be told." }</span>
                    } else if props.notifications == Notifications::Available {
                        <Button id="notify" class="quiet" act={UserAction::Notify}>{ "Tell me when it is decided" }</Button>
                    }
                    <Button id="new" class="quiet" act={UserAction::Restart}>{ "Begin another" }</Button>
                </Actions>
            </div>
        } else {
            <Note>
                { "Leave this tab open: the key is only here, and closing or reloading the tab loses it." }
            </Note>
        }
    }
}

/// The time after an approval from which a missing signer is assumed.
const MAX_SIGNING_MS: f64 = 30_000.0;

#[cfg(test)]
mod tests;
