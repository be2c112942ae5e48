//! From the form to an object in the cluster, and the room's replies.

use kube_enroll_core::{
    CertificateSigningRequest,
    kubeconfig::file_name,
    room::{Assembled, Message, Reply, Stage},
};

use super::manual::PASTED_SECRET;
use crate::state::{
    Call, Certificate, Delivery, Effect, Enrollment, Failure, Issued, Manual, Options, Page, Problem, Retry,
    RoomTrouble, Said, Secret, Shown, State, Then,
    form::as_sentence,
    problem::{name_taken, of_room, of_status},
};

const UNOPENED: &str = "Your key could not be opened";

/// The pauses before another try with the same name; each is stretched by up to a half at random.
const PAUSES_MS: [f64; 5] = [500.0, 1_000.0, 2_000.0, 4_000.0, 8_000.0];

impl Page {
    pub(super) fn generate(&mut self, options: Box<Options>) {
        self.ask(Message::Generate {
            algorithm: options.algorithm,
            user: options.subject.user().to_owned(),
            groups: options.subject.groups().to_vec(),
        });
        self.state = State::Generating { options, since_ms: self.around.now_ms };
    }

    pub(super) fn replied(&mut self, reply: Result<Reply, RoomTrouble>) {
        let reply = match reply {
            Ok(Reply::Listed { kept, refused, wraps }) => return self.listed(kept, refused, wraps),
            Ok(Reply::Kept { id }) => return self.kept(id),
            Ok(Reply::NotKept { reason }) => return self.not_kept(reason),
            other => other,
        };
        // The kubeconfig of an issued certificate is kept: it goes with the room.
        if reply.is_err() && !matches!(self.state, State::Issued(_)) {
            self.want(Effect::EndRoom);
            // What was owned was let go with the room.
            if let Some(enrollment) = self.state.enrollment().filter(|enrollment| enrollment.is_kept()) {
                let id = enrollment.id.clone();
                self.ask(Message::Own { id });
            }
        }
        match (self.take(), reply) {
            (State::Generating { options, .. }, Ok(Reply::Generated { request_pem, fingerprint })) => {
                self.keep(Box::new(Enrollment::new(*options, request_pem, fingerprint, self.around.now_ms)));
            }
            (State::Generating { options, .. }, Ok(Reply::Failed { code, message })) => {
                self.fail(Problem::new("The key could not be made", &message).with(code), Retry::Generate(options));
            }
            (State::Generating { options, .. }, Err(trouble)) => {
                self.fail(of_room(trouble, "Nothing was sent. You can try again."), Retry::Generate(options));
            }
            (State::Keeping { enrollment }, Ok(Reply::Failed { message: reason, .. })) => {
                self.state = State::Unkept { enrollment, reason };
            }
            (State::Keeping { enrollment }, Err(trouble)) => {
                self.fail(
                    of_room(trouble, "Nothing was sent. You can try again."),
                    Retry::Generate(Box::new(enrollment.options)),
                );
            }
            (State::Verifying { enrollment, certificate, .. }, Ok(Reply::Assembled(assembled))) => {
                self.issued(enrollment, &certificate, assembled);
            }
            (State::Verifying { enrollment, certificate, .. }, Ok(Reply::Failed { code, message })) => {
                self.unverified(enrollment, certificate, code, message);
            }
            (State::Verifying { enrollment, .. }, Err(trouble)) if enrollment.is_kept() => {
                let problem = of_room(trouble, "Your key is kept. You can try again.");
                self.fail(problem, Retry::Take(enrollment.id));
            }
            (State::Verifying { enrollment, .. }, Err(trouble)) => {
                let problem =
                    of_room(trouble, "The key is lost with it, so the certificate is of no use. Please begin again.");
                self.fail(problem, Retry::Generate(Box::new(enrollment.options)));
            }
            (State::Taking { id, .. }, Ok(Reply::Failed { message, .. })) => {
                self.fail(Problem::new(UNOPENED, &message), Retry::Take(id));
            }
            (State::Taking { id, .. }, Err(trouble)) => {
                self.fail(of_room(trouble, "Your key is kept. You can try again."), Retry::Take(id));
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

    fn issued(&mut self, mut enrollment: Box<Enrollment>, certificate: &Certificate, assembled: Assembled) {
        let cluster = self.cluster_of(&enrollment).cloned().unwrap_or_default();
        let news = certificate.pasted || enrollment.not_after.is_none();
        enrollment.certificate_pem.clone_from(&assembled.certificate_pem);
        enrollment.not_after = Some(assembled.certificate.not_after);
        let saved = enrollment.stage == Stage::Saved;
        if news && !saved {
            enrollment.stage = Stage::Issued;
            self.note(&enrollment, &Said::default());
        }
        self.state = State::Issued(Box::new(Issued {
            file_name: file_name(&assembled.certificate.user, &cluster.name),
            enrollment: *enrollment,
            cluster,
            assembled,
            shown: Shown::No,
            saved,
        }));
    }

    /// Takes why there is no kubeconfig: the key is locked, or what a person brought or the cluster issued is not right.
    fn unverified(&mut self, enrollment: Box<Enrollment>, certificate: Certificate, code: String, message: String) {
        let has_passphrase = self.kept.iter().any(|kept| kept.id == enrollment.id && kept.has_passphrase);
        self.state = match code.as_str() {
            "passphrase-needed" => {
                State::Locked { enrollment, certificate, passphrase: Secret::default(), fault: String::new() }
            }
            "locked" if has_passphrase => {
                self.want(Effect::Focus("passphrase".into()));
                let fault = "This passphrase does not open the key. Letters count as large or small; nothing is lost by trying again.";
                State::Locked { enrollment, certificate, passphrase: Secret::default(), fault: fault.into() }
            }
            "empty-name" => return self.ask_cluster(enrollment, certificate),
            // Of the storage, and not of the certificate.
            "locked" | "storage" | "no-memory" | "forgotten" if enrollment.is_kept() => {
                return self.fail(Problem::new(UNOPENED, &message), Retry::Take(enrollment.id));
            }
            "pasted-private-key" => State::Manual(Box::new(Manual {
                enrollment: *enrollment,
                why: String::new(),
                pasted: String::new(),
                fault: PASTED_SECRET.into(),
            })),
            _ if certificate.pasted => {
                self.want(Effect::Focus("pasted".into()));
                let (enrollment, pasted) = (*enrollment, certificate.text);
                let advice = match code.as_str() {
                    "other-key" | "other-user" | "other-groups" => {
                        " It was made for another request: please bring the one of this request."
                    }
                    "not-valid-now" => " It cannot be used any more, or not yet: ask for a new one.",
                    _ => "",
                };
                let fault = [&as_sentence(message), advice].concat();
                State::Manual(Box::new(Manual { enrollment, why: String::new(), pasted, fault }))
            }
            _ => State::Refused { enrollment, certificate, code, message },
        };
    }

    pub(super) fn submit(&mut self, enrollment: Box<Enrollment>) {
        self.call(Call::Create(Box::new(enrollment.object())));
        let delivery = Box::default();
        self.state = State::Submitting { enrollment, since_ms: self.around.now_ms, delivery };
    }

    /// Takes what became of a POST, or of reading what has the name already. A lost reply is no reason for a second object:
    /// the same name is tried again, and what is there already is ours only if it holds the same request.
    pub(super) fn created(&mut self, result: Result<Box<CertificateSigningRequest>, Failure>) {
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
                enrollment.stage = Stage::Submitted;
                self.note(&enrollment, &Said::default());
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
            Err(Failure::NoApi(code)) => {
                let why = ["There is no Kubernetes API where this page looked for one (HTTP ", &code.to_string(), ")."];
                self.carry(enrollment, &why.concat());
            }
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

    pub(super) fn name_taken(&mut self) {
        match self.take() {
            State::Submitting { enrollment, .. } => self.fail(name_taken(), Retry::Rename(enrollment)),
            other => self.state = other,
        }
    }
}
