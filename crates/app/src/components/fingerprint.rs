use kube_enroll_core::fingerprint_pairs;
use yew::prelude::*;

use super::{CopyButton, Hint};

/// Properties of [`Fingerprint`].
#[derive(Properties, PartialEq)]
pub(crate) struct FingerprintProps {
    /// SHA-256 of the public key, as openssl prints it.
    pub fingerprint: AttrValue,
}

/// The fingerprint of the key, in groups that can be read aloud.
#[component]
pub(crate) fn Fingerprint(props: &FingerprintProps) -> Html {
    let whole = &props.fingerprint;
    let bytes = fingerprint_pairs(whole);
    let spoken: Vec<String> = bytes.chunks(4).map(|group| group.join(" ")).collect();
    html! {
        <div>
            <h2>{ "The fingerprint of your key" }</h2>
            <Hint id="fingerprint-hint">
                { "The approver must see the same. Reading it aloud to each other is a good way to compare." }
            </Hint>
            <div class="lines">
                // One name for a screen reader, which would read each element by itself.
                <p
                    id="fingerprint"
                    translate="no"
                    role="img"
                    aria-label={format!("Fingerprint {}", spoken.join(", "))}
                    data-fingerprint={whole.clone()}
                >
                    for line in bytes.chunks(8) {
                        <span class="line">
                            for group in line.chunks(4) {
                                <span>{ group.join(":") }</span>
                            }
                        </span>
                    }
                </p>
                <CopyButton id="fingerprint" label="the fingerprint" text={whole} />
            </div>
        </div>
    }
}
