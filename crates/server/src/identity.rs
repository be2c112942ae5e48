//! Who asks.

use std::net::IpAddr;

use http::HeaderMap;
use kube_enroll_core::Subject;

use crate::Error;

/// Who a request comes from, as far as this server knows.
#[derive(Clone, Debug)]
pub(crate) struct Asker {
    /// The person, where there is an identity; nobody with `--identity none`.
    pub(crate) person: Option<Person>,
}

/// A person whom somebody that is trusted has named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    /// The name, as the cluster is to know it: the CN of a request must be it.
    pub(crate) user: String,
    /// The groups that a request may ask for, or some of them.
    pub(crate) groups: Vec<String>,
}

impl Person {
    /// Checks that a subject is this person, in groups of theirs. Names are compared byte by byte, as Kubernetes does.
    ///
    /// # Errors
    /// [`Error::OtherUser`], [`Error::OtherGroup`].
    pub(crate) fn check(&self, subject: &Subject) -> Result<(), Error> {
        if subject.user() != self.user {
            return Err(Error::OtherUser { found: subject.user().to_owned(), expected: self.user.clone() });
        }
        match subject.groups().iter().find(|group| !self.groups.contains(group)) {
            Some(found) => Err(Error::OtherGroup { found: found.clone(), user: self.user.clone() }),
            None => Ok(()),
        }
    }
}

/// Finds out who asks.
pub(crate) struct Identities {}

impl Identities {
    /// Says who sends a request with these headers from this peer.
    pub(crate) async fn ask(&self, _peer: IpAddr, _headers: &HeaderMap) -> Result<Asker, Error> {
        Ok(Asker { person: None })
    }
}

/// The annotation that says who asked for an object. It counts only where `spec.username` is this server's own account:
/// anybody who may create such objects can write it.
pub(crate) const USER_ANNOTATION: &str = "kube-enroll/user";
