//! Without an API: the request to carry to the cluster, and the place for the certificate.

use super::{
    Ui,
    element::{Element, On, el},
    keep, parts,
    parts::{actions, fault, heading, hint, label, lead, lines, paragraph},
    wait,
};
use crate::state::{Act, Manual};
use kube_enroll_core::commands;

pub(super) fn manual(ui: &Ui, manual: &Manual) -> Element {
    let Manual { enrollment, why, pasted, fault: wrong } = manual;
    let why = (!why.is_empty()).then(|| el("p").class("note").say(why));
    let file = [enrollment.name().as_str(), ".yaml"].concat();
    let area = el("textarea")
        .id("pasted")
        .attr("rows", "6")
        .attr("spellcheck", "false")
        .attr("autocomplete", "off")
        .attr("aria-describedby", "pasted-hint pasted-error")
        .value(pasted);
    let chosen = el("input").attr("type", "file").id("pasted-file").attr("aria-label", "A file with the certificate");
    let retry = ui.page.has_api.then(|| ui.button("retry", "quiet", "Send it from this page after all", Act::Retry));
    el("section")
        .on_file(On::Drop, ui.send, Act::Bring)
        .add(heading("Bring the request to the cluster"))
        .add(lead().text(
            "This page has no connection to the cluster, so somebody who has one carries the request there, and the certificate back.",
        ))
        .option(why)
        .add(el("h2").text("1. The request"))
        .add(paragraph("", "Save it, and give it to somebody who may approve. It holds no secret."))
        .add(lines(ui, "manifest", "the request", &enrollment.manifest()))
        .add(actions().add(ui.button("save-manifest", "", "Save as a file", Act::SaveManifest)))
        .add(lines(ui, "cmd-apply", "the line that creates it", &commands::apply(&file)))
        .add(el("h2").text("2. The approval"))
        .add(lines(ui, "approver-block", "the text for the approver", &wait::approver_block(ui.page, enrollment)))
        .add(wait::fingerprint(ui, enrollment))
        .add(el("h2").text("3. The certificate"))
        .add(
            ui.form(Act::UsePasted)
                .add(
                    el("div")
                        .class("field")
                        .add(label("pasted", "The certificate", "paste it, drop it on this page, or choose a file"))
                        .add(hint("pasted-hint", "What this prints, or only the certificate in it:"))
                        .add(lines(ui, "cmd-get", "the line that prints the object", &commands::get_object(enrollment.name())))
                        .add(ui.typed(area, Act::Paste))
                        .add(chosen.on_file(On::Change, ui.send, Act::Bring))
                        .add(fault("pasted-error", Some(wrong))),
                )
                .add(actions().add(el("button").id("use-pasted").class("primary").text("Check the certificate")).option(retry)),
        )
        .add(parts::same_steps(ui, Some(&commands::fetch_certificate(enrollment.name()))))
        .add(keep::leave(ui))
}
