use std::rc::Rc;

use kube_enroll_core::{ApprovalMessage, Cluster};
use yew::prelude::*;

use super::SendActions;
use crate::state::Enrollment;

/// Properties of [`MessageToSend`].
#[derive(Properties, PartialEq)]
pub(crate) struct MessageToSendProps {
    /// The enrollment to be approved.
    pub enrollment: Rc<Enrollment>,
    /// The cluster, where it is known.
    pub cluster: Option<Rc<Cluster>>,
}

/// The message for an approver, to copy or to share.
#[component]
pub(crate) fn MessageToSend(props: &MessageToSendProps) -> Html {
    let MessageToSendProps { enrollment, cluster } = props;
    let message = ApprovalMessage {
        name: enrollment.name(),
        subject: &enrollment.application.subject,
        algorithm: enrollment.application.algorithm,
        expiration_seconds: enrollment.application.expiration_seconds,
        fingerprint: &enrollment.fingerprint,
        cluster: cluster.as_ref().map(|cluster| cluster.name()),
    };
    let text = AttrValue::from(message.to_text());
    html! {
        <>
            <div class="lines"><pre translate="no" id="approval-message">{ text.clone() }</pre></div>
            <SendActions id="approval-message" face="Copy the message" {text} primary=true />
        </>
    }
}
