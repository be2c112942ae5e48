use std::{fmt, rc::Rc};

use kube_enroll_core::{Cluster, FileName};
use kube_enroll_protocol::{Assembled, Command, Failure, Reply, Stage};

use super::{Certificate, Phase, Verifying};
use crate::state::{
    Context, Effect, Enrollment, Event, Problem, Transition, UserAction, enrollment::seconds, form::sentence,
};

/// The kubeconfig is ready.
#[derive(Debug, PartialEq)]
pub(crate) struct Issued {
    pub cluster: Rc<Cluster>,
    pub assembled: Rc<Assembled>,
    /// The typed name, which may be no [`FileName`].
    pub file_name: String,
    pub shown: Shown,
    /// The name under which the worker's file is to be saved, while the worker writes it.
    pub saving: Option<FileName>,
    /// The file that is in the downloads, and how many there are of its name; `None` before one is saved.
    pub saved_file: Option<(FileName, u32)>,
    pub saved: bool,
}

/// The display of the file with the private key.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) enum Shown {
    #[default]
    No,
    /// Requested from the worker.
    Requested,
    Yes(PrivateText),
}

/// The text with the private key, which `Debug` omits.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PrivateText(pub Rc<str>);

impl Issued {
    /// Begins with the checked certificate, and stores its facts. `cluster` is that of the kubeconfig.
    pub(super) fn begin(mut enrollment: Rc<Enrollment>, cluster: Rc<Cluster>, assembled: Assembled) -> Transition {
        let is_new = enrollment.certificate_pem.as_ref() != Some(&assembled.certificate_pem);
        // Another certificate than the saved one is in no file yet.
        let saved = enrollment.stage == Stage::Saved && !is_new;
        let is_known = enrollment.not_after.is_some() && !is_new;
        let changed = Rc::make_mut(&mut enrollment);
        changed.certificate_pem = Some(assembled.certificate_pem.clone());
        changed.not_after = Some(assembled.certificate.not_after);
        let save = if is_known { None } else { enrollment.reach(Stage::Issued) };
        let name = FileName::new(enrollment.application.subject.user(), &cluster);
        let issued = Self {
            file_name: name.as_str().to_owned(),
            saved_file: saved.then_some((name, 1)),
            cluster,
            assembled: Rc::new(assembled),
            shown: Shown::No,
            saving: None,
            saved,
        };
        Transition::to(Phase::Issued(Box::new(issued)).of(enrollment)).with_all(save)
    }

    pub(super) fn on(
        mut self: Box<Self>,
        event: Event,
        mut enrollment: Rc<Enrollment>,
        context: &Context,
    ) -> Transition {
        let mut effects = Vec::new();
        match event {
            Event::User(UserAction::NameFile(name)) => {
                // Once there is a file, the field says what it is called.
                if self.saved {
                    self.saved_file = FileName::parse(&name).ok().map(|name| (name, 1));
                }
                self.file_name = name;
            }
            Event::User(UserAction::Reveal) => {
                self.shown = Shown::Requested;
                effects.push(Effect::Command(Box::new(Command::Reveal)));
            }
            Event::User(UserAction::Hide) => self.shown = Shown::No,
            Event::User(UserAction::Save) => match FileName::parse(&self.file_name) {
                Ok(typed) => {
                    let (first, count) = self.saved_file.take().map_or((typed, 1), |(first, count)| (first, count + 1));
                    let name = if count > 1 { first.numbered(count) } else { first.clone() };
                    self.file_name = name.as_str().to_owned();
                    self.saved_file = Some((first, count));
                    self.saving = Some(name);
                    effects.push(Effect::Command(Box::new(Command::Save)));
                }
                Err(_) => effects.push(Effect::Focus("file-name".into())),
            },
            // Only for a click.
            Event::Reply(Reply::Save(Ok(()))) => {
                if let Some(name) = self.saving.take() {
                    self.saved = true;
                    Rc::make_mut(&mut enrollment).saved_at = Some(seconds(context.inputs.now_ms));
                    effects.extend(enrollment.reach(Stage::Saved));
                    effects.push(Effect::Save(name));
                }
            }
            Event::Reply(Reply::Reveal(Ok(kubeconfig))) if self.shown == Shown::Requested => {
                self.shown = Shown::Yes(PrivateText(kubeconfig.into()));
            }
            Event::Reply(Reply::Save(Err(failure)) | Reply::Reveal(Err(failure))) => {
                return self.open_again(failure, enrollment, context);
            }
            // A file that was saved is as it was.
            Event::WorkerFailed(failure) if !self.saved || self.saving.is_some() || self.shown == Shown::Requested => {
                return Phase::worker_failed(failure, self.consequence(), &enrollment);
            }
            _ => {}
        }
        Transition::to(Phase::Issued(self).of(enrollment)).with_all(effects)
    }

    /// Has a worker that does not hold the key, since it was made anew, open it from the storage.
    fn open_again(&self, failure: Failure, enrollment: Rc<Enrollment>, context: &Context) -> Transition {
        match enrollment.certificate_pem.clone().filter(|_| enrollment.is_stored()) {
            Some(text) => Verifying::begin(enrollment, Certificate { text, is_pasted: false }, None, context),
            None => {
                let problem = Problem::new("The key is not here any more", self.consequence());
                Transition::fail(problem.with(sentence(failure.message)), enrollment.generate_again())
            }
        }
    }

    /// Returns what it means that the worker has lost a key that is not stored.
    fn consequence(&self) -> &'static str {
        if self.saved {
            "The file that you saved is as it was. For another one, please begin again."
        } else {
            super::KEY_LOST
        }
    }
}

impl fmt::Debug for PrivateText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateText")
    }
}
