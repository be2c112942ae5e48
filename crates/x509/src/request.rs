use der::{Decode, Encode, asn1::ObjectIdentifier};
use kube_enroll_core::{Algorithm, Error as CoreError, Subject, pem};
use x509_cert::request::CertReq;

use crate::{
    Error, Fingerprint, PublicKey,
    name::{invalid, subject_of_request},
};

/// A PKCS#10 request for a client certificate ([RFC 2986](https://www.rfc-editor.org/rfc/rfc2986#section-4.2)).
///
/// ```text
/// CertificationRequest ::= SEQUENCE {
///     certificationRequestInfo CertificationRequestInfo,
///     signatureAlgorithm       AlgorithmIdentifier,
///     signature                BIT STRING }
/// ```
///
/// A value exists only checked: the subject is a [`Subject`], the key satisfies the key rules, there are no
/// attributes (so no extensions either), the signature is by that key with SHA-2, and the DER is canonical. Known weak
/// keys are refused by a call of its own, [`CertificationRequest::check_known_weakness`].
#[derive(Clone, Debug)]
pub struct CertificationRequest {
    der: Vec<u8>,
    subject: Subject,
    public_key: PublicKey,
    fingerprint: Fingerprint,
}

impl CertificationRequest {
    /// Parses a text that is exactly one PEM block.
    ///
    /// # Errors
    /// [`CoreError::InvalidPem`] for another text; otherwise as [`CertificationRequest::parse_der`].
    pub fn parse_pem(pem: &str) -> Result<Self, Error> {
        if pem.len() > 2 * MAX_DER_BYTES {
            let found = format!("{} bytes", pem.len());
            return Err(CoreError::InvalidPem { found, expected: "one certification request" }.into());
        }
        Self::parse_der(&pem::decode(pem, pem::CERTIFICATE_REQUEST, "one block labelled \"CERTIFICATE REQUEST\"")?)
    }

    /// Parses and checks DER.
    ///
    /// # Errors
    /// [`Error::InvalidDer`] for other bytes or for DER that is not canonical; [`Error::InvalidSubject`] or an error of
    /// [`Subject::parse`] for the subject; [`Error::RequestedExtensions`], [`Error::UnexpectedAttribute`];
    /// [`Error::WeakKey`]; [`Error::UnexpectedSignatureAlgorithm`]; [`Error::BadSignature`].
    pub fn parse_der(der: &[u8]) -> Result<Self, Error> {
        let unreadable = invalid("certification request");
        if der.len() > MAX_DER_BYTES {
            return Err(Error::InvalidDer {
                what: "certification request",
                reason: format!("{} bytes, expected at most {MAX_DER_BYTES}", der.len()),
            });
        }
        let request = CertReq::from_der(der).map_err(&unreadable)?;
        if request.to_der().map_err(&unreadable)? != der {
            return Err(Error::InvalidDer {
                what: "certification request",
                reason: "it is not in canonical form".into(),
            });
        }
        if request.info.attributes.iter().any(|attribute| attribute.oid == EXTENSION_REQUEST) {
            return Err(Error::RequestedExtensions);
        }
        if let Some(attribute) = request.info.attributes.iter().next() {
            return Err(Error::UnexpectedAttribute { oid: attribute.oid.to_string() });
        }
        let subject = subject_of_request(&request.info.subject)?;
        let public_key = PublicKey::parse(&request.info.public_key)?;
        let signature = request.signature.as_bytes().ok_or(Error::BadSignature)?;
        public_key.verify(&request.algorithm, &request.info.to_der().map_err(&unreadable)?, signature)?;
        Ok(Self { der: der.to_vec(), subject, public_key, fingerprint: Fingerprint::of(&request.info.public_key)? })
    }

    /// Refuses a key whose private part anybody can compute, see [`PublicKey::check_known_weakness`]. It takes about a
    /// millisecond for RSA of 4096 bits, and for a point. Callers that accept requests from others call it.
    ///
    /// # Errors
    /// [`Error::WeakKey`].
    pub fn check_known_weakness(&self) -> Result<(), Error> {
        self.public_key.check_known_weakness()
    }

    /// Returns the DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Writes the request as one PEM block, encoded anew.
    pub fn to_pem(&self) -> String {
        pem::encode(pem::CERTIFICATE_REQUEST, &self.der)
    }

    /// Returns the requested subject.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// Returns the kind of key.
    pub fn algorithm(&self) -> Algorithm {
        self.public_key.algorithm()
    }

    /// Returns the fingerprint of the key.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }
}

/// `extensionRequest` (RFC 2985, section 5.4.2).
pub(crate) const EXTENSION_REQUEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.14");

/// The maximum length of a request, in bytes of DER. RSA-4096 with the longest [`Subject`] stays below it.
pub(crate) const MAX_DER_BYTES: usize = 16 << 10;
