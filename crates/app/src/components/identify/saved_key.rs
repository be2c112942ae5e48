use yew::prelude::*;

use crate::{
    components::{Actions, Button, Hint},
    state::UserAction,
};

/// Properties of [`SavedKey`].
#[derive(Properties, PartialEq)]
pub(crate) struct SavedKeyProps {
    /// The id of its record.
    pub id: AttrValue,
    /// The user that it is for.
    pub user: AttrValue,
    /// The name of the CSR.
    pub name: AttrValue,
    /// The end of its certificate, formatted, or `None` if it is not known.
    pub end: Option<AttrValue>,
}

/// The question about a file that was saved on an earlier day: if it works, nothing needs the stored key.
#[component]
pub(crate) fn SavedKey(props: &SavedKeyProps) -> Html {
    let SavedKeyProps { id, user, name, end } = props;
    html! {
        <section class="note" data-id={id.clone()} aria-label="Does the file work?">
            <h2>{ "Does the file work?" }</h2>
            <p>
                { "You saved the kubeconfig of " }
                <b translate="no">{ user.clone() }</b>
                { " (" }
                <code translate="no">{ name.clone() }</code>
                { "). Its key is still stored in this browser as well. If kubectl works with the file, nothing needs \
                   it here." }
            </p>
            <Actions>
                <Button name="works" class="primary" act={UserAction::Delete(id.to_string())}>
                    { "It works: delete the key here" }
                </Button>
                <Button name="save-again" act={UserAction::Resume(id.to_string())}>{ "Save the file again" }</Button>
            </Actions>
            if let Some(end) = end {
                <Hint>{ "Without an answer it stays here until its certificate ends, " }{ end.clone() }{ "." }</Hint>
            }
        </section>
    }
}

/// Properties of [`EndedKey`].
#[derive(Properties, PartialEq)]
pub(crate) struct EndedKeyProps {
    /// The id of its record.
    pub id: AttrValue,
    /// The user that it was for.
    pub user: AttrValue,
    /// The name of the CSR.
    pub name: AttrValue,
}

/// The news that a key was deleted, since its certificate has ended.
#[component]
pub(crate) fn EndedKey(props: &EndedKeyProps) -> Html {
    let EndedKeyProps { id, user, name } = props;
    html! {
        <section class="note" data-ended={id.clone()} aria-label="A key was deleted">
            <p>
                { "The certificate of " }
                <b translate="no">{ user.clone() }</b>
                { " (" }
                <code translate="no">{ name.clone() }</code>
                { ") has ended, so its key was deleted from this browser." }
            </p>
            <Actions><AgainButton {id} {name} /></Actions>
        </section>
    }
}

/// Properties of [`AgainButton`].
#[derive(Properties, PartialEq)]
pub(super) struct AgainButtonProps {
    /// The id of the record.
    pub id: AttrValue,
    /// The name of the CSR.
    pub name: AttrValue,
}

/// The button that fills in the form as it was for an enrollment.
#[component]
pub(super) fn AgainButton(props: &AgainButtonProps) -> Html {
    html! {
        <Button name="again" class="quiet" act={UserAction::Again(props.id.to_string())}>
            { "Again with the same details" }
            <span class="unseen">{ " " }{ props.name.clone() }</span>
        </Button>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::tests::render;

    #[tokio::test]
    async fn asks_whether_the_file_works_and_says_how_long_its_key_stays() {
        let html =
            render(html! { <SavedKey id="1" user="<jane>" name="jane-x" end={Some(AttrValue::from("Friday"))} /> })
                .await;
        for text in ["Does the file work?", "&lt;jane&gt;", r#"data-act="works""#, r#"data-act="save-again""#, "Friday"]
        {
            assert!(html.contains(text), "{text} in {html}");
        }
    }

    #[tokio::test]
    async fn says_that_a_key_was_deleted_and_offers_another() {
        let html = render(html! { <EndedKey id="1" user="jane" name="jane-x" /> }).await;
        assert!(html.contains("was deleted") && html.contains(r#"data-act="again""#), "{html}");
    }
}
