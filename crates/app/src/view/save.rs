use kube_enroll_core::{Cluster, commands, kubeconfig::is_file_name};

use super::{
    Ui,
    element::{Element, el},
    keep,
    parts::{actions, copy_button, fault, field, folded, heading, hint, label, lead, lines, paragraph, same_steps},
    verify,
};
use crate::state::{Act, Issued, Shown};

pub(super) fn issued(ui: &Ui, issued: &Issued) -> Element {
    let cluster = &issued.cluster;
    let user = &issued.assembled.certificate.user;
    let (title, text) = if issued.saved {
        ("You have access", "The file is in your downloads. It holds your private key: keep it to yourself.")
    } else {
        (
            "Your certificate is here",
            "It is for your key, and it has passed the checks. Save it as a kubeconfig, together with the key.",
        )
    };
    el("section")
        .add(heading(title))
        .add(lead().text(text))
        .add(verify::facts(&issued.assembled))
        .option(local_warning(ui, cluster))
        .add(file(ui, issued))
        .option((issued.saved && issued.enrollment.is_kept()).then(|| tidy(ui)))
        .option(issued.saved.then(|| after_save(ui, issued)))
        .add(preview(ui, issued))
        .add(same_steps(ui, Some(&commands::assemble(&issued.file_name, user, cluster))))
        .add(leave(ui, issued))
}

/// The file is the place for the key now.
fn tidy(ui: &Ui) -> Element {
    el("div")
        .class("note")
        .add(paragraph(
            "",
            "The key is still kept in this browser as well. Once you have seen that the file works, nothing needs it here.",
        ))
        .add(actions().add(ui.button("forget", "primary", "Forget the key in this browser", Act::Forget)))
}

fn leave(ui: &Ui, issued: &Issued) -> Element {
    if issued.saved {
        actions().add(ui.button("restart", "", "Start another", Act::Restart))
    } else if issued.enrollment.is_kept() {
        keep::leave(ui)
    } else {
        actions().add(ui.button("restart", "", "Forget the key and begin again", Act::Restart))
    }
}

fn local_warning(ui: &Ui, cluster: &Cluster) -> Option<Element> {
    let (class, text) = if ui.page.place.local {
        ("note", ", so the file works on this machine only.")
    } else {
        (
            "note warn",
            ", which on your machine is your own machine: the file will not reach the cluster. Ask whoever runs this page to \
             set the cluster’s public address.",
        )
    };
    cluster.is_local().then(|| {
        el("p")
            .id("local-warning")
            .class(class)
            .text("The cluster’s address is ")
            .add(el("code").say(&cluster.server))
            .text(text)
    })
}

fn file(ui: &Ui, issued: &Issued) -> Element {
    let wrong = !is_file_name(&issued.file_name);
    let name = field("file-name", "file-name-error", wrong, &issued.file_name);
    let (class, text) = if issued.saved { ("", "Save again") } else { ("primary", "Save the kubeconfig") };
    ui.form(Act::Save)
        .add(
            el("div").class("field").add(label("file-name", "File name", "")).add(ui.typed(name, Act::NameFile)).add(
                fault("file-name-error", wrong.then_some("Letters, digits, spaces and . _ - @ + = are possible.")),
            ),
        )
        .add(actions().add(el("button").id("save").class(class).text(text)))
}

fn preview(ui: &Ui, issued: &Issued) -> Element {
    let details = folded("What is in the file").add(el("pre").id("preview").say(&issued.assembled.preview));
    match &issued.shown {
        Shown::Yes(text) => details
            .add(paragraph(
                "note warn",
                "Below is your private key. Whoever has it is you, until the certificate ends. Do not paste it into chats or \
                 tickets.",
            ))
            .add(
                el("div")
                    .class("lines")
                    .add(el("pre").id("kubeconfig-text").say(text))
                    .add(copy_button(ui, "kubeconfig-text", "the file with the private key", text)),
            )
            .add(ui.button("hide-key", "", "Hide it", Act::Hide)),
        shown => {
            let failure = match shown {
                Shown::Failed(why) => Some(el("p").class("note warn").attr("role", "alert").say(why)),
                _ => None,
            };
            details
                .option(failure)
                .add(ui.button("show-key", "", "Show the file with the private key", Act::Show))
                .add(paragraph("hint", "Only where you cannot save it. Make sure that nobody looks over your shoulder."))
        }
    }
}

fn after_save(ui: &Ui, issued: &Issued) -> Element {
    let file = &issued.file_name;
    let title = |text| el("h3").text(text);
    el("section")
        .id("after-save")
        .attr("aria-label", "What to do next")
        .add(el("h2").text("How to use it"))
        .add(paragraph("", "Run these in the folder that the file was saved to."))
        .add(title("Keep it to yourself"))
        .add(lines(ui, "cmd-chmod", "the command that protects the file", &commands::protect(file)))
        .add(title("See who you are"))
        .add(lines(ui, "cmd-whoami", "the command that asks who you are", &commands::whoami(file)))
        .add(title("Make it part of your own kubeconfig"))
        .add(lines(ui, "cmd-merge", "the commands that merge the file", &commands::merge(file)))
        .add(folded("In PowerShell").add(lines(
            ui,
            "cmd-merge-powershell",
            "the same for PowerShell",
            &commands::merge_powershell(file),
        )))
        .add(el("h2").text("Who gives rights"))
        .add(hint(
            "rights-hint",
            "The file says who you are, not yet what you may do. If kubectl answers “forbidden”, send your admin these lines to \
             begin with: they let you read pods.",
        ))
        .add(lines(ui, "cmd-rights", "the lines for your admin", &rights(issued)))
}

fn rights(issued: &Issued) -> String {
    let options = &issued.enrollment.options;
    let namespace = if options.namespace.is_empty() { "default" } else { &options.namespace };
    let mut lines = vec![commands::create_role(namespace), commands::bind_user(&options.subject, namespace)];
    lines.extend(commands::bind_groups(&options.subject, namespace));
    lines.join("\n")
}
