use std::rc::Rc;

use yew::prelude::*;

use super::unusual_note::UnusualNote;
use crate::{
    components::{Hint, Lead, Note, SignOutLink, Text},
    state::{Form, Person},
};

/// Properties of [`AskedFor`].
#[derive(Properties, PartialEq)]
pub(crate) struct AskedForProps {
    /// The form's contents.
    pub form: Rc<Form>,
    /// The person who is signed in: nobody else can be asked for.
    pub person: Rc<Person>,
}

/// The greeting of somebody who is signed in, with the groups that the request will name.
#[component]
pub(crate) fn AskedFor(props: &AskedForProps) -> Html {
    let AskedForProps { form, person } = props;
    let groups: Vec<&str> = form.filled_rows().into_iter().map(|(_, group)| group).collect();
    html! {
        <>
            <Lead id="asked-for">
                { "Hello " }<b translate="no" id="user">{ form.user.clone() }</b>{ ". You will ask for: " }
                if groups.is_empty() {
                    <b key="none">{ "no groups" }</b>
                } else {
                    <b key="some" translate="no">{ groups.join(", ") }</b>
                }
            </Lead>
            <Hint>
                { "Not you? " }
                if let Some(url) = &person.sign_out_url {
                    <SignOutLink url={url.clone()}>{ "Sign in as somebody else" }</SignOutLink>
                } else {
                    { "Sign out where you have signed in, then reload this page." }
                }
            </Hint>
            for (number, problem) in person.group_problems.iter().enumerate() {
                <Note id={format!("group-problem-{number}")}><Text text={problem.clone()} /></Note>
            }
            if !form.user.is_ascii() {
                <UnusualNote name={form.user.clone()} />
            }
        </>
    }
}
