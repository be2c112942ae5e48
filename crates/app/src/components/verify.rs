//! The step in which the certificate is checked.

mod certificate_facts;
mod cluster_fields;
mod locked;
mod refused;
#[cfg(test)]
mod tests;

use std::rc::Rc;

use kube_enroll_core::shell;
use yew::prelude::*;

use self::cluster_fields::ClusterFields;
pub(crate) use self::{certificate_facts::CertificateFacts, locked::Locked, refused::Refused};
use super::{Heading, Lead, LeaveActions, ProgressBar, SameSteps};
use crate::state::ClusterForm;

/// Properties of [`Verifying`].
#[derive(Properties, PartialEq)]
pub(crate) struct VerifyingProps {
    /// The name of the CSR.
    pub name: AttrValue,
    /// The cluster as a person types it, where nothing else says which one this is.
    pub cluster: Option<Rc<ClusterForm>>,
}

/// The certificate is being checked, or waits for a person to say where the cluster is.
#[component]
pub(crate) fn Verifying(props: &VerifyingProps) -> Html {
    html! {
        <section>
            if let Some(form) = &props.cluster {
                <Heading text="One thing is missing" />
                <Lead>
                    { "Your certificate for " }
                    <code translate="no" id="object-name">{ props.name.clone() }</code>
                    { " is here. Only the cluster’s address is not known to this page; whoever runs it can tell you." }
                </Lead>
                <ClusterFields {form} />
                <LeaveActions />
            } else {
                <Heading text="Checking the certificate" />
                <Lead>{ "It must be for your key, your name and your groups, and valid now." }</Lead>
                <ProgressBar />
            }
            <SameSteps commands={AttrValue::from(shell::print_certificate())} />
        </section>
    }
}
