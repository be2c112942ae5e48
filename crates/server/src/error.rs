use std::path::PathBuf;

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use kube_enroll_core::{ErrorCode, Status, StatusCause, StatusDetails};

/// Says why the server did not start, or why a request was refused.
///
/// [`Error::status`] is what a client sees; the sources are for the log only.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file that a flag names cannot be read.
    #[error("cannot read {path}")]
    ReadFile {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// `--cluster-ca-file` holds no certificate.
    #[error("{path} has no certificate in PEM form")]
    NoCertificates {
        /// The file.
        path: PathBuf,
    },
    /// `--page-dir` holds no page.
    #[error("{path} has no index.html: build the page first, or leave --page-dir out")]
    NoPage {
        /// The folder.
        path: PathBuf,
    },
    /// There is no usable kubeconfig, and no pod's account either.
    #[error("no way to the Kubernetes API: give a kubeconfig with --kubeconfig and --context, or run in a pod")]
    Kubeconfig {
        /// What is wrong with it.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A Host that is no `NAME` or `NAME:PORT`.
    #[error("--allowed-host: found {found:?}, expected NAME or NAME:PORT")]
    AllowedHost {
        /// What the flag says.
        found: String,
    },
    /// A flag that another one needs.
    #[error("{with} needs {flag}")]
    MissingFlag {
        /// The flag that is missing.
        flag: &'static str,
        /// The flag that needs it.
        with: &'static str,
    },
    /// A flag that would do nothing.
    #[error("{flag} does nothing without {needs}")]
    UnusedFlag {
        /// The flag.
        flag: &'static str,
        /// What it belongs to.
        needs: &'static str,
    },
    /// A flag whose value cannot be used.
    #[error("{flag}: found {found:?}, expected {expected}")]
    FlagValue {
        /// The flag.
        flag: &'static str,
        /// Its value.
        found: String,
        /// What can be used.
        expected: &'static str,
    },
    /// `--proxy-secret-file` holds no secret that could be sent in a header, or one that could be guessed.
    #[error("--proxy-secret-file: {path} must hold one line of at least {minimum_bytes} visible ASCII characters")]
    WeakSecret {
        /// The file.
        path: PathBuf,
        /// The fewest bytes possible.
        minimum_bytes: usize,
    },
    /// The flags of the policy contradict each other.
    #[error("the flags of the policy cannot be used")]
    Policy(#[source] kube_enroll_core::Error),
    /// The cluster cannot be written into a kubeconfig.
    #[error(
        "the cluster cannot be used: set --cluster-name, --cluster-server, --cluster-ca-file or --cluster-tls-server-name"
    )]
    Cluster(#[source] kube_enroll_core::Error),
    /// In a pod, and nobody says how people outside reach the API server.
    #[error(
        "no public address of the API server is known ({reason}): set --cluster-server=https://HOST:PORT to the address that people use, and --cluster-ca-file to its authorities"
    )]
    NoPublicAddress {
        /// Why kube-public/cluster-info was of no help.
        reason: String,
    },

    /// A head that is not strict HTTP/1.1 (RFC 9112), so that programs in front may have read another request.
    #[error("the head of the request is not strict HTTP/1.1: found {found}, expected {expected}")]
    NotStrict {
        /// What was found.
        found: &'static str,
        /// What was expected.
        expected: &'static str,
    },
    /// Not one of the few paths, methods and queries that pass.
    #[error("only the creation, reading and watching of one's own certificate signing request passes here")]
    Forbidden,
    /// Nobody is signed in, or a peer that is not trusted says so.
    #[error(
        "nobody is signed in: open this page by the address where you sign in, and reload it if your session has ended"
    )]
    NotSignedIn,
    /// A trusted peer's headers leave it open who asks.
    #[error("it is not certain who asks: the proxy must send {name} {expected}; show this to whoever runs it")]
    IdentityHeader {
        /// The header.
        name: String,
        /// How it must come.
        expected: &'static str,
    },
    /// There is no token.
    #[error(
        "nobody is signed in: no token came with the request; sign in, and open this page by the address where you do"
    )]
    NoToken,
    /// A token that cannot be believed.
    #[error(
        "the token cannot be used, {problem}: sign in again, and if that does not help, show this to whoever runs the server"
    )]
    BadToken {
        /// What is wrong with it; nothing of it.
        problem: &'static str,
    },
    /// The keys of the OpenID provider are not known yet.
    #[error("the keys of the OpenID provider cannot be fetched yet")]
    KeysUnreachable,
    /// A request for a certificate of somebody else.
    #[error("the request is for {found:?}, but you are signed in as {expected:?}: reload the page and try again")]
    OtherUser {
        /// The user that the request names.
        found: String,
        /// Who asks.
        expected: String,
    },
    /// A request for a group that is not one of the person's.
    #[error("the request is for the group {found:?}, and {user:?} is not in it: leave the group out")]
    OtherGroup {
        /// The group that the request names.
        found: String,
        /// Who asks.
        user: String,
    },
    /// A Host that the operator has not named, none, or several.
    #[error("the Host {found:?} is not known here: the operator can add it with --allowed-host")]
    UnknownHost {
        /// The Host found.
        found: String,
    },
    /// A request that another site's page has caused.
    #[error("the request comes from another site: found {header} {found:?}")]
    ForeignOrigin {
        /// The header that says so.
        header: &'static str,
        /// What it says.
        found: String,
    },
    /// There is no such object, or it is not ours: nobody can tell which.
    #[error("certificatesigningrequests.certificates.k8s.io {name:?} not found")]
    NotFound {
        /// The object's name.
        name: String,
    },
    /// There is no such object in `kube-public`.
    #[error("configmaps \"cluster-info\" not found")]
    NoClusterInfo,
    /// A body that is not declared as JSON, as a form of another site would send it.
    #[error("found Content-Type {found:?}, expected application/json")]
    UnsupportedMediaType {
        /// The type found.
        found: String,
    },
    /// A body that is too long.
    #[error("the body is longer than {maximum_bytes} bytes")]
    BodyTooLarge {
        /// The most bytes possible.
        maximum_bytes: usize,
    },
    /// A body that did not arrive in time.
    #[error("the body did not arrive in time")]
    BodyTimeout,
    /// A body that broke off.
    #[error("the body broke off")]
    BodyBroken,
    /// A body that is not the one kind of object.
    #[error(transparent)]
    Malformed(kube_enroll_core::Error),
    /// An object that asks for what is not given here.
    #[error(transparent)]
    Refused(kube_enroll_x509::Error),
    /// The server has not yet asked the API server who it is.
    #[error("the server has not reached the Kubernetes API yet")]
    NotReady,
    /// Somebody takes more than a bound gives.
    #[error("{}", .limit.message())]
    LimitExceeded {
        /// The bound.
        limit: crate::Limit,
        /// When to try again.
        retry_after_seconds: u32,
    },
    /// A bound that lets nothing pass, or a time without an end.
    #[error("{flag} must be {expected}")]
    InvalidLimit {
        /// The flag.
        flag: &'static str,
        /// What is possible.
        expected: &'static str,
    },
    /// The cluster has nothing of that name for this person to watch: nobody can tell which it is.
    #[error("there is nothing to watch: list again")]
    NothingToWatch,
    /// What somebody else was answered who asked for the same at the same time.
    #[error(transparent)]
    Shared(std::sync::Arc<Error>),
    /// The API server did not answer.
    #[error("the Kubernetes API cannot be reached")]
    Unreachable {
        /// What failed.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The API server answered with more than is read.
    #[error("the Kubernetes API answered with more than {maximum_bytes} bytes")]
    AnswerTooLong {
        /// The most bytes that are read.
        maximum_bytes: usize,
    },
    /// The API server did not answer in time; it may have done what was asked.
    #[error("the Kubernetes API did not answer in time")]
    UpstreamTimeout,
    /// The API server answered something else than an object.
    #[error("the Kubernetes API answered {}", .status.code)]
    Upstream {
        /// The answer, reduced to what a client may see.
        status: Box<Status>,
        /// When it was given, as its `Date` says.
        date: Option<String>,
    },
}

impl Error {
    /// Returns what a client sees.
    pub fn status(&self) -> Status {
        let (code, reason) = match self {
            Self::Forbidden
            | Self::OtherUser { .. }
            | Self::OtherGroup { .. }
            | Self::UnknownHost { .. }
            | Self::ForeignOrigin { .. } => (403, "Forbidden"),
            Self::NotSignedIn | Self::IdentityHeader { .. } | Self::NoToken | Self::BadToken { .. } => {
                (401, "Unauthorized")
            }
            Self::NotFound { .. } | Self::NoClusterInfo => (404, "NotFound"),
            Self::UnsupportedMediaType { .. } => (415, "UnsupportedMediaType"),
            Self::BodyTooLarge { .. } => (413, "RequestEntityTooLarge"),
            Self::BodyTimeout => (408, "Timeout"),
            Self::NotStrict { .. } | Self::BodyBroken | Self::Malformed(_) => (400, "BadRequest"),
            Self::Refused(_) => (422, "Invalid"),
            Self::NotReady | Self::KeysUnreachable | Self::Unreachable { .. } => (503, "ServiceUnavailable"),
            Self::LimitExceeded { limit, .. } if limit.is_callers_own() => (429, "TooManyRequests"),
            Self::LimitExceeded { .. } => (503, "ServiceUnavailable"),
            Self::NothingToWatch => (410, "Expired"),
            Self::Shared(error) => return error.status(),
            Self::UpstreamTimeout => (504, "Timeout"),
            Self::AnswerTooLong { .. } => (502, "InternalError"),
            Self::Upstream { status, .. } => return Status::clone(status),
            _ => return Status::failure(500, "InternalError", "the server is not set up; its log has the reason"),
        };
        let mut status = Status::failure(code, reason, self.to_string());
        let cause = |field: &str, code: ErrorCode| {
            let cause = StatusCause { field: field.into(), message: self.to_string(), reason: code.to_string() };
            Some(StatusDetails { causes: vec![cause], ..StatusDetails::default() })
        };
        status.details = match self {
            Self::Malformed(error) => cause(field_of(error), error.code()),
            Self::Refused(error) => cause(field_of_request(error), error.code()),
            Self::NotReady | Self::KeysUnreachable | Self::Unreachable { .. } | Self::UpstreamTimeout => {
                Some(StatusDetails { retry_after_seconds: RETRY_AFTER_SECONDS, ..StatusDetails::default() })
            }
            Self::LimitExceeded { retry_after_seconds, .. } => {
                Some(StatusDetails { retry_after_seconds: *retry_after_seconds, ..StatusDetails::default() })
            }
            _ => None,
        };
        status
    }

    /// Returns the code for the log: core's where it has one, else the reason that the client sees.
    pub(crate) fn code(&self) -> String {
        match self {
            Self::Malformed(error) => error.code().to_string(),
            Self::Refused(error) => error.code().to_string(),
            _ => self.status().reason,
        }
    }
}

/// Writes an error with its sources on one line, for the log. Some dependencies write their source into their own text:
/// it is not repeated.
pub fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let said = error.to_string();
        if !text.ends_with(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        source = error.source();
    }
    text
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = self.status();
        // RFC 6750, section 3; without a token it has no error code.
        let challenge = match self {
            Self::NoToken => Some("Bearer"),
            Self::BadToken { .. } => Some("Bearer error=\"invalid_token\""),
            _ => None,
        };
        let date = match self {
            Self::Upstream { date, .. } => date.and_then(|date| HeaderValue::from_str(&date).ok()),
            _ => None,
        };
        let body = serde_json::to_vec(&status).expect("a Status has only strings and numbers");
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = StatusCode::from_u16(status.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(details) = status.details.filter(|details| details.retry_after_seconds > 0) {
            headers.insert(header::RETRY_AFTER, details.retry_after_seconds.into());
        }
        if let Some(challenge) = challenge {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if let Some(date) = date {
            headers.insert(header::DATE, date);
        }
        response
    }
}

/// The field of the object that a refusal is about.
fn field_of_request(error: &kube_enroll_x509::Error) -> &'static str {
    match error {
        kube_enroll_x509::Error::Core(error) => field_of(error),
        _ => "spec.request",
    }
}

/// The field of the object that an error of core is about.
fn field_of(error: &kube_enroll_core::Error) -> &'static str {
    use kube_enroll_core::Error as Core;
    match error {
        Core::InvalidObject { field, .. } => field,
        Core::InvalidObjectName { .. } => "metadata.name",
        Core::ExpirationOutOfRange { .. } => "spec.expirationSeconds",
        _ => "spec.request",
    }
}

/// When to try again while the API server is away.
const RETRY_AFTER_SECONDS: u32 = 2;
