use std::rc::Rc;

use kube_enroll_core::{FileName, shell};
use yew::prelude::*;

use crate::{
    components::{CopyLines, Hint},
    state::{Application, Enrollment, System},
};

/// Properties of [`NextSteps`].
#[derive(Properties, PartialEq)]
pub(crate) struct NextStepsProps {
    /// The name of the file, or `None` while what is typed is none.
    pub file: Option<FileName>,
    /// The enrollment whose certificate was issued.
    pub enrollment: Rc<Enrollment>,
    /// The end of the certificate, formatted.
    pub not_after: AttrValue,
    /// The reader's operating system, whose lines come first.
    pub system: System,
    /// The form with the name of the file, which the lines use.
    pub children: Html,
}

/// The next steps with the file.
#[component]
pub(crate) fn NextSteps(props: &NextStepsProps) -> Html {
    let NextStepsProps { file, enrollment, not_after, system, children } = props;
    let system = *system;
    html! {
        <section id="after-save" aria-label="What to do next">
            <h2>{ "1. Try it" }</h2>
            <p>
                { "In a terminal, in the folder with the file. No kubectl yet? " }
                <a href={INSTALL_KUBECTL} target="_blank" rel="noopener noreferrer">{ "Install it" }</a>{ "." }
            </p>
            if let Some(file) = file {
                <Lines step={Step::Try} file={file.clone()} {system} />
            }
            { children.clone() }
            <h2>{ "2. Make it your default" }</h2>
            <p>{ "Then kubectl needs no option to find it. Your other clusters stay." }</p>
            if let Some(file) = file {
                <Lines step={Step::Merge} file={file.clone()} {system} />
            }
            <h2>{ "3. If kubectl refuses" }</h2>
            <p id="rights-hint">
                <b>{ "Forbidden:" }</b>
                { " the file says who you are, not yet what you may do. Send your admin these lines to begin with: they let \
                   you, and everybody in the groups that they name, read pods." }
            </p>
            <CopyLines id="cmd-rights" label="the lines for your admin" text={rights(&enrollment.application)} />
            <p>
                <b>{ "Unauthorized:" }</b>
                { " after " }{ not_after.clone() }{ ", the certificate has ended: get a new file here. Before that, something \
                   between you and the API server ends TLS, so that your certificate does not arrive: ask whoever runs \
                   the cluster for the address of the API server itself." }
            </p>
        </section>
    }
}

/// A step with lines to copy.
#[derive(Clone, Copy, PartialEq)]
enum Step {
    Try,
    Merge,
}

/// Properties of [`Lines`].
#[derive(Properties, PartialEq)]
struct LinesProps {
    step: Step,
    file: FileName,
    system: System,
}

/// The lines of a step for the reader's system, and folded away for the others.
#[component]
fn Lines(props: &LinesProps) -> Html {
    let LinesProps { step, file, system } = props;
    let (posix, windows) = (posix_lines(*step, file), windows_lines(*step, file));
    let (lines, other_system, other_lines) = match system {
        System::Posix => (posix, "On Windows", windows),
        System::Windows => (windows, "On Linux and macOS", posix),
    };
    html! {
        <>
            { lines }
            <details><summary>{ other_system }</summary>{ other_lines }</details>
        </>
    }
}

/// Returns the lines of a step for the shells of Linux, macOS and the like.
fn posix_lines(step: Step, file: &FileName) -> Html {
    match step {
        Step::Try => {
            let lines = format!("{}\n{}", shell::protect(file), shell::whoami(file));
            html! { <CopyLines id="cmd-whoami" label="the commands that ask who you are" text={lines} /> }
        }
        Step::Merge => {
            html! { <CopyLines id="cmd-merge" label="the commands that merge the file" text={shell::merge(file)} /> }
        }
    }
}

/// Returns the lines of a step for PowerShell, and for the command prompt where it differs.
fn windows_lines(step: Step, file: &FileName) -> Html {
    match step {
        Step::Try => html! {
            <>
                <Hint>{ NOT_RUN }</Hint>
                <CopyLines
                    id="cmd-whoami-windows"
                    label="the command that asks who you are, for Windows"
                    text={shell::whoami_cmd(file)}
                />
            </>
        },
        Step::Merge => html! {
            <>
                <Hint>{ NOT_RUN }</Hint>
                <h3>{ "PowerShell" }</h3>
                <CopyLines
                    id="cmd-merge-powershell"
                    label="the commands that merge the file, for PowerShell"
                    text={shell::merge_powershell(file)}
                />
                <h3>{ "Command prompt" }</h3>
                <CopyLines
                    id="cmd-merge-cmd"
                    label="the commands that merge the file, for the command prompt"
                    text={shell::merge_cmd(file)}
                />
            </>
        },
    }
}

/// Returns the lines with which an admin gives the first rights.
fn rights(application: &Application) -> String {
    let Application { subject, namespace, .. } = application;
    let namespace = namespace.as_ref();
    let mut lines = vec![shell::create_role(namespace), shell::bind_user(subject, namespace)];
    lines.extend(shell::bind_groups(subject, namespace));
    lines.join("\n")
}

/// The remark on the lines for Windows.
const NOT_RUN: &str =
    "Written after Microsoft’s documentation: unlike the lines for Linux and macOS, no test of ours runs these.";

/// Kubernetes' own page on how to install kubectl.
const INSTALL_KUBECTL: &str = "https://kubernetes.io/docs/tasks/tools/#kubectl";
