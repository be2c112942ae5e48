//! The assessment of one request for somebody who decides about it. It does no I/O: what it compares with is an
//! argument.

mod decoded;
mod look_alikes;
mod others;
mod rights;
mod warning;

use std::collections::BTreeMap;

use kube_enroll_core::{
    CsrState, GroupName, Policy, Requested, Subject, Timestamp, UserName,
    csr::{SIGNER_NAME, USAGES, USER_ANNOTATION},
};
use kube_enroll_x509::RequestDetails;

pub use self::{
    decoded::{Decoded, state_words},
    look_alikes::{LookAlikes, Place},
    others::Others,
    rights::RightsWithYes,
    warning::Warning,
};

/// The things beside a request that an assessment takes into account.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// The operator's accounts, as `spec.username` has them: what they annotate counts.
    pub own_accounts: &'a [String],
    /// The longest lifetime that is no warning.
    pub maximum_seconds: u32,
    /// The cluster's clock.
    pub now: Timestamp,
    /// All requests that exist, or `None` if they may not be listed.
    pub others: Option<&'a Others>,
    /// The names in bindings, or `None` if these are not read.
    pub bound: Option<&'a LookAlikes>,
    /// Known weak keys are looked for, which takes about a millisecond.
    pub checks_keys: bool,
}

/// A request as an approver should see it. Texts are as others wrote them.
#[derive(Clone, Debug)]
pub struct Assessment {
    /// The object's name.
    pub name: String,
    /// The object's UID.
    pub uid: String,
    /// The state.
    pub state: CsrState,
    /// Seconds since it was created, or `None` if that cannot be read.
    pub age_seconds: Option<i64>,
    /// `spec.signerName`.
    pub signer: String,
    /// `spec.usages`.
    pub usages: Vec<String>,
    /// `spec.expirationSeconds`; without it, the signer gives its longest lifetime.
    pub expiration_seconds: Option<i64>,
    /// `spec.username`, from the API server: the account that created the object.
    pub submitter: String,
    /// The submitter is one of the operator's accounts.
    pub is_own: bool,
    /// The person for whom the operator's account vouches.
    pub vouching: Vouching,
    /// The annotations, from whoever created the object.
    pub annotations: BTreeMap<String, String>,
    /// The request, or the reason why it cannot be decoded: then it cannot be approved here.
    pub request: Result<RequestDetails, String>,
    /// The warnings, the gravest first.
    pub warnings: Vec<Warning>,
}

/// The person who was signed in, as the operator's account says. Only that account is believed, and the name is
/// compared with the request's by us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Vouching {
    /// The submitter is none of the operator's accounts, so nobody is vouched for.
    NotOurs,
    /// The operator's account did not know who asked.
    Nobody,
    /// The person is the request's user.
    User(String),
    /// The person is another one than the request's user.
    Other(String),
}

impl Assessment {
    /// Judges a request.
    pub fn new(decoded: &Decoded, surroundings: &Surroundings<'_>) -> Self {
        let csr = &decoded.csr;
        let is_own = surroundings.own_accounts.contains(&csr.spec.username);
        let user = decoded.details.as_ref().ok().and_then(|details| details.user.as_deref());
        let vouching = match csr.metadata.annotations.get(USER_ANNOTATION) {
            _ if !is_own => Vouching::NotOurs,
            None => Vouching::Nobody,
            Some(person) if user == Some(person) => Vouching::User(person.clone()),
            Some(person) => Vouching::Other(person.clone()),
        };
        let created = csr.metadata.creation_timestamp.parse::<jiff::Timestamp>().ok();
        let mut assessment = Self {
            name: csr.metadata.name.clone(),
            uid: csr.metadata.uid.clone(),
            state: decoded.state.clone(),
            age_seconds: created.map(|created| {
                surroundings.now.seconds_since(Timestamp::from_unix_seconds(created.as_second())).max(0)
            }),
            signer: csr.spec.signer_name.clone(),
            usages: csr.spec.usages.clone(),
            expiration_seconds: csr.spec.expiration_seconds,
            submitter: csr.spec.username.clone(),
            is_own,
            vouching,
            annotations: csr.metadata.annotations.clone(),
            request: decoded.details.clone(),
            warnings: Vec::new(),
        };
        assessment.warnings = assessment.find_warnings(surroundings);
        assessment
    }

    fn find_warnings(&self, surroundings: &Surroundings<'_>) -> Vec<Warning> {
        let mut warnings = Vec::new();
        match &self.request {
            Err(reason) => warnings.push(Warning::Undecodable { reason: reason.clone() }),
            Ok(details) => {
                warnings.extend(of_names(details));
                warnings.extend(self.of_vouching(surroundings));
                warnings.extend(of_look_alikes(details, surroundings));
                warnings.extend(self.of_key(details, surroundings));
                let asked = details.alternative_names.iter().chain(&details.extensions).cloned().collect::<Vec<_>>();
                if !asked.is_empty() {
                    warnings.push(Warning::Extensions { asked });
                }
            }
        }
        if self.signer != SIGNER_NAME {
            warnings.push(Warning::OtherSigner { found: self.signer.clone() });
        }
        if self.usages != USAGES {
            warnings.push(Warning::OtherUsages { found: self.usages.clone() });
        }
        match self.expiration_seconds {
            None => warnings.push(Warning::NoLifetime),
            Some(seconds) if seconds > i64::from(surroundings.maximum_seconds) => {
                warnings.push(Warning::LongLifetime { seconds, maximum_seconds: surroundings.maximum_seconds });
            }
            Some(_) => {}
        }
        warnings
    }

    fn of_vouching(&self, surroundings: &Surroundings<'_>) -> Option<Warning> {
        match &self.vouching {
            Vouching::Other(person) => Some(Warning::OtherPerson { person: person.clone() }),
            Vouching::NotOurs if !surroundings.own_accounts.is_empty() => {
                let claimed = self.annotations.get(USER_ANNOTATION)?;
                Some(Warning::ForgedPerson { claimed: claimed.clone(), submitter: self.submitter.clone() })
            }
            _ => None,
        }
    }

    fn of_key(&self, details: &RequestDetails, surroundings: &Surroundings<'_>) -> Vec<Warning> {
        let weakness = if surroundings.checks_keys { details.key_weakness() } else { None };
        let weak = weakness.map(|found| Warning::WeakKey { found });
        let others = surroundings.others.map(|others| others.with_key(&details.fingerprint, &self.uid));
        let used = others.filter(|names| !names.is_empty()).map(|requests| Warning::KeyInUse { requests });
        weak.into_iter().chain(used).collect()
    }
}

/// Returns the warnings about user and groups by themselves: those that are powerful, or no names for us.
fn of_names(details: &RequestDetails) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let user = match details.user.as_deref().map(UserName::parse) {
        None => {
            warnings.push(Warning::NoUser);
            None
        }
        Some(Err(fault)) => {
            let name = details.user.clone().unwrap_or_default();
            warnings.push(Warning::UnusualUser { name, fault });
            None
        }
        Some(Ok(user)) => Some(user),
    };
    let mut groups = Vec::new();
    for name in &details.groups {
        match GroupName::parse(name) {
            Ok(group) => groups.push(group),
            Err(fault) => warnings.push(Warning::UnusualGroup { name: name.clone(), fault }),
        }
    }
    // A policy that offers exactly these groups says which of them are powerful, and refuses none.
    let offered = groups.clone().into();
    let requested = Requested {
        user: user.as_ref(),
        is_proved: true,
        groups: &groups,
        algorithm: kube_enroll_core::Algorithm::ALL[0],
        expiration_seconds: 600,
    };
    let judged = Policy { groups: offered, ..Policy::default() }.judge(&requested);
    warnings.extend(judged.warnings.into_iter().map(Warning::Powerful));
    if let Err(fault) = Subject::new(user.unwrap_or_else(placeholder), groups) {
        warnings.push(Warning::TooMuch { fault });
    } else if details.groups.len() > kube_enroll_core::MAX_GROUPS {
        let fault = kube_enroll_core::Error::TooManyGroups {
            found: details.groups.len(),
            maximum: kube_enroll_core::MAX_GROUPS,
        };
        warnings.push(Warning::TooMuch { fault });
    }
    if !details.other_attributes.is_empty() {
        warnings.push(Warning::OtherAttributes { found: details.other_attributes.clone() });
    }
    warnings
}

/// Returns a user for the check of the groups alone.
fn placeholder() -> UserName {
    UserName::parse("user").expect("four letters are a name")
}

fn of_look_alikes(details: &RequestDetails, surroundings: &Surroundings<'_>) -> Vec<Warning> {
    let sources: Vec<&LookAlikes> =
        surroundings.bound.into_iter().chain(surroundings.others.map(Others::names)).collect();
    let mut warnings = Vec::new();
    if let Some(user) = &details.user
        && let Some((other, place)) = sources.iter().find_map(|names| names.of_user(user))
    {
        warnings.push(Warning::UserLooksLike { name: user.clone(), other: other.to_owned(), place: place.clone() });
    }
    for group in &details.groups {
        if let Some((other, place)) = sources.iter().find_map(|names| names.of_group(group)) {
            let (name, other, place) = (group.clone(), other.to_owned(), place.clone());
            warnings.push(Warning::GroupLooksLike { name, other, place });
        }
    }
    warnings
}

#[cfg(test)]
mod tests;
