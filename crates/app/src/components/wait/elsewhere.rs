use std::rc::Rc;

use kube_enroll_core::Cluster;
use kube_enroll_protocol::Stage;
use yew::prelude::*;

use crate::{
    components::{Actions, Button, Fact, ForgetButton, Heading, Lead, ProgressBar, Text, stage_text},
    state::UserAction,
};

/// A stored enrollment is being opened.
#[component]
pub(crate) fn Resuming() -> Html {
    html! {
        <section>
            <Heading text="One moment" />
            <ProgressBar />
            <BeginAnother />
        </section>
    }
}

/// Properties of [`Elsewhere`].
#[derive(Properties, PartialEq)]
pub(crate) struct ElsewhereProps {
    /// The name of the CSR.
    pub name: AttrValue,
    /// The stage that the other tab has reached, or `None` for one that this version does not know.
    pub stage: Option<Stage>,
}

/// Another tab has the enrollment.
#[component]
pub(crate) fn Elsewhere(props: &ElsewhereProps) -> Html {
    html! {
        <section>
            <Heading text="Open in another tab" />
            <Lead>
                { "The request " }
                <code translate="no" id="object-name">{ props.name.clone() }</code>
                { " is looked after by another tab of this browser. Here it can be gone on with as soon as that tab is \
                   closed." }
            </Lead>
            <p role="status">{ "There it is: " }<b id="stage"><Text text={props.stage.map_or("unknown", stage_text)} /></b></p>
            <BeginAnother />
        </section>
    }
}

/// The way to another enrollment.
#[component]
fn BeginAnother() -> Html {
    html! { <Actions><Button id="new" act={UserAction::Restart}>{ "Begin another" }</Button></Actions> }
}

/// Properties of [`OtherCluster`].
#[derive(Properties, PartialEq)]
pub(crate) struct OtherClusterProps {
    /// The name of the CSR.
    pub name: AttrValue,
    /// The cluster that the request was made for, where it was known.
    pub made_for: Option<Rc<Cluster>>,
    /// The cluster of the page now.
    pub current: Option<Rc<Cluster>>,
}

/// The page has another cluster than the one that the request was made for.
#[component]
pub(crate) fn OtherCluster(props: &OtherClusterProps) -> Html {
    html! {
        <section>
            <Heading text="This is another cluster" />
            <Lead>
                { "The request " }
                <code translate="no" id="object-name">{ props.name.clone() }</code>
                { " was made for a cluster with another certificate authority, so nothing was asked about it here." }
            </Lead>
            <dl>
                <Fact term="Made for"><span translate="no" id="cluster-then">{ describe(props.made_for.as_deref()) }</span></Fact>
                <Fact term="This page now leads to">
                    <span translate="no" id="cluster-now">{ describe(props.current.as_deref()) }</span>
                </Fact>
            </dl>
            <p>
                { "Your key is kept. Open the page of that cluster to go on; or, if you have the certificate, paste it \
                   here." }
            </p>
            <Actions>
                <Button id="manual" class="primary" act={UserAction::Manual}>{ "Paste a certificate" }</Button>
                <Button id="restart" act={UserAction::BackToForm}>{ "Back to the form" }</Button>
            </Actions>
            <Actions><ForgetButton /></Actions>
        </section>
    }
}

fn describe(cluster: Option<&Cluster>) -> String {
    cluster.map(|cluster| format!("{} ({})", cluster.name(), cluster.server())).unwrap_or_default()
}
