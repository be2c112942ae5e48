use std::path::PathBuf;

use clap::{Args, ValueEnum};
use http::HeaderName;

use super::proxy::flags::ProxyFlags;
use crate::start::StartError;

/// Flags of the source of identities, and of what of it is trusted. Contradictions are found by
/// [`crate::server::Server::bind`].
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Identity")]
pub struct IdentityFlags {
    /// Source of identities: nobody, a header of a proxy that is trusted, or a token of an OpenID provider. [default:
    /// none; nothing where other machines reach the server]
    #[arg(long = "identity", env = "KUBE_ENROLL_IDENTITY", value_enum, value_name = "KIND")]
    pub kind: Option<IdentityKind>,

    /// For `header`: header with the user. There is no default, since each proxy has another.
    #[arg(long, env = "KUBE_ENROLL_USER_HEADER", value_name = "NAME")]
    pub user_header: Option<HeaderName>,
    /// For `header`: header with groups, on one line. Only those named with --group count. Needs --groups-separator.
    #[arg(long, env = "KUBE_ENROLL_GROUPS_HEADER", value_name = "NAME")]
    pub groups_header: Option<HeaderName>,
    /// For `header`: what stands between groups. With a comma, the group `x,admins` grants `admins`.
    #[arg(long, env = "KUBE_ENROLL_GROUPS_SEPARATOR", value_name = "TEXT")]
    pub groups_separator: Option<String>,

    /// For `jwt`: header with the token. [default: Authorization, after the word Bearer]
    #[arg(long, env = "KUBE_ENROLL_JWT_HEADER", value_name = "NAME")]
    pub jwt_header: Option<HeaderName>,
    /// For `jwt`, as all --oidc flags, with the meaning that kube-apiserver gives them: https address of the issuer.
    #[arg(long, env = "KUBE_ENROLL_OIDC_ISSUER_URL", value_name = "URL")]
    pub oidc_issuer_url: Option<String>,
    /// Audience that a token must be for.
    #[arg(long, env = "KUBE_ENROLL_OIDC_CLIENT_ID", value_name = "ID")]
    pub oidc_client_id: Option<String>,
    /// Other client whose tokens count where they are for --oidc-client-id among several audiences: their claim `azp`;
    /// repeatable. [default: none]
    #[arg(long, value_name = "ID")]
    pub oidc_authorized_party: Vec<String>,
    /// Claim that is the user. [default: sub]
    #[arg(long, env = "KUBE_ENROLL_OIDC_USERNAME_CLAIM", value_name = "CLAIM")]
    pub oidc_username_claim: Option<String>,
    /// What stands before the user; `-` is nothing. [default: the issuer and #, but nothing where the claim is email]
    #[arg(long, env = "KUBE_ENROLL_OIDC_USERNAME_PREFIX", allow_hyphen_values = true, value_name = "TEXT")]
    pub oidc_username_prefix: Option<String>,
    /// Claim with the groups, text or a list of texts. [default: none]
    #[arg(long, env = "KUBE_ENROLL_OIDC_GROUPS_CLAIM", value_name = "CLAIM")]
    pub oidc_groups_claim: Option<String>,
    /// What stands before each group. [default: nothing]
    #[arg(long, env = "KUBE_ENROLL_OIDC_GROUPS_PREFIX", value_name = "TEXT")]
    pub oidc_groups_prefix: Option<String>,
    /// Algorithm of signatures: RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384; repeatable. [default: RS256]
    #[arg(long, env = "KUBE_ENROLL_OIDC_SIGNING_ALGS", value_delimiter = ',', value_name = "ALG")]
    pub oidc_signing_algs: Vec<String>,
    /// Claim that a token must have with exactly this value; repeatable.
    #[arg(long, value_name = "KEY=VALUE")]
    pub oidc_required_claim: Vec<String>,
    /// PEM file with the authorities of the issuer's address. [default: those of this machine]
    #[arg(long, env = "KUBE_ENROLL_OIDC_CA_FILE", value_name = "FILE")]
    pub oidc_ca_file: Option<PathBuf>,
    /// https address of the issuer's JWK Set, where discovery does not lead to it. [default: discovery's]
    #[arg(long, env = "KUBE_ENROLL_OIDC_JWKS_URL", value_name = "URL")]
    pub oidc_jwks_url: Option<String>,
    /// Seconds for which fetched keys count while the issuer cannot be reached to confirm them. [default: 86400, a day]
    #[arg(long = "oidc-keys-max-age", env = "KUBE_ENROLL_OIDC_KEYS_MAX_AGE", value_name = "SECONDS")]
    pub oidc_keys_max_age_seconds: Option<u64>,
    /// JWK Set of the issuer, where it cannot be fetched. Read again when it changes.
    #[arg(long, env = "KUBE_ENROLL_OIDC_JWKS_FILE", value_name = "FILE")]
    pub oidc_jwks_file: Option<PathBuf>,

    /// Where people sign out: an https URL, or a path that begins with /.
    #[arg(long, env = "KUBE_ENROLL_SIGN_OUT_URL", value_name = "URL")]
    pub sign_out_url: Option<String>,

    /// Flags of the proof of a proxy.
    #[command(flatten)]
    pub proxy: ProxyFlags,
}

/// The source of identities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum IdentityKind {
    /// Nobody: whoever reaches the server may ask in any name.
    #[default]
    None,
    /// A header of a proxy that is trusted.
    Header,
    /// A token of an OpenID provider, verified here.
    Jwt,
}

impl IdentityKind {
    /// Returns the name in config.json: empty for none.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Header => "header",
            Self::Jwt => "jwt",
        }
    }
}

impl IdentityFlags {
    /// Returns the source of identities.
    pub(crate) fn kind(&self) -> IdentityKind {
        self.kind.unwrap_or_default()
    }

    /// Checks that no flag is given that would do nothing: whoever set it believes that it protects.
    ///
    /// # Errors
    /// [`StartError::UnusedFlag`].
    pub(super) fn check_used(&self) -> Result<(), StartError> {
        let header = [
            (self.user_header.is_some(), "--user-header"),
            (self.groups_header.is_some(), "--groups-header"),
            (self.groups_separator.is_some(), "--groups-separator"),
        ];
        let jwt = [
            (self.jwt_header.is_some(), "--jwt-header"),
            (self.oidc_issuer_url.is_some(), "--oidc-issuer-url"),
            (self.oidc_client_id.is_some(), "--oidc-client-id"),
            (!self.oidc_authorized_party.is_empty(), "--oidc-authorized-party"),
            (self.oidc_username_claim.is_some(), "--oidc-username-claim"),
            (self.oidc_username_prefix.is_some(), "--oidc-username-prefix"),
            (self.oidc_groups_claim.is_some(), "--oidc-groups-claim"),
            (self.oidc_groups_prefix.is_some(), "--oidc-groups-prefix"),
            (!self.oidc_signing_algs.is_empty(), "--oidc-signing-algs"),
            (!self.oidc_required_claim.is_empty(), "--oidc-required-claim"),
            (self.oidc_ca_file.is_some(), "--oidc-ca-file"),
            (self.oidc_jwks_url.is_some(), "--oidc-jwks-url"),
            (self.oidc_keys_max_age_seconds.is_some(), "--oidc-keys-max-age"),
            (self.oidc_jwks_file.is_some(), "--oidc-jwks-file"),
        ];
        if self.kind() != IdentityKind::Header {
            refuse_given(&header, "--identity=header")?;
        }
        if self.kind() != IdentityKind::Jwt {
            refuse_given(&jwt, "--identity=jwt")?;
        }
        if self.kind() == IdentityKind::None {
            refuse_given(&[(self.sign_out_url.is_some(), "--sign-out-url")], "--identity=header or --identity=jwt")?;
        }
        if self.groups_header.is_none() {
            refuse_given(&header[2..], "--groups-header")?;
        }
        if self.oidc_groups_claim.is_none() {
            refuse_given(&[(self.oidc_groups_prefix.is_some(), "--oidc-groups-prefix")], "--oidc-groups-claim")?;
        }
        if self.oidc_jwks_file.is_some() {
            let fetching = [
                (self.oidc_ca_file.is_some(), "--oidc-ca-file"),
                (self.oidc_jwks_url.is_some(), "--oidc-jwks-url"),
                (self.oidc_keys_max_age_seconds.is_some(), "--oidc-keys-max-age"),
            ];
            refuse_given(&fetching, "keys that are fetched, and --oidc-jwks-file has them")?;
        }
        Ok(())
    }

    /// Returns the address where people sign out.
    ///
    /// # Errors
    /// [`StartError::FlagValue`].
    pub(super) fn sign_out(&self) -> Result<Option<String>, StartError> {
        let Some(found) = &self.sign_out_url else { return Ok(None) };
        // "//host" and "/\host" are other sites to a browser.
        let is_path = found.starts_with('/') && !matches!(found.as_bytes().get(1), Some(b'/' | b'\\'));
        let is_url = found
            .parse::<http::Uri>()
            .is_ok_and(|url| url.scheme_str() == Some("https") && url.host().is_some_and(|host| !host.is_empty()));
        if (is_path || is_url) && found.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Ok(Some(found.clone()));
        }
        Err(StartError::FlagValue {
            flag: "--sign-out-url",
            found: found.clone(),
            expected: "an https URL or a path that begins with one /",
        })
    }
}

fn refuse_given(flags: &[(bool, &'static str)], needs: &'static str) -> Result<(), StartError> {
    match flags.iter().find(|(given, _)| *given) {
        Some((_, flag)) => Err(StartError::UnusedFlag { flag, needs }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
