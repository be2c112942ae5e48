use std::collections::BTreeSet;

use der::oid::db::rfc5280::ID_KP_CLIENT_AUTH;
use kube_enroll_core::{CertificateSummary, Difference, DifferenceKind, Error as CoreError, Timestamp, pem};
use x509_cert::{
    Certificate,
    ext::pkix::{BasicConstraints, ExtendedKeyUsage},
};

use crate::{
    CertificationRequest, Error, Fingerprint,
    name::{display_name, invalid, user_and_groups},
};

/// The certificates of `status.certificate`: the one that was issued, then those that lead from it to its authority.
#[derive(Clone, Debug)]
pub struct CertificateChain {
    leaf: Certificate,
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
        let chain = Certificate::load_pem_chain(pem.as_bytes()).map_err(invalid("certificate chain"))?;
        let leaf = chain.into_iter().next().ok_or_else(|| refuse("no certificate".into()))?;
        let certificate = leaf.tbs_certificate();
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
        Ok(Self { leaf, summary, fingerprint })
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
            return Err(Error::NotValidNow {
                not_before: not_before.to_string(),
                not_after: not_after.to_string(),
                now: now.to_string(),
            });
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

    /// Returns the fields of the issued certificate.
    pub fn summary(&self) -> &CertificateSummary {
        &self.summary
    }

    /// Returns the fingerprint of the certificate's key.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    fn check_usage(&self) -> Result<(), Error> {
        let certificate = self.leaf.tbs_certificate();
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

/// The maximum length of a chain, in bytes of PEM.
const MAX_PEM_BYTES: usize = 128 << 10;

/// The signer's backdating of `notBefore`, in seconds. It lengthens lifetimes under 8 hours
/// (`pkg/controller/certificates/authority/policies.go` in Kubernetes).
const BACKDATE_SECONDS: i64 = 300;
