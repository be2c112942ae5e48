use kube_enroll_core::commands;

use super::{
    Ui,
    element::{Element, el},
    parts::{actions, bar, code, elapsed_line, heading, lead, same_steps},
};
use crate::state::{Action, Enrollment};

pub(super) fn submitting(ui: &Ui, enrollment: &Enrollment, since_ms: f64, trouble: Option<&str>) -> Element {
    let trouble = trouble.map(|trouble| {
        el("p").class("note").text("No answer yet; trying again with the same name. (").say(trouble).text(")")
    });
    el("section")
        .add(heading("Sending your request"))
        .add(
            lead()
                .text("The request ")
                .add(code("object-name", enrollment.name.as_str()))
                .text(" holds your name, your groups and the public half of the key. The private half stays here."),
        )
        .add(bar())
        .add(elapsed_line(ui, since_ms))
        .add(el("div").attr("role", "status").option(trouble))
        .add(actions().add(ui.button("cancel", "", "Cancel", Action::Cancel)))
        .add(same_steps(ui, Some(&commands::create_object(&enrollment.name, enrollment.options.expiration_seconds))))
}
