//! Refusals of requests, and their responses.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use kube_enroll_core::{Error as CoreError, ErrorCode, Status, StatusCause, StatusDetails};
use kube_enroll_x509::Error as X509Error;

use crate::{
    identity::Error as IdentityError,
    kubernetes::Error as KubernetesError,
    limits::{LimitExceeded, table::Limit},
};

/// The reason why a request is refused. [`ApiError::status`] is what a client sees; the sources are for the log only.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// A head that is not strict HTTP/1.1 (RFC 9112), so that programs in front may have read another request.
    #[error("the head of the request is not strict HTTP/1.1: found {found}, expected {expected}")]
    NotStrict {
        /// The part that is not strict.
        found: &'static str,
        /// The strict form.
        expected: &'static str,
    },
    /// A head that is no HTTP/1.1, by hyper's grammar.
    #[error("the head of the request is not HTTP/1.1: {problem}")]
    NotHttp {
        /// The part that hyper refuses, in its words; nothing of the head.
        problem: String,
    },
    /// A head that is longer than what is read.
    #[error(
        "the head of the request is too long: up to {maximum_bytes} bytes and {maximum_fields} fields are read; in a browser, delete the cookies of this site"
    )]
    HeadTooLong {
        /// The most bytes that are read.
        maximum_bytes: usize,
        /// The most fields that are read.
        maximum_fields: usize,
    },
    /// A path, method or query that is none of the operations.
    #[error("only the creation, reading and watching of one's own certificate signing request passes here")]
    Forbidden,
    /// The caller is not known.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// A request for a certificate of somebody else.
    #[error("the request is for {found:?}, but you are signed in as {expected:?}: reload the page and try again")]
    OtherUser {
        /// The user that the request names.
        found: String,
        /// The caller.
        expected: String,
    },
    /// A request for a group that is not one of the caller's.
    #[error("the request is for the group {found:?}, and {user:?} is not in it: leave the group out")]
    OtherGroup {
        /// The group that the request names.
        found: String,
        /// The caller.
        user: String,
    },
    /// A Host that the operator has not named, none, or several.
    #[error("the Host \"{found}\" is not known here: the operator can add it with --allowed-host")]
    UnknownHost {
        /// The Host found, escaped.
        found: String,
    },
    /// A target in absolute form that names another host than the Host ([RFC 9112, section
    /// 3.2.2](https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2)): which of them others go by is open.
    #[error(
        "the target of the request names the host \"{found}\", and its Host is \"{expected}\": send the path alone"
    )]
    OtherTarget {
        /// The host and port of the target, escaped.
        found: String,
        /// The Host, escaped.
        expected: String,
    },
    /// A request that another site's page has caused.
    #[error("the request comes from another site: found {header} \"{found}\", expected {expected}")]
    ForeignOrigin {
        /// The header that says so.
        header: &'static str,
        /// Its value, escaped.
        found: String,
        /// The value of the page's own site.
        expected: String,
    },
    /// There is no such object, or it is not ours: the same for both.
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
    /// A body that broke off.
    #[error("the body broke off")]
    BodyBroken,
    /// A body that is not the one kind of object.
    #[error(transparent)]
    Malformed(CoreError),
    /// An object that requests what is not given here.
    #[error(transparent)]
    Refused(X509Error),
    /// The account of this server, or the first list of CSRs, is not known yet.
    #[error("the server has not reached the Kubernetes API yet")]
    NotReady,
    /// A limit is reached.
    #[error(transparent)]
    LimitExceeded(#[from] LimitExceeded),
    /// There is no CSR of that name for this caller to watch: absent and foreign are the same.
    #[error("there is nothing to watch: list again")]
    NothingToWatch,
    /// The API server refused, or did not answer.
    #[error(transparent)]
    Kubernetes(#[from] KubernetesError),
}

impl ApiError {
    /// Returns the `Status` that a client sees.
    pub(crate) fn status(&self) -> Status {
        match self {
            Self::Forbidden
            | Self::OtherUser { .. }
            | Self::OtherGroup { .. }
            | Self::UnknownHost { .. }
            | Self::OtherTarget { .. }
            | Self::ForeignOrigin { .. } => self.failure(403, "Forbidden"),
            Self::Identity(
                IdentityError::NotSignedIn
                | IdentityError::Header { .. }
                | IdentityError::NoToken
                | IdentityError::InvalidToken { .. },
            ) => self.failure(401, "Unauthorized"),
            Self::Identity(IdentityError::KeysUnreachable)
            | Self::NotReady
            | Self::Kubernetes(KubernetesError::Unreachable(_)) => {
                self.retryable(503, "ServiceUnavailable", RETRY_AFTER_SECONDS)
            }
            Self::Kubernetes(KubernetesError::Timeout) => {
                let limit = Limit::UpstreamTimeout;
                self.limited(limit, limit.row().retry_after_seconds())
            }
            Self::Kubernetes(KubernetesError::TooLong { .. }) => self.failure(502, "InternalError"),
            Self::Kubernetes(KubernetesError::Status { status, .. }) => Status::clone(status),
            Self::LimitExceeded(LimitExceeded { limit, retry_after_seconds, .. }) => {
                self.limited(*limit, *retry_after_seconds)
            }
            Self::NotFound { .. } | Self::NoClusterInfo => self.failure(404, "NotFound"),
            Self::NothingToWatch => self.failure(410, "Expired"),
            Self::UnsupportedMediaType { .. } => self.failure(415, "UnsupportedMediaType"),
            Self::HeadTooLong { .. } => self.failure(431, "RequestHeaderFieldsTooLarge"),
            Self::NotStrict { .. } | Self::NotHttp { .. } | Self::BodyBroken => self.failure(400, "BadRequest"),
            Self::Malformed(error) => self.invalid(400, "BadRequest", field_of(error), error.code()),
            Self::Refused(error) => self.invalid(422, "Invalid", field_of_request(error), error.code()),
        }
    }

    /// Returns the code for the log: core's if there is one, else the reason that the client sees.
    pub(crate) fn code(&self) -> String {
        match self {
            Self::Malformed(error) => error.code().to_string(),
            Self::Refused(error) => error.code().to_string(),
            _ => self.status().reason,
        }
    }

    fn failure(&self, code: u16, reason: &str) -> Status {
        Status::failure(code, reason, self.to_string())
    }

    fn retryable(&self, code: u16, reason: &str, retry_after_seconds: u32) -> Status {
        let details = Some(StatusDetails { retry_after_seconds, ..StatusDetails::default() });
        Status { details, ..self.failure(code, reason) }
    }

    /// Answers as the row of a limit says.
    fn limited(&self, limit: Limit, retry_after_seconds: u32) -> Status {
        // Where the connection ends, nobody reads it.
        let (code, reason) = limit.row().status().unwrap_or((408, "Timeout"));
        match retry_after_seconds {
            0 => self.failure(code, reason),
            seconds => self.retryable(code, reason, seconds),
        }
    }

    /// Names the field of the object that is at fault.
    fn invalid(&self, code: u16, reason: &str, field: &str, error: ErrorCode) -> Status {
        let cause = StatusCause { field: field.into(), message: self.to_string(), reason: error.to_string() };
        let details = Some(StatusDetails { causes: vec![cause], ..StatusDetails::default() });
        Status { details, ..self.failure(code, reason) }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.status();
        // RFC 6750, section 3; without a token it has no error code.
        let challenge = match self {
            Self::Identity(IdentityError::NoToken) => Some("Bearer"),
            Self::Identity(IdentityError::InvalidToken { .. }) => Some("Bearer error=\"invalid_token\""),
            _ => None,
        };
        let date = match self {
            Self::Kubernetes(KubernetesError::Status { date, .. }) => {
                date.and_then(|date| HeaderValue::from_str(&date).ok())
            }
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

/// Returns the field of the object that a refusal is about.
fn field_of_request(error: &X509Error) -> &'static str {
    match error {
        X509Error::Core(error) => field_of(error),
        _ => "spec.request",
    }
}

/// Returns the field of the object that an error of core is about.
fn field_of(error: &CoreError) -> &'static str {
    match error {
        CoreError::InvalidObject { field, .. } => field,
        CoreError::InvalidObjectName { .. } => "metadata.name",
        CoreError::ExpirationOutOfRange { .. } => "spec.expirationSeconds",
        _ => "spec.request",
    }
}

/// The time to try again while the API server is away.
const RETRY_AFTER_SECONDS: u32 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_api_server_that_is_too_slow_is_refused_by_the_words_of_its_limit() {
        let row = Limit::UpstreamTimeout.row();
        let status = ApiError::from(KubernetesError::Timeout).status();
        assert_eq!(status.message, row.message(15));
        let found = (status.code, &*status.reason, status.details.map(|details| details.retry_after_seconds));
        let (code, reason) = row.status().expect("an answer");
        assert_eq!(found, (code, reason, Some(row.retry_after_seconds())));
    }
}
