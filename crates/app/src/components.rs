//! The function components of the page: one file each, those of a step in its folder.
//!
//! A component has what it shows as narrow properties, never the state of the page: `view` maps that. [`Ui`] is the
//! context of all of them.
//!
//! A browser may translate the page, and wraps each text in elements of its own for that. So a text that changes while
//! its state stays is a `Text`, and what may come or go is followed by elements, never by a text, before which Yew
//! could not insert it. Names, code and fingerprints are `translate="no"`.
//!
//! An element that may be absent is written as `if` or `for`, which keep its place among its siblings. An `Option` in
//! braces does not: Yew compares siblings by their places, and a field that is taken for its neighbour is made anew,
//! without the focus of whoever types in it. Nor may a component render nothing, the condition is the parent's: the
//! place of an empty component is that of what followed it once, and where that is gone by now, Yew panics.

mod actions;
mod approval_message;
mod approver_block;
mod banners;
mod choice;
mod copy;
mod duration;
mod fact;
mod field;
mod fingerprint;
mod generate;
mod header;
mod heading;
mod identify;
mod manual;
mod note;
mod save;
mod share;
mod sign_out_link;
mod steps;
mod submit;
#[cfg(test)]
mod tests;
mod text;
mod trouble;
mod ui;
mod verify;
mod wait;

pub(crate) use self::{
    actions::{
        Actions, Button, FORGET_QUESTION, FORGET_SAVED_QUESTION, ForgetButton, LeaveActions, ManualButton, ReloadButton,
    },
    approval_message::MessageToSend,
    approver_block::ApproverBlock,
    choice::RadioChoice,
    copy::{CopyButton, CopyLines, SameSteps},
    duration::{Elapsed, ProgressBar, elapsed},
    fact::{Fact, group_names},
    field::{Fault, Hint, Label, PassphraseInput, TextField, TextInput, invalid},
    fingerprint::Fingerprint,
    heading::Lead,
    identify::stage_text,
    note::Note,
    share::{OnAPhone, SendActions},
    sign_out_link::SignOutLink,
    text::Text,
    ui::{allow_drop, use_ui},
};
pub(crate) use self::{
    banners::Banners,
    duration::rough,
    generate::{Generating, StorageFailed, Storing},
    header::Header,
    heading::Heading,
    identify::{Composed, End, EndedKey, Identify, SavedKey, StoredEnrollment, StoredEnrollments},
    manual::ManualSteps,
    save::Save,
    steps::{StepOutcome, StepPanel, Steps},
    submit::Submitting,
    trouble::{Remedy, SignIn, Trouble},
    ui::Ui,
    verify::{CertificateFacts, Locked, Refused, Verifying},
    wait::{Contact, Denied, Elsewhere, Notifications, OtherCluster, RequestGone, Resuming, SigningFailed, Waiting},
};
