use std::rc::Rc;

use kube_enroll_core::{Algorithm, Policy};
use yew::prelude::*;

use crate::{
    components::{Fault, RadioChoice},
    state::Edit,
};

/// Properties of [`AlgorithmField`].
#[derive(Properties, PartialEq)]
pub(crate) struct AlgorithmFieldProps {
    /// The policy of this page.
    pub policy: Rc<Policy>,
    /// The type that is chosen.
    pub chosen: Algorithm,
    /// The key type's fault, or `None`.
    pub fault: Option<AttrValue>,
}

/// The type of the key.
#[component]
pub(crate) fn AlgorithmField(props: &AlgorithmFieldProps) -> Html {
    html! {
        <fieldset class="field">
            <legend>{ "Key type" }</legend>
            <div class="choices">
                for (index, algorithm) in props.policy.algorithms.iter().copied().enumerate() {
                    <RadioChoice
                        key={algorithm.name()}
                        group="algorithm"
                        value={algorithm.name()}
                        title={algorithm.name()}
                        remark={(index == 0).then_some(" · the usual choice here")}
                        hint={about(algorithm)}
                        checked={props.chosen == algorithm}
                        edit={Edit::Algorithm(algorithm)}
                    />
                }
            </div>
            if let Some(fault) = &props.fault {
                <Fault id="algorithm-error" text={fault.clone()} />
            }
        </fieldset>
    }
}

fn about(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Rsa2048 => "The shortest RSA key that is still accepted. Made in about a second.",
        Algorithm::Rsa3072 => "Works with everything. Takes some seconds to make.",
        Algorithm::Rsa4096 => "The longest RSA key. May take a minute to make.",
        Algorithm::EcdsaP256 => "Small, fast and widely known. Made at once.",
        Algorithm::EcdsaP384 => "As P-256, with a larger margin. Made at once.",
        Algorithm::Ed25519 => "Small and modern; some older tools do not know it. Made at once.",
    }
}
