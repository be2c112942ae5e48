use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use kube_enroll_access::build_request;
use kube_enroll_core::{Status, Timestamp, objects_alone};
use serde::{Deserialize, de::DeserializeOwned};
use tokio::time::timeout;

use super::{Dated, Rule};
use crate::Error;

/// Requests to the API server, each under a deadline. Nothing is sent twice.
#[derive(Clone)]
pub(super) struct Connection {
    client: kube::Client,
}

/// The verb, the API group and the resource of a request, as RBAC names them.
pub(super) type Access = (&'static str, &'static str, &'static str);

#[derive(Deserialize)]
#[serde(remote = "Self", bound = "T: DeserializeOwned")]
struct Page<T> {
    metadata: PageMeta,
    items: Option<Vec<T>>,
}

#[derive(Default, Deserialize)]
#[serde(remote = "Self", default)]
struct PageMeta {
    /// Leads to the next page; empty on the last one.
    #[serde(rename = "continue")]
    next: String,
}

objects_alone!(read PageMeta);

impl<'de, T: DeserializeOwned> Deserialize<'de> for Page<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(kube_enroll_core::ObjectAlone(deserializer))
    }
}

impl Connection {
    pub(super) fn new(client: kube::Client) -> Self {
        Self { client }
    }

    /// Lists objects, a page at a time
    /// ([chunks](https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks)).
    /// Each page is reduced as it comes, so that large objects are not in memory together.
    pub(super) async fn list<T: DeserializeOwned, R>(
        &self,
        access: Access,
        path: &str,
        reduce: impl Fn(T) -> R,
    ) -> Result<Dated<Vec<R>>, Error> {
        let (mut found, mut next, mut limit) = (Vec::new(), String::new(), PAGE_OBJECTS);
        loop {
            let mut target = format!("{path}?limit={limit}");
            if !next.is_empty() {
                target.push_str("&continue=");
                target.extend(form_urlencoded::byte_serialize(next.as_bytes()));
            }
            let page: Dated<Page<T>> = match self.ask(access, Method::GET, &target, String::new()).await {
                // Somebody's objects are as large as they can be: fewer of them at a time.
                Err(Error::TooLong { .. }) if limit > 1 => {
                    limit = limit.div_ceil(8);
                    continue;
                }
                page => page?,
            };
            found.extend(page.value.items.unwrap_or_default().into_iter().map(&reduce));
            next = page.value.metadata.next;
            if next.is_empty() {
                return Ok(Dated { value: found, now: page.now });
            }
        }
    }

    /// Sends a request and reads the answer. An empty body is none.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        access: Access,
        method: Method,
        target: &str,
        body: String,
    ) -> Result<Dated<T>, Error> {
        let request = build_request(method, target, body.into_bytes()).map_err(|_| Error::NotFound)?;
        // An exec plugin may have to ask its person something first, so that this takes longer than an answer.
        let response = match timeout(HEAD_TIMEOUT, self.client.send(request)).await {
            Ok(response) => response.map_err(Error::unreachable)?,
            Err(_) => return Err(Error::Timeout),
        };
        let (code, now) = (response.status(), now(response.headers()));
        let body = Limited::new(response.into_body(), MAX_ANSWER_BYTES).collect();
        let body = match timeout(BODY_TIMEOUT, body).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(source)) if source.is::<LengthLimitError>() => {
                return Err(Error::TooLong { maximum_bytes: MAX_ANSWER_BYTES });
            }
            Ok(Err(source)) => return Err(Error::unreachable(source)),
            Err(_) => return Err(Error::Timeout),
        };
        if !code.is_success() {
            return Err(refusal(access, code, &body));
        }
        let value = serde_json::from_slice(&body).map_err(Error::unreachable)?;
        Ok(Dated { value, now })
    }
}

fn refusal((verb, group, resource): Access, code: StatusCode, body: &Bytes) -> Error {
    let Status { message, reason, .. } = serde_json::from_slice(body).unwrap_or_default();
    match code.as_u16() {
        401 => Error::Unauthorized,
        403 => {
            let rule = Rule { verb, group, resource, resource_name: String::new() };
            Error::Forbidden { rule, message }
        }
        404 => Error::NotFound,
        409 => Error::Conflict { message },
        code => Error::Refused { code, reason, message },
    }
}

/// Reads the cluster's clock.
fn now(headers: &HeaderMap) -> Timestamp {
    let date = headers.get(header::DATE).and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
    let since = date.unwrap_or_else(SystemTime::now).duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_unix_seconds(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

/// The objects of a page, as kubectl asks for them.
const PAGE_OBJECTS: u32 = 500;

/// The longest answer that is read.
const MAX_ANSWER_BYTES: usize = 64 << 20;

const HEAD_TIMEOUT: Duration = Duration::from_secs(120);

const BODY_TIMEOUT: Duration = Duration::from_secs(60);
