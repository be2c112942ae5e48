//! The identity of callers.

mod error;
mod flags;
mod header;
mod jwt;
mod peer;
mod proxy;
mod whoami;

use std::{convert::Infallible, future::pending, net::IpAddr, time::SystemTime};

use http::HeaderMap;
use kube_enroll_core::Policy;

use crate::start::StartError;
pub(crate) use error::Error;
pub use flags::{IdentityFlags, IdentityKind};
use header::Header;
use jwt::Jwt;
pub(crate) use peer::Peer;
use proxy::TrustedProxies;
pub use proxy::flags::ProxyFlags;
pub(crate) use proxy::flags::{Listening, PROOFS};
use whoami::Whoami;

/// The sender of a request, as far as this server knows.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The person; `None` with `--identity none`.
    pub(crate) person: Option<Person>,
    /// The person's token says that it has no room for their groups.
    pub(crate) lacks_groups: bool,
    /// The address that the request comes from, by the word of trusted proxies; never an IPv4 address written as IPv6.
    pub(crate) address: IpAddr,
    /// The end of the token: a watch ends then.
    pub(crate) expires: Option<SystemTime>,
}

impl Caller {
    /// Returns the user, or `None` without an identity.
    pub(crate) fn user(&self) -> Option<&str> {
        self.person.as_ref().map(|person| &*person.user)
    }
}

/// A person, as a trusted source names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    /// The name, as the cluster is to know it: the CN of a request must be it.
    pub(crate) user: String,
    /// The groups that a request may ask for, or some of them.
    pub(crate) groups: Vec<String>,
}

/// The source of identities.
pub(crate) struct Authenticator {
    proxies: TrustedProxies,
    kind: IdentityKind,
    source: Source,
    sign_out_url: Option<String>,
}

enum Source {
    None,
    Header(Header),
    Jwt(Box<Jwt>),
}

impl Authenticator {
    /// Reads the flags and the files that they name.
    ///
    /// # Errors
    /// [`StartError::MissingFlag`], [`StartError::UnusedFlag`], [`StartError::FlagValue`], [`StartError::NoSeparator`],
    /// [`StartError::NoProof`], [`StartError::LoopbackIdentity`], [`StartError::ReadFile`], [`StartError::WeakSecret`],
    /// [`StartError::NoCertificates`].
    pub(crate) fn new(flags: &IdentityFlags, policy: &Policy, listening: Listening) -> Result<Self, StartError> {
        flags.check_used()?;
        let proxies = TrustedProxies::new(&flags.proxy, listening)?;
        if flags.kind() == IdentityKind::Header && !flags.proxy.has_proof(listening) {
            return Err(StartError::NoProof { proofs: PROOFS });
        }
        let source = match flags.kind() {
            IdentityKind::None => Source::None,
            IdentityKind::Header => Source::Header(Header::new(flags, policy, &proxies)?),
            IdentityKind::Jwt => {
                if let Some(name) = flags.jwt_header.as_ref().filter(|name| *name != http::header::AUTHORIZATION) {
                    header::check_own("--jwt-header", name)?;
                }
                Source::Jwt(Box::new(Jwt::new(flags)?))
            }
        };
        Ok(Self { proxies, kind: flags.kind(), source, sign_out_url: flags.sign_out()? })
    }

    /// Reads the proxy's secret again.
    ///
    /// # Errors
    /// [`StartError::ReadFile`], [`StartError::WeakSecret`]: the former one counts on.
    pub(crate) fn reread_secret(&self) -> Result<(), StartError> {
        self.proxies.reread_secret()
    }

    /// Reads the provider's keys, or the authorities of its address, again.
    ///
    /// # Errors
    /// [`StartError::ReadFile`], [`StartError::FlagValue`], [`StartError::NoCertificates`]: the former ones count on.
    pub(crate) fn reread_keys(&self) -> Result<(), StartError> {
        match &self.source {
            Source::Jwt(jwt) => jwt.reread_keys(),
            Source::None | Source::Header(_) => Ok(()),
        }
    }

    /// Follows what the source of identities publishes, for as long as the server runs.
    pub(crate) async fn follow_keys(&self) -> Infallible {
        match &self.source {
            Source::Jwt(jwt) => jwt.follow_keys().await,
            Source::None | Source::Header(_) => pending().await,
        }
    }

    /// Checks that people could be authenticated at all.
    ///
    /// # Errors
    /// [`Error::KeysUnreachable`].
    pub(crate) fn check_ready(&self) -> Result<(), Error> {
        match &self.source {
            Source::Jwt(jwt) => jwt.check_keys(),
            Source::None | Source::Header(_) => Ok(()),
        }
    }

    /// Returns the kind's name in config.json: empty where nobody is known.
    pub(crate) fn kind_name(&self) -> &'static str {
        self.kind.name()
    }

    /// Returns whether the bounds by address are not for a peer, since everybody behind it has its address.
    pub(crate) fn exempts(&self, peer: &Peer, beyond_loopback: bool) -> bool {
        self.proxies.exempts(peer, beyond_loopback)
    }

    /// Returns whether a proxy that has proved itself says that the request has come to it by plain HTTP.
    pub(crate) fn came_by_plain_http(&self, peer: &Peer, headers: &HeaderMap) -> bool {
        self.proxies.forwarded_proto(peer, headers).is_some_and(|found| found.eq_ignore_ascii_case(b"http"))
    }

    /// Returns the address that a request comes from, by the word of trusted proxies, whoever sends it.
    pub(crate) fn address(&self, peer: &Peer, headers: &HeaderMap) -> IpAddr {
        self.proxies.address(peer, headers)
    }

    /// Authenticates the sender of a request with these headers from this peer.
    ///
    /// # Errors
    /// [`Error::NotSignedIn`], [`Error::Header`]; [`Error::NoToken`], [`Error::InvalidToken`],
    /// [`Error::KeysUnreachable`].
    pub(crate) async fn authenticate(&self, peer: &Peer, headers: &HeaderMap) -> Result<Caller, Error> {
        let address = self.address(peer, headers);
        let mut lacks_groups = false;
        let (person, expires) = match &self.source {
            Source::None => (None, None),
            Source::Header(header) if self.proxies.trusts(peer, headers) => (Some(header.person(headers)?), None),
            // Whatever the headers say, a stranger has written it.
            Source::Header(_) => return Err(Error::NotSignedIn),
            // It proves itself: who passes it on does not matter.
            Source::Jwt(jwt) => {
                let verified = jwt.verify(headers).await?;
                lacks_groups = verified.lacks_groups;
                (Some(verified.person), Some(verified.expires))
            }
        };
        Ok(Caller { person, lacks_groups, address, expires })
    }

    /// Returns `whoami.json`, or `None` if nobody is ever known.
    pub(crate) fn whoami<'a>(&'a self, caller: &'a Caller, policy: &Policy) -> Option<Whoami<'a>> {
        let person = caller.person.as_ref()?;
        let sign_out_url = self.sign_out_url.as_deref();
        Some(Whoami::new(self.kind_name(), person, caller.lacks_groups, policy, sign_out_url))
    }
}
