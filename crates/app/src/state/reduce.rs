mod look;
mod submit;

use kube_enroll_core::{Cluster, Settings, kubeconfig::is_file_name, room::Message};

use super::{
    Act, Action, Answer, Around, Call, Edit, Effect, Enrollment, Issued, Page, Problem, Retry, Shown, State, Then,
    form::sentence, problem::no_randomness,
};

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
