use kube_enroll_core::commands;

use super::{
    Ui,
    element::{Element, el},
    keep,
    parts::{about, actions, bar, elapsed_line, same_steps},
};
use crate::state::{Act, Delivery, Enrollment};

pub(super) fn submitting(ui: &Ui, enrollment: &Enrollment, since_ms: f64, delivery: &Delivery) -> Element {
    let trouble = (delivery.tries > 0).then(|| {
        el("p").class("note").text("No answer yet; trying again with the same name. (").say(&delivery.trouble).text(")")
    });
    about(
        "Sending your request",
        "The request ",
        enrollment.name().as_str(),
        " holds your name, your groups and the public half of the key. The private half stays here.",
    )
    .add(bar())
    .add(elapsed_line(ui, since_ms))
    .add(el("div").attr("role", "status").option(trouble))
    .add(actions().add(ui.button("cancel", "", "Cancel", Act::Cancel)).add(keep::manual(ui)))
    .add(same_steps(ui, Some(&commands::create_object(enrollment.name(), enrollment.options.expiration_seconds))))
}
