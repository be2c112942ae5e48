use std::rc::Rc;

use kube_enroll_core::{Cluster, ClusterChange};
use yew::prelude::*;

use crate::components::{Fact, Note};

/// Properties of [`ClusterChanged`].
#[derive(Properties, PartialEq)]
pub(super) struct ClusterChangedProps {
    /// The changes since the key was stored.
    pub change: ClusterChange,
    /// The present cluster, which the kubeconfig leads to.
    pub cluster: Rc<Cluster>,
}

/// The changes of the cluster since the key was made, before the kubeconfig is saved.
#[component]
pub(super) fn ClusterChanged(props: &ClusterChangedProps) -> Html {
    let ClusterChangedProps { change: ClusterChange { before, new_authorities }, cluster } = props;
    let name = |cluster: &Cluster| cluster.tls_server_name().unwrap_or("the address’s host").to_owned();
    let proxy = |cluster: &Cluster| cluster.proxy_url().unwrap_or("none").to_owned();
    html! {
        <div id="cluster-changed">
            <Note warns=true>
                { "The cluster has changed since this key was made. Your file will have what it is now; if that \
                   surprises you, ask whoever runs this page before you save it." }
            </Note>
            <dl>
                if before.name() != cluster.name() {
                    <Fact term="Name then"><code translate="no">{ before.name().to_string() }</code></Fact>
                    <Fact term="Name now"><code translate="no">{ cluster.name().to_string() }</code></Fact>
                }
                if before.server() != cluster.server() {
                    <Fact term="Address then"><code translate="no" id="server-then">{ before.server().to_owned() }</code></Fact>
                    <Fact term="Address now"><code translate="no" id="server-now">{ cluster.server().to_owned() }</code></Fact>
                }
                if before.tls_server_name() != cluster.tls_server_name() {
                    <Fact term="TLS name then"><code translate="no">{ name(before) }</code></Fact>
                    <Fact term="TLS name now"><code translate="no">{ name(cluster) }</code></Fact>
                }
                if before.proxy_url() != cluster.proxy_url() {
                    <Fact term="Proxy then"><code translate="no">{ proxy(before) }</code></Fact>
                    <Fact term="Proxy now"><code translate="no">{ proxy(cluster) }</code></Fact>
                }
                { for new_authorities.iter().map(|fingerprint| html! {
                    <Fact term="New certificate authority, SHA-256">
                        <code translate="no" class="new-authority">{ fingerprint.clone() }</code>
                    </Fact>
                }) }
            </dl>
        </div>
    }
}
