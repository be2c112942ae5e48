//! The views of errors between the steps.

use yew::prelude::*;

use super::{Actions, Button, Heading, Hint, Lead, LeaveActions, ManualButton, ReloadButton, SignOutLink};
use crate::state::{Remedies, UserAction};

/// Properties of [`SignIn`].
#[derive(Properties, PartialEq)]
pub(crate) struct SignInProps {
    /// The page that ends the session, where there is one: a proxy may take somebody for signed in who is not.
    pub sign_out_url: Option<AttrValue>,
}

/// The session with the proxy in front has ended.
#[component]
pub(crate) fn SignIn(props: &SignInProps) -> Html {
    html! {
        <section>
            <Heading text="Please sign in again" />
            <Lead>{ "The page’s server wants to know who you are. Your key is kept." }</Lead>
            <ol>
                <li>
                    <a href="." target="_blank" rel="noopener">{ "Open this page in a new tab" }</a>
                    { " and sign in there." }
                </li>
                <li>{ "Come back to this tab and go on." }</li>
            </ol>
            if let Some(url) = &props.sign_out_url {
                <Hint>
                    { "Nothing asks you? " }
                    <SignOutLink {url} new_tab=true>{ "Sign out first" }</SignOutLink>
                </Hint>
            }
            <Actions>
                <Button id="retry" class="primary" act={UserAction::Retry}>{ "I have signed in: go on" }</Button>
                <ManualButton />
            </Actions>
            <LeaveActions />
        </section>
    }
}

/// Properties of [`Trouble`].
#[derive(Properties, PartialEq)]
pub(crate) struct TroubleProps {
    /// The error.
    pub title: AttrValue,
    /// Its consequence.
    pub message: AttrValue,
    /// The causes, each for a line.
    pub causes: Vec<String>,
    /// The action of the button.
    pub remedy: Remedy,
    /// The remedies that the error admits.
    pub remedies: Remedies,
    /// The page to open instead.
    #[prop_or_default]
    pub link: Option<AttrValue>,
}

/// The remedy of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// Load the settings again. There is no form to go back to.
    Reload,
    /// Do the same again.
    Repeat,
    /// Send the same request again, or carry it by hand.
    Resend,
    /// Send the same request under a new name.
    Rename,
}

/// An error, with its causes and what can be done about it.
#[component]
pub(crate) fn Trouble(props: &TroubleProps) -> Html {
    let remedy = props.remedy;
    let can_retry = props.remedies != Remedies::Nothing;
    html! {
        <section>
            <Heading text={props.title.clone()} />
            <Lead id="message">{ props.message.clone() }</Lead>
            if let Some(link) = &props.link {
                <p><a id="open" href={link}>{ "Open the page there" }</a></p>
            }
            if !props.causes.is_empty() {
                <ul id="reason" class="said">
                    for cause in &props.causes {
                        <li>{ cause.clone() }</li>
                    }
                </ul>
            }
            <Actions>
                if can_retry {
                    <Button id="retry" class="primary" act={UserAction::Retry}>
                        { if remedy == Remedy::Rename { "Send under a new name" } else { "Try again" } }
                    </Button>
                }
                if props.remedies == Remedies::RetryOrReload {
                    <ReloadButton />
                }
                if can_retry && remedy == Remedy::Resend {
                    <ManualButton />
                }
                if remedy != Remedy::Reload {
                    <Button id="restart" act={UserAction::BackToForm}>{ "Back to the form" }</Button>
                }
            </Actions>
        </section>
    }
}
