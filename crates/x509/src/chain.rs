use std::collections::BTreeSet;

use der::{Decode, Header, Reader, SliceReader, oid::db::rfc5280::ID_KP_CLIENT_AUTH};
use kube_enroll_core::{CertificateSummary, Difference, DifferenceKind, Error as CoreError, Timestamp, pem};
use sha2::{Digest, Sha256};
use x509_cert::{
    Certificate,
    ext::pkix::{BasicConstraints, ExtendedKeyUsage},
};

use crate::{
    CertificationRequest, Error, Fingerprint, PublicKey,
    name::{display_name, invalid, user_and_groups},
};

/// A certificate, and the bytes that it was parsed from: a signature is over these.
#[derive(Clone, Debug)]
struct Parsed {
    certificate: Certificate,
    der: Vec<u8>,
}

/// The certificates of `status.certificate`: the one that was issued, then those that lead from it to its authority.
#[derive(Clone, Debug)]
pub struct CertificateChain {
    leaf: Parsed,
    /// The other certificates, in their order.
    intermediates: Vec<Parsed>,
    summary: CertificateSummary,
    fingerprint: Fingerprint,
}

impl CertificateChain {
    /// Parses a PEM chain, leaf first ([RFC 5280](https://www.rfc-editor.org/rfc/rfc5280#section-4.1)).
    ///
    /// # Errors
    /// [`CoreError::InvalidPem`] and [`Error::InvalidDer`] for another text; [`Error::InvalidSubject`] for a leaf whose
    /// subject is not one CN and some O.
    pub fn parse_pem(pem: &str) -> Result<Self, Error> {
        let refuse = |found: String| {
            Error::Core(CoreError::InvalidPem { found, expected: "certificates, the issued one first" })
        };
        if pem.len() > MAX_PEM_BYTES {
            return Err(refuse(format!("{} bytes", pem.len())));
        }
        if !pem::contains(pem, pem::CERTIFICATE) {
            return Err(refuse("no block labelled \"CERTIFICATE\"".into()));
        }
        let ders = pem::all_blocks(pem, pem::CERTIFICATE).ok_or_else(|| refuse("a block that is no base64".into()))?;
        let mut chain = ders.into_iter().map(Parsed::new);
        let leaf = chain.next().ok_or_else(|| refuse("no certificate".into()))??;
        let intermediates = chain.collect::<Result<_, _>>()?;
        let certificate = leaf.certificate.tbs_certificate();
        let (user, groups) = user_and_groups(certificate.subject())?;
        let time = |time: x509_cert::time::Time| {
            Timestamp::from_unix_seconds(i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX))
        };
        let summary = CertificateSummary {
            user,
            groups,
            issuer: display_name(certificate.issuer()),
            serial_number: certificate.serial_number().as_bytes().iter().map(|byte| format!("{byte:02x}")).collect(),
            not_before: time(certificate.validity().not_before),
            not_after: time(certificate.validity().not_after),
        };
        let fingerprint = Fingerprint::of(certificate.subject_public_key_info())?;
        Ok(Self { leaf, intermediates, summary, fingerprint })
    }

    /// Checks that this certificate answers `request` and is valid at `now`, and returns the differences that do not
    /// make it unusable.
    ///
    /// Groups are compared as a set of strings: the signer may sort them and join them into one SET.
    ///
    /// # Errors
    /// [`Error::OtherKey`], [`Error::OtherUser`], [`Error::OtherGroups`], [`Error::NotForClients`] for a certificate
    /// without the usage client auth or of an authority, [`Error::NotValidNow`].
    pub fn check(
        &self,
        request: &CertificationRequest,
        expiration_seconds: u32,
        now: Timestamp,
    ) -> Result<Vec<Difference>, Error> {
        let CertificateSummary { user, groups, not_before, not_after, .. } = &self.summary;
        if self.fingerprint != request.fingerprint() {
            return Err(Error::OtherKey {
                found: self.fingerprint.to_string(),
                expected: request.fingerprint().to_string(),
            });
        }
        if request.subject().user() != user.as_str() {
            return Err(Error::OtherUser { found: user.clone(), expected: request.subject().user().to_string() });
        }
        let issued: BTreeSet<&str> = groups.iter().map(String::as_str).collect();
        let asked: BTreeSet<&str> = request.subject().groups().iter().map(|group| group.as_str()).collect();
        if issued != asked {
            return Err(Error::OtherGroups {
                missing: asked.difference(&issued).map(ToString::to_string).collect(),
                unexpected: issued.difference(&asked).map(ToString::to_string).collect(),
            });
        }
        self.check_usage()?;
        if now < *not_before || now >= *not_after {
            return Err(Error::NotValidNow { not_before: *not_before, not_after: *not_after, now });
        }
        let asked_seconds = i64::from(expiration_seconds);
        let issued_seconds = not_after.seconds_since(*not_before);
        let kind = if issued_seconds < asked_seconds {
            DifferenceKind::ShorterLifetime
        } else if issued_seconds > asked_seconds + BACKDATE_SECONDS {
            DifferenceKind::LongerLifetime
        } else {
            return Ok(Vec::new());
        };
        Ok(vec![Difference { kind, asked_seconds, issued_seconds }])
    }

    /// Checks that one of these authorities, by their DER, has signed the certificate, or one of the chain's that leads
    /// to it. Their own validity is not checked, nor are any constraints on names or the length of the path.
    ///
    /// # Errors
    /// [`Error::OtherIssuer`]; [`Error::InvalidDer`] for an authority that is no certificate.
    pub fn check_issuer(&self, authorities: &[Vec<u8>]) -> Result<(), Error> {
        let authorities: Vec<Parsed> = authorities.iter().cloned().map(Parsed::new).collect::<Result<_, _>>()?;
        let mut certificate = &self.leaf;
        for next in self.intermediates.iter().map(Some).chain([None]) {
            if authorities.iter().any(|authority| authority.has_signed(certificate)) {
                return Ok(());
            }
            match next {
                Some(next) if next.is_authority() && next.has_signed(certificate) => certificate = next,
                _ => break,
            }
        }
        let name = |authority: &Parsed| display_name(authority.certificate.tbs_certificate().subject());
        Err(Error::OtherIssuer { found: self.summary.issuer.clone(), expected: authorities.iter().map(name).collect() })
    }

    /// Returns the fields of the issued certificate.
    pub fn summary(&self) -> &CertificateSummary {
        &self.summary
    }

    /// Returns the name of the certificate as a credential in Kubernetes' audit log and in `kubectl auth whoami`: the
    /// SHA-256 of its DER
    /// ([credential-id](https://kubernetes.io/docs/reference/access-authn-authz/authentication/#x509-client-certificates)).
    pub fn credential_id(&self) -> String {
        let digest = Sha256::digest(&self.leaf.der);
        let hexadecimal: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("X509SHA256={hexadecimal}")
    }

    /// Returns the fingerprint of the certificate's key.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    fn check_usage(&self) -> Result<(), Error> {
        let certificate = self.leaf.certificate.tbs_certificate();
        let unreadable = invalid("certificate extension");
        let constraints = certificate.get_extension::<BasicConstraints>().map_err(&unreadable)?;
        if constraints.is_some_and(|(_, constraints)| constraints.ca) {
            return Err(Error::NotForClients { found: "that of an authority".into() });
        }
        let usages = certificate.get_extension::<ExtendedKeyUsage>().map_err(&unreadable)?;
        let usages = usages.map(|(_, usages)| usages.0).unwrap_or_default();
        if usages.contains(&ID_KP_CLIENT_AUTH) {
            return Ok(());
        }
        let found: Vec<String> = usages.iter().map(ToString::to_string).collect();
        Err(Error::NotForClients { found: if found.is_empty() { "absent".into() } else { found.join(", ") } })
    }
}

impl Parsed {
    fn new(der: Vec<u8>) -> Result<Self, Error> {
        let certificate = Certificate::from_der(&der).map_err(invalid("certificate"))?;
        Ok(Self { certificate, der })
    }

    /// Returns whether it is named as the issuer of another certificate, and its key has made that one's signature.
    fn has_signed(&self, other: &Self) -> bool {
        let issuer = self.certificate.tbs_certificate();
        let (signed, algorithm) = (other.certificate.tbs_certificate(), other.certificate.signature_algorithm());
        let signature = other.certificate.signature().as_bytes().unwrap_or_default();
        issuer.subject() == signed.issuer()
            && algorithm == signed.signature()
            && PublicKey::parse(issuer.subject_public_key_info())
                .is_ok_and(|key| key.verify(algorithm, other.signed_bytes(), signature).is_ok())
    }

    /// Returns the DER of its `tbsCertificate`, the first element of its sequence.
    fn signed_bytes(&self) -> &[u8] {
        let read = || {
            let mut reader = SliceReader::new(&self.der)?;
            Header::decode(&mut reader)?;
            reader.tlv_bytes()
        };
        read().unwrap_or_default()
    }

    fn is_authority(&self) -> bool {
        let constraints = self.certificate.tbs_certificate().get_extension::<BasicConstraints>();
        constraints.is_ok_and(|found| found.is_some_and(|(_, constraints)| constraints.ca))
    }
}

/// The maximum length of a chain, in bytes of PEM.
const MAX_PEM_BYTES: usize = 128 << 10;

/// The signer's backdating of `notBefore`, in seconds. It lengthens lifetimes under 8 hours
/// (`pkg/controller/certificates/authority/policies.go` in Kubernetes).
const BACKDATE_SECONDS: i64 = 300;
