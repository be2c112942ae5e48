use yew::prelude::*;

/// Properties of [`Header`].
#[derive(Properties, PartialEq)]
pub(crate) struct HeaderProps {
    /// The name of the cluster, where it is known.
    pub cluster: Option<AttrValue>,
}

/// The top of the page: the product, and the cluster that it leads to.
#[component]
pub(crate) fn Header(props: &HeaderProps) -> Html {
    html! {
        <header>
            <svg class="logo" width="32" height="32" viewBox="0 0 32 32" aria-hidden="true">
                <path d="M16 2 28 8l2.5 13L22 30H10L1.5 21 4 8z" />
                <circle cx="16" cy="12" r="4" />
                <path d="M16 16v9m0-3h4" />
            </svg>
            <b translate="no">{ "kube-enroll" }</b>
            if let Some(cluster) = &props.cluster {
                <span class="cluster">{ "Cluster " }<b translate="no">{ cluster.clone() }</b></span>
            }
        </header>
    }
}
