use kube_enroll_core::csr::Decision;
use yew::prelude::*;

use crate::{
    components::{Actions, Button, Fact, Heading, Lead},
    state::UserAction,
};

/// Properties of [`Denied`] and of [`SigningFailed`].
#[derive(Properties, PartialEq)]
pub(crate) struct DecidedProps {
    /// The name of the CSR.
    pub name: AttrValue,
    /// The decision's reason and message: untrusted.
    pub decision: Decision,
    /// The way to reach an approver, where the settings say so.
    pub approver: Option<AttrValue>,
}

/// An approver has denied the request.
#[component]
pub(crate) fn Denied(props: &DecidedProps) -> Html {
    let DecidedProps { name, decision, approver } = props;
    let decision = decision.clone().without_words_of_programs();
    html! {
        <section>
            <Heading text="Denied" />
            <Lead>
                { "An approver has turned down the request " }
                <code translate="no" id="object-name">{ name.clone() }</code>
                { "." }
            </Lead>
            if decision.is_silent() {
                <p id="silent">{ "They gave no reason." }</p>
            } else {
                <Reasons {decision} />
            }
            <p>
                { "Ask the approver what should be different, then begin again. " }
                if let Some(approver) = approver {
                    <span>{ approver.clone() }</span>
                }
            </p>
            <BeginAgain />
        </section>
    }
}

/// The signer has given up on the request.
#[component]
pub(crate) fn SigningFailed(props: &DecidedProps) -> Html {
    let DecidedProps { name, decision, approver } = props;
    html! {
        <section>
            <Heading text="The cluster could not sign" />
            <Lead>
                { "The signer has given up on the request " }
                <code translate="no" id="object-name">{ name.clone() }</code>
                { " for good." }
            </Lead>
            <Reasons decision={decision.clone()} />
            <p>
                { "Show this to whoever runs the cluster. Once it is mended, begin again. " }
                if let Some(approver) = approver {
                    <span>{ approver.clone() }</span>
                }
            </p>
            <BeginAgain />
        </section>
    }
}

/// Properties of [`Reasons`].
#[derive(Properties, PartialEq)]
struct ReasonsProps {
    /// The decision's reason and message: untrusted.
    decision: Decision,
}

/// The decision's reason and message.
#[component]
fn Reasons(props: &ReasonsProps) -> Html {
    let Decision { reason, message } = &props.decision;
    html! {
        <dl class="said">
            if !reason.is_empty() {
                <Fact term="Reason"><span id="reason">{ reason.clone() }</span></Fact>
            }
            if !message.is_empty() {
                <Fact term="Message"><span id="message">{ message.clone() }</span></Fact>
            }
        </dl>
    }
}

/// The way to another request. The key of a decided one is of no use.
#[component]
fn BeginAgain() -> Html {
    html! {
        <Actions>
            <Button id="restart" class="primary" question={BEGIN_AGAIN_QUESTION} act={UserAction::Forget}>
                { "Begin again with the same details" }
            </Button>
        </Actions>
    }
}

/// The question before the record of a decided request is deleted.
const BEGIN_AGAIN_QUESTION: &str = "The form is filled in as it was. This request and its key, which nobody can use any \
                                    more, are deleted from this browser. Begin again?";
