//! From an object in the cluster to its decision, and to its certificate.

use kube_enroll_core::{
    CertificateSigningRequest, RequestState, WatchEvent,
    room::{Message, Stage},
};

use crate::state::{
    Answer, Call, Certificate, Decision, Effect, Enrollment, Failure, Gone, Lookout, Page, Said, State, Then,
    enrollment::seconds,
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
                self.want(Effect::StopCalls);
                self.tell("Your request is gone");
                self.gone(enrollment, Gone::Absent { was_approved });
            }
            other => self.state = other,
        }
    }

    pub(super) fn seen(&mut self, object: &CertificateSigningRequest) {
        let (mut enrollment, decision, lookout) = match self.take() {
            State::Waiting { enrollment, decision, lookout } => (enrollment, decision, lookout),
            other => {
                self.state = other;
                return;
            }
        };
        if enrollment.stage == Stage::Gone && enrollment.owns(object) {
            enrollment.stage = Stage::Submitted;
            self.note(&enrollment, &Said::default());
        }
        self.state = match object.state() {
            _ if !enrollment.owns(object) => {
                self.want(Effect::StopCalls);
                return self.gone(enrollment, Gone::Other);
            }
            Ok(RequestState::Approved) if decision == Decision::Pending => {
                let decision = Decision::Approved { since_ms: self.around.now_ms };
                State::Waiting { enrollment, decision, lookout }
            }
            // A stale answer, or no news: a decision is never taken back.
            Ok(RequestState::Pending | RequestState::Approved | RequestState::Gone) => {
                State::Waiting { enrollment, decision, lookout }
            }
            Ok(RequestState::Denied { reason, message }) => {
                let (enrollment, said) = self.decided(enrollment, Stage::Denied, Said { reason, message });
                self.tell("Your request was denied");
                State::Denied { enrollment, said }
            }
            Ok(RequestState::Failed { reason, message }) => {
                let (enrollment, said) = self.decided(enrollment, Stage::Failed, Said { reason, message });
                self.tell("The cluster could not sign");
                State::Failed { enrollment, said }
            }
            Ok(RequestState::Issued { certificate_pem: text }) => {
                self.want(Effect::StopCalls);
                enrollment.certificate_pem.clone_from(&text);
                let (enrollment, _) = self.decided(enrollment, Stage::Issued, Said::default());
                self.verify(enrollment, Certificate { text, pasted: false }, String::new());
                return self.tell("Your certificate is here");
            }
            Err(error) => State::Refused {
                enrollment,
                certificate: Certificate::default(),
                code: "invalid-object".into(),
                message: error.to_string(),
            },
        };
        if !matches!(self.state, State::Waiting { .. }) {
            self.want(Effect::StopCalls);
        }
    }

    /// Writes a decision down, so that it outlives the object, which Kubernetes cleans up.
    fn decided(&mut self, mut enrollment: Box<Enrollment>, stage: Stage, said: Said) -> (Box<Enrollment>, Said) {
        enrollment.stage = stage;
        self.note(&enrollment, &said);
        (enrollment, said)
    }

    pub(super) fn verify(&mut self, enrollment: Box<Enrollment>, certificate: Certificate, passphrase: String) {
        // Without a cluster, the room checks all the rest, and then misses its name.
        let cluster = self.cluster_of(&enrollment).cloned().unwrap_or_default();
        self.ask(Message::Assemble {
            certificate: certificate.text.clone(),
            cluster,
            namespace: enrollment.options.namespace.clone(),
            expiration_seconds: enrollment.options.expiration_seconds,
            now: seconds(self.cluster_ms()),
            id: enrollment.id.clone(),
            passphrase,
        });
        self.state = State::Verifying { enrollment, certificate, cluster: None };
    }

    /// Asks for the cluster, which nothing else has said.
    pub(super) fn ask_cluster(&mut self, enrollment: Box<Enrollment>, certificate: Certificate) {
        if self.has_api {
            self.call(Call::ClusterInfo);
        }
        self.state = State::Verifying { enrollment, certificate, cluster: Some(Box::default()) };
    }
}
