use getrandom::SysRng;
use kube_enroll_core::{
    CertificationRequest, Error, PrivateKey, Subject,
    room::{Message, Reply},
    vault::{Bound, DataKey},
};
use zeroize::Zeroizing;

use crate::{
    checked::Checked,
    record::{Record, Sealed, Wrapped},
};

/// The one owner of the private key: takes the page's messages and answers each of them.
#[derive(Default)]
pub struct Room {
    held: Option<Held>,
}

/// A reply, and beside it the kubeconfig where one was written.
pub struct Answer {
    /// What goes to the page as a message.
    pub reply: Reply,
    /// What goes to the page as a `Blob`.
    pub file: Option<Zeroizing<String>>,
}

struct Held {
    /// Its name in the storage; empty where it is not kept.
    id: String,
    key: PrivateKey,
    request: CertificationRequest,
    file: Option<Zeroizing<String>>,
}

/// A record of the storage, and its data key where the browser has unwrapped it.
pub type Opening<'a> = (Record, &'a [u8]);

impl Room {
    /// Carries out one message of those that need no storage, or that need the one record that comes with them. A failure
    /// changes nothing of what the room holds.
    pub fn handle(&mut self, message: Message, record: Option<Opening<'_>>) -> Answer {
        self.carry_out(message, record).unwrap_or_else(|error| Answer {
            reply: Reply::Failed { code: error.code().to_owned(), message: error.to_string() },
            file: None,
        })
    }

    /// Tells whether the room holds the key of a kept enrollment, so that its record is not needed.
    pub fn holds(&self, id: &str) -> bool {
        self.held.as_ref().is_some_and(|held| held.id == id)
    }

    /// Encrypts the key that was made last, for the storage.
    ///
    /// # Errors
    /// [`Error::OutOfOrder`] where there is none; otherwise as [`Bound::seal`] and [`Bound::wrap`].
    pub fn seal(&self, details: String, passphrase: &str) -> Result<Sealed, Error> {
        let held = self.held.as_ref().ok_or(NO_KEY)?;
        let bound = Bound::new(details, &mut SysRng)?;
        let data_key = DataKey::generate(&mut SysRng)?;
        let sealed = bound.seal(&held.key, &data_key, &mut SysRng)?;
        let wrap = if passphrase.is_empty() {
            Wrapped::Not(data_key)
        } else {
            let (argon2id, wrapped) = bound.wrap(&data_key, passphrase, &mut SysRng)?;
            Wrapped::WithPassphrase(argon2id, wrapped)
        };
        Ok(Sealed { bound, sealed, wrap })
    }

    /// Takes the name under which the key that was made last is kept by now.
    pub fn kept(&mut self, id: &str) {
        if let Some(held) = &mut self.held {
            id.clone_into(&mut held.id);
        }
    }

    /// Wipes the key that is held: the person goes on with something else.
    pub fn leave(&mut self) {
        self.held = None;
    }

    /// Wipes the key of an enrollment that is no longer kept, where it is held.
    pub fn forget(&mut self, id: &str) {
        self.held.take_if(|held| held.id == id);
    }

    fn carry_out(&mut self, message: Message, record: Option<Opening<'_>>) -> Result<Answer, Error> {
        let (reply, file) = match message {
            Message::Generate { algorithm, user, groups } => {
                let subject = Subject::parse(&user, &groups)?;
                let key = PrivateKey::generate(algorithm, &mut SysRng)?;
                let request = CertificationRequest::new(&subject, &key, &mut SysRng)?;
                let reply =
                    Reply::Generated { request_pem: request.to_pem(), fingerprint: request.fingerprint().to_string() };
                self.held = Some(Held { id: String::new(), key, request, file: None });
                (reply, None)
            }
            Message::Assemble { certificate, cluster, namespace, expiration_seconds, now, id, passphrase } => {
                // Whatever somebody pasted, a private key among it, and the passphrase.
                let (certificate, passphrase) = (Zeroizing::new(certificate), Zeroizing::new(passphrase));
                let check =
                    |request| Checked::new(request, &certificate, &cluster, &namespace, expiration_seconds, now);
                let (assembled, file) = match &mut self.held {
                    Some(held) if id.is_empty() || held.id == id => {
                        let (assembled, file) = check(&held.request)?.write(&held.key)?;
                        held.file = Some(file.clone());
                        (assembled, file)
                    }
                    _ if id.is_empty() => return Err(NO_KEY),
                    _ => {
                        let (record, data_key) = record.ok_or(Error::Forgotten)?;
                        let bound = record.bound();
                        bound.check_cluster(&cluster)?;
                        let request = bound.request()?;
                        // Before the key is opened: nobody types a passphrase for a certificate that is of no use.
                        let checked = check(&request)?;
                        let key = record.open(&passphrase, data_key)?;
                        let (assembled, file) = checked.write(&key)?;
                        self.held = Some(Held { id, key, request, file: Some(file.clone()) });
                        (assembled, file)
                    }
                };
                (Reply::Assembled(assembled), Some(file))
            }
            Message::Reveal => {
                let file = self.held.as_ref().and_then(|held| held.file.as_ref());
                let kubeconfig = file.ok_or(Error::OutOfOrder { step: "assembling the kubeconfig" })?;
                (Reply::Revealed { kubeconfig: kubeconfig.to_string() }, None)
            }
            // Those that exist with core's feature `storage`: the worker carries them out.
            #[allow(unreachable_patterns, reason = "the feature is on where the workspace is built as a whole")]
            _ => return Err(Error::OutOfOrder { step: "the storage" }),
        };
        Ok(Answer { reply, file })
    }
}

const NO_KEY: Error = Error::OutOfOrder { step: "making a key" };

#[cfg(test)]
mod tests {
    use kube_enroll_core::{Algorithm, Cluster, Timestamp};

    use super::*;
    use crate::record::{Wrap, WrapKind};

    fn generate(room: &mut Room, user: &str) -> Reply {
        room.handle(Message::Generate { algorithm: Algorithm::EcdsaP256, user: user.into(), groups: vec![] }, None)
            .reply
    }

    fn assemble(room: &mut Room, id: &str, certificate: &str, record: Option<Opening<'_>>) -> Reply {
        let message = Message::Assemble {
            certificate: certificate.into(),
            cluster: Cluster { name: "dev".into(), server: "https://example.com".into(), ..Cluster::default() },
            namespace: String::new(),
            expiration_seconds: 600,
            now: Timestamp::from_unix_seconds(0),
            id: id.into(),
            passphrase: String::new(),
        };
        room.handle(message, record).reply
    }

    fn details(generated: &Reply) -> String {
        let Reply::Generated { request_pem, .. } = generated else { panic!("{generated:?}") };
        format!(r#"{{"requestPem":"{}"}}"#, request_pem.replace('\n', "\\n"))
    }

    fn code(reply: &Reply) -> &str {
        match reply {
            Reply::Failed { code, .. } => code,
            _ => "",
        }
    }

    #[test]
    fn makes_another_key_each_time() {
        let mut room = Room::default();
        let (first, second) = (generate(&mut room, "jane"), generate(&mut room, "jane"));
        assert!(matches!(first, Reply::Generated { .. }));
        assert_ne!(first, second);
    }

    #[test]
    fn answers_what_comes_too_early_with_what_is_missing() {
        let mut room = Room::default();
        assert_eq!(code(&assemble(&mut room, "", "", None)), "out-of-order");
        assert_eq!(code(&room.handle(Message::Reveal, None).reply), "out-of-order");
        assert_eq!(room.seal(String::new(), "").err(), Some(NO_KEY));
        generate(&mut room, "jane");
        assert_eq!(code(&room.handle(Message::Reveal, None).reply), "out-of-order");
    }

    #[test]
    fn keeps_its_key_when_a_message_fails() {
        let mut room = Room::default();
        generate(&mut room, "jane");
        assert_eq!(code(&generate(&mut room, "system:admin")), "system-name");
        assert_eq!(code(&assemble(&mut room, "", "-----BEGIN CERTIFICATE-----", None)), "pasted-incomplete");
        assert_eq!(code(&assemble(&mut room, "another", "", None)), "forgotten");
        assert_eq!(room.held.as_ref().map(|held| held.request.subject().user()), Some("jane"));
    }

    #[test]
    fn holds_a_kept_key_under_its_name_until_it_is_forgotten_or_replaced() {
        let mut room = Room::default();
        generate(&mut room, "jane");
        assert!(!room.holds("name"));
        room.kept("name");
        assert!(room.holds("name"));
        room.forget("another");
        assert!(room.holds("name"));
        generate(&mut room, "jane");
        assert!(!room.holds("name"));
        room.kept("name");
        room.forget("name");
        assert!(room.held.is_none());
        generate(&mut room, "jane");
        room.leave();
        assert!(room.held.is_none());
    }

    #[test]
    fn seals_the_key_for_no_other_request() {
        let mut room = Room::default();
        let earlier = generate(&mut room, "jane");
        let later = generate(&mut room, "jane");
        assert_eq!(room.seal(details(&earlier), "").err().map(|error| error.code()), Some("other-key"));
        let Sealed { bound, sealed, wrap: Wrapped::Not(data_key) } = room.seal(details(&later), "").expect("sealed")
        else {
            panic!("there was no passphrase")
        };
        assert!(bound.open(&sealed, &data_key).is_ok());
    }

    #[test]
    fn looks_at_the_certificate_before_it_opens_the_key() {
        let mut room = Room::default();
        let generated = generate(&mut room, "jane");
        let Sealed { bound, sealed, .. } = room.seal(details(&generated), "").expect("sealed");
        let Bound { version, id, details } = bound;
        let wrap = Wrap { kind: WrapKind::Browser, memory_kib: 0, iterations: 0, salt: vec![], wrapped: vec![] };
        let record = Record { version, id: id.clone(), details, sealed, wrap };
        assert_eq!(code(&assemble(&mut room, &id, "<html>", Some((record, &[])))), "pasted-html");
    }
}
