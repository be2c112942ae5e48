use std::rc::Rc;

use yew::prelude::*;

use crate::{
    components::{Fact, ReloadButton, Text, elapsed, group_names, use_ui},
    state::Enrollment,
};

/// Properties of [`RequestFacts`].
#[derive(Properties, PartialEq)]
pub(crate) struct RequestFactsProps {
    /// The enrollment whose request is in the cluster.
    pub enrollment: Rc<Enrollment>,
    /// The account that creates the object, where it is known.
    pub requesting_user: Option<AttrValue>,
    /// The time at which Kubernetes deletes a pending request, formatted, or `None` if it is not known.
    pub dropped_at: Option<AttrValue>,
}

/// The facts of the request, for the person and the approver to compare.
#[component]
pub(crate) fn RequestFacts(props: &RequestFactsProps) -> Html {
    let ui = use_ui();
    let enrollment = &props.enrollment;
    let subject = &enrollment.application.subject;
    html! {
        <dl>
            <Fact term="Request"><code translate="no" id="object-name">{ enrollment.name().to_string() }</code></Fact>
            <Fact term="User"><span translate="no">{ subject.user().to_string() }</span></Fact>
            <Fact term="Groups"><span translate="no">{ group_names(subject.groups()) }</span></Fact>
            if let Some(account) = &props.requesting_user {
                <Fact term="Requesting User"><code translate="no" id="requesting-user">{ account.clone() }</code></Fact>
            }
            <Fact term="Waiting for">
                <span id="elapsed"><Text text={elapsed(ui.now_ms - enrollment.since_ms)} /></span>
            </Fact>
            if let Some(dropped_at) = &props.dropped_at {
                <Fact term="Dropped at">
                    <span id="dropped-at">
                        <Text text={format!("{dropped_at}, if nobody has decided by then")} />
                    </span>
                </Fact>
            }
        </dl>
    }
}

/// The connection to the API.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Contact {
    /// The first answer is still to come.
    Connecting,
    /// The API tells of the decision by itself.
    Live,
    /// No connection to the API.
    Lost {
        /// The time of day of the last contact.
        since: AttrValue,
        /// The cause.
        reason: AttrValue,
        /// A session may have ended, so that loading the page again may help.
        may_reload: bool,
    },
}

/// Properties of [`ContactStatus`].
#[derive(Properties, PartialEq)]
pub(crate) struct ContactStatusProps {
    /// The connection to the API.
    pub contact: Contact,
}

/// The line that tells whether the page will notice the decision.
#[component]
pub(crate) fn ContactStatus(props: &ContactStatusProps) -> Html {
    let connected = if props.contact == Contact::Live { "true" } else { "false" };
    html! {
        <>
            <p id="connection" role="status" data-connected={connected}>
                <Text text={describe(&props.contact)} />
            </p>
            if let Contact::Lost { may_reload: true, .. } = &props.contact {
                <ReloadButton />
            }
        </>
    }
}

fn describe(contact: &Contact) -> String {
    match contact {
        Contact::Connecting => "Connecting…".into(),
        Contact::Live => "Connected. This page will notice the decision by itself.".into(),
        Contact::Lost { since, reason, .. } => {
            format!("Reconnecting. No contact since {since}; your request is not affected. ({reason})")
        }
    }
}
