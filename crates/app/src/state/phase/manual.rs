use std::{fmt, rc::Rc};

use super::{Certificate, Phase, Submitting, Verifying};
use crate::state::{Context, Effect, Enrollment, Event, Fault, Transition, UserAction};

/// Without an API: a person applies the manifest, and pastes the certificate. The pasted text may be a secret, so
/// `Debug` omits it.
#[derive(PartialEq)]
pub(crate) struct Manual {
    /// The reason why the API is not used, or `None` if the person knows it.
    pub reason: Option<String>,
    pub pasted: String,
    pub fault: Option<Fault>,
}

impl Manual {
    pub(super) fn new(reason: Option<String>) -> Self {
        Self { reason, pasted: String::new(), fault: None }
    }

    /// Requests another certificate, since the pasted one cannot be used.
    pub(super) fn refused(pasted: String, fault: Fault) -> Self {
        Self { reason: None, pasted, fault: Some(fault) }
    }

    /// Requests the certificate, since a private key was pasted.
    pub(super) fn with_private_key_fault() -> Self {
        Self::refused(String::new(), Fault::Words(PRIVATE_KEY_PASTED.into()))
    }

    pub(super) fn on(mut self, event: Event, enrollment: Rc<Enrollment>, context: &Context) -> Transition {
        match event {
            Event::User(UserAction::Paste(text)) => self.paste(text),
            Event::User(UserAction::PasteFile(text)) => {
                self.paste(text);
                if self.fault.is_none() {
                    return self.verify(enrollment, context);
                }
            }
            Event::User(UserAction::UsePasted) => return self.verify(enrollment, context),
            Event::User(UserAction::SaveManifest) => {
                let save =
                    Effect::SaveText { name: format!("{}.yaml", enrollment.name()), text: enrollment.manifest() };
                return Transition::to(Phase::Manual(self).of(enrollment)).with(save);
            }
            // Asks the API after all.
            Event::User(UserAction::Retry) if enrollment.object.is_some() => return Phase::wait(enrollment, context),
            Event::User(UserAction::Retry) => return Submitting::begin(enrollment, context),
            _ => {}
        }
        Transition::to(Phase::Manual(self).of(enrollment))
    }

    fn verify(self, enrollment: Rc<Enrollment>, context: &Context) -> Transition {
        Verifying::begin(enrollment, Certificate { text: self.pasted, is_pasted: true }, None, context)
    }

    fn paste(&mut self, text: String) {
        let packed: String = text.split_ascii_whitespace().collect();
        if PRIVATE_KEY_MARKERS.iter().any(|secret| text.contains(secret) || packed.contains(secret)) {
            *self = Self::with_private_key_fault();
        } else {
            self.fault = None;
            self.pasted = text;
        }
    }
}

impl fmt::Debug for Manual {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Manual")
    }
}

/// Markers of a private key: in PEM, and in base64 of PEM at each of the three alignments. The complete check is the
/// worker's (`crates/x509/src/pasted/secret.rs`).
const PRIVATE_KEY_MARKERS: [&str; 4] = ["PRIVATE KEY-----", "UFJJVkFURSBLRV", "BSSVZBVEUgS0", "QUklWQVRFIEtF"];

/// The fault of a pasted private key, which is cleared at once.
const PRIVATE_KEY_PASTED: &str = "That was a private key, or a file with one. It is cleared from this page and was not sent \
                             anywhere. Please paste the certificate, which holds no secret.";
