use std::rc::Rc;

use kube_enroll_core::{FileName, shell};
use yew::prelude::*;

use crate::{
    components::{CopyLines, Hint},
    state::{Application, Enrollment},
};

/// Properties of [`NextSteps`].
#[derive(Properties, PartialEq)]
pub(crate) struct NextStepsProps {
    /// The name of the file.
    pub file: FileName,
    /// The enrollment whose certificate was issued.
    pub enrollment: Rc<Enrollment>,
}

/// The next steps with the file.
#[component]
pub(crate) fn NextSteps(props: &NextStepsProps) -> Html {
    let file = &props.file;
    html! {
        <section id="after-save" aria-label="What to do next">
            <h2>{ "How to use it" }</h2>
            <p>{ "Run these in the folder that the file was saved to." }</p>
            <h3>{ "Keep it to yourself" }</h3>
            <CopyLines id="cmd-chmod" label="the command that protects the file" text={shell::protect(file)} />
            <h3>{ "See who you are" }</h3>
            <CopyLines id="cmd-whoami" label="the command that asks who you are" text={shell::whoami(file)} />
            <h3>{ "Make it part of your own kubeconfig" }</h3>
            <CopyLines id="cmd-merge" label="the commands that merge the file" text={shell::merge(file)} />
            <details>
                <summary>{ "In PowerShell" }</summary>
                <Hint id="powershell-hint">
                    { "Written after PowerShell’s documentation; unlike the lines above, no test of ours runs these." }
                </Hint>
                <CopyLines
                    id="cmd-merge-powershell"
                    label="the same for PowerShell"
                    text={shell::merge_powershell(file)}
                />
            </details>
            <h2>{ "Who gives rights" }</h2>
            <Hint id="rights-hint">
                { "The file says who you are, not yet what you may do. If kubectl answers “forbidden”, send your \
                   admin these lines to begin with: they let you read pods." }
            </Hint>
            <CopyLines id="cmd-rights" label="the lines for your admin" text={rights(&props.enrollment.application)} />
        </section>
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
