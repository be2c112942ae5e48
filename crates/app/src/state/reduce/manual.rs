//! The way without an API: a person carries the request to the cluster, and the certificate back.

use kube_enroll_core::{commands, room::Stage};

use crate::state::{Act, Certificate, Effect, Enrollment, Manual, Page, Retry, Said, State};

/// How a private key begins in PEM, and in base64 of PEM by its place. The room knows more, once it is asked.
const SECRETS: [&str; 4] = ["PRIVATE KEY-----", "UFJJVkFURSBLRV", "BSSVZBVEUgS0", "QUklWQVRFIEtF"];

impl Page {
    pub(super) fn carry(&mut self, enrollment: Box<Enrollment>, why: &str) {
        let (pasted, fault) = (String::new(), String::new());
        self.state = State::Manual(Box::new(Manual { enrollment: *enrollment, why: why.into(), pasted, fault }));
    }

    /// Leaves the API aside.
    pub(super) fn leave_api(&mut self) {
        match self.take() {
            State::Submitting { enrollment, .. }
            | State::Waiting { enrollment, .. }
            | State::Gone { enrollment, .. }
            | State::SignIn { enrollment, .. }
            | State::Refused { enrollment, .. }
            | State::Error { retry: Retry::Submit(enrollment), .. } => {
                self.want(Effect::StopCalls);
                // From now on, somebody else may create the object: it is not sent again by itself.
                let mut enrollment = enrollment;
                if enrollment.stage == Stage::Prepared {
                    enrollment.stage = Stage::Submitted;
                    self.note(&enrollment, &Said::default());
                }
                self.carry(enrollment, "");
            }
            other => self.state = other,
        }
    }

    pub(super) fn by_hand(&mut self, act: Act) {
        let State::Manual(manual) = &mut self.state else { return };
        match act {
            Act::Paste(text) => manual.paste(text),
            Act::Bring(text) => {
                manual.paste(text);
                if manual.fault.is_empty() {
                    self.use_pasted();
                }
            }
            Act::UsePasted => self.use_pasted(),
            _ => {
                let name = [manual.enrollment.name().as_str(), ".yaml"].concat();
                let text = manual.enrollment.manifest();
                self.want(Effect::SaveText { name, text });
            }
        }
    }

    fn use_pasted(&mut self) {
        if let State::Manual(manual) = self.take() {
            let certificate = Certificate { text: manual.pasted, pasted: true };
            self.verify(Box::new(manual.enrollment), certificate, String::new());
        }
    }

    /// Asks the API after all.
    pub(super) fn ask_api(&mut self, enrollment: Box<Enrollment>) {
        match enrollment.object {
            Some(_) => self.wait(enrollment),
            None => self.submit(enrollment),
        }
    }
}

impl Manual {
    fn paste(&mut self, text: String) {
        self.fault.clear();
        self.pasted = text;
        let packed: String = self.pasted.split_ascii_whitespace().collect();
        // Byte by byte: the search of the standard library weighs more than it saves on a text of this length.
        let has = |text: &str, part: &str| text.as_bytes().windows(part.len()).any(|found| found == part.as_bytes());
        if SECRETS.iter().any(|secret| has(&self.pasted, secret) || has(&packed, secret)) {
            self.pasted.clear();
            self.fault = PASTED_SECRET.into();
        }
    }
}

/// It is cleared at once: it does not belong on any page.
pub(super) const PASTED_SECRET: &str = "That was a private key, or a file with one. It is cleared from this page and was not \
                                        sent anywhere. Please paste the certificate, which holds no secret.";

impl Enrollment {
    /// Writes the object that asks for the certificate, for `kubectl apply -f`.
    pub(crate) fn manifest(&self) -> String {
        commands::manifest(self.name(), &self.object().spec.request, self.options.expiration_seconds)
    }
}
