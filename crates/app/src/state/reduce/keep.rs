//! What is kept in the browser's storage: written before anything is sent, and taken up again.

use kube_enroll_core::{
    Cluster,
    room::{Details, Kept, Message, Owner, Stage},
};

use crate::state::{
    Call, Certificate, Effect, Enrollment, Gone, Keep, Page, Problem, Retry, Said, State, Storage, form::sentence,
};

impl Page {
    /// Has the room write the enrollment to the disk. It is sent only after that.
    pub(super) fn keep(&mut self, mut enrollment: Box<Enrollment>) {
        enrollment.cluster.clone_from(&self.cluster);
        if let Storage::Refused(reason) = &self.storage {
            // A person who pressed the button before the page could say so is asked.
            let reason = reason.clone();
            return if self.said_refused {
                self.deliver(enrollment)
            } else {
                self.state = State::Unkept { enrollment, reason }
            };
        }
        self.write(enrollment);
    }

    /// The same, whatever is known of the storage: it may have changed.
    pub(super) fn write(&mut self, enrollment: Box<Enrollment>) {
        let passphrase = if self.form.keep == Keep::Passphrase { self.form.passphrase.clone() } else { String::new() };
        let progress = Box::new(enrollment.progress(&Said::default()));
        self.ask(Message::Keep { details: Box::new(enrollment.details()), progress, passphrase });
        self.state = State::Keeping { enrollment };
    }

    /// Sends what is kept by now, or has a person carry it.
    pub(super) fn deliver(&mut self, enrollment: Box<Enrollment>) {
        self.form.passphrase.clear();
        if self.has_api { self.submit(enrollment) } else { self.carry(enrollment, "") }
    }

    pub(super) fn kept(&mut self, id: String) {
        match self.take() {
            State::Keeping { mut enrollment } => {
                enrollment.id = id;
                self.deliver(enrollment);
            }
            other => self.state = other,
        }
    }

    pub(super) fn not_kept(&mut self, reason: String) {
        match self.take() {
            State::Keeping { enrollment } => self.state = State::Unkept { enrollment, reason },
            other => self.state = other,
        }
    }

    /// Writes down where the enrollment stands.
    pub(super) fn note(&mut self, enrollment: &Enrollment, said: &Said) {
        if enrollment.is_kept() {
            self.ask(Message::Note { id: enrollment.id.clone(), progress: Box::new(enrollment.progress(said)) });
        }
    }

    /// Takes what the storage holds now, by this tab or another.
    pub(super) fn listed(&mut self, kept: Vec<Kept>, refused: String, wraps: bool) {
        let storage = if refused.is_empty() { Storage::Ready { wraps } } else { Storage::Refused(refused) };
        let changed = self.storage != storage;
        let is_silent = matches!(storage, Storage::Refused(_)) && self.storage != Storage::Unknown;
        self.storage = storage;
        if changed {
            self.choose_keep();
        }
        // A storage that does not answer any more has deleted nothing.
        if is_silent {
            if let State::Taking { id, .. } = &self.state {
                let id = id.clone();
                self.fail(Problem::new("The browser’s storage does not answer", "Your key is kept."), Retry::Take(id));
            }
            return;
        }
        self.kept = kept;
        let found = |id: &str| self.kept.iter().find(|kept| kept.id == id);
        match &mut self.state {
            State::Editing { .. } => {
                self.ask_time();
                self.go_on();
            }
            State::Taking { id, elsewhere } => match found(id).cloned() {
                Some(kept) if kept.owner == Owner::Us => self.take_up(&kept),
                Some(kept) => *elsewhere = kept.owner == Owner::Other,
                None => self.restart(),
            },
            // It has a new name, which had to be written first.
            State::Keeping { enrollment }
                if found(&enrollment.id).is_some_and(|kept| kept.progress.name == enrollment.name().as_str()) =>
            {
                if let State::Keeping { enrollment } = self.take() {
                    self.deliver(enrollment);
                }
            }
            state => {
                let Some(id) = state.enrollment().filter(|enrollment| enrollment.is_kept()).map(|it| it.id.clone())
                else {
                    return;
                };
                match found(&id).map(|kept| kept.owner) {
                    // Another tab has taken it while this one slept.
                    Some(Owner::Other) => {
                        self.want(Effect::StopCalls);
                        self.state = State::Taking { id, elsewhere: true };
                    }
                    Some(_) => {}
                    // Another tab has deleted it.
                    None => self.restart(),
                }
            }
        }
    }

    /// Goes on by itself with the one enrollment that there is, unless a person has begun with something else.
    pub(super) fn go_on(&mut self) {
        let ready = matches!(self.state, State::Editing { tried: false }) && self.storage != Storage::Unknown;
        if !ready || std::mem::replace(&mut self.began, true) || self.form.touched {
            return;
        }
        if let [kept] = &self.kept[..]
            && kept.fault.is_empty()
            && kept.progress.stage != Stage::Saved
        {
            self.own(kept.id.clone());
        }
    }

    /// Has the cluster say its time, where something that is kept may have expired: any answer of the API tells it.
    pub(super) fn ask_time(&mut self) {
        let may_expire = self.kept.iter().any(|kept| kept.progress.not_after.is_some());
        if may_expire && self.has_api && self.cluster.is_some() && !self.knows_time {
            self.call(Call::ClusterInfo);
        }
    }

    pub(super) fn own(&mut self, id: String) {
        self.ask(Message::Own { id: id.clone() });
        self.state = State::Taking { id, elsewhere: false };
    }

    fn take_up(&mut self, kept: &Kept) {
        let enrollment = match Enrollment::resume(kept) {
            Ok(enrollment) => Box::new(enrollment),
            Err(error) => {
                self.ask(Message::Own { id: String::new() });
                let problem = Problem::new("What was kept cannot be read", &sentence(&error));
                return self.fail(problem, Retry::Load);
            }
        };
        let said = || Said { reason: kept.progress.reason.clone(), message: kept.progress.message.clone() };
        match enrollment.stage {
            Stage::Denied => self.state = State::Denied { said: said(), enrollment },
            Stage::Failed => self.state = State::Failed { said: said(), enrollment },
            Stage::Issued | Stage::Saved if !enrollment.certificate_pem.is_empty() => {
                let text = enrollment.certificate_pem.clone();
                self.verify(enrollment, Certificate { text, pasted: false }, String::new());
            }
            _ if self.is_of_another_cluster(&kept.details) => self.state = State::OtherCluster { enrollment },
            Stage::Prepared => self.deliver(enrollment),
            _ if self.has_api => self.wait(enrollment),
            _ => self.carry(enrollment, ""),
        }
    }

    /// The page may have been moved in front of another cluster, whose lack of an object says nothing.
    fn is_of_another_cluster(&self, details: &Details) -> bool {
        fn authorities(cluster: Option<&Cluster>) -> &str {
            cluster.map_or("", |cluster| &cluster.certificate_authority_data)
        }
        let (theirs, ours) = (authorities(details.cluster.as_ref()), authorities(self.cluster.as_ref()));
        !theirs.is_empty() && !ours.is_empty() && theirs != ours
    }

    /// Looks again once the cluster is known, which may be after it was asked.
    pub(super) fn compare_cluster(&mut self) {
        let other = |page: &Self, enrollment: &Enrollment| page.is_of_another_cluster(&enrollment.details());
        match self.take() {
            State::Submitting { enrollment, .. }
            | State::Waiting { enrollment, .. }
            | State::Gone { enrollment, .. }
                if other(self, &enrollment) =>
            {
                self.want(Effect::StopCalls);
                self.state = State::OtherCluster { enrollment };
            }
            state => self.state = state,
        }
    }

    /// Deletes the key of the enrollment that is shown.
    pub(super) fn forget(&mut self) {
        if let Some(enrollment) = self.state.enrollment().filter(|enrollment| enrollment.is_kept()) {
            let id = enrollment.id.clone();
            self.ask(Message::Forget { id });
        }
        self.restart();
    }

    /// Chooses what fits the place, where a person has not: where others share the origin, they could open the browser's key.
    pub(in crate::state) fn choose_keep(&mut self) {
        self.form.keep = match self.storage {
            Storage::Refused(_) => Keep::Nowhere,
            Storage::Ready { wraps: false } => Keep::Passphrase,
            _ if self.form.chose_keep => return,
            _ if self.place.shared || !self.place.secure => Keep::Passphrase,
            _ => Keep::Browser,
        };
    }

    pub(super) fn gone(&mut self, mut enrollment: Box<Enrollment>, why: Gone) {
        enrollment.stage = Stage::Gone;
        self.note(&enrollment, &Said::default());
        self.state = State::Gone { enrollment, why };
    }
}
