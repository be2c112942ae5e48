use kube_enroll_core::{
    CertificateSigningRequest, Cluster, RequestState, Timestamp,
    kubeconfig::{file_name, is_file_name},
    room::{Message, Reply},
};

use super::{
    Action, Around, ClusterForm, Connection, Decision, Effect, Enrollment, Gone, Issued, News, Options, Page, Problem,
    Retry, RoomTrouble, Said, Shown, State, Submission, Then,
};

impl Page {
    /// Returns what is to be done first.
    pub(crate) fn begin() -> Vec<Effect> {
        vec![Effect::ReadSettings]
    }

    /// Takes what happened, and returns what is to be done. An action that no longer fits the state changes nothing: a
    /// late answer never turns anything back.
    pub(crate) fn reduce(&mut self, action: Action, around: Around) -> Vec<Effect> {
        self.now_ms = around.now_ms;
        match action {
            Action::Loaded(result) => self.loaded(result, around),
            Action::ClusterRead(cluster) => self.cluster_read(cluster),
            Action::ClockRead { offset_ms } => {
                self.clock_offset_ms = offset_ms;
                vec![]
            }
            Action::Tick => vec![],
            Action::Edit(edit) => {
                let rows = self.form.groups.len();
                let focus = match &edit {
                    super::Edit::AddGroup => Some(rows),
                    super::Edit::RemoveGroup(index) => Some(index.saturating_sub(1)),
                    _ => None,
                };
                self.form.edit(edit, around.random);
                focus.map(|row| Effect::Focus(["group-", &row.to_string()].concat())).into_iter().collect()
            }
            Action::Create => self.create(),
            Action::Cancel => self.cancel(),
            Action::Replied(reply) => self.replied(reply),
            Action::Submitted(submission) => self.submitted(submission),
            Action::Watched(news) => self.watched(news),
            Action::EditCluster(form) => {
                if let State::Verifying { cluster: Some(cluster), .. } = &mut self.state {
                    *cluster = form;
                }
                vec![]
            }
            Action::ClusterGiven => self.cluster_given(),
            Action::Retry => self.retry(around),
            Action::Resubmit => self.resubmit(around),
            Action::Restart => self.restart(around),
            Action::FileName(name) => self.with_issued(|issued| {
                issued.file_name = name;
                vec![]
            }),
            Action::Show => self.with_issued(|issued| {
                issued.shown = Shown::Asked;
                vec![Effect::Ask(Message::Reveal)]
            }),
            Action::Hide => self.with_issued(|issued| {
                issued.shown = Shown::No;
                vec![]
            }),
            Action::Save => self.with_issued(|issued| {
                if !is_file_name(&issued.file_name) {
                    return vec![Effect::Focus("file-name".into())];
                }
                issued.saved = true;
                vec![Effect::Save(issued.file_name.clone())]
            }),
            Action::Copy { block, text } => vec![Effect::Copy { block, text }],
            Action::Copied { block, worked } => {
                self.copied = Some((block, worked));
                vec![]
            }
            Action::CopyShown => {
                self.copied = None;
                vec![]
            }
        }
    }

    fn loaded(&mut self, result: Result<kube_enroll_core::Settings, Problem>, around: Around) -> Vec<Effect> {
        let State::Loading = self.state else { return vec![] };
        let settings = match result {
            Ok(settings) => settings,
            Err(problem) => return self.fail(problem, Retry::Load),
        };
        let Some(random) = around.random else { return self.fail(no_randomness(), Retry::Load) };
        let Some(api_base) = settings.api_base.clone() else {
            return self.fail(
                Problem::new(
                    "This page is not connected to a cluster",
                    "Its config.json says so (apiBase is null). Ask whoever runs the page.",
                ),
                Retry::Load,
            );
        };
        self.form.adopt(&settings.policy);
        self.form.random = random;
        self.cluster.clone_from(&settings.cluster);
        self.settings = settings;
        self.state = State::Editing { tried: false };
        let mut effects = vec![Effect::UseApi(api_base)];
        if self.cluster.is_none() {
            effects.push(Effect::ReadCluster);
        }
        effects
    }

    fn create(&mut self) -> Vec<Effect> {
        let State::Editing { tried } = &mut self.state else { return vec![] };
        *tried = true;
        match self.form.options(&self.settings.policy) {
            Ok(options) => self.generate(options),
            Err(faults) => vec![Effect::Focus(faults.first_field())],
        }
    }

    fn generate(&mut self, options: Options) -> Vec<Effect> {
        let message = Message::Generate {
            algorithm: options.algorithm,
            user: options.subject.user().to_owned(),
            groups: options.subject.groups().to_vec(),
        };
        self.state = State::Generating { options, since_ms: self.now_ms };
        vec![Effect::Ask(message)]
    }

    fn cancel(&mut self) -> Vec<Effect> {
        match self.state {
            State::Generating { .. } => {
                self.state = State::Editing { tried: false };
                vec![Effect::EndRoom]
            }
            State::Submitting { .. } => {
                self.state = State::Editing { tried: false };
                vec![Effect::StopApi, Effect::EndRoom]
            }
            _ => vec![],
        }
    }

    fn replied(&mut self, reply: Result<Reply, RoomTrouble>) -> Vec<Effect> {
        match (&mut self.state, reply) {
            (State::Generating { options, .. }, Ok(Reply::Generated { request_pem, fingerprint })) => {
                let enrollment = Enrollment {
                    name: options.name.clone(),
                    options: options.clone(),
                    request_pem,
                    fingerprint,
                    since_ms: self.now_ms,
                    object: None,
                };
                self.submit(Box::new(enrollment))
            }
            (State::Generating { options, .. }, Ok(Reply::Failed { code, message })) => {
                let retry = Retry::Generate(options.clone());
                self.fail(Problem::new("The key could not be made", &message).with_cause(code), retry)
            }
            (State::Generating { options, .. }, Err(trouble)) => {
                let retry = Retry::Generate(options.clone());
                self.fail(of_room(trouble, "Nothing was sent. You can try again."), retry);
                vec![Effect::EndRoom]
            }
            (State::Verifying { enrollment, certificate_pem, .. }, Ok(Reply::Assembled(assembled))) => {
                let cluster = self.cluster.as_ref().map_or("", |cluster| &cluster.name);
                let issued = Issued {
                    file_name: file_name(&assembled.certificate.user, cluster),
                    enrollment: (**enrollment).clone(),
                    certificate_pem: std::mem::take(certificate_pem),
                    assembled,
                    shown: Shown::No,
                    saved: false,
                };
                self.state = State::Issued(Box::new(issued));
                vec![]
            }
            (State::Verifying { enrollment, certificate_pem, .. }, Ok(Reply::Failed { code, message })) => {
                self.state = State::Refused {
                    enrollment: enrollment.clone(),
                    certificate_pem: std::mem::take(certificate_pem),
                    code,
                    message,
                };
                vec![]
            }
            (State::Verifying { enrollment, .. }, Err(trouble)) => {
                let mut options = enrollment.options.clone();
                options.name = enrollment.name.clone();
                self.fail(
                    of_room(trouble, "The key is lost with it, so the certificate is of no use. Begin again, please."),
                    Retry::Generate(options),
                );
                vec![Effect::EndRoom]
            }
            (State::Issued(issued), reply) if issued.shown == Shown::Asked => {
                let (shown, effects) = match reply {
                    Ok(Reply::Revealed { kubeconfig }) => (Shown::Yes(kubeconfig), vec![]),
                    Ok(Reply::Failed { message, .. }) => (Shown::Failed(message), vec![]),
                    Ok(_) => (Shown::No, vec![]),
                    Err(trouble) => {
                        (Shown::Failed(of_room(trouble, "The file can still be saved.").message), vec![Effect::EndRoom])
                    }
                };
                issued.shown = shown;
                effects
            }
            _ => vec![],
        }
    }

    fn submit(&mut self, enrollment: Box<Enrollment>) -> Vec<Effect> {
        self.state = State::Submitting { enrollment: enrollment.clone(), since_ms: self.now_ms, trouble: None };
        vec![Effect::Submit(enrollment)]
    }

    fn submitted(&mut self, submission: Submission) -> Vec<Effect> {
        let State::Submitting { enrollment, trouble, .. } = &mut self.state else { return vec![] };
        let mut enrollment = enrollment.clone();
        match submission {
            Submission::Created(object) if enrollment.owns(&object) => {
                enrollment.pin(&object);
                let mut effects = self.wait(enrollment);
                effects.extend(self.seen(&object));
                effects
            }
            Submission::Created(_) => self.fail(
                Problem::new(
                    "The answer is about another request",
                    "Something between this page and the cluster changed the request. Your key is safe; the request can be sent again under a new name.",
                ),
                Retry::Rename(enrollment),
            ),
            Submission::Trying(reason) => {
                *trouble = Some(reason);
                vec![]
            }
            Submission::Taken => self.fail(
                Problem::new(
                    "This name is taken",
                    "Another request in the cluster has this name. Your key is kept; send the request under a new name.",
                ),
                Retry::Rename(enrollment),
            ),
            Submission::SignIn => {
                self.state = State::SignIn { enrollment, then: Then::Submit };
                vec![]
            }
            Submission::Refused(status) => {
                let mut problem = Problem::new("The cluster refused the request", &status.message);
                if !status.reason.is_empty() {
                    problem = problem.with_cause([&status.reason, " (", &status.code.to_string(), ")"].concat());
                }
                for cause in status.details.into_iter().flat_map(|details| details.causes) {
                    let separator = if cause.field.is_empty() { "" } else { ": " };
                    problem = problem.with_cause([&cause.field, separator, &cause.message].concat());
                }
                self.fail(problem, Retry::Submit(enrollment))
            }
            Submission::Unreachable(reason) => self.fail(
                Problem::new("The cluster did not answer", "Your key is kept, and the request may or may not have arrived. Trying again is safe: it uses the same name.")
                    .with_cause(reason),
                Retry::Submit(enrollment),
            ),
        }
    }

    fn wait(&mut self, enrollment: Box<Enrollment>) -> Vec<Effect> {
        let name = enrollment.name.to_string();
        self.state = State::Waiting { enrollment, decision: Decision::Pending, connection: Connection::Connecting };
        vec![Effect::Watch(name)]
    }

    fn watched(&mut self, news: News) -> Vec<Effect> {
        let now_ms = self.now_ms;
        let State::Waiting { enrollment, decision, connection } = &mut self.state else { return vec![] };
        match news {
            News::Seen(object) => {
                *connection = Connection::Live;
                self.seen(&object)
            }
            News::Absent => {
                let was_approved = matches!(decision, Decision::Approved { .. });
                self.state = State::Gone { enrollment: enrollment.clone(), why: Gone::Absent { was_approved } };
                vec![Effect::StopApi]
            }
            News::Live => {
                *connection = Connection::Live;
                vec![]
            }
            News::Lost(reason) => {
                let since_ms = if let Connection::Lost { since_ms, .. } = connection { *since_ms } else { now_ms };
                *connection = Connection::Lost { since_ms, reason };
                vec![]
            }
            News::SignIn => {
                self.state = State::SignIn { enrollment: enrollment.clone(), then: Then::Wait };
                vec![Effect::StopApi]
            }
        }
    }

    fn seen(&mut self, object: &CertificateSigningRequest) -> Vec<Effect> {
        let now_ms = self.now_ms;
        let State::Waiting { enrollment, decision, .. } = &mut self.state else { return vec![] };
        if !enrollment.owns(object) {
            self.state = State::Gone { enrollment: enrollment.clone(), why: Gone::Other };
            return vec![Effect::StopApi];
        }
        let enrollment = enrollment.clone();
        match object.state() {
            // A stale answer: a decision is never taken back.
            Ok(RequestState::Pending | RequestState::Gone) => return vec![],
            Ok(RequestState::Approved) => {
                if *decision == Decision::Pending {
                    *decision = Decision::Approved { since_ms: now_ms };
                }
                return vec![];
            }
            Ok(RequestState::Denied { reason, message }) => {
                self.state = State::Denied { enrollment, said: Said { reason, message } };
            }
            Ok(RequestState::Failed { reason, message }) => {
                self.state = State::Failed { enrollment, said: Said { reason, message } };
            }
            Ok(RequestState::Issued { certificate_pem }) => {
                let mut effects = vec![Effect::StopApi];
                effects.extend(self.verify(enrollment, certificate_pem));
                return effects;
            }
            Err(error) => {
                self.state = State::Refused {
                    enrollment,
                    certificate_pem: String::new(),
                    code: error.code().into(),
                    message: error.to_string(),
                };
            }
        }
        vec![Effect::StopApi]
    }

    fn verify(&mut self, enrollment: Box<Enrollment>, certificate_pem: String) -> Vec<Effect> {
        let Some(cluster) = self.cluster.clone() else {
            self.state = State::Verifying { enrollment, certificate_pem, cluster: Some(ClusterForm::default()) };
            return vec![Effect::ReadCluster];
        };
        #[allow(clippy::cast_possible_truncation, reason = "seconds since 1970 fit")]
        let now = Timestamp::from_unix_seconds((self.cluster_now_ms() / 1000.0) as i64);
        let message = Message::Assemble {
            certificate_pem: certificate_pem.clone(),
            cluster,
            namespace: enrollment.options.namespace.clone(),
            expiration_seconds: enrollment.options.expiration_seconds,
            now,
        };
        self.state = State::Verifying { enrollment, certificate_pem, cluster: None };
        vec![Effect::Ask(message)]
    }

    fn cluster_read(&mut self, found: Option<Cluster>) -> Vec<Effect> {
        if self.cluster.is_some() || found.is_none() {
            return vec![];
        }
        self.cluster = found;
        match &self.state {
            State::Verifying { enrollment, certificate_pem, cluster: Some(_) } => {
                self.verify(enrollment.clone(), certificate_pem.clone())
            }
            _ => vec![],
        }
    }

    fn cluster_given(&mut self) -> Vec<Effect> {
        let State::Verifying { enrollment, certificate_pem, cluster: Some(form) } = &mut self.state else {
            return vec![];
        };
        match form.parse() {
            Ok(cluster) => {
                let (enrollment, certificate_pem) = (enrollment.clone(), std::mem::take(certificate_pem));
                self.cluster = Some(cluster);
                self.verify(enrollment, certificate_pem)
            }
            Err(error) => {
                form.fault = Some(error.to_string());
                vec![Effect::Focus("cluster-name".into())]
            }
        }
    }

    fn retry(&mut self, around: Around) -> Vec<Effect> {
        match self.state.clone() {
            State::Error { retry: Retry::Load, .. } => {
                self.state = State::Loading;
                vec![Effect::ReadSettings]
            }
            State::Error { retry: Retry::Generate(mut options), .. } => {
                // The name may be used up.
                let Some(random) = around.random else { return self.fail(no_randomness(), Retry::Generate(options)) };
                self.form.random = random;
                if let Ok(fresh) = self.form.options(&self.settings.policy) {
                    options.name = fresh.name;
                }
                self.generate(options)
            }
            State::Error { retry: Retry::Submit(enrollment), .. }
            | State::SignIn { enrollment, then: Then::Submit } => self.submit(enrollment),
            State::Error { retry: Retry::Rename(enrollment), .. } => self.rename(enrollment, around),
            State::SignIn { enrollment, then: Then::Wait } | State::Gone { enrollment, .. } => self.wait(enrollment),
            State::Refused { enrollment, certificate_pem, .. } if certificate_pem.is_empty() => self.wait(enrollment),
            State::Refused { enrollment, certificate_pem, .. } => self.verify(enrollment, certificate_pem),
            _ => vec![],
        }
    }

    fn resubmit(&mut self, around: Around) -> Vec<Effect> {
        match self.state.clone() {
            State::Gone { enrollment, .. } => self.rename(enrollment, around),
            _ => vec![],
        }
    }

    fn rename(&mut self, mut enrollment: Box<Enrollment>, around: Around) -> Vec<Effect> {
        match around.random.map(|random| enrollment.rename(random)) {
            Some(Ok(())) => self.submit(enrollment),
            _ => self.fail(no_randomness(), Retry::Rename(enrollment)),
        }
    }

    fn restart(&mut self, around: Around) -> Vec<Effect> {
        match around.random {
            Some(random) => {
                self.form.random = random;
                self.state = State::Editing { tried: false };
            }
            None => drop(self.fail(no_randomness(), Retry::Load)),
        }
        vec![Effect::StopApi, Effect::EndRoom]
    }

    fn with_issued(&mut self, change: impl FnOnce(&mut Issued) -> Vec<Effect>) -> Vec<Effect> {
        match &mut self.state {
            State::Issued(issued) => change(issued),
            _ => vec![],
        }
    }

    fn fail(&mut self, problem: Problem, retry: Retry) -> Vec<Effect> {
        self.state = State::Error { problem, retry };
        vec![]
    }
}

impl Problem {
    pub(crate) fn new(title: &str, message: &str) -> Self {
        Self { title: title.into(), message: message.into(), causes: vec![] }
    }

    pub(crate) fn with_cause(mut self, cause: String) -> Self {
        self.causes.push(cause);
        self
    }
}

fn of_room(trouble: RoomTrouble, consequence: &str) -> Problem {
    let (title, cause) = match trouble {
        RoomTrouble::Loading(cause) => ("The part that makes keys could not be loaded", cause),
        RoomTrouble::Panicked(cause) => ("The part that makes keys broke down", cause),
    };
    Problem::new(title, consequence).with_cause(cause)
}

/// Without good random numbers there is neither a name nor a key (attack 28).
fn no_randomness() -> Problem {
    Problem::new(
        "No random numbers",
        "This browser refuses to give random numbers, so no key can be made here. Please use another browser.",
    )
}
