use serde::Serialize;

use crate::{Error, Field, GroupName, UserName};

/// The holder of a certificate: one user and any number of groups
/// ([X.509 client certificates](https://kubernetes.io/docs/reference/access-authn-authz/authentication/#x509-client-certificates)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Subject {
    user: UserName,
    groups: Vec<GroupName>,
}

impl Subject {
    /// Puts a user and groups together.
    ///
    /// # Errors
    /// [`Error::TooManyGroups`] for more than [`MAX_GROUPS`], [`Error::DuplicateGroup`], and [`Error::SubjectTooLong`]
    /// for names of more than [`MAX_SUBJECT_BYTES`] together.
    pub fn new(user: UserName, groups: Vec<GroupName>) -> Result<Self, Error> {
        if groups.len() > MAX_GROUPS {
            return Err(Error::TooManyGroups { found: groups.len(), maximum: MAX_GROUPS });
        }
        if let Some(index) = (1..groups.len()).find(|index| groups[..*index].contains(&groups[*index])) {
            return Err(Error::DuplicateGroup { index, name: groups[index].to_string() });
        }
        let found_bytes = groups.iter().map(|group| group.len()).sum::<usize>() + user.len();
        if found_bytes > MAX_SUBJECT_BYTES {
            return Err(Error::SubjectTooLong { found_bytes, maximum_bytes: MAX_SUBJECT_BYTES });
        }
        Ok(Self { user, groups })
    }

    /// Parses a user and groups.
    ///
    /// # Errors
    /// [`Error::Name`] for a name that [`UserName::parse`] or [`GroupName::parse`] refuses; otherwise as
    /// [`Subject::new`].
    pub fn parse<G: AsRef<str>>(user: &str, groups: &[G]) -> Result<Self, Error> {
        let user = UserName::parse(user).map_err(|error| error.at(Field::User))?;
        Self::new(user, parse_groups(groups)?)
    }

    /// Returns the user (CN).
    pub fn user(&self) -> &UserName {
        &self.user
    }

    /// Returns the groups (O) in the order in which they were given.
    pub fn groups(&self) -> &[GroupName] {
        &self.groups
    }
}

/// Parses names of groups.
///
/// # Errors
/// [`Error::Name`] for the first that [`GroupName::parse`] refuses.
pub fn parse_groups<G: AsRef<str>>(groups: &[G]) -> Result<Vec<GroupName>, Error> {
    let parse =
        |(index, group): (usize, &G)| GroupName::parse(group.as_ref()).map_err(|error| error.at(Field::Group(index)));
    groups.iter().enumerate().map(parse).collect()
}

/// The maximum number of groups of one subject.
pub const MAX_GROUPS: usize = 64;

/// The maximum total length of the names of one subject, in bytes of UTF-8. With it, every request fits into the
/// server's body limit of 16 KiB, in which it is base64 twice.
pub const MAX_SUBJECT_BYTES: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_a_group_named_twice_and_too_many_groups() {
        assert!(matches!(Subject::parse("jane", &["a", "b", "a"]), Err(Error::DuplicateGroup { .. })));
        let groups: Vec<String> = (0..=MAX_GROUPS).map(|index| format!("g{index}")).collect();
        assert!(matches!(Subject::parse("jane", &groups), Err(Error::TooManyGroups { found: 65, .. })));
    }

    #[test]
    fn refuses_names_that_are_too_long_together() {
        let groups: Vec<String> = (10..30).map(|index| format!("{index}{}", "x".repeat(198))).collect();
        assert!(Subject::parse(&"x".repeat(96), &groups).is_ok());
        assert_eq!(
            Subject::parse(&"x".repeat(97), &groups),
            Err(Error::SubjectTooLong { found_bytes: 4097, maximum_bytes: MAX_SUBJECT_BYTES })
        );
    }

    #[test]
    fn preserves_the_order_of_groups() {
        assert_eq!(Subject::parse("jane", &["z", "a"]).expect("plain names").groups(), ["z", "a"]);
    }
}
