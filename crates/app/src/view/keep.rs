//! What is kept in the browser's storage: the choice of a lock, the list, and the way back to one of them.

use kube_enroll_core::room::{Kept, Stage};

use super::{
    Ui,
    element::{Element, On, el},
    parts::{about, actions, bar, fault, heading, hint, invalid, label, lead, paragraph, rough},
};
use crate::state::{Act, Edit, Enrollment, Faults, Keep, Storage, milliseconds};

/// How the key is locked while it is kept.
pub(super) fn choice(ui: &Ui, faults: &Faults) -> Option<Element> {
    let form = &ui.page.form;
    let wraps = !matches!(ui.page.storage, Storage::Ready { wraps: false }) && ui.page.place.secure;
    let radio = |keep, value, name, about| {
        let input = el("input")
            .attr("type", "radio")
            .attr("name", "keep")
            .attr("value", value)
            .checked(form.keep == keep)
            .on(On::Change, ui.send, Act::Edit(Edit::Keep(keep)));
        let words = el("span").add(el("b").text(name)).add(el("span").class("hint").text(about));
        el("label").class("choice").add(input).add(words)
    };
    let browser = wraps.then(|| {
        radio(
            Keep::Browser,
            "browser",
            "This browser locks it",
            "Nothing to remember. Whoever can read this browser’s profile on the disk can open it.",
        )
    });
    let passphrase = radio(
        Keep::Passphrase,
        "passphrase",
        "A passphrase locks it",
        "You are asked for it when the certificate comes, if you have left the page until then. If it is forgotten, nobody can open the key.",
    );
    (form.keep != Keep::Nowhere).then(|| {
        el("fieldset")
            .class("field")
            .add(el("legend").text("While you wait"))
            .add(hint("keep-hint", "Your key is kept in this browser, so that you may close the page and come back. In a private window it ends with the window."))
            .add(el("div").class("choices").option(browser).add(passphrase))
            .option((form.keep == Keep::Passphrase).then(|| new_passphrase(ui, faults)))
    })
}

fn new_passphrase(ui: &Ui, faults: &Faults) -> Element {
    let form = &ui.page.form;
    let input = secret("new-passphrase", "new-password", form.shows_passphrase, &form.passphrase)
        .attr("aria-describedby", "new-passphrase-hint new-passphrase-error");
    let input = invalid(input, faults.passphrase.is_some());
    let show = el("input").attr("type", "checkbox").id("show-passphrase").checked(form.shows_passphrase).on(
        On::Change,
        ui.send,
        Act::Edit(Edit::ShowPassphrase),
    );
    el("div")
        .class("field")
        .add(label("new-passphrase", "Passphrase", ""))
        .add(hint("new-passphrase-hint", "At least 12 characters; four words are good and easy to remember."))
        .add(ui.typed(input, |text| Act::Edit(Edit::Passphrase(text))))
        .add(el("label").class("choice").add(show).add(el("span").text("Show it")))
        .add(fault("new-passphrase-error", faults.passphrase.as_deref()))
}

fn secret(id: &'static str, complete: &'static str, shown: bool, value: &str) -> Element {
    el("input")
        .id(id)
        .attr("type", if shown { "text" } else { "password" })
        .attr("autocomplete", complete)
        .attr("autocapitalize", "none")
        .attr("spellcheck", "false")
        .value(value)
}

/// All that is kept, to go on with or to take out.
pub(super) fn list(ui: &Ui) -> Option<Element> {
    let kept = &ui.page.kept;
    (!kept.is_empty()).then(|| {
        el("section")
            .id("enrollments")
            .attr("aria-label", "Your requests")
            .add(el("h2").text("Your requests"))
            .add(el("ul").class("kept").all(kept.iter().map(|kept| item(ui, kept))))
    })
}

fn item(ui: &Ui, kept: &Kept) -> Element {
    let (details, progress) = (&kept.details, &kept.progress);
    let age = rough(ui.page.around.now_ms - milliseconds(details.created));
    let over = ui.page.knows_time && progress.not_after.is_some_and(|end| milliseconds(end) <= ui.page.cluster_ms());
    let said = if over { "expired: it can be taken out" } else { stage(progress.stage) };
    let button = |act: &'static str, text| {
        el("button")
            .attr("type", "button")
            .attr("data-act", act)
            .class("quiet")
            .text(text)
            .add(el("span").class("unseen").text(" ").say(&progress.name))
    };
    let id = || kept.id.clone();
    let readable = kept.fault.is_empty();
    let resume = (readable && !over).then(|| button("resume", "Go on").on(On::Click, ui.send, Act::Take(id())));
    let export = readable.then(|| button("export", "Save the request").on(On::Click, ui.send, Act::Export(id())));
    let forget = button("forget", "Forget it");
    let forget = if over || matches!(progress.stage, Stage::Denied | Stage::Failed | Stage::Saved) {
        forget.on(On::Click, ui.send, Act::Drop(id()))
    } else {
        forget.on_sure(SURE, ui.send, Act::Drop(id()))
    };
    let fault = (!kept.fault.is_empty()).then(|| el("p").class("note warn").say(&kept.fault));
    el("li")
        .key(kept.id.as_str())
        .set("data-id", &kept.id)
        .attr("data-stage", progress.stage.name())
        .add(el("b").say(&details.user))
        .add(el("span").class("hint").say(&progress.name).text(" · ").text(said).text(" · ").say(&age).text(" old"))
        .option(fault)
        .add(actions().option(resume).option(export).add(forget))
}

pub(super) fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Prepared => "not sent yet",
        Stage::Submitted => "waiting for approval",
        Stage::Issued => "the certificate is here",
        Stage::Denied => "denied",
        Stage::Failed => "could not be signed",
        Stage::Gone => "gone from the cluster",
        Stage::Saved => "saved",
    }
}

pub(super) fn keeping() -> Element {
    el("section")
        .add(heading("Keeping your key"))
        .add(lead().text("It is written to this browser’s storage, locked, before anything is sent."))
        .add(bar())
}

pub(super) fn unkept(ui: &Ui, reason: &str, is_kept: bool) -> Element {
    // A new name has to be written down: a key that is kept under another one would be lost to it.
    let go_on = (!is_kept).then(|| ui.button("go-on", "", "Go on, and leave the tab open", Act::GoOn));
    el("section")
        .add(heading("Your key could not be kept"))
        .add(lead().text("Nothing has been sent yet. This browser’s storage did not take it: ").say(reason))
        .option((!is_kept).then(|| {
            paragraph(
                "",
                "You can go on all the same. The key is then in this tab only: closing or reloading the tab loses it.",
            )
        }))
        .add(actions().add(ui.button("retry", "primary", "Try again", Act::Retry)).option(go_on).add(ui.button(
            "restart",
            "",
            "Back to the form",
            Act::Restart,
        )))
}

pub(super) fn taking(ui: &Ui, id: &str, elsewhere: bool) -> Element {
    let kept = ui.page.kept.iter().find(|kept| kept.id == id).filter(|_| elsewhere);
    let another = actions().add(ui.button("new", "", "Begin another", Act::Restart));
    let Some(kept) = kept else { return el("section").add(heading("One moment")).add(bar()).add(another) };
    about(
        "Open in another tab",
        "The request ",
        &kept.progress.name,
        " is looked after by another tab of this browser. Here it can be gone on with as soon as that tab is closed.",
    )
    .add(el("p").attr("role", "status").text("There it is: ").add(el("b").id("stage").text(stage(kept.progress.stage))))
    .add(another)
}

pub(super) fn locked(ui: &Ui, enrollment: &Enrollment, passphrase: &str, wrong: &str) -> Element {
    let input =
        secret("passphrase", "current-password", false, passphrase).attr("aria-describedby", "passphrase-error");
    about(
        "Your certificate is here",
        "The key of ",
        enrollment.name().as_str(),
        " is locked. Open it with the passphrase that you chose.",
    )
    .add(
        ui.form(Act::Unlock)
            .add(
                el("div")
                    .class("field")
                    .add(label("passphrase", "Passphrase", ""))
                    .add(ui.typed(input, Act::Passphrase))
                    .add(fault("passphrase-error", Some(wrong))),
            )
            .add(actions().add(el("button").id("unlock").class("primary").text("Open the key"))),
    )
    .add(paragraph(
        "hint",
        "Forgotten? Then this key cannot be opened by anybody. Forget it, and begin again with a new one.",
    ))
    .add(leave(ui))
}

/// The ways out of an enrollment that is kept.
pub(super) fn leave(ui: &Ui) -> Element {
    actions().add(ui.button("new", "quiet", "Begin another", Act::Restart)).add(forget(ui))
}

pub(super) fn manual(ui: &Ui) -> Element {
    ui.button("manual", "quiet", "Go on without the connection", Act::Manual)
}

pub(super) fn forget(ui: &Ui) -> Element {
    el("button").attr("type", "button").id("forget").class("quiet").text("Forget this key now").on_sure(
        SURE,
        ui.send,
        Act::Forget,
    )
}

const SURE: &str = "Without its key, a certificate for this request is of no use, and nothing brings it back. Forget the key? Traces may \
                    stay on the disk until the browser tidies up.";
