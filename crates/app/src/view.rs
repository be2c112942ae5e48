//! The root's view: maps each state to its component and the component's properties.

use std::rc::Rc;

use kube_enroll_core::Cluster;
use kube_enroll_protocol::{Stage, StoredEnrollment as Stored};
use yew::prelude::*;

use crate::{
    browser::{compared_times, composed, date_and_time, parse_time, time_of_day},
    components::{
        Banners, CertificateFacts, Composed, Contact, Denied, Elsewhere, End, EndedKey, Generating, Header, Heading,
        Identify, Locked, ManualSteps, Notifications, OtherCluster, Refused, Remedy, RequestGone, Resuming, Save,
        SavedKey, SignIn, SigningFailed, StepOutcome, StepPanel, Steps, StorageFailed, StoredEnrollment,
        StoredEnrollments, Storing, Submitting, Text, Trouble, Ui, Verifying, Waiting, rough,
    },
    state::{
        Acquiring, CertificateEnd, Connection, Context, Enrollment, Failed, Fault, Issued, Machine, Manual, Phase,
        PrivateText, Problem, Retry, Setup, Shown, State, Storage, UserAction, is_answer_due, milliseconds, sentence,
    },
};

/// Returns the page for the state of its machine. `dispatch` receives the person's actions.
pub(crate) fn page(machine: &Machine, dispatch: &Callback<UserAction>) -> Html {
    let Machine { context, state } = machine;
    let ui = Ui {
        dispatch: dispatch.clone(),
        copied: context.copied,
        now_ms: context.inputs.now_ms,
        can_share: context.environment.can_share,
    };
    let cluster = shown_cluster(machine).map(|cluster| AttrValue::from(cluster.name().to_string()));
    html! {
        <ContextProvider<Ui> context={ui}>
            <Header {cluster} />
            <main data-state={state.name()}>
                <Steps current={state.step()} outcome={outcome(state)} />
                { banners(machine) }
                <StepPanel key={state.name()}>{ step(machine) }</StepPanel>
            </main>
            <footer><Text text={footer(state)} /></footer>
        </ContextProvider<Ui>>
    }
}

/// Returns where the private key is.
fn footer(state: &State) -> &'static str {
    match state {
        State::Enrolled { enrollment, .. } if enrollment.stage == Stage::Saved => LEFT,
        State::Enrolled { phase: Phase::Issued(issued), .. } if issued.shown != Shown::No => LEFT,
        _ => "The private key is made in this browser and never leaves it.",
    }
}

/// The place of a private key that a person has saved or copied.
const LEFT: &str = "The private key was made in this browser. Outside of it, it is only in what you saved or copied.";

fn outcome(state: &State) -> StepOutcome {
    match state {
        State::Failed(_) => StepOutcome::Troubled,
        state if state.has_saved_file() => StepOutcome::Done,
        State::Enrolled { phase, .. } if phase.is_trouble() => StepOutcome::Troubled,
        _ => StepOutcome::Active,
    }
}

fn banners(machine: &Machine) -> Html {
    let Machine { context, state } = machine;
    let storage_refused = match &context.storage {
        Storage::Refused(reason) => Some(AttrValue::from(reason.clone())),
        _ => None,
    };
    let unwritten = context.unwritten.as_ref().filter(|_| state.enrollment().is_some());
    let unwritten = unwritten.map(|unwritten| unwritten.reason.clone());
    let text = |reason: Option<&String>| reason.cloned().map(AttrValue::from);
    // A page that did not load shows no clock warning.
    let loads = !matches!(state, State::Failed(Failed { retry: Retry::Load | Retry::Probe, .. }));
    html! {
        <Banners
            plain_http={!context.environment.is_secure && !context.environment.is_local}
            {storage_refused}
            not_deleted={text(context.deletions.failure.as_ref())}
            not_written={text(unwritten.as_ref())}
            not_listed={text(context.unlisted.as_ref())}
            clock_offset_ms={context.clock_offset_ms.filter(|_| loads).unwrap_or(0.0)}
        />
    }
}

fn step(machine: &Machine) -> Html {
    let Machine { context, state } = machine;
    match state {
        State::Loading => html! { <section><Heading text="One moment" /></section> },
        State::Setup(Setup { tried, .. }) => identify(context, *tried),
        State::Generating(generating) => html! {
            <Generating
                algorithm={generating.application.algorithm}
                subject={generating.application.subject.clone()}
                since_ms={generating.since_ms}
            />
        },
        State::Acquiring(acquiring) => resuming(context, acquiring),
        State::Enrolled { enrollment, phase } => enrolled(machine, enrollment, phase),
        State::Failed(Failed { problem, retry }) => {
            let remedy = match retry {
                Retry::Load | Retry::Probe => Remedy::Reload,
                Retry::Generate(_) | Retry::Acquire(_) => Remedy::Repeat,
            };
            trouble(problem, remedy)
        }
    }
}

fn enrolled(machine: &Machine, enrollment: &Rc<Enrollment>, phase: &Phase) -> Html {
    let context = &machine.context;
    let name = AttrValue::from(enrollment.name().to_string());
    let approver = context.settings.approver.clone().map(AttrValue::from);
    let person = context.person.clone();
    match phase {
        Phase::Storing(_) => html! { <Storing /> },
        Phase::Unstored(unstored) => {
            html! { <StorageFailed reason={unstored.reason.clone()} stored={enrollment.is_stored()} /> }
        }
        Phase::Submitting(submitting) => {
            let trouble = submitting.trouble.clone().map(AttrValue::from);
            html! { <Submitting {enrollment} since_ms={submitting.since_ms} {trouble} /> }
        }
        Phase::SubmitFailed(submit_failed) => {
            let remedy = if submit_failed.needs_new_name { Remedy::Rename } else { Remedy::Resend };
            trouble(&submit_failed.problem, remedy)
        }
        Phase::Manual(manual) => manual_steps(machine, enrollment, manual),
        Phase::Waiting(waiting) => html! {
            <Waiting
                {enrollment}
                approval={waiting.approval}
                contact={contact(&waiting.watcher.connection)}
                cluster={shown_cluster(machine)}
                {person}
                {approver}
                requesting_user={requesting_user(context, enrollment)}
                dropped_at={dropped_at(context, enrollment)}
                can_leave={can_leave(context, enrollment)}
                notifications={notifications(context)}
            />
        },
        Phase::Verifying(verifying) => html! { <Verifying {name} cluster={verifying.cluster.clone()} /> },
        Phase::Locked(locked) => html! {
            <Locked
                {name}
                passphrase={locked.passphrase.as_str().to_owned()}
                fault={locked.fault.clone().map(AttrValue::from)}
            />
        },
        Phase::Issued(issued) => save(context, enrollment, issued),
        Phase::Denied(decision) => html! { <Denied {name} decision={decision.clone()} {approver} /> },
        Phase::SigningFailed(decision) => html! { <SigningFailed {name} decision={decision.clone()} {approver} /> },
        Phase::Gone(why) => html! { <RequestGone {enrollment} why={*why} {person} /> },
        Phase::OtherCluster => html! {
            <OtherCluster
                {name}
                made_for={enrollment.cluster.clone().map(Rc::new)}
                current={context.cluster.clone()}
            />
        },
        Phase::SignIn(_) => {
            let url = context.person.as_ref().and_then(|person| person.sign_out_url.clone());
            html! { <SignIn sign_out_url={url.map(AttrValue::from)} /> }
        }
        Phase::Refused(refused) => {
            html! { <Refused {name} code={refused.code} message={fault_text(&refused.fault)} /> }
        }
    }
}

fn identify(context: &Context, tried: bool) -> Html {
    let browser_locks =
        !matches!(context.storage, Storage::Ready { wraps_keys: false }) && context.environment.is_secure;
    html! {
        <Identify
            form={&context.form}
            policy={&context.policy}
            person={context.person.clone()}
            {tried}
            has_api={context.has_api() && !context.found_no_api}
            has_defaults={context.has_defaults}
            {browser_locks}
            on_phone={context.environment.is_phone.then(|| context.environment.link.clone())}
            composed={composed_names(context)}
        >
            for stored in context.stored.iter().filter(|stored| is_answer_due(stored, context)) {
                <SavedKey
                    key={format!("saved {}", stored.id)}
                    id={stored.id.clone()}
                    user={stored.details.user.clone()}
                    name={stored.progress.name.clone()}
                    end={end_time(stored)}
                />
            }
            for ended in context.ended.iter().filter(|ended| context.stored(&ended.id).is_none()) {
                <EndedKey
                    key={format!("ended {}", ended.id)}
                    id={ended.id.clone()}
                    user={ended.details.user.clone()}
                    name={ended.progress.name.clone()}
                />
            }
            if !context.stored.is_empty() {
                <StoredEnrollments>
                    for stored in context.stored.iter() {
                        { stored_enrollment(context, stored) }
                    }
                </StoredEnrollments>
            }
        </Identify>
    }
}

/// Returns the names of the form in composed letters, where they are typed in others.
fn composed_names(context: &Context) -> Composed {
    let composed = |name: &String| composed(name).map(AttrValue::from);
    Composed { user: composed(&context.form.user), groups: context.form.groups.iter().map(composed).collect() }
}

fn stored_enrollment(context: &Context, stored: &Stored) -> Html {
    let Stored { id, details, progress, fault, .. } = stored;
    let end = CertificateEnd::of(stored, context).zip(end_time(stored)).map(|(distance, time)| End { distance, time });
    html! {
        <StoredEnrollment
            key={id.as_str()}
            id={id.clone()}
            user={details.user.clone()}
            name={progress.name.clone()}
            stage={progress.stage.known()}
            {end}
            age={rough(context.inputs.now_ms - milliseconds(details.created))}
            fault={fault.map(|fault| AttrValue::from(sentence(fault.to_string())))}
        />
    }
}

/// Returns the end of a stored certificate, formatted.
fn end_time(stored: &Stored) -> Option<AttrValue> {
    stored.progress.not_after.map(|end| date_and_time(milliseconds(end)).into())
}

fn resuming(context: &Context, acquiring: &Acquiring) -> Html {
    let stored = context.stored.iter().find(|stored| stored.id == acquiring.id);
    match stored.filter(|_| acquiring.elsewhere) {
        Some(Stored { progress, .. }) => {
            html! { <Elsewhere name={progress.name.clone()} stage={progress.stage.known()} /> }
        }
        None => html! { <Resuming /> },
    }
}

/// Returns a fault in words, with its times in the reader's time zone.
fn fault_text(fault: &Fault) -> String {
    fault.text(|times| compared_times(times.map(milliseconds)))
}

fn manual_steps(machine: &Machine, enrollment: &Rc<Enrollment>, manual: &Manual) -> Html {
    let context = &machine.context;
    html! {
        <ManualSteps
            {enrollment}
            cluster={shown_cluster(machine)}
            person={context.person.clone().filter(|_| enrollment.object.is_some())}
            // Whoever applies the manifest is another account, and writes no annotation.
            requesting_user={requesting_user(context, enrollment).filter(|_| enrollment.object.is_some())}
            reason={manual.reason.clone().map(AttrValue::from)}
            pasted={manual.pasted.clone()}
            fault={manual.fault.as_ref().map(fault_text).map(AttrValue::from)}
            has_api={context.has_api()}
        />
    }
}

fn save(context: &Context, enrollment: &Rc<Enrollment>, issued: &Issued) -> Html {
    let Issued { cluster, assembled, file_name, shown, saved, .. } = issued;
    let certificate = &assembled.certificate;
    let revealed = match shown {
        Shown::No | Shown::Requested => None,
        Shown::Yes(PrivateText(kubeconfig)) => Some(AttrValue::Rc(Rc::clone(kubeconfig))),
    };
    html! {
        <Save
            {enrollment}
            {cluster}
            cluster_change={assembled.cluster_change.clone()}
            page_is_local={context.environment.is_local}
            system={context.environment.system}
            file_name={file_name.clone()}
            saved={*saved}
            not_after={date_and_time(milliseconds(certificate.not_after))}
            knows_time={context.clock_offset_ms.is_some()}
            preview={assembled.preview.clone()}
            {revealed}
        >
            <CertificateFacts
                user={certificate.user.clone()}
                groups={certificate.groups.clone()}
                issuer={certificate.issuer.clone()}
                not_before={date_and_time(milliseconds(certificate.not_before))}
                not_after={date_and_time(milliseconds(certificate.not_after))}
                differences={assembled.differences.clone()}
            />
        </Save>
    }
}

fn trouble(problem: &Problem, remedy: Remedy) -> Html {
    let Problem { title, message, causes, remedies, link } = problem;
    let (remedies, link) = (*remedies, link.clone());
    html! { <Trouble title={*title} message={message.clone()} causes={causes.clone()} {remedy} {remedies} {link} /> }
}

/// Returns the cluster of the enrollment that is shown, or of the page.
fn shown_cluster(machine: &Machine) -> Option<Rc<Cluster>> {
    let of_enrollment = machine.state.enrollment().and_then(|enrollment| enrollment.cluster.clone());
    of_enrollment.map(Rc::new).or_else(|| machine.context.cluster.clone())
}

fn requesting_user(context: &Context, enrollment: &Enrollment) -> Option<AttrValue> {
    enrollment.requesting_user(context).map(|account| AttrValue::from(account.to_owned()))
}

fn contact(connection: &Connection) -> Contact {
    match connection {
        Connection::Connecting => Contact::Connecting,
        Connection::Live => Contact::Live,
        Connection::Lost { since_ms, reason, may_reload } => {
            let may_reload = *may_reload;
            Contact::Lost { since: time_of_day(*since_ms).into(), reason: reason.clone().into(), may_reload }
        }
    }
}

/// Returns whether the page may be closed, or `None` while that is being found out.
fn can_leave(context: &Context, enrollment: &Enrollment) -> Option<bool> {
    match context.unwritten {
        Some(_) if enrollment.is_stored() => None,
        _ => Some(enrollment.is_stored()),
    }
}

fn notifications(context: &Context) -> Notifications {
    if context.notifies {
        Notifications::Enabled
    } else if context.environment.can_notify {
        Notifications::Available
    } else {
        Notifications::Unavailable
    }
}

/// Returns the time at which Kubernetes deletes the pending object of an enrollment, by the browser's clock, or `None`
/// before its creation time is known.
fn dropped_at(context: &Context, enrollment: &Enrollment) -> Option<AttrValue> {
    let created_ms = parse_time(&enrollment.object.as_ref()?.creation_timestamp)?;
    Some(date_and_time(created_ms + PENDING_LIFETIME_MS - context.clock_offset_ms.unwrap_or(0.0)).into())
}

/// The age at which Kubernetes deletes a pending CertificateSigningRequest
/// ([lifetimes](https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#request-signing-process)).
const PENDING_LIFETIME_MS: f64 = 24.0 * 3_600_000.0;
