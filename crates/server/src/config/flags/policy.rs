use clap::Args;
use kube_enroll_core::{Algorithm, ExpirationSeconds, GroupName, NameError, Policy, UserName};

use crate::start::StartError;

/// The policy for requests.
#[derive(Args, Debug)]
#[command(next_help_heading = "Policy")]
pub(super) struct PolicyFlags {
    #[arg(
        long,
        env = "KUBE_ENROLL_ALGORITHMS",
        value_delimiter = ',',
        value_name = "NAME",
        value_parser = Algorithm::parse,
        help = algorithm_help()
    )]
    algorithm: Vec<Algorithm>,
    /// Lifetime that the form begins with. [default: 86400, within the bounds]
    #[arg(long, env = "KUBE_ENROLL_EXPIRATION_DEFAULT_SECONDS", value_name = "SECONDS")]
    expiration_default_seconds: Option<u32>,
    /// Shortest lifetime, at least 600. [default: 600]
    #[arg(long, env = "KUBE_ENROLL_EXPIRATION_MINIMUM_SECONDS", value_name = "SECONDS")]
    expiration_minimum_seconds: Option<u32>,
    /// Longest lifetime. [default: 31536000, a year; 604800, a week, where other machines reach the server and it does
    /// not know who asks]
    #[arg(long, env = "KUBE_ENROLL_EXPIRATION_MAXIMUM_SECONDS", value_name = "SECONDS")]
    expiration_maximum_seconds: Option<u32>,
    /// Group that people may ask for; repeatable. One with far-reaching rights in clusters of common tools, such as
    /// kubeadm:cluster-admins, may be asked for only where it is named here; `*`, alone, is any other, but system:….
    /// [default: any other; none is the default where other machines reach the server and it does not know who asks]
    #[arg(long, value_name = "NAME", value_parser = OfferedGroup::parse)]
    group: Vec<OfferedGroup>,
    /// Group to warn about; repeatable. kubeadm:cluster-admins always is one.
    #[arg(long, value_name = "NAME")]
    powerful_group: Vec<String>,
    /// User with far-reaching rights in clusters of common tools, such as kubernetes-admin or root, that people may ask
    /// for all the same; repeatable. Somebody who is signed in under such a name needs no mention. [default: none]
    #[arg(long, value_name = "NAME", value_parser = UserName::parse)]
    powerful_user: Vec<UserName>,
    /// A sentence for people about reaching an approver: "Ask in #platform".
    #[arg(long, env = "KUBE_ENROLL_APPROVER", default_value = "", hide_default_value = true, value_name = "TEXT")]
    pub(super) approver: String,
}

/// A group that people may ask for, as `--group` has it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum OfferedGroup {
    /// Any, but for those with far-reaching rights.
    Any,
    /// This one.
    Named(GroupName),
}

impl OfferedGroup {
    fn parse(text: &str) -> Result<Self, NameError> {
        if text == "*" { Ok(Self::Any) } else { GroupName::parse(text).map(Self::Named) }
    }
}

impl PolicyFlags {
    /// Returns the policy. `is_open` says that other machines reach the server and it does not know who asks: then the
    /// groups have to be written out, and lifetimes are shorter.
    ///
    /// # Errors
    /// [`StartError::Open`], [`StartError::FlagValue`] for `--group`.
    pub(super) fn into_policy(self, is_open: bool) -> Result<Policy, StartError> {
        if is_open && self.group.is_empty() {
            return Err(StartError::Open);
        }
        let mut named = Vec::new();
        for group in &self.group {
            match group {
                OfferedGroup::Named(name) => named.push(name.clone()),
                OfferedGroup::Any if self.group.len() == 1 => {}
                OfferedGroup::Any => {
                    let expected = "it alone, for any group that is not powerful, or all groups by name";
                    return Err(StartError::FlagValue { flag: "--group", found: "*".into(), expected });
                }
            }
        }
        let mut policy = Policy {
            groups: named.into(),
            powerful_groups: self.powerful_group,
            powerful_users: self.powerful_user,
            ..Policy::default()
        };
        if !self.algorithm.is_empty() {
            policy.algorithms = self.algorithm;
        }
        let ExpirationSeconds { default, minimum, maximum } = policy.expiration_seconds;
        let minimum = self.expiration_minimum_seconds.unwrap_or(minimum);
        let maximum = if is_open { maximum.min(OPEN_MAXIMUM_SECONDS) } else { maximum };
        if let (Some(found), None) = (self.expiration_default_seconds, self.expiration_maximum_seconds)
            && is_open
            && found > OPEN_MAXIMUM_SECONDS
        {
            return Err(StartError::FlagValue {
                flag: "--expiration-default-seconds",
                found: found.to_string(),
                expected: "604800 at most, a week, unless --expiration-maximum-seconds is more",
            });
        }
        let maximum = self.expiration_maximum_seconds.unwrap_or(maximum);
        // A bound that somebody sets moves the default that nobody set; `Policy::check` judges the rest.
        let default = self.expiration_default_seconds.unwrap_or_else(|| default.min(maximum).max(minimum));
        policy.expiration_seconds = ExpirationSeconds { default, minimum, maximum };
        Ok(policy)
    }
}

/// Returns the help of `--algorithm`, with the names of all key types.
fn algorithm_help() -> String {
    let names = Algorithm::ALL.map(Algorithm::name).join(", ");
    format!("Key type offered: {names}; repeatable, the first choice first. [default: all, RSA-3072 first]")
}

/// The longest lifetime where nobody knows who asks: a week.
pub(in crate::config) const OPEN_MAXIMUM_SECONDS: u32 = 7 * 86_400;
