use kube_enroll_core::{
    CertificateSigningRequest, Cluster, RequestState, Settings, Status, Timestamp, WatchEvent,
    kubeconfig::{file_name, is_file_name},
    room::{Message, Reply},
};

use super::{
    Act, Action, Answer, Around, Call, ClusterForm, Decision, Delivery, Edit, Effect, Enrollment, Failure, Gone,
    Issued, Lookout, Options, Page, Problem, Retry, RoomTrouble, Said, Shown, State, Then, form::sentence,
};

/// The pauses before another try with the same name; each is stretched by up to a half at random.
const PAUSES_MS: [f64; 5] = [500.0, 1_000.0, 2_000.0, 4_000.0, 8_000.0];

impl Page {
    /// Takes what happened, and returns what is to be done. An action that no longer fits the state changes nothing: a
    /// late answer never turns anything back.
    pub(crate) fn reduce(&mut self, action: Action, around: Around) -> Vec<Effect> {
        self.around = around;
        match action {
            Action::Began => self.call(Call::Settings),
            Action::Did(act) => self.did(act),
            Action::Answered(answer) => self.answered(answer),
            Action::Replied(reply) => self.replied(reply),
            Action::Tick => self.tick(),
            Action::Awake => {
                if let State::Waiting { enrollment, lookout, .. } = &mut self.state {
                    let call = lookout.read(enrollment.name(), around.now_ms);
                    self.call(call);
                }
            }
            Action::ClockRead { offset_ms } => self.clock_offset_ms = offset_ms,
            Action::Copied { block, worked } => self.copied = Some((block, worked)),
            Action::CopyShown => self.copied = None,
        }
        std::mem::take(&mut self.effects)
    }

    fn did(&mut self, act: Act) {
        match act {
            Act::Edit(edit) => self.edit(edit),
            Act::Create => self.create(),
            Act::Cancel | Act::Restart => self.restart(),
            Act::EditCluster(form) => {
                if let State::Verifying { cluster: Some(cluster), .. } = &mut self.state {
                    *cluster = form;
                }
            }
            Act::UseCluster => self.use_cluster(),
            Act::Retry => self.retry(),
            Act::Resubmit => match self.take() {
                State::Gone { enrollment, .. } => self.rename(enrollment),
                other => self.state = other,
            },
            Act::Copy { block, text } => self.want(Effect::Copy { block, text }),
            Act::NameFile(_) | Act::Show | Act::Hide | Act::Save => {
                if let State::Issued(issued) = &mut self.state
                    && let Some(effect) = issued.did(act)
                {
                    self.want(effect);
                }
            }
        }
    }

    fn edit(&mut self, edit: Edit) {
        let row = match &edit {
            Edit::AddGroup => Some(self.form.groups.len()),
            Edit::RemoveGroup(index) => Some(index.saturating_sub(1)),
            _ => None,
        };
        self.form.edit(edit, self.around.random);
        if let Some(row) = row {
            self.want(Effect::Focus(["group-", &row.to_string()].concat()));
        }
    }

    fn create(&mut self) {
        let State::Editing { tried } = &mut self.state else { return };
        *tried = true;
        match self.form.options(&self.settings.policy) {
            Ok(options) => self.generate(options),
            Err(faults) => self.want(Effect::Focus(faults.first_field())),
        }
    }

    /// Begins again with the same details, from wherever; the key is forgotten.
    fn restart(&mut self) {
        self.want(Effect::StopCalls);
        self.want(Effect::EndRoom);
        match self.around.random {
            Some(random) => {
                self.form.random = random;
                self.state = State::Editing { tried: false };
            }
            None => self.fail(no_randomness(), Retry::Load),
        }
    }

    fn retry(&mut self) {
        match self.take() {
            State::Error { retry: Retry::Load, .. } => self.call(Call::Settings),
            State::Error { retry: Retry::Generate(mut options), .. } => {
                // The name may be used up.
                match self.around.random.map(|random| options.rename(random)) {
                    Some(Ok(())) => self.generate(options),
                    _ => self.fail(no_randomness(), Retry::Generate(options)),
                }
            }
            State::Error { retry: Retry::Submit(enrollment), .. }
            | State::SignIn { enrollment, then: Then::Submit } => self.submit(enrollment),
            State::Error { retry: Retry::Rename(enrollment), .. } => self.rename(enrollment),
            State::Refused { enrollment, certificate_pem, .. } if !certificate_pem.is_empty() => {
                self.verify(enrollment, certificate_pem);
            }
            State::SignIn { enrollment, then: Then::Wait }
            | State::Gone { enrollment, .. }
            | State::Refused { enrollment, .. } => self.wait(enrollment),
            other => self.state = other,
        }
    }

    fn rename(&mut self, mut enrollment: Box<Enrollment>) {
        enrollment.object = None;
        match self.around.random.map(|random| enrollment.options.rename(random)) {
            Some(Ok(())) => self.submit(enrollment),
            _ => self.fail(no_randomness(), Retry::Rename(enrollment)),
        }
    }

    fn use_cluster(&mut self) {
        if let State::Verifying { cluster: Some(form), .. } = &mut self.state {
            match form.parse() {
                Ok(cluster) => self.cluster_known(cluster),
                Err(error) => {
                    form.fault = Some(sentence(&error));
                    self.want(Effect::Focus("cluster-name".into()));
                }
            }
        }
    }

    fn cluster_known(&mut self, cluster: Cluster) {
        self.cluster = Some(cluster);
        match self.take() {
            State::Verifying { enrollment, certificate_pem, cluster: Some(_) } => {
                self.verify(enrollment, certificate_pem);
            }
            other => self.state = other,
        }
    }

    fn tick(&mut self) {
        let now_ms = self.around.now_ms;
        let due = match &mut self.state {
            State::Submitting { enrollment, delivery, .. } if delivery.again_ms.is_some_and(|due| now_ms >= due) => {
                delivery.again_ms = None;
                Some(Call::Create(Box::new(enrollment.object())))
            }
            State::Waiting { enrollment, lookout, .. } => lookout.tick(enrollment.name(), now_ms),
            _ => None,
        };
        if let Some(call) = due {
            self.call(call);
        }
    }

    fn answered(&mut self, answer: Answer) {
        match answer {
            Answer::Settings(Ok(settings)) => self.loaded(*settings),
            Answer::Settings(Err(problem)) => self.fail(problem, Retry::Load),
            Answer::ClusterInfo(Some(cluster)) if self.cluster.is_none() => self.cluster_known(*cluster),
            Answer::ClusterInfo(_) => {}
            Answer::Created(result) => self.created(result),
            // To a stranger, the proxy shows somebody else's object as absent.
            Answer::Adopted(Ok(None)) => self.name_taken(),
            Answer::Adopted(Ok(Some(object))) => self.created(Ok(object)),
            Answer::Adopted(Err(failure)) => self.created(Err(failure)),
            Answer::Listed(_) | Answer::Watched(_) | Answer::WatchEnded(_) | Answer::Read(_) => self.looked(answer),
        }
    }

    fn loaded(&mut self, settings: Settings) {
        let State::Loading = self.state else { return };
        let Some(random) = self.around.random else { return self.fail(no_randomness(), Retry::Load) };
        let Some(api_base) = settings.api_base.clone() else {
            return self.fail(
                Problem::new(
                    "This page is not connected to a cluster",
                    "Its config.json says so (apiBase is null). Ask whoever runs the page.",
                ),
                Retry::Load,
            );
        };
        self.want(Effect::UseApi(api_base));
        self.form.adopt(&settings.policy);
        self.form.random = random;
        self.cluster.clone_from(&settings.cluster);
        self.settings = settings;
        self.state = State::Editing { tried: false };
        if self.cluster.is_none() {
            self.call(Call::ClusterInfo);
        }
    }

    fn generate(&mut self, options: Box<Options>) {
        self.ask(Message::Generate {
            algorithm: options.algorithm,
            user: options.subject.user().to_owned(),
            groups: options.subject.groups().to_vec(),
        });
        self.state = State::Generating { options, since_ms: self.around.now_ms };
    }

    fn replied(&mut self, reply: Result<Reply, RoomTrouble>) {
        // The kubeconfig of an issued certificate is kept: it goes with the room.
        if reply.is_err() && !matches!(self.state, State::Issued(_)) {
            self.want(Effect::EndRoom);
        }
        match (self.take(), reply) {
            (State::Generating { options, .. }, Ok(Reply::Generated { request_pem, fingerprint })) => {
                self.submit(Box::new(Enrollment {
                    options: *options,
                    request_pem,
                    fingerprint,
                    since_ms: self.around.now_ms,
                    object: None,
                }));
            }
            (State::Generating { options, .. }, Ok(Reply::Failed { code, message })) => {
                self.fail(Problem::new("The key could not be made", &message).with(code), Retry::Generate(options));
            }
            (State::Generating { options, .. }, Err(trouble)) => {
                self.fail(of_room(trouble, "Nothing was sent. You can try again."), Retry::Generate(options));
            }
            (State::Verifying { enrollment, certificate_pem, .. }, Ok(Reply::Assembled(assembled))) => {
                let cluster = self.cluster.as_ref().map_or("", |cluster| &cluster.name);
                self.state = State::Issued(Box::new(Issued {
                    file_name: file_name(&assembled.certificate.user, cluster),
                    enrollment: *enrollment,
                    certificate_pem,
                    assembled,
                    shown: Shown::No,
                    saved: false,
                }));
            }
            (State::Verifying { enrollment, certificate_pem, .. }, Ok(Reply::Failed { code, message })) => {
                self.state = State::Refused { enrollment, certificate_pem, code, message };
            }
            (State::Verifying { enrollment, .. }, Err(trouble)) => {
                let problem =
                    of_room(trouble, "The key is lost with it, so the certificate is of no use. Please begin again.");
                self.fail(problem, Retry::Generate(Box::new(enrollment.options)));
            }
            (State::Issued(mut issued), reply) if issued.shown == Shown::Asked => {
                issued.shown = match reply {
                    Ok(Reply::Revealed { kubeconfig }) => Shown::Yes(kubeconfig),
                    Ok(Reply::Failed { message, .. }) => Shown::Failed(message),
                    _ => Shown::Failed("It cannot be shown any more: the part that makes keys broke down.".into()),
                };
                self.state = State::Issued(issued);
            }
            (other, _) => self.state = other,
        }
    }

    fn submit(&mut self, enrollment: Box<Enrollment>) {
        self.call(Call::Create(Box::new(enrollment.object())));
        let delivery = Box::default();
        self.state = State::Submitting { enrollment, since_ms: self.around.now_ms, delivery };
    }

    /// Takes what became of a POST, or of reading what has the name already. A lost reply is no reason for a second object:
    /// the same name is tried again, and what is there already is ours only if it holds the same request.
    fn created(&mut self, result: Result<Box<CertificateSigningRequest>, Failure>) {
        let (mut enrollment, since_ms, delivery) = match self.take() {
            State::Submitting { enrollment, since_ms, delivery } => (enrollment, since_ms, delivery),
            other => {
                self.state = other;
                return;
            }
        };
        match result {
            Ok(object) if enrollment.owns(&object) => {
                enrollment.pin(&object);
                self.wait(enrollment);
                self.seen(&object);
            }
            Ok(_) => self.fail(name_taken(), Retry::Rename(enrollment)),
            Err(Failure::SignIn) => self.state = State::SignIn { enrollment, then: Then::Submit },
            Err(Failure::Refused(status)) if status.code == 409 => {
                self.call(Call::Adopt(enrollment.name().clone()));
                self.state = State::Submitting { enrollment, since_ms, delivery };
            }
            Err(Failure::Refused(status)) => self.fail(of_status(*status), Retry::Submit(enrollment)),
            Err(Failure::Unreachable { reason, retry_after_ms }) => match PAUSES_MS.get(delivery.tries) {
                Some(pause_ms) => {
                    let pause_ms = f64::max(pause_ms * (1.0 + self.around.jitter() / 2.0), retry_after_ms);
                    let again_ms = Some(self.around.now_ms + pause_ms);
                    let delivery = Box::new(Delivery { tries: delivery.tries + 1, again_ms, trouble: reason });
                    self.state = State::Submitting { enrollment, since_ms, delivery };
                }
                None => {
                    let problem = Problem::new(
                        "The cluster did not answer",
                        "Your key is kept. The request may have arrived or not; trying again is safe, since it has the same name.",
                    );
                    self.fail(problem.with(reason), Retry::Submit(enrollment));
                }
            },
        }
    }

    fn name_taken(&mut self) {
        match self.take() {
            State::Submitting { enrollment, .. } => self.fail(name_taken(), Retry::Rename(enrollment)),
            other => self.state = other,
        }
    }

    fn wait(&mut self, enrollment: Box<Enrollment>) {
        self.call(Call::List(enrollment.name().clone()));
        let lookout = Box::new(Lookout::new(self.around.now_ms));
        self.state = State::Waiting { enrollment, decision: Decision::Pending, lookout };
    }

    fn looked(&mut self, answer: Answer) {
        let (now_ms, jitter) = (self.around.now_ms, self.around.jitter());
        let State::Waiting { enrollment, lookout, .. } = &mut self.state else { return };
        let failure = match answer {
            Answer::Listed(Ok(list)) => {
                let watch = lookout.listed(enrollment.name(), list.metadata.resource_version, now_ms);
                let found = list.items.iter().find(|object| object.metadata.name == enrollment.name().as_str());
                self.seen_or_absent(found);
                if let State::Waiting { .. } = self.state {
                    self.call(watch);
                }
                return;
            }
            Answer::Read(Ok(found)) => {
                lookout.live(now_ms);
                return self.seen_or_absent(found.as_deref());
            }
            Answer::Watched(events) => {
                lookout.streamed(now_ms);
                return events.iter().for_each(|event| self.event(event));
            }
            Answer::Read(Err(failure)) if failure != Failure::SignIn => return lookout.lost(failure, now_ms),
            Answer::Listed(Err(failure)) | Answer::WatchEnded(Some(failure)) | Answer::Read(Err(failure)) => {
                Some(failure)
            }
            _ => None,
        };
        if failure == Some(Failure::SignIn) {
            self.want(Effect::StopCalls);
            if let State::Waiting { enrollment, .. } = self.take() {
                self.state = State::SignIn { enrollment, then: Then::Wait };
            }
        } else {
            lookout.ended(failure, now_ms, jitter);
        }
    }

    fn event(&mut self, event: &WatchEvent) {
        match event {
            WatchEvent::Added(object) | WatchEvent::Modified(object) => self.seen(object),
            WatchEvent::Deleted(object) => {
                // Its last state may hold the certificate.
                self.seen(object);
                self.seen_or_absent(None);
            }
            // After an error the server ends the watch, and the next list says more: it is how a 410 is met.
            WatchEvent::Bookmark { .. } | WatchEvent::Error(_) => {}
        }
    }

    fn seen_or_absent(&mut self, found: Option<&CertificateSigningRequest>) {
        if let Some(object) = found {
            return self.seen(object);
        }
        match self.take() {
            State::Waiting { enrollment, decision, .. } => {
                let was_approved = decision != Decision::Pending;
                self.state = State::Gone { enrollment, why: Gone::Absent { was_approved } };
                self.want(Effect::StopCalls);
            }
            other => self.state = other,
        }
    }

    fn seen(&mut self, object: &CertificateSigningRequest) {
        let (enrollment, decision, lookout) = match self.take() {
            State::Waiting { enrollment, decision, lookout } => (enrollment, decision, lookout),
            other => {
                self.state = other;
                return;
            }
        };
        self.state = match object.state() {
            _ if !enrollment.owns(object) => State::Gone { enrollment, why: Gone::Other },
            Ok(RequestState::Approved) if decision == Decision::Pending => {
                let decision = Decision::Approved { since_ms: self.around.now_ms };
                State::Waiting { enrollment, decision, lookout }
            }
            // A stale answer, or no news: a decision is never taken back.
            Ok(RequestState::Pending | RequestState::Approved | RequestState::Gone) => {
                State::Waiting { enrollment, decision, lookout }
            }
            Ok(RequestState::Denied { reason, message }) => {
                State::Denied { enrollment, said: Said { reason, message } }
            }
            Ok(RequestState::Failed { reason, message }) => {
                State::Failed { enrollment, said: Said { reason, message } }
            }
            Ok(RequestState::Issued { certificate_pem }) => {
                self.want(Effect::StopCalls);
                return self.verify(enrollment, certificate_pem);
            }
            Err(error) => State::Refused {
                enrollment,
                certificate_pem: String::new(),
                code: error.code().into(),
                message: error.to_string(),
            },
        };
        if !matches!(self.state, State::Waiting { .. }) {
            self.want(Effect::StopCalls);
        }
    }

    fn verify(&mut self, enrollment: Box<Enrollment>, certificate_pem: String) {
        let cluster = match self.cluster.clone() {
            Some(cluster) => {
                #[allow(clippy::cast_possible_truncation, reason = "seconds since 1970 fit")]
                let now = ((self.around.now_ms + self.clock_offset_ms) / 1_000.0) as i64;
                self.ask(Message::Assemble {
                    certificate_pem: certificate_pem.clone(),
                    cluster,
                    namespace: enrollment.options.namespace.clone(),
                    expiration_seconds: enrollment.options.expiration_seconds,
                    now: Timestamp::from_unix_seconds(now),
                });
                None
            }
            None => {
                self.call(Call::ClusterInfo);
                Some(Box::new(ClusterForm::default()))
            }
        };
        self.state = State::Verifying { enrollment, certificate_pem, cluster };
    }

    fn fail(&mut self, problem: Problem, retry: Retry) {
        self.state = State::Error { problem: Box::new(problem), retry };
    }

    /// Takes the state out, to be put back by all that follows.
    fn take(&mut self) -> State {
        std::mem::replace(&mut self.state, State::Loading)
    }

    fn call(&mut self, call: Call) {
        self.want(Effect::Call(call));
    }

    fn ask(&mut self, message: Message) {
        self.want(Effect::Ask(Box::new(message)));
    }

    fn want(&mut self, effect: Effect) {
        self.effects.push(effect);
    }
}

impl Issued {
    fn did(&mut self, act: Act) -> Option<Effect> {
        match act {
            Act::NameFile(name) => self.file_name = name,
            Act::Show => {
                self.shown = Shown::Asked;
                return Some(Effect::Ask(Box::new(Message::Reveal)));
            }
            Act::Hide => self.shown = Shown::No,
            _ if is_file_name(&self.file_name) => {
                self.saved = true;
                return Some(Effect::Save(self.file_name.clone()));
            }
            _ => return Some(Effect::Focus("file-name".into())),
        }
        None
    }
}

impl Around {
    /// Returns a random number between 0 and 1, to spread what many pages do at once.
    fn jitter(&self) -> f64 {
        self.random.map_or(0.5, |random| f64::from(random[0]) / 255.0)
    }
}

impl Problem {
    pub(crate) fn new(title: &'static str, message: &str) -> Self {
        Self { title, message: message.into(), causes: vec![] }
    }

    pub(crate) fn with(mut self, cause: String) -> Self {
        self.causes.push(cause);
        self
    }
}

fn of_status(status: Status) -> Problem {
    let mut problem = Problem::new("The cluster refused the request", &status.message);
    if !status.reason.is_empty() {
        problem.causes.push([&status.reason, " (", &status.code.to_string(), ")"].concat());
    }
    for cause in status.details.into_iter().flat_map(|details| details.causes) {
        let separator = if cause.field.is_empty() { "" } else { ": " };
        problem.causes.push([&cause.field, separator, &cause.message].concat());
    }
    problem
}

fn of_room(trouble: RoomTrouble, consequence: &str) -> Problem {
    let (title, cause) = match trouble {
        RoomTrouble::Loading(cause) => ("The part that makes keys could not be loaded", cause),
        RoomTrouble::Panicked(cause) => ("The part that makes keys broke down", cause),
    };
    Problem::new(title, consequence).with(cause)
}

fn name_taken() -> Problem {
    Problem::new(
        "This name is taken",
        "The cluster has another request of this name. Your key is kept; send yours under a new name.",
    )
}

/// Without good random numbers there is neither a name nor a key (attack 28).
fn no_randomness() -> Problem {
    Problem::new(
        "No random numbers",
        "This browser refuses to give random numbers, so no key can be made here. Please use another browser.",
    )
}
