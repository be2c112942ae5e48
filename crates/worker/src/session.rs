use getrandom::SysRng;
use kube_enroll_core::{Algorithm, GroupName, Subject, UserName};
use kube_enroll_keys::{
    AssembledKubeconfig, CheckedCertificate, PrivateKey, Record,
    envelope::{Bound, Unwrapped},
};
use kube_enroll_protocol::{Assemble, Assembled, GeneratedKey};
use kube_enroll_x509::CertificationRequest;
use zeroize::Zeroizing;

use crate::Error;

/// The one owner of the private key. A function that fails changes nothing.
#[derive(Default)]
pub struct Session {
    held: Option<Held>,
}

struct Held {
    /// The bound part of its record, or `None` if it is not stored.
    bound: Option<Bound>,
    key: PrivateKey,
    request: CertificationRequest,
    file: Option<Zeroizing<String>>,
}

impl Session {
    /// Makes a key and its request. The key replaces any other.
    ///
    /// # Errors
    /// Those of [`Subject::new`], [`PrivateKey::generate`] and [`PrivateKey::request`].
    pub fn generate(
        &mut self,
        algorithm: Algorithm,
        user: UserName,
        groups: Vec<GroupName>,
    ) -> Result<GeneratedKey, Error> {
        let subject = Subject::new(user, groups)?;
        let key = PrivateKey::generate(algorithm, &mut SysRng)?;
        let request = key.request(&subject, &mut SysRng)?;
        let (request_pem, fingerprint) = (request.to_pem(), request.fingerprint().to_string());
        self.held = Some(Held { bound: None, key, request, file: None });
        Ok(GeneratedKey { request_pem, fingerprint })
    }

    /// Seals the key in memory with a passphrase.
    ///
    /// # Errors
    /// [`Error::OutOfOrder`] where there is none; otherwise as [`Record::seal_with_passphrase`].
    pub fn seal_with_passphrase(&self, bound: Bound, progress: String, passphrase: &str) -> Result<Record, Error> {
        Ok(Record::seal_with_passphrase(bound, progress, self.key()?, passphrase, &mut SysRng)?)
    }

    /// Seals the key in memory with a data key that the browser is to wrap.
    ///
    /// # Errors
    /// [`Error::OutOfOrder`] where there is none; otherwise as [`Unwrapped::seal`].
    pub fn seal(&self, bound: &Bound) -> Result<Unwrapped, Error> {
        Ok(Unwrapped::seal(bound, self.key()?, &mut SysRng)?)
    }

    /// Notes the bound part of the record in which the key in memory is stored.
    pub fn stored(&mut self, bound: &Bound) {
        if let Some(held) = &mut self.held {
            held.bound = Some(bound.clone());
        }
    }

    /// Returns whether the key of a stored enrollment is in memory, so that its record is not needed.
    pub fn holds(&self, id: &str) -> bool {
        self.held.as_ref().is_some_and(|held| held.id() == Some(id))
    }

    /// Returns whether a key is in memory that is not stored: another would replace it for good.
    pub fn holds_unstored(&self) -> bool {
        self.held.as_ref().is_some_and(|held| held.bound.is_none())
    }

    /// Checks all of a command that can be checked without the key, so that nobody types a passphrase for a useless
    /// certificate.
    ///
    /// # Errors
    /// As [`Record::check_cluster`], [`Record::request`] and [`CheckedCertificate::check`].
    pub fn check(record: &Record, command: &Assemble) -> Result<(), Error> {
        if let Some(cluster) = &command.cluster {
            record.check_cluster(cluster)?;
        }
        check(&record.request()?, command)?;
        Ok(())
    }

    /// Holds the opened key of a record. It replaces any other.
    ///
    /// # Errors
    /// As [`Record::request`].
    pub fn hold(&mut self, record: &Record, key: PrivateKey) -> Result<(), Error> {
        let (bound, request) = (record.bound().clone(), record.request()?);
        self.held = Some(Held { bound: Some(bound), key, request, file: None });
        Ok(())
    }

    /// Checks the certificate, and writes the kubeconfig with the key in memory. Returns what may be shown, and the
    /// file.
    ///
    /// # Errors
    /// [`Error::OutOfOrder`] without a key; [`Error::Forgotten`] where the key in memory is not that of the command's
    /// enrollment; as [`Bound::check_cluster`], [`CheckedCertificate::check`] and [`CheckedCertificate::write`].
    pub fn assemble(&mut self, command: &Assemble) -> Result<Assembled, Error> {
        let held = self.held.as_mut().ok_or(NO_KEY)?;
        if command.id.is_some() && command.id.as_deref() != held.id() {
            return Err(Error::Forgotten);
        }
        let cluster_change = match (&held.bound, &command.cluster) {
            (Some(bound), Some(cluster)) => bound.check_cluster(cluster)?,
            _ => None,
        };
        let AssembledKubeconfig { file, preview, certificate_pem, certificate, differences } =
            check(&held.request, command)?.write(&held.key)?;
        held.file = Some(file);
        Ok(Assembled { preview, certificate_pem, certificate, differences, cluster_change })
    }

    /// Returns the kubeconfig that was written last.
    ///
    /// # Errors
    /// [`Error::OutOfOrder`] before one was written.
    pub fn kubeconfig(&self) -> Result<&str, Error> {
        let file = self.held.as_ref().and_then(|held| held.file.as_ref());
        Ok(file.ok_or(Error::OutOfOrder { step: "assembling the kubeconfig" })?)
    }

    /// Wipes the key in memory.
    pub fn release(&mut self) {
        self.held = None;
    }

    /// Wipes the key of a deleted enrollment, if it is in memory.
    pub fn delete(&mut self, id: &str) {
        self.held.take_if(|held| held.id() == Some(id));
    }

    fn key(&self) -> Result<&PrivateKey, Error> {
        Ok(&self.held.as_ref().ok_or(NO_KEY)?.key)
    }
}

impl Held {
    fn id(&self) -> Option<&str> {
        self.bound.as_ref().map(Bound::id)
    }
}

fn check<'a>(request: &'a CertificationRequest, command: &'a Assemble) -> Result<CheckedCertificate<'a>, Error> {
    let Assemble { certificate, cluster, namespace, expiration_seconds, now, .. } = command;
    let (cluster, namespace) = (cluster.as_ref(), namespace.as_ref());
    Ok(CheckedCertificate::check(request, certificate, cluster, namespace, *expiration_seconds, *now)?)
}

const NO_KEY: Error = Error::OutOfOrder { step: "making a key" };

#[cfg(test)]
mod tests {
    use kube_enroll_core::{Cluster, ClusterFields, ErrorCode, Timestamp};

    use super::*;

    fn generate(session: &mut Session) -> GeneratedKey {
        let user = UserName::parse("jane").expect("a name");
        session.generate(Algorithm::EcdsaP256, user, vec![]).expect("a key")
    }

    fn command(id: Option<&str>, certificate: &str) -> Assemble {
        let fields =
            ClusterFields { name: "dev".into(), server: "https://example.com".into(), ..ClusterFields::default() };
        Assemble {
            certificate: certificate.into(),
            cluster: Some(Cluster::parse(fields).expect("a cluster")),
            namespace: None,
            expiration_seconds: 600,
            now: Timestamp::from_unix_seconds(0),
            id: id.map(str::to_owned),
            passphrase: None,
        }
    }

    fn assemble(session: &mut Session, id: Option<&str>, certificate: &str) -> ErrorCode {
        session.assemble(&command(id, certificate)).map(|_| ()).expect_err("a failure").code()
    }

    fn bound(generated: &GeneratedKey) -> Bound {
        let details = format!(r#"{{"requestPem":"{}"}}"#, generated.request_pem.replace('\n', "\\n"));
        Bound::new(details, &mut SysRng).expect("randomness")
    }

    #[test]
    fn makes_another_key_each_time() {
        let mut session = Session::default();
        assert_ne!(generate(&mut session), generate(&mut session));
    }

    #[test]
    fn refuses_a_step_before_the_one_that_it_needs() {
        let mut session = Session::default();
        assert_eq!(assemble(&mut session, None, ""), ErrorCode::OutOfOrder);
        assert_eq!(session.kubeconfig().err().map(|error| error.code()), Some(ErrorCode::OutOfOrder));
        let bound = Bound::new(String::new(), &mut SysRng).expect("randomness");
        assert_eq!(session.seal(&bound).err(), Some(NO_KEY));
        assert_eq!(session.seal_with_passphrase(bound, String::new(), "x").err(), Some(NO_KEY));
        generate(&mut session);
        assert_eq!(session.kubeconfig().err().map(|error| error.code()), Some(ErrorCode::OutOfOrder));
    }

    #[test]
    fn holds_its_key_when_a_command_fails() {
        let mut session = Session::default();
        generate(&mut session);
        assert_eq!(assemble(&mut session, None, "-----BEGIN CERTIFICATE-----"), ErrorCode::PastedIncomplete);
        assert_eq!(assemble(&mut session, Some("another"), ""), ErrorCode::Forgotten);
        assert_eq!(session.held.as_ref().map(|held| held.request.subject().user().as_str()), Some("jane"));
    }

    #[test]
    fn holds_a_stored_key_under_its_id_until_it_is_deleted_or_replaced() {
        let mut session = Session::default();
        let bound = bound(&generate(&mut session));
        assert!(!session.holds(bound.id()) && session.holds_unstored());
        session.stored(&bound);
        assert!(session.holds(bound.id()) && !session.holds_unstored());
        session.delete("another");
        assert!(session.holds(bound.id()));
        generate(&mut session);
        assert!(!session.holds(bound.id()));
        session.stored(&bound);
        session.delete(bound.id());
        assert!(session.held.is_none());
        generate(&mut session);
        session.release();
        assert!(session.held.is_none());
    }

    #[test]
    fn seals_the_key_for_no_other_request() {
        let mut session = Session::default();
        let (earlier, later) = (generate(&mut session), generate(&mut session));
        let refused = session.seal(&bound(&earlier)).err().map(|error| error.code());
        assert_eq!(refused, Some(ErrorCode::OtherKey));
        assert!(session.seal(&bound(&later)).is_ok());
    }

    #[test]
    fn checks_the_certificate_before_a_key_is_opened() {
        let mut session = Session::default();
        let bound = bound(&generate(&mut session));
        let unwrapped = session.seal(&bound).expect("sealed");
        let record = Record::wrapped_by_browser(bound, "{}".into(), unwrapped, vec![]);
        let refused = Session::check(&record, &command(Some(record.bound().id()), "<html>"));
        assert_eq!(refused.err().map(|error| error.code()), Some(ErrorCode::PastedHtml));
    }
}
