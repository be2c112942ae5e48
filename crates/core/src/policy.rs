use serde::{Deserialize, Serialize};

use crate::{Algorithm, Error, Field, Subject};

/// The fewest seconds that Kubernetes takes as `expirationSeconds`
/// ([API reference](https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/certificate-signing-request-v1/#CertificateSigningRequestSpec)).
pub const KUBERNETES_MINIMUM_EXPIRATION_SECONDS: u32 = 600;

/// The groups that are worth a warning wherever they are asked for: they hold full rights on clusters made by kubeadm.
const POWERFUL_GROUPS: &[&str] = &["kubeadm:cluster-admins"];

/// What an operator allows people to ask for: one policy, judged by the page before a key is made and by the proxy before
/// a request passes.
///
/// The default takes every algorithm, lifetimes from 10 minutes to a year, and every group that is not `system:`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Policy {
    /// The key types offered, the first choice first. Default: all, RSA-3072 first.
    pub algorithms: Vec<Algorithm>,
    /// The bounds of the lifetime.
    pub expiration_seconds: ExpirationSeconds,
    /// The groups offered; empty means any. Default: any.
    pub groups: Vec<String>,
    /// Groups to warn about, beside those that Kubernetes' own tools make powerful. Default: none.
    pub powerful_groups: Vec<String>,
}

/// The bounds of `spec.expirationSeconds`, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ExpirationSeconds {
    /// What the form begins with. Default: 1 day.
    pub default: u32,
    /// The fewest, at least [`KUBERNETES_MINIMUM_EXPIRATION_SECONDS`]. Default: 10 minutes.
    pub minimum: u32,
    /// The most, at most `i32::MAX`. Default: 365 days.
    pub maximum: u32,
}

/// Something that a person should know before they go on, and that stops nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// This group holds far-reaching rights.
    PowerfulGroup(String),
}

impl Default for Policy {
    fn default() -> Self {
        use Algorithm::{EcdsaP256, EcdsaP384, Ed25519, Rsa2048, Rsa3072, Rsa4096};
        Self {
            algorithms: vec![Rsa3072, EcdsaP256, EcdsaP384, Ed25519, Rsa2048, Rsa4096],
            expiration_seconds: ExpirationSeconds::default(),
            groups: Vec::new(),
            powerful_groups: Vec::new(),
        }
    }
}

impl Default for ExpirationSeconds {
    fn default() -> Self {
        Self { default: 86_400, minimum: KUBERNETES_MINIMUM_EXPIRATION_SECONDS, maximum: 365 * 86_400 }
    }
}

impl Policy {
    /// Checks the policy itself, as it comes from `config.json` or from flags.
    ///
    /// # Errors
    /// [`Error::InvalidPolicy`] where no algorithm is left or the bounds of the lifetime contradict each other; the error
    /// of [`Subject::parse`] for a group that nobody could ask for.
    pub fn check(&self) -> Result<(), Error> {
        let ExpirationSeconds { default, minimum, maximum } = self.expiration_seconds;
        let reason = if self.algorithms.is_empty() {
            "no key type is offered"
        } else if minimum < KUBERNETES_MINIMUM_EXPIRATION_SECONDS {
            "the shortest lifetime is under the 600 seconds that Kubernetes asks for"
        } else if maximum > i32::MAX as u32 {
            "the longest lifetime is over 2147483647 seconds"
        } else if minimum > default || default > maximum {
            "the lifetimes are not in order: minimum, default, maximum"
        } else {
            for (index, group) in self.groups.iter().enumerate() {
                crate::subject::parse_name(group, Field::Group(index))?;
            }
            return Ok(());
        };
        Err(Error::InvalidPolicy { reason })
    }

    /// Judges what somebody asks for.
    ///
    /// # Errors
    /// [`Error::AlgorithmNotOffered`], [`Error::ExpirationOutOfRange`], [`Error::GroupNotOffered`]. A [`Subject`] that
    /// names `system:` users or groups does not exist, so no policy can allow one.
    pub fn judge(
        &self,
        subject: &Subject,
        algorithm: Algorithm,
        expiration_seconds: i64,
    ) -> Result<Vec<Warning>, Error> {
        if !self.algorithms.contains(&algorithm) {
            return Err(Error::AlgorithmNotOffered {
                found: algorithm.name().to_owned(),
                offered: self.algorithms.iter().map(|offered| offered.name().to_owned()).collect(),
            });
        }
        let ExpirationSeconds { minimum, maximum, .. } = self.expiration_seconds;
        if expiration_seconds < i64::from(minimum) || expiration_seconds > i64::from(maximum) {
            return Err(Error::ExpirationOutOfRange {
                found_seconds: expiration_seconds,
                minimum_seconds: minimum,
                maximum_seconds: maximum,
            });
        }
        if let Some(group) =
            subject.groups().iter().find(|group| !self.groups.is_empty() && !self.groups.contains(group))
        {
            return Err(Error::GroupNotOffered { name: group.clone(), offered: self.groups.clone() });
        }
        Ok(subject
            .groups()
            .iter()
            .filter(|group| self.is_powerful(group))
            .cloned()
            .map(Warning::PowerfulGroup)
            .collect())
    }

    /// Tells whether a group is worth a warning.
    pub fn is_powerful(&self, group: &str) -> bool {
        POWERFUL_GROUPS.contains(&group) || self.powerful_groups.iter().any(|powerful| powerful == group)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(groups: &[&str]) -> Subject {
        Subject::parse("jane", groups).expect("plain names")
    }

    #[test]
    fn refuses_lifetimes_outside_of_its_bounds() {
        let policy = Policy::default();
        for seconds in [i64::MIN, -1, 0, 599, 365 * 86_400 + 1, 1 << 31, i64::MAX] {
            let judged = policy.judge(&subject(&[]), Algorithm::Rsa3072, seconds);
            assert!(matches!(judged, Err(Error::ExpirationOutOfRange { .. })), "{seconds}");
        }
        for seconds in [600, 86_400, 365 * 86_400] {
            assert_eq!(policy.judge(&subject(&[]), Algorithm::Rsa3072, seconds), Ok(vec![]));
        }
    }

    #[test]
    fn takes_only_the_groups_that_are_configured() {
        let policy = Policy { groups: vec!["developers".into()], ..Policy::default() };
        assert_eq!(policy.judge(&subject(&["developers"]), Algorithm::Ed25519, 600), Ok(vec![]));
        assert!(matches!(
            policy.judge(&subject(&["developers", "admins"]), Algorithm::Ed25519, 600),
            Err(Error::GroupNotOffered { name, .. }) if name == "admins"
        ));
    }

    #[test]
    fn warns_about_powerful_groups() {
        let policy = Policy { powerful_groups: vec!["sre".into()], ..Policy::default() };
        assert_eq!(
            policy.judge(&subject(&["sre", "dev", "kubeadm:cluster-admins"]), Algorithm::Ed25519, 600),
            Ok(vec![Warning::PowerfulGroup("sre".into()), Warning::PowerfulGroup("kubeadm:cluster-admins".into())])
        );
    }

    #[test]
    fn takes_only_the_algorithms_that_are_configured() {
        let policy = Policy { algorithms: vec![Algorithm::EcdsaP256], ..Policy::default() };
        assert!(matches!(
            policy.judge(&subject(&[]), Algorithm::Rsa2048, 600),
            Err(Error::AlgorithmNotOffered { found, .. }) if found == "RSA-2048"
        ));
    }

    #[test]
    fn refuses_to_be_a_policy_that_contradicts_itself() {
        let with = |expiration_seconds| Policy { expiration_seconds, ..Policy::default() };
        let seconds = ExpirationSeconds::default();
        assert!(Policy::default().check().is_ok());
        assert!(with(ExpirationSeconds { minimum: 599, ..seconds }).check().is_err());
        assert!(with(ExpirationSeconds { maximum: u32::MAX, ..seconds }).check().is_err());
        assert!(with(ExpirationSeconds { minimum: 90_000, ..seconds }).check().is_err());
        assert!(Policy { algorithms: vec![], ..Policy::default() }.check().is_err());
        assert!(Policy { groups: vec!["system:masters".into()], ..Policy::default() }.check().is_err());
    }

    #[test]
    fn reads_what_a_person_writes_and_refuses_unknown_settings() {
        let policy: Policy =
            serde_json::from_str(r#"{"algorithms":["ECDSA-P256"],"expirationSeconds":{"maximum":86400}}"#)
                .expect("a policy");
        assert_eq!(policy.algorithms, [Algorithm::EcdsaP256]);
        assert_eq!(policy.expiration_seconds.minimum, 600);
        assert!(serde_json::from_str::<Policy>(r#"{"group":["a"]}"#).is_err());
    }
}
