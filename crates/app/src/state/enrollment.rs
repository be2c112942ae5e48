use std::rc::Rc;

use kube_enroll_core::{
    CertificateSigningRequest, Cluster, Error, NameLabel, Namespace, ObjectName, Subject, Timestamp, csr::Decision,
    shell,
};
use kube_enroll_protocol::{Command, Details, GeneratedKey, Progress, Readable, Stage, StoredEnrollment};

use super::{Application, Context, Effect, Lock, Retry};

/// An enrollment: all data that it is resumed from, except the key, which the worker holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Enrollment {
    pub application: Application,
    /// PEM of the PKCS#10 request.
    pub request_pem: String,
    /// SHA-256 of the public key, as openssl prints it.
    pub fingerprint: String,
    /// The time at which the key was made, by the browser's clock, in milliseconds since 1970.
    pub since_ms: f64,
    /// The identity of the created object, or `None` before that.
    pub object: Option<Pinned>,
    /// Its id in the browser's storage, or `None` if it is not stored, so that it ends with this tab.
    pub id: Option<String>,
    /// The cluster of the kubeconfig, or `None` if it was not known when the enrollment was stored.
    pub cluster: Option<Cluster>,
    pub stage: Stage,
    /// The reason and message of the approver or the signer: untrusted text.
    pub decision: Decision,
    /// PEM of the issued chain, or `None` before that.
    pub certificate_pem: Option<String>,
    pub not_after: Option<Timestamp>,
    /// The time at which the kubeconfig was saved last, by the browser's clock.
    pub saved_at: Option<Timestamp>,
}

/// The identity of the object that was created.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pinned {
    pub uid: String,
    /// The account that created it.
    pub username: String,
    /// RFC 3339.
    pub creation_timestamp: String,
}

impl Enrollment {
    /// Makes an enrollment from a new key.
    pub(crate) fn new(application: Application, key: GeneratedKey, cluster: Option<Cluster>, since_ms: f64) -> Self {
        let GeneratedKey { request_pem, fingerprint } = key;
        Self {
            application,
            request_pem,
            fingerprint,
            since_ms,
            object: None,
            id: None,
            cluster,
            stage: Stage::Prepared,
            decision: Decision::default(),
            certificate_pem: None,
            not_after: None,
            saved_at: None,
        }
    }

    /// Parses a stored enrollment.
    ///
    /// # Errors
    /// The errors of the parsers of its parts, for a modified record, and [`Error::InvalidObject`] for a key type or a
    /// stage that this version does not know.
    pub(super) fn resume(stored: &StoredEnrollment) -> Result<Self, Error> {
        let StoredEnrollment { id, details, progress, .. } = stored;
        let unknown = |field: &'static str| Error::InvalidObject {
            field,
            found: "another one".into(),
            expected: "one that this version of the page knows".into(),
        };
        let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let application = Application {
            subject: Subject::parse(&details.user, &details.groups)?,
            algorithm: details.algorithm.known().ok_or_else(|| unknown("key type"))?,
            expiration_seconds: details.expiration_seconds,
            label: some(&details.label).map(|label| NameLabel::parse(&label)).transpose()?,
            namespace: some(&details.namespace).map(|namespace| Namespace::parse(&namespace)).transpose()?,
            name: ObjectName::parse(&progress.name)?,
            lock: Lock::Browser,
        };
        Ok(Self {
            application,
            request_pem: details.request_pem.clone(),
            fingerprint: details.fingerprint.clone(),
            since_ms: milliseconds(details.created),
            object: some(&progress.uid).map(|uid| Pinned {
                uid,
                username: progress.username.clone(),
                creation_timestamp: progress.creation_timestamp.clone(),
            }),
            id: Some(id.clone()),
            cluster: details.cluster.clone(),
            stage: progress.stage.known().ok_or_else(|| unknown("stage"))?,
            decision: Decision { reason: progress.reason.clone(), message: progress.message.clone() },
            certificate_pem: some(&progress.certificate_pem),
            not_after: progress.not_after,
            saved_at: progress.saved_at,
        })
    }

    /// Returns the part of the record that never changes.
    pub(super) fn details(&self) -> Details {
        let Application { subject, algorithm, expiration_seconds, label, namespace, .. } = &self.application;
        Details {
            created: seconds(self.since_ms),
            algorithm: Readable::Known(*algorithm),
            user: subject.user().to_string(),
            groups: subject.groups().iter().map(ToString::to_string).collect(),
            expiration_seconds: *expiration_seconds,
            label: label.as_ref().map(ToString::to_string).unwrap_or_default(),
            namespace: namespace.as_ref().map(ToString::to_string).unwrap_or_default(),
            cluster: self.cluster.clone().map(Cluster::without_client_authorities),
            request_pem: self.request_pem.clone(),
            fingerprint: self.fingerprint.clone(),
        }
    }

    /// Returns the part of the record that changes.
    pub(super) fn progress(&self) -> Progress {
        let Pinned { uid, username, creation_timestamp } = self.object.clone().unwrap_or_default();
        Progress {
            stage: Readable::Known(self.stage),
            name: self.name().to_string(),
            uid,
            username,
            creation_timestamp,
            reason: self.decision.reason.clone(),
            message: self.decision.message.clone(),
            certificate_pem: self.certificate_pem.clone().unwrap_or_default(),
            not_after: self.not_after,
            saved_at: self.saved_at,
        }
    }

    /// Returns the effect that stores its progress, or `None` where the enrollment is not stored.
    pub(super) fn save(&self) -> Option<Effect> {
        let id = self.id.clone()?;
        Some(Effect::Command(Box::new(Command::Update { id, progress: Box::new(self.progress()) })))
    }

    /// Sets the stage, and returns the effect that stores it, or `None` where the enrollment is not stored.
    pub(super) fn reach(self: &mut Rc<Self>, stage: Stage) -> Option<Effect> {
        Rc::make_mut(self).stage = stage;
        self.save()
    }

    /// Returns the retry that makes another key with the same details.
    pub(super) fn generate_again(&self) -> Retry {
        Retry::Generate(Box::new(self.application.clone()))
    }

    pub(crate) fn is_stored(&self) -> bool {
        self.id.is_some()
    }

    pub(crate) fn name(&self) -> &ObjectName {
        &self.application.name
    }

    /// Builds the CertificateSigningRequest.
    pub(crate) fn object(&self) -> CertificateSigningRequest {
        CertificateSigningRequest::new(self.name(), &self.request_pem, self.application.expiration_seconds)
    }

    /// Formats the CertificateSigningRequest as YAML, for `kubectl apply -f`.
    pub(crate) fn manifest(&self) -> String {
        shell::manifest(self.name(), &self.object().spec.request, self.application.expiration_seconds)
    }

    /// Pins the identity of the created object.
    pub(super) fn pin(&mut self, object: &CertificateSigningRequest) {
        self.object = Some(Pinned {
            uid: object.metadata.uid.clone(),
            username: object.spec.username.clone(),
            creation_timestamp: object.metadata.creation_timestamp.clone(),
        });
    }

    /// Returns whether this is the object that was created, and not another one under the same name: it has the pinned
    /// `uid` and this request.
    pub(super) fn is_own_object(&self, object: &CertificateSigningRequest) -> bool {
        self.object.as_ref().is_none_or(|pinned| pinned.uid == object.metadata.uid)
            && object.metadata.name == self.name().as_str()
            && object.is_for(&self.request_pem)
    }

    /// Returns the account that the approver should see as "Requesting User", or `None` where it is not known.
    pub(crate) fn requesting_user<'a>(&'a self, context: &'a Context) -> Option<&'a str> {
        let of_object = || self.object.as_ref().map(|object| object.username.as_str()).filter(|name| !name.is_empty());
        context.settings.requesting_user.as_deref().or_else(of_object)
    }
}

#[expect(clippy::cast_precision_loss, reason = "seconds of our time fit")]
pub(crate) fn milliseconds(time: Timestamp) -> f64 {
    time.unix_seconds() as f64 * 1_000.0
}

#[expect(clippy::cast_possible_truncation, reason = "seconds of our time fit")]
pub(super) fn seconds(milliseconds: f64) -> Timestamp {
    Timestamp::from_unix_seconds((milliseconds / 1_000.0) as i64)
}
