use getrandom::SysRng;
use kube_enroll_core::{
    CertificateChain, CertificationRequest, Error, Kubeconfig, PrivateKey, Subject,
    room::{Assembled, Message, Reply},
};
use zeroize::Zeroizing;

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
    key: PrivateKey,
    request: CertificationRequest,
    file: Option<Zeroizing<String>>,
}

impl Room {
    /// Carries out one message. A failure changes nothing of what the room holds.
    pub fn handle(&mut self, message: Message) -> Answer {
        self.carry_out(message).unwrap_or_else(|error| Answer {
            reply: Reply::Failed { code: error.code().to_owned(), message: error.to_string() },
            file: None,
        })
    }

    fn carry_out(&mut self, message: Message) -> Result<Answer, Error> {
        let (reply, file) = match message {
            Message::Generate { algorithm, user, groups } => {
                let subject = Subject::parse(&user, &groups)?;
                let key = PrivateKey::generate(algorithm, &mut SysRng)?;
                let request = CertificationRequest::new(&subject, &key, &mut SysRng)?;
                let reply =
                    Reply::Generated { request_pem: request.to_pem(), fingerprint: request.fingerprint().to_string() };
                self.held = Some(Held { key, request, file: None });
                (reply, None)
            }
            Message::Assemble { certificate_pem, cluster, namespace, expiration_seconds, now } => {
                let held = self.held.as_mut().ok_or(Error::OutOfOrder { step: "making a key" })?;
                cluster.check()?;
                let chain = CertificateChain::parse_pem(&certificate_pem)?;
                let differences = chain.check(&held.request, expiration_seconds, now)?;
                let user = held.request.subject().user();
                let kubeconfig =
                    Kubeconfig { cluster: &cluster, user, namespace: &namespace, certificate_pem: &certificate_pem };
                let preview = kubeconfig.preview();
                let file = kubeconfig.to_yaml(&held.key.to_pkcs8_pem()?);
                held.file = Some(file.clone());
                (Reply::Assembled(Assembled { preview, certificate: chain.summary().clone(), differences }), Some(file))
            }
            Message::Reveal => {
                let file = self.held.as_ref().and_then(|held| held.file.as_ref());
                let kubeconfig = file.ok_or(Error::OutOfOrder { step: "assembling the kubeconfig" })?;
                (Reply::Revealed { kubeconfig: kubeconfig.to_string() }, None)
            }
        };
        Ok(Answer { reply, file })
    }
}

#[cfg(test)]
mod tests {
    use kube_enroll_core::{Algorithm, Cluster, Timestamp};

    use super::*;

    fn generate(room: &mut Room, user: &str) -> Reply {
        room.handle(Message::Generate { algorithm: Algorithm::EcdsaP256, user: user.into(), groups: vec![] }).reply
    }

    fn assemble(room: &mut Room) -> Reply {
        room.handle(Message::Assemble {
            certificate_pem: "-----BEGIN CERTIFICATE-----".into(),
            cluster: Cluster { name: "dev".into(), server: "https://example.com".into(), ..Cluster::default() },
            namespace: String::new(),
            expiration_seconds: 600,
            now: Timestamp::from_unix_seconds(0),
        })
        .reply
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
        assert_eq!(code(&assemble(&mut room)), "out-of-order");
        assert_eq!(code(&room.handle(Message::Reveal).reply), "out-of-order");
        generate(&mut room, "jane");
        assert_eq!(code(&room.handle(Message::Reveal).reply), "out-of-order");
    }

    #[test]
    fn keeps_its_key_when_a_message_fails() {
        let mut room = Room::default();
        generate(&mut room, "jane");
        assert_eq!(code(&generate(&mut room, "system:admin")), "system-name");
        assert_eq!(code(&assemble(&mut room)), "invalid-der");
        assert_eq!(room.held.as_ref().map(|held| held.request.subject().user()), Some("jane"));
    }
}
