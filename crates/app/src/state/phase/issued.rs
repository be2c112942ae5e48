use std::{fmt, rc::Rc};

use kube_enroll_core::{Cluster, FileName};
use kube_enroll_protocol::{Assembled, Command, Reply, Stage};

use super::{Certificate, Phase, Refused};
use crate::state::{Context, Effect, Enrollment, Event, Transition, UserAction};

/// The kubeconfig is ready.
#[derive(Debug, PartialEq)]
pub(crate) struct Issued {
    pub cluster: Rc<Cluster>,
    pub assembled: Rc<Assembled>,
    /// The typed name, which may be no [`FileName`].
    pub file_name: String,
    pub shown: Shown,
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
    /// The file cannot be shown, for this reason.
    Failed(String),
}

/// The text with the private key, which `Debug` omits.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PrivateText(pub Rc<str>);

impl Issued {
    /// Begins with the checked certificate, and stores its facts.
    pub(super) fn begin(
        mut enrollment: Rc<Enrollment>,
        certificate: &Certificate,
        assembled: Assembled,
        context: &Context,
    ) -> Transition {
        let Some(cluster) = context.cluster_of(&enrollment).cloned() else {
            // The worker does not assemble without one.
            let (code, message) = (kube_enroll_core::ErrorCode::ClusterMissing, "the cluster is not known".to_owned());
            let refused = Refused { certificate: Some(certificate.clone()), code, message };
            return Transition::to(Phase::Refused(refused).of(enrollment));
        };
        let is_new = certificate.is_pasted || enrollment.not_after.is_none();
        let saved = enrollment.stage == Stage::Saved;
        let changed = Rc::make_mut(&mut enrollment);
        changed.certificate_pem = Some(assembled.certificate_pem.clone());
        changed.not_after = Some(assembled.certificate.not_after);
        let save = if is_new && !saved { enrollment.reach(Stage::Issued) } else { None };
        let issued = Self {
            file_name: FileName::new(enrollment.application.subject.user(), &cluster).as_str().to_owned(),
            cluster: Rc::new(cluster),
            assembled: Rc::new(assembled),
            shown: Shown::No,
            saved,
        };
        Transition::to(Phase::Issued(Box::new(issued)).of(enrollment)).with_all(save)
    }

    pub(super) fn on(mut self: Box<Self>, event: Event, mut enrollment: Rc<Enrollment>) -> Transition {
        let mut effects = Vec::new();
        match event {
            Event::User(UserAction::NameFile(name)) => self.file_name = name,
            Event::User(UserAction::Reveal) => {
                self.shown = Shown::Requested;
                effects.push(Effect::Command(Box::new(Command::Reveal)));
            }
            Event::User(UserAction::Hide) => self.shown = Shown::No,
            Event::User(UserAction::Save) => match FileName::parse(&self.file_name) {
                Ok(name) => {
                    self.saved = true;
                    effects.extend(enrollment.reach(Stage::Saved));
                    effects.push(Effect::Save(name));
                }
                Err(_) => effects.push(Effect::Focus("file-name".into())),
            },
            // Only for a click.
            Event::Reply(Reply::Reveal(result)) if self.shown == Shown::Requested => {
                self.shown = match result {
                    Ok(kubeconfig) => Shown::Yes(PrivateText(kubeconfig.into())),
                    Err(failure) => Shown::Failed(failure.message),
                };
            }
            Event::WorkerFailed(_) if self.shown == Shown::Requested => {
                let reason = "It cannot be shown any more: the part that makes keys broke down.";
                self.shown = Shown::Failed(reason.into());
            }
            _ => {}
        }
        Transition::to(Phase::Issued(self).of(enrollment)).with_all(effects)
    }
}

impl fmt::Debug for PrivateText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateText")
    }
}
