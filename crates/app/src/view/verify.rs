use kube_enroll_core::{
    Timestamp, commands,
    room::{Assembled, Difference},
};

use super::{
    Ui,
    element::{Element, On, el},
    keep,
    parts::{about, actions, bar, code, fault, field, heading, label, lead, paragraph, rough, row, same_steps, span},
};
use crate::{
    effects::date_and_time,
    state::{Act, ClusterForm, Enrollment},
};

pub(super) fn verifying(ui: &Ui, enrollment: &Enrollment, cluster: Option<&ClusterForm>) -> Element {
    let section =
        match cluster {
            None => el("section")
                .add(heading("Checking the certificate"))
                .add(lead().text("It must be for your key, your name and your groups, and valid now."))
                .add(bar()),
            Some(form) => el("section")
                .add(heading("One thing is missing"))
                .add(lead().text("Your certificate for ").add(code("object-name", enrollment.name().as_str())).text(
                    " is here. Only the cluster’s address is not known to this page; whoever runs it can tell you.",
                ))
                .add(cluster_fields(ui, form))
                .add(keep::leave(ui)),
        };
    section.add(same_steps(ui, Some(&commands::print_certificate())))
}

fn cluster_fields(ui: &Ui, form: &ClusterForm) -> Element {
    let part = |name: &'static str, text, more, input: Element, change: fn(&mut ClusterForm, String)| {
        let form = form.clone();
        let input = ui.typed(input.id(name), move |text| {
            let mut form = ClusterForm { fault: None, ..form.clone() };
            change(&mut form, text);
            Act::EditCluster(Box::new(form))
        });
        el("div").class("field").add(label(name, text, more)).add(input)
    };
    let text = |value: &str| field("", "cluster-error", form.fault.is_some(), value);
    let authorities = el("textarea")
        .attr("rows", "5")
        .attr("spellcheck", "false")
        .attr("aria-describedby", "cluster-error")
        .value(&form.authorities);
    let kubeconfig = el("textarea").id("cluster-kubeconfig").attr("rows", "2").attr("spellcheck", "false").value("");
    ui.form(Act::UseCluster)
        .on_file(On::Drop, ui.send, Act::TakeCluster)
        .add(
            el("div")
                .class("field")
                .add(label(
                    "cluster-kubeconfig",
                    "A kubeconfig of this cluster",
                    "or cluster-info: paste it, or drop the file here; only the cluster is read",
                ))
                .add(ui.typed(kubeconfig, Act::TakeCluster)),
        )
        .add(part("cluster-name", "Name of the cluster", "", text(&form.name), |form, text| form.name = text))
        .add(part("cluster-server", "Address of its API server", "https://…", text(&form.server), |form, text| {
            form.server = text;
        }))
        .add(part(
            "cluster-authorities",
            "Its certificate authority",
            "PEM or base64; empty for a public one",
            authorities,
            |form, text| form.authorities = text,
        ))
        .add(fault("cluster-error", form.fault.as_deref()))
        .add(actions().add(el("button").id("use-cluster").class("primary").text("Check the certificate")))
}

pub(super) fn refused(ui: &Ui, enrollment: &Enrollment, reason: &str, message: &str) -> Element {
    let advice = match reason {
        "not-valid-now" => {
            "Its time has not come or is over. If a clock was wrong, set it right and check again; otherwise begin again."
        }
        "other-key" | "other-user" | "other-groups" => {
            "Something between this page and the cluster gave you a certificate that is not yours. Do not use it, and tell whoever \
             runs the cluster. Then begin again."
        }
        _ => "Show this to whoever runs the cluster, check again once it is mended, or begin again.",
    };
    about(
        "This certificate is not right",
        "Nothing was saved. The certificate that came for ",
        enrollment.name().as_str(),
        " did not pass the checks.",
    )
    .add(
        el("dl")
            .class("said")
            .add(row("Code", code("reason", reason)))
            .add(row("What is wrong", span("message", message))),
    )
    .add(paragraph("", advice))
    .add(
        actions()
            .add(ui.button("restart", "primary", "Begin again with the same details", Act::Restart))
            .add(ui.button("retry", "", "Check again", Act::Retry))
            .add(keep::manual(ui))
            .add(keep::forget(ui)),
    )
}

/// What the certificate says, and where it is not what was asked for.
pub(super) fn facts(assembled: &Assembled) -> Element {
    let certificate = &assembled.certificate;
    #[allow(clippy::cast_precision_loss, reason = "seconds of our time fit")]
    let time = |at: Timestamp| date_and_time(at.unix_seconds() as f64 * 1_000.0);
    let groups = certificate.groups.join(", ");
    el("div")
        .add(
            el("dl")
                .add(row("User", span("subject-user", &certificate.user)))
                .add(row("Groups", span("subject-groups", if groups.is_empty() { "none" } else { &groups })))
                .add(row("Signed by", span("issuer", &certificate.issuer)))
                .add(row("Valid from", span("not-before", &time(certificate.not_before))))
                .add(row("Valid to", span("not-after", &time(certificate.not_after)))),
        )
        .add(el("div").id("differences").all(assembled.differences.iter().map(say)))
}

#[allow(clippy::cast_precision_loss, reason = "at most some years in seconds")]
fn say(difference: &Difference) -> Element {
    let (asked, issued, comment) = match difference {
        Difference::ShorterLifetime { asked_seconds, issued_seconds } => {
            (asked_seconds, issued_seconds, ". It sets its own limit.")
        }
        Difference::LongerLifetime { asked_seconds, issued_seconds } => {
            (asked_seconds, issued_seconds, ", which is more. Keep the file all the safer.")
        }
        _ => return paragraph("note", "The certificate differs from what you asked for."),
    };
    let words = |seconds: i64| rough(seconds as f64 * 1_000.0);
    el("p")
        .class("note")
        .text("You asked for ")
        .say(&words(*asked))
        .text("; the cluster gave ")
        .say(&words(*issued))
        .text(comment)
}
