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
    html! {
        <section>
            <Heading text="Denied" />
            <Lead>
                { "An approver has turned down the request " }
                <code translate="no" id="object-name">{ name.clone() }</code>
                { "." }
            </Lead>
            <Reasons decision={decision.clone()} />
            <p>
                { "Ask the approver what should be different. " }
                { approver.clone() }
                { " Then begin again. The old key is not used any more." }
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
                { "Show this to whoever runs the cluster. " }{ approver.clone() }{ " Once it is mended, begin again." }
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
    let or_none = |text: &str| if text.is_empty() { "none given".to_owned() } else { text.to_owned() };
    html! {
        <dl class="said">
            <Fact term="Reason"><span id="reason">{ or_none(&props.decision.reason) }</span></Fact>
            <Fact term="Message"><span id="message">{ or_none(&props.decision.message) }</span></Fact>
        </dl>
    }
}

/// The way to another request. The key of a decided one is of no use.
#[component]
fn BeginAgain() -> Html {
    html! {
        <Actions>
            <Button id="restart" class="primary" act={UserAction::Forget}>{ "Begin again with the same details" }</Button>
        </Actions>
    }
}
