use std::{fmt, rc::Rc};

use kube_enroll_core::{Cluster, ErrorCode, Timestamp};
use kube_enroll_protocol::{Assemble, Command, Failure, Passphrase, Reply};

use super::{Issued, Locked, Manual, Phase, Refused};
use crate::state::{
    Answer, Call, ClusterForm, Context, Effect, Enrollment, Event, Fault, Problem, Retry, Transition, UserAction,
    enrollment::seconds, form::sentence,
};

/// The worker checks the certificate.
#[derive(Debug, PartialEq)]
pub(crate) struct Verifying {
    pub certificate: Certificate,
    /// The cluster that the kubeconfig is written for, or `None` if it is not known.
    pub known: Option<Rc<Cluster>>,
    /// The form for the cluster, or `None` unless the cluster is not known.
    pub cluster: Option<Rc<ClusterForm>>,
}

/// A certificate that is not checked yet. It may be a pasted secret, so `Debug` omits it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Certificate {
    /// PEM, or the pasted text.
    pub text: String,
    /// The person has pasted it.
    pub is_pasted: bool,
}

impl Verifying {
    /// Sends the worker the command that checks the certificate and writes the kubeconfig.
    pub(in crate::state) fn begin(
        enrollment: Rc<Enrollment>,
        certificate: Certificate,
        passphrase: Option<Passphrase>,
        context: &Context,
    ) -> Transition {
        let now: Timestamp = seconds(context.cluster_ms());
        let known = context.cluster_of(&enrollment).cloned();
        let command = Command::Assemble(Box::new(Assemble {
            certificate: certificate.text.clone(),
            cluster: known.clone(),
            namespace: enrollment.application.namespace.clone(),
            expiration_seconds: enrollment.application.expiration_seconds,
            now,
            id: enrollment.id.clone(),
            passphrase,
        }));
        let verifying = Self { certificate, known: known.map(Rc::new), cluster: None };
        Transition::to(Phase::Verifying(verifying).of(enrollment)).command(command)
    }

    pub(super) fn on(mut self, event: Event, enrollment: Rc<Enrollment>, context: &Context) -> Transition {
        match event {
            Event::Reply(Reply::Assemble(Ok(assembled))) => {
                // The worker does not assemble without a cluster.
                return match self.known {
                    Some(cluster) => Issued::begin(enrollment, cluster, *assembled),
                    None => Transition::to(Phase::Verifying(self).of(enrollment)),
                };
            }
            Event::Reply(Reply::Assemble(Err(failure))) => return self.unverified(failure, enrollment, context),
            Event::WorkerFailed(failure) => return Phase::worker_failed(failure, super::KEY_LOST, &enrollment),
            Event::User(UserAction::EditCluster(form)) if self.cluster.is_some() => self.cluster = Some(Rc::from(form)),
            Event::User(UserAction::PasteKubeconfig(kubeconfig)) => {
                if let Some(form) = &mut self.cluster {
                    Rc::make_mut(form).fill_in(&kubeconfig);
                }
            }
            Event::User(UserAction::UseCluster) => return self.use_cluster(enrollment, context),
            Event::Answer(Answer::ClusterInfo(_)) if self.cluster.is_some() && context.cluster.is_some() => {
                return Self::begin(enrollment, self.certificate, None, context);
            }
            _ => {}
        }
        Transition::to(Phase::Verifying(self).of(enrollment))
    }

    /// Continues with the cluster that the person has filled in, for this enrollment only.
    fn use_cluster(mut self, mut enrollment: Rc<Enrollment>, context: &Context) -> Transition {
        let Some(form) = &mut self.cluster else { return Transition::to(Phase::Verifying(self).of(enrollment)) };
        match form.parse() {
            Ok(cluster) => {
                Rc::make_mut(&mut enrollment).cluster = Some(cluster);
                Self::begin(enrollment, self.certificate, None, context)
            }
            Err(fault) => {
                let field = if form.lacking().is_some() { "cluster-authorities" } else { "cluster-name" };
                Rc::make_mut(form).fault = Some(fault);
                Transition::to(Phase::Verifying(self).of(enrollment)).with(Effect::Focus(field.into()))
            }
        }
    }

    /// Handles a failure of the worker: the key needs its passphrase, the cluster is not known, or the certificate is
    /// refused.
    fn unverified(self, failure: Failure, enrollment: Rc<Enrollment>, context: &Context) -> Transition {
        let Failure { code, message, validity } = failure;
        let Self { certificate, .. } = self;
        match (code, &enrollment.id) {
            (ErrorCode::PassphraseNeeded, _) => {
                Transition::to(Phase::Locked(Locked::new(certificate, None)).of(enrollment))
            }
            (ErrorCode::WrongPassphrase, _) => {
                let fault = format!("{} {TRY_AGAIN}", sentence(message));
                let locked = Locked::new(certificate, Some(fault));
                Transition::to(Phase::Locked(locked).of(enrollment)).with(Effect::Focus("passphrase".into()))
            }
            (ErrorCode::ClusterMissing, _) => {
                let read_cluster_info = context.has_api().then_some(Effect::Call(Call::ClusterInfo));
                let verifying = Self { certificate, known: None, cluster: Some(Rc::default()) };
                Transition::to(Phase::Verifying(verifying).of(enrollment)).with_all(read_cluster_info)
            }
            // Of the storage, and not of the certificate.
            (
                ErrorCode::RecordDamaged
                | ErrorCode::NewerVersion
                | ErrorCode::OtherCluster
                | ErrorCode::Storage
                | ErrorCode::StorageBlocked
                | ErrorCode::NoMemory
                | ErrorCode::Forgotten,
                Some(id),
            ) => Transition::fail(Problem::unopened(code, &message), Retry::Acquire(id.clone())),
            // A worker that was made anew has no key that is not stored.
            (ErrorCode::OutOfOrder, None) => {
                let problem = Problem::new("The key is not here any more", super::KEY_LOST);
                Transition::fail(problem.with(sentence(message)), enrollment.generate_again())
            }
            (ErrorCode::PastedPrivateKey, _) => {
                Transition::to(Phase::Manual(Manual::with_private_key_fault()).of(enrollment))
            }
            _ => {
                let fault = match validity {
                    // Without an answer of the API, the clock is this computer's.
                    Some(validity) => Fault::NotValidNow { validity, is_clusters: context.clock_offset_ms.is_some() },
                    None if certificate.is_pasted => Fault::Words(format!("{}{}", sentence(message), advice(code))),
                    None => Fault::Words(sentence(message)),
                };
                if certificate.is_pasted {
                    let manual = Manual::refused(certificate.text, fault);
                    Transition::to(Phase::Manual(manual).of(enrollment)).with(Effect::Focus("pasted".into()))
                } else {
                    let refused = Refused { certificate: Some(certificate), code, fault };
                    Transition::to(Phase::Refused(refused).of(enrollment))
                }
            }
        }
    }
}

/// Returns advice on a refused pasted certificate.
fn advice(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::OtherKey | ErrorCode::OtherUser | ErrorCode::OtherGroups | ErrorCode::OtherIssuer => {
            " It was made for another request, or by somebody else: please bring the one of this request."
        }
        _ => "",
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificate")
    }
}

const TRY_AGAIN: &str = "Passphrases are case-sensitive; nothing is lost by trying again.";
