use std::rc::Rc;

use yew::prelude::*;

use crate::{
    components::{Actions, Button, ForgetButton, Heading, Lead, ManualButton},
    state::{Enrollment, Gone, Person, UserAction},
};

/// Properties of [`RequestGone`].
#[derive(Properties, PartialEq)]
pub(crate) struct RequestGoneProps {
    /// The enrollment whose request the cluster no longer has.
    pub enrollment: Rc<Enrollment>,
    /// The reason why the object is gone.
    pub why: Gone,
    /// The person who is signed in, where the server knows: they do not see the requests of others.
    pub person: Option<Rc<Person>>,
}

/// The cluster no longer has the request.
#[component]
pub(crate) fn RequestGone(props: &RequestGoneProps) -> Html {
    let RequestGoneProps { enrollment, why, person } = props;
    let user = enrollment.application.subject.user();
    html! {
        <section>
            <Heading text="The request is gone" />
            <Lead>
                { "The cluster no longer has your request " }
                <code translate="no" id="object-name">{ enrollment.name().to_string() }</code>
                { "." }
            </Lead>
            <p id="message">
                { probable_cause(*why) }
                if person.as_ref().is_some_and(|person| person.user != *user) {
                    <b>
                        { " Or you cannot see it: it is for " }
                        <span translate="no">{ user.to_string() }</span>
                        { ", and you are signed in as somebody else." }
                    </b>
                }
            </p>
            <p>
                { "Your key is still here. The same request can be sent again under a new name, to be approved anew." }
            </p>
            <Actions>
                <Button id="resubmit" class="primary" act={UserAction::Resubmit}>{ "Send it again under a new name" }</Button>
                <Button id="retry" act={UserAction::Retry}>{ "Look again" }</Button>
                <ManualButton />
                <Button id="restart" act={UserAction::BackToForm}>{ "Back to the form" }</Button>
            </Actions>
            if enrollment.is_stored() {
                <Actions><ForgetButton /></Actions>
            }
        </section>
    }
}

fn probable_cause(why: Gone) -> &'static str {
    match why {
        Gone::Absent { was_approved: true } => {
            "It had been approved. Probably its certificate was issued and cleaned up, which Kubernetes does an hour \
             later, or somebody deleted it."
        }
        Gone::Absent { was_approved: false } => {
            "Probably somebody deleted it; or nobody decided within 24 hours, and Kubernetes dropped it; or it was \
             decided while this page could not look, and cleaned up an hour later."
        }
        Gone::Replaced => {
            "Another object has that name now, with another request in it. Nothing of it is used. Please tell whoever \
             runs the cluster."
        }
    }
}
