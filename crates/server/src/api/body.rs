//! The body of a create, before it is parsed.

use axum::extract::Request;
use bytes::Bytes;
use http::{HeaderMap, header};
use http_body::Body as _;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::timeout;

use super::ApiError;
use crate::limits::{Limiter, Limits, table::Limit};

/// Checks that a body is JSON: a form of another site can send text, but not JSON, without asking first.
///
/// # Errors
/// [`ApiError::UnsupportedMediaType`].
pub(super) fn check_content_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let mut given = headers.get_all(header::CONTENT_TYPE).iter().map(|value| value.to_str().unwrap_or("?"));
    let (found, more) = (given.next().unwrap_or_default(), given.next());
    let essence = found.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") && more.is_none() {
        return Ok(());
    }
    Err(ApiError::UnsupportedMediaType { found: found.chars().take(100).collect() })
}

/// Reads a body, however it is framed, up to [`Limits::body_bytes`].
///
/// # Errors
/// [`ApiError::LimitExceeded`] for one that is too long or too slow; [`ApiError::BodyBroken`].
pub(super) async fn read(request: Request, limits: &Limits, limiter: &Limiter) -> Result<Bytes, ApiError> {
    let maximum_bytes = limits.body_bytes;
    // A length that is announced is refused before the body comes.
    if request.body().size_hint().lower() > maximum_bytes as u64 {
        return Err(limiter.refuse(Limit::BodyBytes).into());
    }
    match timeout(limits.body_timeout, Limited::new(request.into_body(), maximum_bytes).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(limiter.refuse(Limit::BodyBytes).into()),
        Ok(Err(_)) => Err(ApiError::BodyBroken),
        Err(_) => Err(limiter.refuse(Limit::BodyTimeout).into()),
    }
}
