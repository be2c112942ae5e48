//! From an object in the cluster to its decision, and to its certificate.

use kube_enroll_core::{CertificateSigningRequest, RequestState, Timestamp, WatchEvent, room::Message};

use crate::state::{
    Answer, Call, ClusterForm, Decision, Effect, Enrollment, Failure, Gone, Lookout, Page, Said, State, Then,
};

impl Page {
    pub(super) fn wait(&mut self, enrollment: Box<Enrollment>) {
        self.call(Call::List(enrollment.name().clone()));
        let lookout = Box::new(Lookout::new(self.around.now_ms));
        self.state = State::Waiting { enrollment, decision: Decision::Pending, lookout };
    }

    pub(super) fn looked(&mut self, answer: Answer) {
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

    pub(super) fn event(&mut self, event: &WatchEvent) {
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

    pub(super) fn seen_or_absent(&mut self, found: Option<&CertificateSigningRequest>) {
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

    pub(super) fn seen(&mut self, object: &CertificateSigningRequest) {
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

    pub(super) fn verify(&mut self, enrollment: Box<Enrollment>, certificate_pem: String) {
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
}
