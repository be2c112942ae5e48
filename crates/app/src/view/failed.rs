//! The states between the steps: something went wrong, and what to do now.

use super::{
    Ui,
    element::{Element, el},
    keep,
    parts::{actions, heading, lead, paragraph, sign_out},
};
use crate::state::{Act, Problem, Retry};

pub(super) fn sign_in(ui: &Ui) -> Element {
    // Where the proxy in front takes somebody for signed in who is not.
    let out = ui.page.person.as_ref().filter(|person| !person.sign_out_url.is_empty());
    let in_new_tab = |link: Element| link.attr("target", "_blank").attr("rel", "noopener");
    let link = in_new_tab(el("a").attr("href", "."));
    el("section")
        .add(heading("Please sign in again"))
        .add(lead().text("The page’s server wants to know who you are. Your key is kept."))
        .add(
            el("ol")
                .add(el("li").add(link.text("Open this page in a new tab")).text(" and sign in there."))
                .add(el("li").text("Come back to this tab and go on.")),
        )
        .option(
            out.map(|person| {
                paragraph("hint", "Nothing asks you? ").add(in_new_tab(sign_out(person, "Sign out first")))
            }),
        )
        .add(actions().add(ui.button("retry", "primary", "I have signed in: go on", Act::Retry)).add(keep::manual(ui)))
        .add(keep::leave(ui))
}

pub(super) fn error(ui: &Ui, problem: &Problem, retry: &Retry) -> Element {
    let again = match retry {
        Retry::Rename(_) => "Send under a new name",
        _ => "Try again",
    };
    let causes = (!problem.causes.is_empty())
        .then(|| el("ul").id("reason").class("said").all(problem.causes.iter().map(|cause| el("li").say(cause))));
    let back = (*retry != Retry::Load).then(|| ui.button("restart", "", "Back to the form", Act::Restart));
    let manual = matches!(retry, Retry::Submit(_)).then(|| keep::manual(ui));
    el("section")
        .add(el("h1").attr("tabindex", "-1").text(problem.title))
        .add(lead().id("message").say(&problem.message))
        .option(causes)
        .add(actions().add(ui.button("retry", "primary", again, Act::Retry)).option(manual).option(back))
}
