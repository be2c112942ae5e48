use std::rc::Rc;

use kube_enroll_core::{Cluster, shell};
use yew::prelude::*;

use super::CopyLines;
use crate::state::{Enrollment, Person};

/// Properties of [`ApproverBlock`].
#[derive(Properties, PartialEq)]
pub(crate) struct ApproverBlockProps {
    /// The enrollment to be approved.
    pub enrollment: Rc<Enrollment>,
    /// The cluster, where it is known.
    pub cluster: Option<Rc<Cluster>>,
    /// The person who is signed in, where the server knows.
    pub person: Option<Rc<Person>>,
    /// The account that creates the object, where it is known.
    pub requesting_user: Option<AttrValue>,
}

/// The lines for the approver, to copy.
#[component]
pub(crate) fn ApproverBlock(props: &ApproverBlockProps) -> Html {
    let ApproverBlockProps { enrollment, cluster, person, requesting_user } = props;
    let block = shell::ApproverBlock {
        name: enrollment.name(),
        subject: &enrollment.application.subject,
        algorithm: enrollment.application.algorithm,
        expiration_seconds: enrollment.application.expiration_seconds,
        cluster: cluster.as_ref().map(|cluster| cluster.name()),
        requesting_user: requesting_user.as_deref(),
        annotated_user: person.as_ref().map(|person| &person.user),
    };
    html! { <CopyLines id="approver-block" label="the lines for the approver" text={block.to_text()} /> }
}
