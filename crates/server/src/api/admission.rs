//! The one body that is taken: parsed strictly, judged, and built anew.

use base64ct::{Base64, Encoding};
use kube_enroll_core::{
    CertificateSigningRequest, Error as CoreError, ObjectName, Policy, Requested, Subject, Warning,
    csr::{API_VERSION, KIND, SIGNER_NAME, USAGES, USER_ANNOTATION},
    objects_alone,
};
use kube_enroll_x509::{CertificationRequest, Error as X509Error};
use serde::Deserialize;

use super::ApiError;
use crate::{
    identity::Person,
    kubernetes::csr::{FINGERPRINT_ANNOTATION, WARNING_ANNOTATION},
};

/// Parses and judges a body, and builds the object that goes upstream. Nothing of the body's bytes is in it. `note`
/// gets the object's name and the request once they are parsed, before they are judged.
///
/// # Errors
/// [`ApiError::Malformed`] for what is not exactly such an object; [`ApiError::Refused`] for one that asks for what is
/// not given; [`ApiError::OtherUser`] and [`ApiError::OtherGroup`] for one that is not the person's own.
pub(crate) fn admit(
    body: &[u8],
    policy: &Policy,
    person: Option<&Person>,
    note: impl FnOnce(&ObjectName, &CertificationRequest),
) -> Result<CertificateSigningRequest, ApiError> {
    let given: CreateBody = serde_json::from_slice(body).map_err(|error| {
        ApiError::Malformed(CoreError::InvalidObject {
            field: "body",
            found: visible(&error.to_string().replace(NO_OBJECT, "an array in the place of an object")),
            expected: "a CertificateSigningRequest with metadata.name and, in spec, request, signerName, expirationSeconds and usages".into(),
        })
    })?;
    let (mut object, request, warnings) = given.judge(policy, person, note).map_err(ApiError::Refused)?;
    let mut annotate = |key: &str, value: String| object.metadata.annotations.insert(key.into(), value);
    if let Some(person) = person {
        check_person(person, request.subject())?;
        annotate(USER_ANNOTATION, person.user.clone());
    }
    annotate(FINGERPRINT_ANNOTATION, request.fingerprint().to_string());
    if !warnings.is_empty() {
        let warnings: Vec<String> = warnings.iter().map(Warning::to_string).collect();
        annotate(WARNING_ANNOTATION, warnings.join("; "));
    }
    Ok(object)
}

/// Checks that a subject is this person, in groups of theirs. Names are compared byte by byte, as Kubernetes does.
fn check_person(person: &Person, subject: &Subject) -> Result<(), ApiError> {
    if subject.user() != person.user.as_str() {
        return Err(ApiError::OtherUser { found: subject.user().to_string(), expected: person.user.clone() });
    }
    match subject.groups().iter().find(|group| !person.groups.iter().any(|own| *group == own.as_str())) {
        Some(found) => Err(ApiError::OtherGroup { found: found.to_string(), user: person.user.clone() }),
        None => Ok(()),
    }
}

/// The fields that a client may set; any other is an error, and so is one given twice.
#[derive(Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase", deny_unknown_fields)]
struct CreateBody {
    api_version: String,
    kind: String,
    metadata: CreateMetadata,
    spec: CreateSpec,
}

#[derive(Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
struct CreateMetadata {
    name: String,
}

#[derive(Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase", deny_unknown_fields)]
struct CreateSpec {
    request: String,
    signer_name: String,
    expiration_seconds: i64,
    usages: Vec<String>,
}

objects_alone!(read CreateBody, CreateMetadata, CreateSpec);

impl CreateBody {
    fn judge(
        self,
        policy: &Policy,
        person: Option<&Person>,
        note: impl FnOnce(&ObjectName, &CertificationRequest),
    ) -> Result<Judged, X509Error> {
        expect("apiVersion", &self.api_version, API_VERSION)?;
        expect("kind", &self.kind, KIND)?;
        expect("spec.signerName", &self.spec.signer_name, SIGNER_NAME)?;
        if self.spec.usages != USAGES {
            return Err(invalid("spec.usages", &self.spec.usages.join(", "), "client auth alone").into());
        }
        let name = ObjectName::parse(&self.metadata.name)?;
        let pem = Base64::decode_vec(&self.spec.request)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .ok_or_else(|| invalid("spec.request", "something else", "base64 of PEM"))?;
        let request = CertificationRequest::parse_pem(&pem)?;
        note(&name, &request);
        request.check_known_weakness()?;
        name.check_user(request.subject().user())?;
        let subject = request.subject();
        let judgement = policy.judge(&Requested {
            user: Some(subject.user()),
            // That the user is this person, `check_person` checks.
            is_proved: person.is_some(),
            groups: subject.groups(),
            algorithm: request.algorithm(),
            expiration_seconds: self.spec.expiration_seconds,
        });
        if let Some(fault) = judgement.faults.into_iter().next() {
            return Err(fault.into());
        }
        let expiration_seconds = u32::try_from(self.spec.expiration_seconds)
            .expect("the policy's bounds are u32, and the lifetime lies within");
        let object = CertificateSigningRequest::new(&name, &request.to_pem(), expiration_seconds);
        Ok((object, request, judgement.warnings))
    }
}

/// The object, with the request that it holds, and the warnings about it.
type Judged = (CertificateSigningRequest, CertificationRequest, Vec<Warning>);

/// A parser's message, which names an unknown field as it came, so that it can be shown in a terminal too.
fn visible(message: &str) -> String {
    let mut text = String::new();
    for character in message.chars().take(200) {
        match character {
            ' '..='~' => text.push(character),
            _ => text.extend(character.escape_unicode()),
        }
    }
    text
}

/// The words of the parser for an array.
const NO_OBJECT: &str = "invalid type: sequence, expected an object";

fn expect(field: &'static str, found: &str, expected: &str) -> Result<(), CoreError> {
    if found == expected { Ok(()) } else { Err(invalid(field, found, expected)) }
}

fn invalid(field: &'static str, found: &str, expected: &str) -> CoreError {
    CoreError::InvalidObject {
        field,
        found: format!("{:?}", found.chars().take(100).collect::<String>()),
        expected: expected.into(),
    }
}
