use kube_enroll_core::{Cluster, commands};

use super::{
    Ui,
    element::{Element, el},
    keep,
    parts::{
        about, actions, bar, code, copy_button, elapsed, folded, heading, hint, lead, lines, paragraph, row,
        same_steps, span,
    },
};
use crate::{
    effects::{date_and_time, parse_time, time_of_day},
    state::{Act, Connection, Decision, Enrollment, Gone, Page, Said},
};

/// Kubernetes drops a request that nobody decides on after this time
/// ([lifetimes](https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#request-signing-process)).
const PENDING_LIFETIME_MS: f64 = 24.0 * 3_600_000.0;

/// A signer that works needs a moment; one that does not sign takes for ever.
const SIGNING_MS: f64 = 30_000.0;

pub(super) fn waiting(ui: &Ui, enrollment: &Enrollment, decision: Decision, connection: &Connection) -> Element {
    let name = enrollment.name();
    let section = match decision {
        Decision::Pending => pending(ui, enrollment),
        Decision::Approved { since_ms } => approved(ui.page.around.now_ms - since_ms),
    };
    section
        .add(fingerprint(ui, enrollment))
        .add(facts(ui.page, enrollment))
        .add(status(connection))
        .add(away(ui, enrollment))
        .add(same_steps(ui, Some(&[&commands::wait_for_approval(name), "\n", &commands::fetch_certificate(name)].concat())))
        .add(
            folded("Something is wrong with this request")
                .add(paragraph(
                    "",
                    "You can begin again. The request stays in the cluster until somebody denies it or Kubernetes drops it, and \
                     without its key nobody can use it.",
                ))
                .add(actions().add(keep::forget(ui)))
                .add(paragraph("", "Or you have got the certificate in another way."))
                .add(keep::manual(ui)),
        )
}

/// Says what happens to a key whose page is closed.
fn away(ui: &Ui, enrollment: &Enrollment) -> Element {
    if !enrollment.is_kept() {
        return paragraph(
            "note",
            "Leave this tab open: the key is only here, and closing or reloading the tab loses it.",
        );
    }
    let tell = if ui.page.notifies {
        Some(el("span").id("notifies").text("You will be told."))
    } else {
        ui.page.place.notifies.then(|| ui.button("notify", "quiet", "Tell me when it is decided", Act::Notify))
    };
    el("div")
        .add(paragraph(
            "note",
            "You may close this page: your key is kept in this browser, locked. Come back in the same browser, at this address.",
        ))
        .add(actions().option(tell).add(ui.button("new", "quiet", "Begin another", Act::Restart)))
}

fn pending(ui: &Ui, enrollment: &Enrollment) -> Element {
    let approver = &ui.page.settings.approver;
    el("section")
        .add(heading("Waiting for approval"))
        .add(
            lead()
                .text("Your request is in the cluster. Now somebody who may approve it must look at it. ")
                .say(if approver.is_empty() { "Send them this:" } else { approver }),
        )
        .add(lines(ui, "approver-block", "the text for the approver", &approver_block(ui.page, enrollment)))
}

fn approved(for_ms: f64) -> Element {
    let lead = if for_ms < SIGNING_MS {
        lead().text("Somebody said yes. The cluster is signing the certificate.")
    } else {
        lead().text("Somebody said yes, but the cluster has not signed for ").say(&elapsed(for_ms)).text(
            ". This cluster may not sign client certificates at all: Amazon EKS, for one, never does. Ask whoever runs it. \
             The page goes on looking.",
        )
    };
    el("section").add(heading("Approved")).add(lead).add(bar())
}

/// The key's fingerprint, in groups that can be read aloud.
pub(super) fn fingerprint(ui: &Ui, enrollment: &Enrollment) -> Element {
    let whole = &enrollment.fingerprint;
    let bytes: Vec<&str> = whole.rsplit(['=', ' ']).next().unwrap_or_default().split(':').collect();
    let line =
        |bytes: &[&str]| el("span").class("line").all(bytes.chunks(4).map(|group| el("span").say(&group.join(":"))));
    el("div")
        .add(el("h2").text("The fingerprint of your key"))
        .add(hint(
            "fingerprint-hint",
            "The approver must see the same. Reading it aloud to each other is a good way to compare.",
        ))
        .add(
            el("div")
                .class("lines")
                .add(el("p").id("fingerprint").set("data-fingerprint", whole).all(bytes.chunks(8).map(line)))
                .add(copy_button(ui, "fingerprint", "the fingerprint", whole)),
        )
}

fn facts(page: &Page, enrollment: &Enrollment) -> Element {
    let account = enrollment.requesting_user(&page.settings.requesting_user);
    let created_ms = enrollment.object.as_ref().and_then(|object| parse_time(&object.creation_timestamp));
    let mut facts = el("dl")
        .add(row("Request", code("object-name", enrollment.name().as_str())))
        .add(row("For", el("span").say(enrollment.options.subject.user()).say(&in_groups(enrollment))));
    if !account.is_empty() {
        facts = facts.add(row("Requesting User", code("requesting-user", account)));
    }
    facts = facts.add(row("Waiting for", span("elapsed", &elapsed(page.around.now_ms - enrollment.since_ms))));
    if let Some(created_ms) = created_ms {
        // The cluster's time, shown by this computer's clock.
        let dropped = date_and_time(created_ms + PENDING_LIFETIME_MS - page.clock_offset_ms);
        facts = facts.add(row("Dropped at", span("dropped-at", &dropped).text(", if nobody has decided by then")));
    }
    facts
}

fn status(connection: &Connection) -> Element {
    let line = el("p").id("connection").attr("role", "status");
    match connection {
        Connection::Connecting => line.attr("data-connected", "false").text("Connecting…"),
        Connection::Live => {
            line.attr("data-connected", "true").text("Connected. This page will notice the decision by itself.")
        }
        Connection::Lost { since_ms, reason } => line
            .attr("data-connected", "false")
            .text("Reconnecting. No contact since ")
            .say(&time_of_day(*since_ms))
            .text("; your request is not affected. (")
            .say(reason)
            .text(")"),
    }
}

/// What an approver gets: it runs in a shell as it is.
pub(super) fn approver_block(page: &Page, enrollment: &Enrollment) -> String {
    let name = enrollment.name();
    let account: String = enrollment
        .requesting_user(&page.settings.requesting_user)
        .chars()
        .filter(|character| !character.is_control())
        .collect();
    let mut block = ["# ", enrollment.options.subject.user(), " asks for access"].concat();
    if let Some(cluster) = enrollment.cluster.as_ref().or(page.cluster.as_ref()) {
        block.push_str(" to the cluster ");
        block.push_str(&cluster.name);
    }
    block.push_str(&in_groups(enrollment));
    block.push_str(", for ");
    block.push_str(&crate::state::in_words(enrollment.options.expiration_seconds));
    block.push_str(".\n\n");
    let mut line = |text: &str| {
        block.push_str(text);
        block.push('\n');
    };
    // No apostrophes: a shell that takes no comments from a keyboard, as zsh, would wait for the second one.
    if account.is_empty() {
        line("# 1. Look at what is asked for:");
    } else {
        line(&["# 1. Look at what is asked for. Requesting User must be ", &account, "."].concat());
    }
    // What others create can carry any annotation.
    if let Some(person) = &page.person {
        line(
            &["#    Annotations must have kube-enroll/user=", &person.user, ", which counts only beside that user."]
                .concat(),
        );
    }
    line(&commands::describe(name));
    line(&commands::print_subject(name));
    line("");
    line("# 2. Print the fingerprint of the key, and have me read mine to you. They must be the same.");
    line(&commands::print_fingerprint(name));
    line("");
    // Commented out: pasted whole, the block must not decide before anybody has looked.
    line("# 3. Only then approve, or else deny:");
    line(&["#    ", &commands::approve(name)].concat());
    block.push_str("#    ");
    block.push_str(&commands::deny(name));
    block
}

fn in_groups(enrollment: &Enrollment) -> String {
    match enrollment.options.subject.groups() {
        [] => String::new(),
        [group] => [" in the group ", group].concat(),
        groups => [" in the groups ", &groups.join(" and ")].concat(),
    }
}

pub(super) fn denied(ui: &Ui, enrollment: &Enrollment, said: &Said) -> Element {
    let advice = el("p")
        .text("Ask the approver what should be different. ")
        .say(&ui.page.settings.approver)
        .text(" Then begin again. The old key is not used any more.");
    about("Denied", "An approver has turned down the request ", enrollment.name().as_str(), ".")
        .add(words(said))
        .add(advice)
        .add(begin_again(ui))
}

pub(super) fn failed(ui: &Ui, enrollment: &Enrollment, said: &Said) -> Element {
    let advice = el("p")
        .text("Show this to whoever runs the cluster. ")
        .say(&ui.page.settings.approver)
        .text(" Once it is mended, begin again.");
    about(
        "The cluster could not sign",
        "The signer has given up on the request ",
        enrollment.name().as_str(),
        " for good.",
    )
    .add(words(said))
    .add(advice)
    .add(begin_again(ui))
}

pub(super) fn gone(ui: &Ui, enrollment: &Enrollment, why: Gone) -> Element {
    let probably = match why {
        Gone::Absent { was_approved: true } => {
            "It had been approved. Probably its certificate was issued and cleaned up, which Kubernetes does an hour later, or \
             somebody deleted it."
        }
        Gone::Absent { was_approved: false } => {
            "Probably somebody deleted it; or nobody decided within 24 hours, and Kubernetes dropped it; or it was decided while \
             this page could not look, and cleaned up an hour later."
        }
        Gone::Other => {
            "Another object has that name now, with another request in it. Nothing of it is used. Please tell whoever runs the \
             cluster."
        }
    };
    let user = enrollment.options.subject.user();
    let other = ui.page.person.as_ref().filter(|person| person.user != user).map(|_| {
        el("b").text(" Or you cannot see it: it is for ").say(user).text(", and you are signed in as somebody else.")
    });
    about("The request is gone", "The cluster no longer has your request ", enrollment.name().as_str(), ".")
        .add(el("p").id("message").text(probably).option(other))
        .add(paragraph(
            "",
            "Your key is still here. The same request can be sent again under a new name, to be approved anew.",
        ))
        .add(
            actions()
                .add(ui.button("resubmit", "primary", "Send it again under a new name", Act::Resubmit))
                .add(ui.button("retry", "", "Look again", Act::Retry))
                .add(keep::manual(ui))
                .add(ui.button("restart", "", "Back to the form", Act::Restart)),
        )
        .option(enrollment.is_kept().then(|| keep::forget(ui)))
}

pub(super) fn other_cluster(ui: &Ui, enrollment: &Enrollment) -> Element {
    about(
        "This is another cluster",
        "The request ",
        enrollment.name().as_str(),
        " was made for a cluster with another certificate authority, so nothing was asked about it here.",
    )
    .add(
        el("dl")
            .add(row("Made for", span("cluster-then", &named(enrollment.cluster.as_ref()))))
            .add(row("This page now leads to", span("cluster-now", &named(ui.page.cluster.as_ref())))),
    )
    .add(paragraph("", "Your key is kept. Open the page of that cluster to go on."))
    .add(actions().add(ui.button("restart", "primary", "Back to the form", Act::Restart)).add(keep::forget(ui)))
}

fn named(cluster: Option<&Cluster>) -> String {
    cluster.map(|cluster| [&cluster.name, " (", &cluster.server, ")"].concat()).unwrap_or_default()
}

/// What somebody wrote into a decision.
fn words(said: &Said) -> Element {
    fn or_none(text: &str) -> &str {
        if text.is_empty() { "none given" } else { text }
    }
    el("dl")
        .class("said")
        .add(row("Reason", span("reason", or_none(&said.reason))))
        .add(row("Message", span("message", or_none(&said.message))))
}

fn begin_again(ui: &Ui) -> Element {
    actions().add(ui.button("restart", "primary", "Begin again with the same details", Act::Forget))
}
