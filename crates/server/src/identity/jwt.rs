//! Identities by a token of an OpenID provider.

mod keys;

use std::{
    convert::Infallible,
    time::{Duration, SystemTime},
};

use http::{HeaderMap, HeaderName, header};
use jsonwebtoken::{Algorithm, Validation, decode, decode_header, errors::ErrorKind};
use serde_json::{Map, Value};

use super::{Error, Person, flags::IdentityFlags};
use crate::start::StartError;
use keys::{Keys, KeysAddress, check_https};

/// The rules for tokens, with the meaning of kube-apiserver's flags of the same names ([OpenID
/// Connect tokens](https://kubernetes.io/docs/reference/access-authn-authz/authentication/#openid-connect-tokens)), so
/// that a person has one name by token and by certificate.
pub(super) struct Jwt {
    header: HeaderName,
    algorithms: Vec<Algorithm>,
    validation: Validation,
    issuer: String,
    client_id: String,
    /// The other clients whose tokens count.
    authorized_parties: Vec<String>,
    username_claim: String,
    username_prefix: String,
    groups_claim: Option<String>,
    groups_prefix: String,
    required_claims: Vec<(String, String)>,
    keys: Keys,
}

/// A token that is valid, read.
#[derive(Debug)]
pub(super) struct Verified {
    /// The person that it is for.
    pub(super) person: Person,
    /// It says that it has no room for their groups.
    pub(super) lacks_groups: bool,
    /// Its end.
    pub(super) expires: SystemTime,
}

impl Jwt {
    /// Reads the flags and the files that they name. The provider need not be there yet.
    ///
    /// # Errors
    /// [`StartError::MissingFlag`], [`StartError::FlagValue`], [`StartError::ReadFile`],
    /// [`StartError::NoCertificates`].
    pub(super) fn new(flags: &IdentityFlags) -> Result<Self, StartError> {
        let need = |value: &Option<String>, flag: &'static str| {
            let value = value.clone().filter(|value| !value.is_empty());
            value.ok_or(StartError::MissingFlag { flag, with: "--identity=jwt" })
        };
        let issuer = need(&flags.oidc_issuer_url, "--oidc-issuer-url")?;
        let client_id = need(&flags.oidc_client_id, "--oidc-client-id")?;
        if !check_https(&issuer) || issuer.contains(['?', '#', '@']) {
            let expected = "an https URL without query, fragment and user";
            return Err(StartError::FlagValue { flag: "--oidc-issuer-url", found: issuer, expected });
        }
        if flags.oidc_authorized_party.iter().any(String::is_empty) {
            let (found, expected) = (String::new(), "the id of a client");
            return Err(StartError::FlagValue { flag: "--oidc-authorized-party", found, expected });
        }
        let algorithms = parse_algorithms(&flags.oidc_signing_algs)?;
        let username_claim = flags.oidc_username_claim.clone().unwrap_or_else(|| "sub".into());
        let username_prefix = match flags.oidc_username_prefix.as_deref() {
            Some("-") => String::new(),
            Some(prefix) if !prefix.is_empty() => prefix.to_owned(),
            _ if username_claim == "email" => String::new(),
            _ => format!("{issuer}#"),
        };
        let keys = match &flags.oidc_jwks_file {
            Some(path) => Keys::read(path)?,
            None => {
                let address = keys_address(flags, &issuer)?;
                Keys::fetched(address, flags.oidc_ca_file.as_deref(), parse_max_age(flags.oidc_keys_max_age_seconds)?)?
            }
        };
        Ok(Self {
            header: flags.jwt_header.clone().unwrap_or(header::AUTHORIZATION),
            validation: validation(&issuer, &client_id, algorithms[0]),
            algorithms,
            issuer,
            client_id,
            authorized_parties: flags.oidc_authorized_party.clone(),
            username_claim,
            username_prefix,
            groups_claim: flags.oidc_groups_claim.clone(),
            groups_prefix: flags.oidc_groups_prefix.clone().unwrap_or_default(),
            required_claims: parse_required(&flags.oidc_required_claim)?,
            keys,
        })
    }

    /// Reads the keys, or the authorities of the provider's address, again.
    ///
    /// # Errors
    /// [`StartError::ReadFile`], [`StartError::FlagValue`], [`StartError::NoCertificates`]: the former ones count on.
    pub(super) fn reread_keys(&self) -> Result<(), StartError> {
        self.keys.reread()
    }

    /// Follows the keys that the provider publishes.
    pub(super) async fn follow_keys(&self) -> Infallible {
        self.keys.follow().await
    }

    /// Checks that somebody could sign in.
    ///
    /// # Errors
    /// [`Error::KeysUnreachable`].
    pub(super) fn check_keys(&self) -> Result<(), Error> {
        if self.keys.has_keys() { Ok(()) } else { Err(Error::KeysUnreachable) }
    }

    /// Verifies the token in these headers.
    ///
    /// # Errors
    /// [`Error::NoToken`], [`Error::InvalidToken`]; [`Error::KeysUnreachable`] where the provider's keys are not known
    /// yet.
    pub(super) async fn verify(&self, headers: &HeaderMap) -> Result<Verified, Error> {
        let token = self.token(headers)?;
        let claims = self.claims(token).await?;
        self.check_authorized_party(&claims)?;
        for (key, value) in &self.required_claims {
            if claims.get(key).and_then(Value::as_str) != Some(value) {
                return Err(invalid("a claim that is required here is missing or has another value"));
            }
        }
        let until = claims.get("exp").and_then(Value::as_f64).ok_or_else(|| invalid("it does not say when it ends"))?;
        let until = Duration::try_from_secs_f64(until).ok().and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since));
        let person = Person { user: self.user(&claims)?, groups: self.groups(&claims)? };
        let expires = until.ok_or_else(|| invalid("it does not say when it ends"))?;
        // Without leeway, as kube-apiserver judges it.
        if expires <= SystemTime::now() {
            return Err(invalid("it has expired"));
        }
        Ok(Verified { person, lacks_groups: self.lacks_groups(&claims), expires })
    }

    /// Returns the one token.
    fn token<'a>(&self, headers: &'a HeaderMap) -> Result<&'a str, Error> {
        let mut lines = headers.get_all(&self.header).iter();
        let line = lines.next().ok_or(Error::NoToken)?;
        if lines.next().is_some() {
            return Err(invalid("there is more than one"));
        }
        let text = line.to_str().map_err(|_| invalid("it is not ASCII"))?.trim();
        // RFC 9110, section 11.1: the scheme's case does not matter.
        let bearer = text.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        match bearer {
            Some((_, token)) => Ok(token.trim()),
            None if self.header == header::AUTHORIZATION || text.is_empty() => Err(Error::NoToken),
            None => Ok(text),
        }
    }

    /// Checks signature, issuer, audience and times, and returns the claims.
    async fn claims(&self, token: &str) -> Result<Map<String, Value>, Error> {
        let head = decode_header(token).map_err(|error| problem(&error))?;
        // Before a key is looked for: `none` and HMAC with a public key for its secret end here.
        if !self.algorithms.contains(&head.alg) {
            return Err(invalid("it is signed by an algorithm that is not taken here"));
        }
        // RFC 7515, section 4.1.11: what must be understood is not; RFC 8725, section 3.11: a token of another kind,
        // such as one that signs out, may have the same issuer and audience.
        if head.crit.is_some() || head.typ.as_ref().is_some_and(|kind| !kind.eq_ignore_ascii_case("jwt")) {
            return Err(invalid("it is a token of another kind"));
        }
        let validation = Validation { algorithms: vec![head.alg], ..self.validation.clone() };
        let mut found = invalid("it is signed with a key that its issuer does not name");
        for key in self.keys.find(head.kid.as_deref(), head.alg).await? {
            match decode::<Map<String, Value>>(token, &key, &validation) {
                // A list of issuers would satisfy the library.
                Ok(data) if data.claims.get("iss").and_then(Value::as_str) == Some(&self.issuer) => {
                    return Ok(data.claims);
                }
                Ok(_) => return Err(invalid("it is from another issuer")),
                Err(error) => found = problem(&error),
            }
        }
        Err(found)
    }

    /// Refuses a token that another client was given: that client, and whoever steals it there, could replay it here
    /// ([ID Token validation](https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation), 4 and 5).
    fn check_authorized_party(&self, claims: &Map<String, Value>) -> Result<(), Error> {
        let is_for_others = match claims.get("aud") {
            Some(Value::Array(audiences)) => {
                audiences.iter().any(|audience| audience.as_str() != Some(&self.client_id))
            }
            _ => false,
        };
        let Some(party) = claims.get("azp").filter(|_| is_for_others) else { return Ok(()) };
        let is_known =
            |party: &str| party == self.client_id || self.authorized_parties.iter().any(|known| known == party);
        match party.as_str() {
            Some(party) if is_known(party) => Ok(()),
            _ => Err(invalid(
                "it was made for another client: its azp is neither --oidc-client-id nor an --oidc-authorized-party",
            )),
        }
    }

    fn user(&self, claims: &Map<String, Value>) -> Result<String, Error> {
        // Anybody can type another's address where the provider does not check it.
        if self.username_claim == "email" && claims.get("email_verified").is_some_and(|is| *is != Value::Bool(true)) {
            return Err(invalid("its e-mail address is not verified"));
        }
        match claims.get(&self.username_claim).and_then(Value::as_str) {
            Some(user) if !user.is_empty() => Ok(format!("{}{user}", self.username_prefix)),
            _ => Err(invalid("it does not say who it is for, in the claim that counts here")),
        }
    }

    /// Returns whether the groups are elsewhere, since there are too many for a token: Entra ID's
    /// [overage](https://learn.microsoft.com/en-us/security/zero-trust/develop/configure-tokens-group-claims-app-roles#group-overages),
    /// a distributed claim (OpenID Connect Core, section 5.6.2), which is not fetched here.
    fn lacks_groups(&self, claims: &Map<String, Value>) -> bool {
        let Some(claim) = &self.groups_claim else { return false };
        let is_elsewhere = claims.get("_claim_names").and_then(|names| names.get(claim)).is_some_and(Value::is_string)
            || (claim == "groups" && claims.get("hasgroups") == Some(&Value::Bool(true)));
        is_elsewhere && claims.get(claim).is_none_or(Value::is_null)
    }

    fn groups(&self, claims: &Map<String, Value>) -> Result<Vec<String>, Error> {
        let wrong = || invalid("its groups are neither text nor a list of texts");
        let found = match self.groups_claim.as_ref().and_then(|claim| claims.get(claim)) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::String(group)) => vec![&**group],
            Some(Value::Array(groups)) => {
                groups.iter().map(Value::as_str).collect::<Option<Vec<_>>>().ok_or_else(wrong)?
            }
            Some(_) => return Err(wrong()),
        };
        Ok(found.into_iter().map(|group| format!("{}{group}", self.groups_prefix)).collect())
    }
}

/// The library lets a missing `iss` or `aud` pass, and does not look at `nbf`, unless told.
fn validation(issuer: &str, client_id: &str, algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.set_issuer(&[issuer]);
    validation.set_audience(&[client_id]);
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    validation.validate_nbf = true;
    validation.leeway = LEEWAY_SECONDS;
    validation
}

fn keys_address(flags: &IdentityFlags, issuer: &str) -> Result<KeysAddress, StartError> {
    match &flags.oidc_jwks_url {
        None => Ok(KeysAddress::Discovered { issuer: issuer.to_owned() }),
        Some(url) if check_https(url) && !url.contains(['#', '@']) => Ok(KeysAddress::Known(url.clone())),
        Some(url) => {
            let expected = "an https URL without fragment and user";
            Err(StartError::FlagValue { flag: "--oidc-jwks-url", found: url.clone(), expected })
        }
    }
}

fn parse_max_age(seconds: Option<u64>) -> Result<Duration, StartError> {
    match seconds.map(Duration::from_secs) {
        None => Ok(DEFAULT_KEYS_MAX_AGE),
        Some(age) if age >= MIN_KEYS_MAX_AGE => Ok(age),
        Some(age) => {
            let (found, expected) = (age.as_secs().to_string(), "at least 10 seconds");
            Err(StartError::FlagValue { flag: "--oidc-keys-max-age", found, expected })
        }
    }
}

fn parse_algorithms(names: &[String]) -> Result<Vec<Algorithm>, StartError> {
    if names.is_empty() {
        return Ok(vec![Algorithm::RS256]);
    }
    let parse = |name: &String| match name.parse::<Algorithm>() {
        // With a shared secret, this server could make tokens itself.
        Ok(algorithm)
            if !matches!(algorithm, Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 | Algorithm::EdDSA) =>
        {
            Ok(algorithm)
        }
        _ => Err(StartError::FlagValue {
            flag: "--oidc-signing-algs",
            found: name.clone(),
            expected: "RS256, RS384, RS512, PS256, PS384, PS512, ES256 or ES384",
        }),
    };
    names.iter().map(parse).collect()
}

fn parse_required(pairs: &[String]) -> Result<Vec<(String, String)>, StartError> {
    let parse = |pair: &String| match pair.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err(StartError::FlagValue { flag: "--oidc-required-claim", found: pair.clone(), expected: "KEY=VALUE" }),
    };
    pairs.iter().map(parse).collect()
}

fn invalid(problem: &'static str) -> Error {
    Error::InvalidToken { problem }
}

/// Describes what is wrong. The library's own texts may quote the token.
fn problem(error: &jsonwebtoken::errors::Error) -> Error {
    invalid(match error.kind() {
        ErrorKind::ExpiredSignature => "it has expired",
        ErrorKind::ImmatureSignature => "it is not valid yet",
        ErrorKind::InvalidIssuer => "it is from another issuer",
        ErrorKind::InvalidAudience => "it is for another audience",
        ErrorKind::MissingRequiredClaim(_) => "it lacks exp, iss or aud",
        ErrorKind::InvalidSignature => "its signature is wrong",
        _ => "it cannot be read",
    })
}

/// For clocks that are a little apart.
const LEEWAY_SECONDS: u64 = 10;

/// A provider that is away for a day is missed: few tokens live as long, and no new ones are made.
const DEFAULT_KEYS_MAX_AGE: Duration = Duration::from_secs(24 * 3600);

/// A fetch that fails is tried again a few times in it.
const MIN_KEYS_MAX_AGE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests;
