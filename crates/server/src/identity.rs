//! Who asks.

mod flags;
mod header;
mod jwt;
mod proxy;
mod whoami;

use std::{net::IpAddr, time::SystemTime};

use http::HeaderMap;
use kube_enroll_core::{Policy, Subject};

use crate::Error;
pub use flags::{IdentityFlags, IdentityKind};
use header::Header;
use jwt::Jwt;
use proxy::Peers;
use whoami::Whoami;

/// Who a request comes from, as far as this server knows.
#[derive(Clone, Debug)]
pub(crate) struct Asker {
    /// The person, where there is an identity; nobody with `--identity none`.
    pub(crate) person: Option<Person>,
    /// Where the request comes from, as far as trusted proxies say; never an IPv4 address written as IPv6.
    pub(crate) address: IpAddr,
    /// When it has to be said anew who this is: the end of the token.
    pub(crate) until: Option<SystemTime>,
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
        if subject.user() != self.user.as_str() {
            return Err(Error::OtherUser { found: subject.user().to_string(), expected: self.user.clone() });
        }
        match subject.groups().iter().find(|group| !self.groups.iter().any(|own| *group == own.as_str())) {
            Some(found) => Err(Error::OtherGroup { found: found.to_string(), user: self.user.clone() }),
            None => Ok(()),
        }
    }
}

/// Finds out who asks.
pub(crate) struct Identities {
    peers: Peers,
    kind: IdentityKind,
    source: Source,
    sign_out_url: Option<String>,
}

enum Source {
    Nobody,
    Header(Header),
    Jwt(Box<Jwt>),
}

impl Identities {
    /// Reads the flags and the files that they name.
    ///
    /// # Errors
    /// [`Error::MissingFlag`], [`Error::UnusedFlag`], [`Error::FlagValue`], [`Error::ReadFile`], [`Error::WeakSecret`],
    /// [`Error::NoCertificates`].
    pub(crate) fn new(flags: &IdentityFlags, policy: &Policy) -> Result<Self, Error> {
        flags.check_used()?;
        let peers = Peers::new(flags)?;
        let source = match flags.kind {
            IdentityKind::None => Source::Nobody,
            IdentityKind::Header => Source::Header(Header::new(flags, policy, &peers)?),
            IdentityKind::Jwt => Source::Jwt(Box::new(Jwt::new(flags)?)),
        };
        Ok(Self { peers, kind: flags.kind, source, sign_out_url: flags.sign_out()? })
    }

    /// Returns the word in config.json: empty where nobody is known.
    pub(crate) fn word(&self) -> &'static str {
        self.kind.word()
    }

    /// Says who sends a request with these headers from this peer.
    ///
    /// # Errors
    /// [`Error::NotSignedIn`], [`Error::IdentityHeader`]; [`Error::NoToken`], [`Error::BadToken`],
    /// [`Error::KeysUnreachable`].
    pub(crate) async fn ask(&self, peer: IpAddr, headers: &HeaderMap) -> Result<Asker, Error> {
        let address = self.peers.address(peer, headers);
        let (person, until) = match &self.source {
            Source::Nobody => (None, None),
            Source::Header(header) if self.peers.trust(peer, headers) => (Some(header.person(headers)?), None),
            // Whatever the headers say, a stranger has written it.
            Source::Header(_) => return Err(Error::NotSignedIn),
            // It proves itself: who passes it on does not matter.
            Source::Jwt(jwt) => {
                let (person, until) = jwt.person(headers).await?;
                (Some(person), Some(until))
            }
        };
        Ok(Asker { person, address, until })
    }

    /// Returns `whoami.json`; nothing where nobody is ever known.
    pub(crate) fn whoami<'a>(&'a self, person: Option<&'a Person>, policy: &Policy) -> Option<Whoami<'a>> {
        person.map(|person| Whoami::new(self.word(), person, policy, self.sign_out_url.as_deref()))
    }
}

/// The annotation that says who asked for an object. It counts only where `spec.username` is this server's own account:
/// anybody who may create such objects can write it.
pub(crate) const USER_ANNOTATION: &str = "kube-enroll/user";
