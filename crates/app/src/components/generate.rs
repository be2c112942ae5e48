//! The step in which the key is made and stored.

use kube_enroll_core::{Algorithm, Subject, shell};
use yew::prelude::*;

use super::{Actions, Button, Elapsed, Heading, Lead, ProgressBar, SameSteps, Text};
use crate::state::UserAction;

/// Properties of [`Generating`].
#[derive(Properties, PartialEq)]
pub(crate) struct GeneratingProps {
    /// The type of the key.
    pub algorithm: Algorithm,
    /// The names in the request.
    pub subject: Subject,
    /// The beginning, in milliseconds since 1970.
    pub since_ms: f64,
}

/// The key is being made.
#[component]
pub(crate) fn Generating(props: &GeneratingProps) -> Html {
    let GeneratingProps { algorithm, subject, since_ms } = props;
    let making = if algorithm.modulus_bits().is_some() {
        "Looking for two large prime numbers. How long that takes is luck: mostly seconds, sometimes a minute."
    } else {
        "Drawing a random number and the curve point that belongs to it."
    };
    let by_hand = shell::make_request(subject, *algorithm)
        .map(|make_request| format!("{}\n{make_request}", shell::make_key(*algorithm)));
    html! {
        <section>
            <Heading text="Making your key" />
            <Lead>{ algorithm.name() }{ ", in this browser. " }{ making }</Lead>
            <ProgressBar />
            <Elapsed since_ms={*since_ms} />
            <Actions><Button id="cancel" act={UserAction::Cancel}>{ "Cancel" }</Button></Actions>
            <SameSteps commands={by_hand.map(AttrValue::from)} />
        </section>
    }
}

/// The key is being written to the browser's storage.
#[component]
pub(crate) fn Storing() -> Html {
    html! {
        <section>
            <Heading text="Keeping your key" />
            <Lead>{ "It is written to this browser’s storage, locked, before anything is sent." }</Lead>
            <ProgressBar />
        </section>
    }
}

/// Properties of [`StorageFailed`].
#[derive(Properties, PartialEq)]
pub(crate) struct StorageFailedProps {
    /// The storage's reason.
    pub reason: AttrValue,
    /// An earlier record of the enrollment is stored. Its new name must be stored as well: after a reload, a
    /// certificate under a name that is in no record is never found.
    pub stored: bool,
}

/// The enrollment could not be written to the browser's storage.
#[component]
pub(crate) fn StorageFailed(props: &StorageFailedProps) -> Html {
    html! {
        <section>
            <Heading text="Your key could not be stored" />
            <Lead>
                { "Nothing has been sent yet. This browser’s storage did not take it. " }
                <Text text={props.reason.clone()} />
            </Lead>
            if !props.stored {
                <p>
                    { "You can go on all the same. The key is then in this tab only: closing or reloading the tab \
                       loses it." }
                </p>
            }
            <Actions>
                <Button id="retry" class="primary" act={UserAction::Retry}>{ "Try again" }</Button>
                if !props.stored {
                    <Button id="go-on" act={UserAction::ContinueUnstored}>{ "Go on, and leave the tab open" }</Button>
                }
                <Button id="restart" act={UserAction::BackToForm}>{ "Back to the form" }</Button>
            </Actions>
        </section>
    }
}
