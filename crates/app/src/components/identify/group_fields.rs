use std::rc::Rc;

use kube_enroll_core::{GroupName, Groups, Policy};
use yew::prelude::*;

use super::{name_notes::NameNotes, powerful_note::PowerfulNote, unusual_note::UnusualNote};
use crate::{
    components::{Button, Fault, Hint, Note, Text, TextInput, invalid, use_ui},
    state::{Edit, Faults, Form, UserAction, parts},
};

/// Properties of [`GroupFields`].
#[derive(Properties, PartialEq)]
pub(crate) struct GroupFieldsProps {
    /// The form's contents.
    pub form: Rc<Form>,
    /// The policy of this page.
    pub policy: Rc<Policy>,
    /// A name in composed letters for each row that is typed in others.
    pub composed: Vec<Option<AttrValue>>,
    /// The form's faults.
    pub faults: Rc<Faults>,
}

/// The groups: checkboxes where the policy names them, and a text field for each where it does not.
#[component]
pub(crate) fn GroupFields(props: &GroupFieldsProps) -> Html {
    let GroupFieldsProps { form, policy, faults, .. } = props;
    html! {
        <fieldset class="field">
            <legend>{ "Groups " }<span class="optional">{ "optional" }</span></legend>
            <Hint id="groups-hint">
                { "Rights mostly go to groups: ask your team which to name." }
            </Hint>
            if let Groups::Any = policy.groups {
                <GroupRows {form} invalid={faults.group_row} />
            } else if offered(policy).is_empty() {
                <p>{ "You are in no group that can be asked for here." }</p>
            } else {
                <GroupChoices {form} {policy} {faults} />
            }
            if !form.unavailable_groups.is_empty() {
                <Note id="groups-left-out">
                    { "Left out, since you cannot ask for it here: " }
                    <b translate="no">{ form.unavailable_groups.join(", ") }</b>
                </Note>
            }
            <Fault id="groups-error" text={faults.groups.clone().map(AttrValue::from)} />
            for (row, group) in form.groups.iter().enumerate() {
                if let Groups::Any = policy.groups {
                    { group_notes(row, group, props.composed.get(row).cloned().flatten()) }
                } else if !group.is_ascii() {
                    <UnusualNote name={group.clone()} />
                }
            }
            for warning in form.group_warnings(policy) {
                <PowerfulNote {warning} />
            }
        </fieldset>
    }
}

/// Returns the notes beside one typed group: one that may be several, and those of any name.
fn group_notes(row: usize, group: &str, composed: Option<AttrValue>) -> Html {
    let parts = parts(group);
    let compose = composed.as_ref().map(|composed| Edit::Group(row, composed.to_string()));
    html! {
        <>
            if parts.len() > 1 {
                <Note id={format!("group-{row}-parts")}>
                    <Text text={format!("One group, or {}? As it stands, it is one, with the name ", parts.len())} />
                    <b translate="no">{ group.trim().to_owned() }</b>{ ". " }
                    <Button
                        id={format!("split-group-{row}")}
                        class="quiet"
                        act={UserAction::Edit(Edit::SplitGroup(row))}
                    >
                        <Text text={format!("Make it {}: ", parts.len())} /><span translate="no">{ parts.join(" and ") }</span>
                    </Button>
                </Note>
            }
            <NameNotes field={format!("group-{row}")} kind="groups" name={group.to_owned()} {composed} {compose} />
        </>
    }
}

/// Properties of [`GroupRows`].
#[derive(Properties, PartialEq)]
struct GroupRowsProps {
    /// The form's contents.
    form: Rc<Form>,
    /// The row that cannot be used.
    invalid: Option<usize>,
}

/// A text field for each group.
#[component]
fn GroupRows(props: &GroupRowsProps) -> Html {
    let ui = use_ui();
    let groups = &props.form.groups;
    html! {
        <>
            for (row, group) in groups.iter().enumerate() {
                <div key={row} class="row">
                    <TextInput
                        id={format!("group-{row}")}
                        label={format!("Group {}", row + 1)}
                        described_by="groups-hint groups-error"
                        value={group.clone()}
                        invalid={props.invalid == Some(row)}
                        oninput={ui.on_input(move |text| UserAction::Edit(Edit::Group(row, text)))}
                    />
                    if groups.len() > 1 || !group.is_empty() {
                        <Button
                            id={format!("remove-group-{row}")}
                            class="quiet"
                            label={format!("Remove group {}", row + 1)}
                            act={UserAction::Edit(Edit::RemoveGroup(row))}
                        >
                            { "Remove" }
                        </Button>
                    }
                </div>
            }
            <Button id="add-group" class="quiet" act={UserAction::Edit(Edit::AddGroup)}>{ "+ Add a group" }</Button>
        </>
    }
}

/// Properties of [`GroupChoices`].
#[derive(Properties, PartialEq)]
struct GroupChoicesProps {
    /// The form's contents.
    form: Rc<Form>,
    /// The policy of this page.
    policy: Rc<Policy>,
    /// The form's faults.
    faults: Rc<Faults>,
}

/// A checkbox for each group that the policy names. A link to the page may name others: they are shown, so that they
/// can be removed.
#[component]
fn GroupChoices(props: &GroupChoicesProps) -> Html {
    let ui = use_ui();
    let chosen = &props.form.groups;
    let offered: Vec<String> = offered(&props.policy).iter().map(ToString::to_string).collect();
    let others = chosen.iter().filter(|group| !group.is_empty() && !offered.contains(group));
    let wrong = props.faults.group_row.and_then(|row| chosen.get(row));
    html! {
        <div class="choices">
            for (index, group) in offered.iter().chain(others).enumerate() {
                <label class="choice" key={group.as_str()}>
                    <input
                        id={format!("group-{index}")}
                        type="checkbox"
                        aria-describedby="groups-hint groups-error"
                        aria-invalid={invalid(wrong == Some(group))}
                        value={group.clone()}
                        checked={chosen.contains(group)}
                        onchange={ui.on::<Event>(UserAction::Edit(Edit::ToggleGroup(group.clone())))}
                    />
                    <b translate="no">{ group.clone() }</b>
                </label>
            }
        </div>
    }
}

/// Returns the groups that the policy names.
fn offered(policy: &Policy) -> &[GroupName] {
    match &policy.groups {
        Groups::Any => &[],
        Groups::Only(offered) => offered,
    }
}
