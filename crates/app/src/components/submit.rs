use std::rc::Rc;

use kube_enroll_core::shell;
use yew::prelude::*;

use super::{Actions, Button, Elapsed, Heading, Lead, ManualButton, Note, ProgressBar, SameSteps, Text};
use crate::state::{Enrollment, UserAction};

/// Properties of [`Submitting`].
#[derive(Properties, PartialEq)]
pub(crate) struct SubmittingProps {
    /// The enrollment whose request is sent.
    pub enrollment: Rc<Enrollment>,
    /// The beginning, in milliseconds since 1970.
    pub since_ms: f64,
    /// The reason why the last attempt failed, or `None` before that.
    pub trouble: Option<AttrValue>,
}

/// The request is being sent.
#[component]
pub(crate) fn Submitting(props: &SubmittingProps) -> Html {
    let SubmittingProps { enrollment, since_ms, trouble } = props;
    let name = enrollment.name();
    let create = shell::create_object(name, enrollment.application.expiration_seconds);
    html! {
        <section>
            <Heading text="Sending your request" />
            <Lead>
                { "The request " }
                <code translate="no" id="object-name">{ name.to_string() }</code>
                { " holds your name, your groups and the public half of the key. The private half stays here." }
            </Lead>
            <ProgressBar />
            <Elapsed since_ms={*since_ms} />
            <div role="status">
                if let Some(trouble) = trouble {
                    <Note>
                        <Text text={format!("No answer yet; trying again with the same name. ({trouble})")} />
                    </Note>
                }
            </div>
            <Actions>
                <Button id="cancel" act={UserAction::Cancel}>{ "Cancel" }</Button>
                <ManualButton />
            </Actions>
            <SameSteps commands={AttrValue::from(create)} />
        </section>
    }
}
