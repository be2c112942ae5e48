use yew::prelude::*;

use super::unusual_note::UnusualNote;
use crate::{
    components::{Button, Note},
    state::Edit,
    state::UserAction,
};

/// Properties of [`NameNotes`].
#[derive(Properties, PartialEq)]
pub(crate) struct NameNotesProps {
    /// The id of the name's field, with which the ids of the notes begin.
    pub field: AttrValue,
    /// The kind of the name, in the plural: users or groups.
    pub kind: &'static str,
    /// The name as it was typed.
    pub name: AttrValue,
    /// The name in composed letters, where it is typed in others.
    #[prop_or_default]
    pub composed: Option<AttrValue>,
    /// The edit that uses the composed letters.
    #[prop_or_default]
    pub compose: Option<Edit>,
}

/// The notes beside a typed name that is allowed and yet may be another than the one meant: the cluster compares bytes.
#[component]
pub(crate) fn NameNotes(props: &NameNotesProps) -> Html {
    let NameNotesProps { field, kind, name, composed, compose } = props;
    let trimmed = name.trim();
    // Of other letters, the note below says that they must be the very same.
    let small = trimmed.to_ascii_lowercase();
    html! {
        <>
            if !trimmed.is_empty() && trimmed.len() != name.len() {
                <Note id={format!("{field}-trimmed")}>{ "The space around the name is left out." }</Note>
            }
            if small != trimmed {
                <Note id={format!("{field}-capitals")}>
                    { "Capital letters count: to the cluster, " }
                    <b translate="no">{ trimmed.to_owned() }</b>{ " and " }<b translate="no">{ small.clone() }</b>
                    { format!(" are two {kind}.") }
                </Note>
            }
            if !trimmed.is_ascii() {
                <UnusualNote name={trimmed.to_owned()} />
            }
            if let Some((composed, compose)) = composed.as_ref().zip(compose.clone()) {
                <Note id={format!("{field}-decomposed")}>
                    { "The accents of this name are typed as characters of their own. It looks the same as " }
                    <b translate="no">{ composed.clone() }</b>
                    { ", which is how most keyboards write it, and to the cluster it is another name. " }
                    <Button id={format!("{field}-compose")} class="quiet" act={UserAction::Edit(compose)}>
                        { "Use the common spelling" }
                    </Button>
                </Note>
            }
        </>
    }
}
