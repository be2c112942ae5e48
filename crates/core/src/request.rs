use der::{Decode, Encode};
use x509_cert::request::CertReq;

use crate::{
    Algorithm, Error, Fingerprint, Subject,
    public_key::PublicKey,
    x509::{decode_pem, encode_pem, invalid, subject_of_request},
};

/// The PEM label of a request (RFC 7468, section 7). Kubernetes does not take the older `NEW CERTIFICATE REQUEST`.
const PEM_LABEL: &str = "CERTIFICATE REQUEST";

/// The longest request that is read, in bytes of DER. RSA-4096 with 64 long groups stays below it.
const MAX_DER_BYTES: usize = 16 << 10;

/// A PKCS#10 request for a client certificate ([RFC 2986](https://www.rfc-editor.org/rfc/rfc2986#section-4.2)).
///
/// ```text
/// CertificationRequest ::= SEQUENCE {
///     certificationRequestInfo CertificationRequestInfo,
///     signatureAlgorithm       AlgorithmIdentifier,
///     signature                BIT STRING }
/// ```
///
/// There is no other than a checked one: the subject is a [`Subject`], the key satisfies the key rules, there are no
/// attributes (so no extensions either), with the feature `weak-keys` the key is none that is known to be bad, the signature is by that key with SHA-2, and the DER is canonical.
#[derive(Clone, Debug)]
pub struct CertificationRequest {
    der: Vec<u8>,
    subject: Subject,
    algorithm: Algorithm,
    fingerprint: Fingerprint,
}

impl CertificationRequest {
    /// Parses a text that is exactly one PEM block.
    ///
    /// # Errors
    /// [`Error::InvalidPem`] for another text; otherwise as [`CertificationRequest::parse_der`].
    pub fn parse_pem(pem: &str) -> Result<Self, Error> {
        if pem.len() > 2 * MAX_DER_BYTES {
            return Err(Error::InvalidPem {
                found: format!("{} bytes", pem.len()),
                expected: "one certification request",
            });
        }
        Self::parse_der(&decode_pem(pem, PEM_LABEL, "one block labelled \"CERTIFICATE REQUEST\"")?)
    }

    /// Parses and checks DER.
    ///
    /// # Errors
    /// [`Error::InvalidDer`] for other bytes or for DER that is not canonical; [`Error::InvalidSubject`] or an error of
    /// [`Subject::parse`] for the subject; [`Error::UnexpectedAttribute`]; [`Error::WeakKey`];
    /// [`Error::UnexpectedSignatureAlgorithm`]; [`Error::BadSignature`].
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
        if let Some(attribute) = request.info.attributes.iter().next() {
            return Err(Error::UnexpectedAttribute { oid: attribute.oid.to_string() });
        }
        let subject = subject_of_request(&request.info.subject)?;
        let key = PublicKey::parse(&request.info.public_key)?;
        let signature = request.signature.as_bytes().ok_or(Error::BadSignature)?;
        key.verify(&request.algorithm, &request.info.to_der().map_err(&unreadable)?, signature)?;
        #[cfg(feature = "weak-keys")]
        key.refuse_known_weakness()?;
        Ok(Self {
            der: der.to_vec(),
            subject,
            algorithm: key.algorithm(),
            fingerprint: Fingerprint::of(&request.info.public_key)?,
        })
    }

    /// Returns the DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Writes the request as one PEM block, encoded anew.
    pub fn to_pem(&self) -> String {
        encode_pem(PEM_LABEL, &self.der)
    }

    /// Returns who the certificate is to be for.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// Returns the kind of key.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Returns the fingerprint of the key.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }
}
