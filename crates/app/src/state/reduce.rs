mod keep;
mod look;
mod manual;
mod submit;

use kube_enroll_core::{
    Cluster, Settings,
    kubeconfig::is_file_name,
    room::{Message, Stage},
};

use super::{
    Act, Action, Answer, Around, Call, Edit, Effect, Enrollment, Issued, Page, Problem, Retry, Said, Shown, State,
    Storage, Then, form::sentence, problem::no_randomness,
};

impl Page {
    /// Takes what happened, and returns what is to be done. An action that no longer fits the state changes nothing: a
    /// late answer never turns anything back.
    pub(crate) fn reduce(&mut self, action: Action, around: Around) -> Vec<Effect> {
        self.around = around;
        match action {
            Action::Began => {
                self.call(Call::Settings);
                self.ask(Message::List);
            }
            Action::Did(act) => self.did(act),
            Action::Answered(answer) => self.answered(answer),
            Action::Replied(reply) => self.replied(reply),
            Action::Tick => self.tick(),
            Action::Awake { reconnected } => {
                if let State::Waiting { enrollment, lookout, .. } = &mut self.state
                    && let Some(call) = lookout.awake(enrollment.name(), reconnected, around.now_ms)
                {
                    self.call(call);
                }
            }
            Action::ClockRead { offset_ms } => {
                self.clock_offset_ms = offset_ms;
                self.knows_time = true;
            }
            Action::Copied { block, worked } => self.copied = Some((block, worked)),
            Action::CopyShown => self.copied = None,
            Action::Notifies(notifies) => self.notifies = notifies,
        }
        std::mem::take(&mut self.effects)
    }

    fn did(&mut self, act: Act) {
        match act {
            Act::Edit(edit) => self.edit(edit),
            Act::Create => self.create(),
            // What was given up is not to be sent by the next visit.
            Act::Cancel | Act::Forget => self.forget(),
            Act::Restart => self.restart(),
            Act::Take(id) => self.own(id),
            Act::Drop(id) => self.ask(Message::Forget { id }),
            Act::Export(id) => self.export(&id),
            Act::GoOn => match self.take() {
                State::Unkept { enrollment, .. } => self.deliver(enrollment),
                other => self.state = other,
            },
            Act::Manual => self.leave_api(),
            Act::Paste(_) | Act::Bring(_) | Act::UsePasted | Act::SaveManifest => self.by_hand(act),
            Act::Passphrase(text) => {
                if let State::Locked { passphrase, .. } = &mut self.state {
                    passphrase.0 = text;
                }
            }
            Act::Unlock => match self.take() {
                State::Locked { enrollment, certificate, passphrase, .. } => {
                    self.verify(enrollment, certificate, passphrase.0);
                }
                other => self.state = other,
            },
            Act::Notify => self.want(Effect::AskToNotify),
            Act::EditCluster(form) => {
                if let State::Verifying { cluster: Some(cluster), .. } = &mut self.state {
                    *cluster = form;
                }
            }
            Act::TakeCluster(kubeconfig) => {
                if let State::Verifying { cluster: Some(cluster), .. } = &mut self.state {
                    cluster.take(&kubeconfig);
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
                let mut issued = match self.take() {
                    State::Issued(issued) => issued,
                    other => return self.state = other,
                };
                if let Some(effect) = issued.did(act) {
                    if let Effect::Save(_) = effect {
                        issued.enrollment.stage = Stage::Saved;
                        self.note(&issued.enrollment, &Said::default());
                    }
                    self.want(effect);
                }
                self.state = State::Issued(issued);
            }
        }
    }

    fn export(&mut self, id: &str) {
        if let Some(kept) = self.kept.iter().find(|kept| kept.id == id) {
            let name = [&kept.progress.name, ".csr"].concat();
            let text = kept.details.request_pem.clone();
            self.want(Effect::SaveText { name, text });
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
        self.said_refused = matches!(self.storage, Storage::Refused(_));
        match self.form.options(&self.settings.policy) {
            Ok(options) => self.generate(options),
            Err(faults) => self.want(Effect::Focus(faults.first_field())),
        }
    }

    /// Goes back to the form with the same details, from wherever. What is kept stays, for another tab too.
    fn restart(&mut self) {
        self.want(Effect::StopCalls);
        if self.state.enrollment().is_some_and(Enrollment::is_kept) || matches!(self.state, State::Taking { .. }) {
            self.ask(Message::Own { id: String::new() });
        } else {
            self.want(Effect::EndRoom);
            self.ask(Message::List);
        }
        self.form.passphrase.clear();
        self.began = true;
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
            State::Error { retry: Retry::Take(id), .. } => self.own(id),
            State::Unkept { enrollment, .. } if enrollment.is_kept() => {
                self.note(&enrollment, &Said::default());
                self.state = State::Keeping { enrollment };
            }
            State::Unkept { enrollment, .. } => self.write(enrollment),
            // Only time mends this one; instead of another, the cluster may have a better one by now.
            State::Refused { enrollment, certificate, code, .. } if !self.has_api || code == "not-valid-now" => {
                self.verify(enrollment, certificate, String::new());
            }
            State::Manual(manual) => self.ask_api(Box::new(manual.enrollment)),
            State::SignIn { enrollment, then: Then::Wait }
            | State::Gone { enrollment, .. }
            | State::Refused { enrollment, .. } => self.wait(enrollment),
            other => self.state = other,
        }
    }

    /// Sends the same request under a new name, which is written down first.
    fn rename(&mut self, mut enrollment: Box<Enrollment>) {
        enrollment.object = None;
        enrollment.stage = Stage::Prepared;
        match self.around.random.map(|random| enrollment.options.rename(random)) {
            Some(Ok(())) if enrollment.is_kept() => {
                self.note(&enrollment, &Said::default());
                self.state = State::Keeping { enrollment };
            }
            Some(Ok(())) => self.deliver(enrollment),
            _ => self.fail(no_randomness(), Retry::Rename(enrollment)),
        }
    }

    /// Takes what a person says of the cluster, for this enrollment only.
    fn use_cluster(&mut self) {
        match self.take() {
            State::Verifying { mut enrollment, certificate, cluster: Some(mut form) } => match form.parse() {
                Ok(cluster) => {
                    enrollment.cluster = Some(cluster);
                    self.verify(enrollment, certificate, String::new());
                }
                Err(error) => {
                    form.fault = Some(sentence(&error));
                    self.want(Effect::Focus("cluster-name".into()));
                    self.state = State::Verifying { enrollment, certificate, cluster: Some(form) };
                }
            },
            other => self.state = other,
        }
    }

    fn cluster_known(&mut self, cluster: Cluster) {
        self.cluster = Some(cluster);
        match self.take() {
            State::Verifying { enrollment, certificate, cluster: Some(_) } => {
                self.verify(enrollment, certificate, String::new());
            }
            other => self.state = other,
        }
        self.compare_cluster();
    }

    /// Returns where this enrollment leads.
    fn cluster_of<'a>(&'a self, enrollment: &'a Enrollment) -> Option<&'a Cluster> {
        enrollment.cluster.as_ref().or(self.cluster.as_ref())
    }

    /// The cluster's time, in milliseconds since 1970.
    pub(crate) fn cluster_ms(&self) -> f64 {
        self.around.now_ms + self.clock_offset_ms
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
            Answer::Whoami(Ok(person)) => {
                self.person = Some(person);
                let settings = std::mem::take(&mut self.settings);
                self.loaded(settings);
            }
            Answer::Settings(Err(problem)) | Answer::Whoami(Err(problem)) => self.fail(problem, Retry::Load),
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

    fn loaded(&mut self, mut settings: Settings) {
        let State::Loading = self.state else { return };
        match &self.person {
            Some(person) => {
                self.form.user.clone_from(&person.user);
                settings.policy.groups.clone_from(&person.groups);
            }
            None if !settings.identity.is_empty() => {
                self.settings = settings;
                return self.call(Call::Whoami);
            }
            None => {}
        }
        let Some(random) = self.around.random else { return self.fail(no_randomness(), Retry::Load) };
        self.form.adopt(&settings.policy);
        self.form.random = random;
        self.cluster.clone_from(&settings.cluster);
        self.has_api = settings.api_base.is_some();
        if let Some(base) = settings.api_base.clone() {
            // Beyond the page's own folder, other things of the same origin may run scripts.
            self.place.shared = base.starts_with('/') || base.starts_with("..");
            self.want(Effect::UseApi(base));
            if self.cluster.is_none() {
                self.call(Call::ClusterInfo);
            }
        }
        self.settings = settings;
        self.choose_keep();
        self.state = State::Editing { tried: false };
        self.ask_time();
        self.go_on();
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

    /// Tells a person who looks at something else.
    fn tell(&mut self, what: &'static str) {
        if self.notifies {
            self.want(Effect::Notify(what));
        }
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
