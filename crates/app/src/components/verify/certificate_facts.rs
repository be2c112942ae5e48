use kube_enroll_core::{Difference, DifferenceKind};
use yew::prelude::*;

use crate::components::{Fact, Note, group_names, rough};

/// Properties of [`CertificateFacts`].
#[derive(Properties, PartialEq)]
pub(crate) struct CertificateFactsProps {
    /// CN of the subject.
    pub user: AttrValue,
    /// O of the subject.
    pub groups: Vec<String>,
    /// The issuer.
    pub issuer: AttrValue,
    /// The begin of validity, in words.
    pub not_before: AttrValue,
    /// The end of validity, in words.
    pub not_after: AttrValue,
    /// The differences between the certificate and the request.
    pub differences: Vec<Difference>,
}

/// The fields of the certificate, and its differences from the request.
#[component]
pub(crate) fn CertificateFacts(props: &CertificateFactsProps) -> Html {
    html! {
        <div>
            <dl>
                <Fact term="User"><span translate="no" id="subject-user">{ props.user.clone() }</span></Fact>
                <Fact term="Groups"><span translate="no" id="subject-groups">{ group_names(&props.groups) }</span></Fact>
                <Fact term="Signed by"><span translate="no" id="issuer">{ props.issuer.clone() }</span></Fact>
                <Fact term="Valid from"><span id="not-before">{ props.not_before.clone() }</span></Fact>
                <Fact term="Valid to"><span id="not-after">{ props.not_after.clone() }</span></Fact>
            </dl>
            <div id="differences">
                for difference in &props.differences {
                    <Note>{ describe(difference) }</Note>
                }
            </div>
        </div>
    }
}

#[expect(clippy::cast_precision_loss, reason = "at most some years in seconds")]
fn describe(difference: &Difference) -> String {
    let words = |seconds: i64| rough(seconds as f64 * 1_000.0);
    let comment = match difference.kind {
        DifferenceKind::ShorterLifetime => ". It sets its own limit.",
        DifferenceKind::LongerLifetime => ", which is more. Keep the file all the safer.",
    };
    let (asked, issued) = (words(difference.asked_seconds), words(difference.issued_seconds));
    format!("You asked for {asked}; the cluster gave {issued}{comment}")
}
