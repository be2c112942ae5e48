use kube_enroll_core::ErrorCode;
use yew::prelude::*;

use crate::{
    components::{Actions, Button, Fact, ForgetButton, Heading, Lead, ManualButton},
    state::UserAction,
};

/// Properties of [`Refused`].
#[derive(Properties, PartialEq)]
pub(crate) struct RefusedProps {
    /// The name of the CSR.
    pub name: AttrValue,
    /// The code of the error.
    pub code: ErrorCode,
    /// The reason, for people.
    pub message: AttrValue,
}

/// The certificate is not the one that was asked for.
#[component]
pub(crate) fn Refused(props: &RefusedProps) -> Html {
    let RefusedProps { name, code, message } = props;
    html! {
        <section>
            <Heading text="This certificate is not right" />
            <Lead>
                { "Nothing was saved. The certificate that came for " }
                <code translate="no" id="object-name">{ name.clone() }</code>
                { " did not pass the checks." }
            </Lead>
            <dl class="said">
                <Fact term="Code"><code translate="no" id="reason">{ code.as_str() }</code></Fact>
                <Fact term="What is wrong"><span id="message">{ message.clone() }</span></Fact>
            </dl>
            <p>{ advice(*code) }</p>
            <Actions>
                <Button id="restart" class="primary" act={UserAction::BackToForm}>{ "Begin again with the same details" }</Button>
                <Button id="retry" act={UserAction::Retry}>{ "Check again" }</Button>
                <ManualButton />
                <ForgetButton />
            </Actions>
        </section>
    }
}

fn advice(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::NotValidNow => "If checking again does not help, begin again.",
        ErrorCode::OtherKey | ErrorCode::OtherUser | ErrorCode::OtherGroups | ErrorCode::OtherIssuer => {
            "Something between this page and the cluster gave you a certificate that is not yours. Do not use it, and \
             tell whoever runs the cluster. Then begin again."
        }
        _ => "Show this to whoever runs the cluster, check again once it is mended, or begin again.",
    }
}
