mod powerful;

use serde::{Deserialize, Serialize};

pub use self::powerful::Warning;
use crate::{Algorithm, Error, Field, GroupName, UserName, objects_alone};

/// The requests that an operator allows: one policy, judged by the page before a key is made and by the server before a
/// request passes.
///
/// The default allows every algorithm, lifetimes from 10 minutes to a year, and every user and group whose name is
/// neither `system:` nor a powerful one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase", default)]
pub struct Policy {
    /// The key types offered, the first choice first. Default: all, RSA-3072 first.
    pub algorithms: Vec<Algorithm>,
    /// The bounds of the lifetime.
    pub expiration_seconds: ExpirationSeconds,
    /// The groups offered. Default: any whose name is not a powerful one.
    pub groups: Groups,
    /// Groups to warn about, beside those that common tools make powerful. Default: none.
    pub powerful_groups: Vec<String>,
    /// Users that may be asked for although their names are powerful. Default: none.
    pub powerful_users: Vec<UserName>,
}

/// The parts of a request that a policy judges.
#[derive(Clone, Copy, Debug)]
pub struct Requested<'a> {
    /// The user, or `None` while none is named.
    pub user: Option<&'a UserName>,
    /// A sign-in has proved that the person who asks is this user.
    pub is_proved: bool,
    /// The groups.
    pub groups: &'a [GroupName],
    /// The key type.
    pub algorithm: Algorithm,
    /// `spec.expirationSeconds`.
    pub expiration_seconds: i64,
}

/// The bounds of `spec.expirationSeconds`, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase", default)]
pub struct ExpirationSeconds {
    /// The form's first value. Default: 1 day.
    pub default: u32,
    /// The fewest, at least [`KUBERNETES_MIN_EXPIRATION_SECONDS`]. Default: 10 minutes.
    pub minimum: u32,
    /// The most, at most `i32::MAX`. Default: 365 days.
    pub maximum: u32,
}

objects_alone!(Policy, ExpirationSeconds);

/// The groups that a request may name. In `config.json` a list, of which the empty one means any.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<GroupName>", into = "Vec<GroupName>")]
pub enum Groups {
    /// Every group that is a name.
    #[default]
    Any,
    /// These, and no other; without any, a request names no group.
    Only(Vec<GroupName>),
}

/// The result of [`Policy::judge`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Judgement {
    /// Everything that is not offered, each addressed by [`Error::field`]: [`Error::AlgorithmNotOffered`],
    /// [`Error::ExpirationOutOfRange`], [`Error::PowerfulName`] for the user, and that or [`Error::GroupNotOffered`]
    /// for each group. With any of them the request is refused.
    pub faults: Vec<Error>,
    /// Warnings about names that are not refused.
    pub warnings: Vec<Warning>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            algorithms: Algorithm::ALL.into(),
            expiration_seconds: ExpirationSeconds::default(),
            groups: Groups::Any,
            powerful_groups: Vec::new(),
            powerful_users: Vec::new(),
        }
    }
}

impl Default for ExpirationSeconds {
    fn default() -> Self {
        Self { default: 86_400, minimum: KUBERNETES_MIN_EXPIRATION_SECONDS, maximum: 365 * 86_400 }
    }
}

impl Policy {
    /// Checks the policy itself, as it comes from `config.json` or from flags.
    ///
    /// # Errors
    /// [`Error::InvalidPolicy`] where no algorithm is left or the bounds of the lifetime contradict each other.
    pub fn check(&self) -> Result<(), Error> {
        let ExpirationSeconds { default, minimum, maximum } = self.expiration_seconds;
        let reason = if self.algorithms.is_empty() {
            "no key type is offered"
        } else if minimum < KUBERNETES_MIN_EXPIRATION_SECONDS {
            "the shortest lifetime is under the 600 seconds that Kubernetes asks for"
        } else if maximum > i32::MAX as u32 {
            "the longest lifetime is over 2147483647 seconds"
        } else if minimum > default || default > maximum {
            "the lifetimes are not in order: minimum, default, maximum"
        } else {
            return Ok(());
        };
        Err(Error::InvalidPolicy { reason })
    }

    /// Judges a request.
    ///
    /// A name that begins with `system:` needs no judgement: there is no [`UserName`] or [`GroupName`] of it, so no
    /// policy can allow one.
    pub fn judge(&self, requested: &Requested<'_>) -> Judgement {
        let Requested { user, is_proved, groups, algorithm, expiration_seconds } = *requested;
        let (mut faults, mut warnings) = (Vec::new(), Vec::new());
        if let Some(user) = user {
            if is_proved || self.powerful_users.contains(user) || !powerful::is_powerful_user(user) {
                warnings.extend(powerful::warning_of_user(user));
            } else {
                faults.push(Error::PowerfulName { field: Field::User, name: user.to_string() });
            }
        }
        if !self.algorithms.contains(&algorithm) {
            faults.push(Error::AlgorithmNotOffered {
                found: algorithm.name().to_owned(),
                offered: self.algorithms.iter().map(|offered| offered.name().to_owned()).collect(),
            });
        }
        let ExpirationSeconds { minimum, maximum, .. } = self.expiration_seconds;
        if !(i64::from(minimum)..=i64::from(maximum)).contains(&expiration_seconds) {
            faults.push(Error::ExpirationOutOfRange {
                found_seconds: expiration_seconds,
                minimum_seconds: minimum,
                maximum_seconds: maximum,
            });
        }
        for (index, group) in groups.iter().enumerate() {
            if self.offers(group) {
                warnings.extend(self.warning(group));
                continue;
            }
            let name = group.to_string();
            faults.push(match &self.groups {
                Groups::Any => Error::PowerfulName { field: Field::Group(index), name },
                Groups::Only(offered) => {
                    let offered = offered.iter().map(ToString::to_string).collect();
                    Error::GroupNotOffered { index, name, offered }
                }
            });
        }
        Judgement { faults, warnings }
    }

    /// Returns whether a request may name this group. A powerful one has to be named by the policy: that any may be
    /// asked for is not enough.
    pub fn offers(&self, group: &GroupName) -> bool {
        match &self.groups {
            Groups::Any => !powerful::is_powerful_group(group),
            Groups::Only(offered) => offered.contains(group),
        }
    }

    /// Returns whether this group holds far-reaching rights, or looks like one that does.
    pub fn is_powerful(&self, group: &GroupName) -> bool {
        self.warning(group).is_some()
    }

    fn warning(&self, group: &GroupName) -> Option<Warning> {
        powerful::warning_of_group(group, &self.powerful_groups)
    }
}

impl From<Vec<GroupName>> for Groups {
    fn from(offered: Vec<GroupName>) -> Self {
        if offered.is_empty() { Self::Any } else { Self::Only(offered) }
    }
}

impl From<Groups> for Vec<GroupName> {
    fn from(groups: Groups) -> Self {
        match groups {
            Groups::Any => Self::new(),
            Groups::Only(offered) => offered,
        }
    }
}

/// The minimum that Kubernetes accepts as `expirationSeconds`
/// ([API reference](https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/certificate-signing-request-v1/#CertificateSigningRequestSpec)).
pub const KUBERNETES_MIN_EXPIRATION_SECONDS: u32 = 600;

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(names: &[&str]) -> Vec<GroupName> {
        crate::subject::parse_groups(names).expect("plain names")
    }

    /// Judges a request of a user with a plain name, who is not signed in.
    fn judge(policy: &Policy, groups: &[GroupName], algorithm: Algorithm, expiration_seconds: i64) -> Judgement {
        policy.judge(&Requested { user: None, is_proved: false, groups, algorithm, expiration_seconds })
    }

    fn judge_user(policy: &Policy, user: &str, is_proved: bool) -> Judgement {
        let user = UserName::parse(user).expect("a plain name");
        let (algorithm, expiration_seconds) = (Algorithm::Ed25519, 600);
        policy.judge(&Requested { user: Some(&user), is_proved, groups: &[], algorithm, expiration_seconds })
    }

    #[test]
    fn refuses_lifetimes_outside_of_its_bounds() {
        let policy = Policy::default();
        for seconds in [i64::MIN, -1, 0, 599, 365 * 86_400 + 1, 1 << 31, i64::MAX] {
            let judged = judge(&policy, &groups(&[]), Algorithm::Rsa3072, seconds);
            assert!(matches!(&judged.faults[..], [Error::ExpirationOutOfRange { .. }]), "{seconds}");
        }
        for seconds in [600, 86_400, 365 * 86_400] {
            assert_eq!(judge(&policy, &groups(&[]), Algorithm::Rsa3072, seconds), Judgement::default());
        }
    }

    #[test]
    fn accepts_only_the_groups_that_are_configured() {
        let policy = Policy { groups: Groups::Only(groups(&["developers"])), ..Policy::default() };
        assert_eq!(judge(&policy, &groups(&["developers"]), Algorithm::Ed25519, 600), Judgement::default());
        assert!(matches!(
            &judge(&policy, &groups(&["developers", "admins"]), Algorithm::Ed25519, 600).faults[..],
            [Error::GroupNotOffered { index: 1, name, .. }] if name == "admins"
        ));
    }

    #[test]
    fn warns_about_groups_that_look_like_powerful_ones() {
        let policy = Policy { powerful_groups: vec!["sre".into(), "Воѕѕ".into()], ..Policy::default() };
        let names = ["SRE", "srë", "sre\u{301}", "Kubeadm:cluster-admins", "kubeadm:clüster-admins", "boss", "sra"];
        let warnings = judge(&policy, &groups(&names), Algorithm::Rsa3072, 86_400).warnings;
        assert_eq!(warnings, groups(&names[..6]).into_iter().map(Warning::LikePowerfulGroup).collect::<Vec<_>>());
    }

    #[test]
    fn refuses_powerful_groups_unless_it_names_them() {
        for group in ["kubeadm:cluster-admins", "cluster-admins", "dedicated-admins"] {
            let judged = judge(&Policy::default(), &groups(&["dev", group]), Algorithm::Ed25519, 600);
            assert!(
                matches!(&judged.faults[..], [Error::PowerfulName { field: Field::Group(1), name }] if name == group),
                "{judged:?}"
            );
            let policy = Policy { groups: Groups::Only(groups(&[group])), ..Policy::default() };
            assert_eq!(judge(&policy, &groups(&[group]), Algorithm::Ed25519, 600).faults, []);
            assert!(policy.offers(&groups(&[group])[0]) && !Policy::default().offers(&groups(&[group])[0]));
        }
    }

    #[test]
    fn refuses_powerful_users_unless_it_names_them_or_a_sign_in_has_proved_them() {
        let policy = Policy { powerful_users: vec![UserName::parse("root").expect("a name")], ..Policy::default() };
        for user in ["admin", "kubernetes-admin", "kubelet-api", "front-proxy-client"] {
            let judged = judge_user(&policy, user, false);
            assert!(
                matches!(&judged.faults[..], [Error::PowerfulName { field: Field::User, name }] if name == user),
                "{judged:?}"
            );
            assert_eq!(judge_user(&policy, user, true).faults, [], "{user}");
        }
        assert_eq!(judge_user(&policy, "root", false).faults, []);
        assert_eq!(judge_user(&policy, "Admin", false).faults, [], "another user, whose likeness is a warning");
    }

    #[test]
    fn warns_about_powerful_users_that_it_lets_pass() {
        let user = |name| UserName::parse(name).expect("a name");
        let judged = judge_user(&Policy::default(), "root", true);
        assert_eq!(judged.warnings, [Warning::PowerfulUser(user("root"))]);
        let judged = judge_user(&Policy::default(), "Root", false);
        assert_eq!(judged.warnings, [Warning::LikePowerfulUser(user("Root"))]);
        assert_eq!(judge_user(&Policy::default(), "jane", false), Judgement::default());
    }

    #[test]
    fn warns_about_powerful_groups() {
        let offered = Groups::Only(groups(&["sre", "dev", "kubeadm:cluster-admins"]));
        let policy = Policy { powerful_groups: vec!["sre".into()], groups: offered, ..Policy::default() };
        assert_eq!(
            judge(&policy, &groups(&["sre", "dev", "kubeadm:cluster-admins"]), Algorithm::Ed25519, 600).warnings,
            groups(&["sre", "kubeadm:cluster-admins"]).into_iter().map(Warning::PowerfulGroup).collect::<Vec<_>>()
        );
    }

    #[test]
    fn accepts_only_the_algorithms_that_are_configured() {
        let policy = Policy { algorithms: vec![Algorithm::EcdsaP256], ..Policy::default() };
        assert!(matches!(
            &judge(&policy, &groups(&[]), Algorithm::Rsa2048, 600).faults[..],
            [Error::AlgorithmNotOffered { found, .. }] if found == "RSA-2048"
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
    }

    #[test]
    fn reads_what_a_person_writes() {
        let policy: Policy =
            serde_json::from_str(r#"{"algorithms":["ECDSA-P256"],"expirationSeconds":{"maximum":86400}}"#)
                .expect("a policy");
        assert_eq!(policy.algorithms, [Algorithm::EcdsaP256]);
        assert_eq!(policy.expiration_seconds.minimum, 600);
    }

    #[test]
    fn names_every_field_that_is_not_offered() {
        let policy = Policy {
            algorithms: vec![Algorithm::EcdsaP256],
            groups: Groups::Only(groups(&["dev"])),
            ..Policy::default()
        };
        let faults = judge(&policy, &groups(&["a", "dev", "b"]), Algorithm::Rsa2048, 5).faults;
        let fields: Vec<Option<Field>> = faults.iter().map(Error::field).collect();
        let expected = [Field::Algorithm, Field::Lifetime, Field::Group(0), Field::Group(2)];
        assert_eq!(fields, expected.map(Some));
    }

    #[test]
    fn no_list_of_groups_and_an_empty_one_offer_any() {
        for json in ["{}", r#"{"groups":[]}"#] {
            let policy: Policy = serde_json::from_str(json).expect("a policy");
            assert_eq!(policy.groups, Groups::Any, "{json}");
            assert_eq!(judge(&policy, &groups(&["whatever"]), Algorithm::Ed25519, 600), Judgement::default());
        }
        assert_eq!(serde_json::to_value(Groups::Any).expect("a list"), serde_json::json!([]));
        let policy: Policy = serde_json::from_str(r#"{"groups":["dev"]}"#).expect("a policy");
        assert_eq!(policy.groups, Groups::Only(groups(&["dev"])));
        assert!(serde_json::from_str::<Policy>(r#"{"groups":["system:masters"]}"#).is_err());
    }
}
