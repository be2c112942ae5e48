use getrandom::SysRng;
use kube_enroll_core::Subject;
use kube_enroll_keys::{
    PrivateKey,
    envelope::{Bound, DataKey},
};
use kube_enroll_protocol::{Assemble, Assembled, Command, Failure, GeneratedKey, Passphrase, Record, Reply};
use kube_enroll_x509::CertificationRequest;
use zeroize::Zeroizing;

use crate::{
    Error,
    checked::Checked,
    record::{self, Sealed, WrappedKey},
};

/// The session of the key worker: the only holder of the private key, which executes the page's commands.
#[derive(Default)]
pub struct Session {
    held: Option<Held>,
}

/// A reply, with the kubeconfig if one was written.
pub struct Answer {
    /// The message to the page.
    pub reply: Reply,
    /// The kubeconfig, which goes to the page as a `Blob`.
    pub file: Option<Zeroizing<String>>,
}

struct Held {
    /// The id of its record, or `None` if it is not stored.
    id: Option<String>,
    key: PrivateKey,
    request: CertificationRequest,
    file: Option<Zeroizing<String>>,
}

/// A record of the storage, and its data key if the browser has unwrapped it.
pub type OpenedRecord<'a> = (Record, &'a [u8]);

impl Session {
    /// Executes a command that needs no storage, or only the record that comes with it. A failure leaves the session
    /// unchanged. Returns `None` for a command about the storage, which `www/room/worker.js` executes.
    pub fn handle(&mut self, command: Command, record: Option<OpenedRecord<'_>>) -> Option<Answer> {
        let (reply, file) = match command {
            Command::Generate { algorithm, user, groups } => {
                let generated = Subject::new(user, groups).map_err(Error::from).and_then(|subject| {
                    let key = PrivateKey::generate(algorithm, &mut SysRng)?;
                    let request = key.request(&subject, &mut SysRng)?;
                    Ok((key, request))
                });
                let generated = generated.map(|(key, request)| {
                    let (request_pem, fingerprint) = (request.to_pem(), request.fingerprint().to_string());
                    self.held = Some(Held { id: None, key, request, file: None });
                    GeneratedKey { request_pem, fingerprint }
                });
                (Reply::Generate(generated.map_err(failure)), None)
            }
            Command::Assemble(command) => match self.assemble(*command, record) {
                Ok((assembled, file)) => (Reply::Assemble(Ok(Box::new(assembled))), Some(file)),
                Err(error) => (Reply::Assemble(Err(failure(error))), None),
            },
            Command::Reveal => {
                let file = self.held.as_ref().and_then(|held| held.file.as_ref());
                let missing = Error::OutOfOrder { step: "assembling the kubeconfig" };
                (Reply::Reveal(file.map(|file| file.to_string()).ok_or_else(|| failure(missing))), None)
            }
            _ => return None,
        };
        Some(Answer { reply, file })
    }

    /// Returns whether the key of a stored enrollment is in memory, so that its record is not needed.
    pub fn holds(&self, id: &str) -> bool {
        self.held.as_ref().is_some_and(|held| held.id.as_deref() == Some(id))
    }

    /// Encrypts the key that was made last, for the storage.
    ///
    /// # Errors
    /// [`Error::OutOfOrder`] where there is none; otherwise as [`Bound::seal`] and [`Bound::wrap`].
    pub fn seal(&self, details: String, passphrase: Option<&Passphrase>) -> Result<Sealed, Error> {
        let held = self.held.as_ref().ok_or(NO_KEY)?;
        let bound = Bound::new(details, &mut SysRng)?;
        let data_key = DataKey::generate(&mut SysRng)?;
        let sealed = bound.seal(&held.key, &data_key, &mut SysRng)?;
        let wrap = match passphrase {
            None => WrappedKey::ForBrowser(data_key),
            Some(passphrase) => {
                let (argon2id, wrapped) = bound.wrap(&data_key, passphrase.as_str(), &mut SysRng)?;
                WrappedKey::WithPassphrase(argon2id, wrapped)
            }
        };
        Ok(Sealed { bound, sealed, wrap })
    }

    /// Records the id under which the key that was made last has been stored.
    pub fn stored(&mut self, id: &str) {
        if let Some(held) = &mut self.held {
            held.id = Some(id.to_owned());
        }
    }

    /// Wipes the key in memory.
    pub fn release(&mut self) {
        self.held = None;
    }

    /// Wipes the key of a deleted enrollment, if it is in memory.
    pub fn delete(&mut self, id: &str) {
        self.held.take_if(|held| held.id.as_deref() == Some(id));
    }

    fn assemble(
        &mut self,
        command: Assemble,
        record: Option<OpenedRecord<'_>>,
    ) -> Result<(Assembled, Zeroizing<String>), Error> {
        let Assemble { certificate, cluster, namespace, expiration_seconds, now, id, passphrase } = command;
        // A pasted text may be a private key.
        let certificate = Zeroizing::new(certificate);
        let check = |request| {
            Checked::new(request, &certificate, cluster.as_ref(), namespace.as_ref(), expiration_seconds, now)
        };
        if let Some(held) = self.held.as_mut().filter(|held| id.is_none() || held.id == id) {
            let (assembled, file) = check(&held.request)?.write(&held.key)?;
            held.file = Some(file.clone());
            return Ok((assembled, file));
        }
        let id = id.ok_or(NO_KEY)?;
        let (record, data_key) = record.ok_or(Error::Forgotten)?;
        let bound = record::bound_of(&record);
        if let Some(cluster) = &cluster {
            bound.check_cluster(cluster)?;
        }
        let request = bound.request()?;
        // Before the key is opened, so that no person types a passphrase for a useless certificate.
        let checked = check(&request)?;
        let key = record::open(&record, passphrase.as_ref(), data_key)?;
        let (assembled, file) = checked.write(&key)?;
        self.held = Some(Held { id: Some(id), key, request, file: Some(file.clone()) });
        Ok((assembled, file))
    }
}

fn failure(error: Error) -> Failure {
    Failure { code: error.code(), message: error.to_string() }
}

const NO_KEY: Error = Error::OutOfOrder { step: "making a key" };

#[cfg(test)]
mod tests {
    use kube_enroll_core::{Algorithm, Cluster, ClusterFields, ErrorCode, Timestamp, UserName};
    use kube_enroll_protocol::{Wrap, WrapKind};

    use super::*;

    fn generate(session: &mut Session, user: &str) -> Result<GeneratedKey, Failure> {
        let user = UserName::parse(user).expect("a name");
        let command = Command::Generate { algorithm: Algorithm::EcdsaP256, user, groups: vec![] };
        let Some(Answer { reply: Reply::Generate(result), .. }) = session.handle(command, None) else {
            panic!("another reply")
        };
        result
    }

    fn assemble(
        session: &mut Session,
        id: Option<&str>,
        certificate: &str,
        record: Option<OpenedRecord<'_>>,
    ) -> ErrorCode {
        let fields =
            ClusterFields { name: "dev".into(), server: "https://example.com".into(), ..ClusterFields::default() };
        let command = Command::Assemble(Box::new(Assemble {
            certificate: certificate.into(),
            cluster: Some(Cluster::parse(fields).expect("a cluster")),
            namespace: None,
            expiration_seconds: 600,
            now: Timestamp::from_unix_seconds(0),
            id: id.map(str::to_owned),
            passphrase: None,
        }));
        match session.handle(command, record) {
            Some(Answer { reply: Reply::Assemble(Err(failure)), file: None }) => failure.code,
            _ => panic!("no failure"),
        }
    }

    fn reveal(session: &mut Session) -> ErrorCode {
        match session.handle(Command::Reveal, None) {
            Some(Answer { reply: Reply::Reveal(Err(failure)), .. }) => failure.code,
            _ => panic!("no failure"),
        }
    }

    fn details(generated: &GeneratedKey) -> String {
        format!(r#"{{"requestPem":"{}"}}"#, generated.request_pem.replace('\n', "\\n"))
    }

    #[test]
    fn makes_another_key_each_time() {
        let mut session = Session::default();
        let (first, second) = (generate(&mut session, "jane"), generate(&mut session, "jane"));
        assert!(first.is_ok());
        assert_ne!(first, second);
    }

    #[test]
    fn refuses_a_step_before_the_one_that_it_needs() {
        let mut session = Session::default();
        assert_eq!(assemble(&mut session, None, "", None), ErrorCode::OutOfOrder);
        assert_eq!(reveal(&mut session), ErrorCode::OutOfOrder);
        assert_eq!(session.seal(String::new(), None).err(), Some(NO_KEY));
        generate(&mut session, "jane").expect("a key");
        assert_eq!(reveal(&mut session), ErrorCode::OutOfOrder);
    }

    #[test]
    fn holds_its_key_when_a_command_fails() {
        let mut session = Session::default();
        generate(&mut session, "jane").expect("a key");
        let certificate = "-----BEGIN CERTIFICATE-----";
        assert_eq!(assemble(&mut session, None, certificate, None), ErrorCode::PastedIncomplete);
        assert_eq!(assemble(&mut session, Some("another"), "", None), ErrorCode::Forgotten);
        assert_eq!(session.held.as_ref().map(|held| held.request.subject().user().as_str()), Some("jane"));
    }

    #[test]
    fn holds_a_stored_key_under_its_id_until_it_is_deleted_or_replaced() {
        let mut session = Session::default();
        generate(&mut session, "jane").expect("a key");
        assert!(!session.holds("id"));
        session.stored("id");
        assert!(session.holds("id"));
        session.delete("another");
        assert!(session.holds("id"));
        generate(&mut session, "jane").expect("a key");
        assert!(!session.holds("id"));
        session.stored("id");
        session.delete("id");
        assert!(session.held.is_none());
        generate(&mut session, "jane").expect("a key");
        session.release();
        assert!(session.held.is_none());
    }

    #[test]
    fn seals_the_key_for_no_other_request() {
        let mut session = Session::default();
        let earlier = generate(&mut session, "jane").expect("a key");
        let later = generate(&mut session, "jane").expect("a key");
        let refused = session.seal(details(&earlier), None).err().map(|error| error.code());
        assert_eq!(refused, Some(ErrorCode::OtherKey));
        let Sealed { bound, sealed, wrap: WrappedKey::ForBrowser(data_key) } =
            session.seal(details(&later), None).expect("sealed")
        else {
            panic!("there was no passphrase")
        };
        assert!(bound.open(&sealed, &data_key).is_ok());
    }

    #[test]
    fn checks_the_certificate_before_it_opens_the_key() {
        let mut session = Session::default();
        let generated = generate(&mut session, "jane").expect("a key");
        let Sealed { bound, sealed, .. } = session.seal(details(&generated), None).expect("sealed");
        let Bound { version, id, details } = bound;
        let wrap = Wrap { kind: WrapKind::Browser, memory_kib: 0, iterations: 0, salt: vec![], wrapped: vec![] };
        let record = Record { version, id: id.clone(), details, sealed, wrap };
        assert_eq!(assemble(&mut session, Some(&id), "<html>", Some((record, &[]))), ErrorCode::PastedHtml);
    }
}
