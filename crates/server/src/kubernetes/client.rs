//! The Kubernetes API behind this server. Every path, query, header and body that goes there is written here; a
//! client's are never copied.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use kube::client::Body;
use kube_enroll_access::{self as access, Endpoint, SelfSubjectReview};
use kube_enroll_core::{CLUSTER_INFO_PATH, CSRS_PATH, CertificateSigningRequest, ObjectName, csr_path, objects_alone};
use serde::{Deserialize, de::DeserializeOwned};
use tokio::time;

use super::{Error, redaction};
use crate::{metrics::Metrics, start::StartError};

/// A client of the Kubernetes API, with the account of this server.
#[derive(Clone)]
pub(crate) struct Client {
    client: kube::Client,
    timeout: Duration,
    max_answer_bytes: usize,
    metrics: Arc<Metrics>,
}

/// An answer of the API server, with its date.
pub(crate) struct Dated<T> {
    /// The answer.
    pub(crate) value: T,
    /// Its `Date`: the page judges validity by the cluster's clock, not by this server's.
    pub(crate) date: Option<HeaderValue>,
}

impl Client {
    /// Speaks to the API server at `endpoint`, and waits `timeout` for the head of an answer, and again for its body
    /// where it is no stream, of which it reads `max_answer_bytes`.
    ///
    /// # Errors
    /// [`StartError::Kubeconfig`] for credentials or authorities that cannot be used.
    pub(crate) fn new(
        endpoint: Endpoint,
        timeout: Duration,
        max_answer_bytes: usize,
        metrics: Arc<Metrics>,
    ) -> Result<Self, StartError> {
        let client = endpoint.into_client()?;
        Ok(Self { client, timeout, max_answer_bytes, metrics })
    }

    /// Returns the time that it waits for an answer.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Creates an object.
    pub(crate) async fn create(
        &self,
        object: &CertificateSigningRequest,
    ) -> Result<Dated<CertificateSigningRequest>, Error> {
        let body = serde_json::to_vec(object).expect("an object has only strings, numbers and lists");
        self.request(("create", CSRS), build_request(Method::POST, CSRS_PATH, body)).await
    }

    /// Reads an object, or `None` if it is absent.
    pub(crate) async fn get(&self, name: &ObjectName) -> Result<Dated<Option<CertificateSigningRequest>>, Error> {
        absent_as_none(self.request(("get", CSRS), build_request(Method::GET, &csr_path(name), Vec::new())).await)
    }

    /// Lists the objects of our signer, a page at a time; `next` is the token of the page before, at first empty
    /// ([chunks](https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks)).
    pub(crate) async fn list(&self, next: &str, page_objects: u32) -> Result<Dated<Page>, Error> {
        let mut target = format!("{CSRS_PATH}?fieldSelector={OUR_SIGNER}&limit={page_objects}");
        if !next.is_empty() {
            target.push_str("&continue=");
            target.extend(form_urlencoded::byte_serialize(next.as_bytes()));
        }
        self.request(("list", CSRS), build_request(Method::GET, &target, Vec::new())).await
    }

    /// Watches the objects of our signer from a version on; the body is the stream.
    pub(crate) async fn watch(&self, version: u64) -> Result<Dated<Body>, Error> {
        let target = format!(
            "{CSRS_PATH}?watch=true&fieldSelector={OUR_SIGNER}&resourceVersion={version}&allowWatchBookmarks=true&\
             timeoutSeconds={WATCH_SECONDS}"
        );
        let response = self.send(("watch", CSRS), build_request(Method::GET, &target, Vec::new())).await?;
        let date = response.headers().get(header::DATE).cloned();
        if response.status() == StatusCode::OK {
            return Ok(Dated { value: response.into_body(), date });
        }
        let (status, body) = self.read(response).await?;
        Err(error_without_retry(status, &body, date))
    }

    /// Returns the name of this server's account
    /// ([SelfSubjectReview](https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/self-subject-review-v1/)).
    pub(crate) async fn whoami(&self) -> Result<String, Error> {
        let [first, others @ ..] = SelfSubjectReview::VERSIONS;
        let mut review = self.review(first).await;
        for version in others {
            if review.as_ref().is_err_and(|error| error.code() == Some(404)) {
                review = self.review(version).await;
            }
        }
        Ok(review?.value.into_username())
    }

    /// Reads the kubeconfig in `kube-public/cluster-info`, or `None` if there is none.
    pub(crate) async fn cluster_info(&self) -> Result<Dated<Option<String>>, Error> {
        let request = build_request(Method::GET, CLUSTER_INFO_PATH, Vec::new());
        let answer = absent_as_none(self.request::<ConfigMap>(("get", "configmaps"), request).await)?;
        Ok(Dated { value: answer.value.and_then(|map| map.data.kubeconfig), date: answer.date })
    }

    async fn review(&self, version: &str) -> Result<Dated<SelfSubjectReview>, Error> {
        let (target, body) = SelfSubjectReview::question(version);
        let request = build_request(Method::POST, &target, body.into_bytes());
        self.request(("create", "selfsubjectreviews"), request).await
    }

    async fn request<T: DeserializeOwned>(
        &self,
        counted: VerbAndResource,
        request: Request<Body>,
    ) -> Result<Dated<T>, Error> {
        let response = self.send(counted, request).await?;
        let date = response.headers().get(header::DATE).cloned();
        let retry_after = response.headers().get(header::RETRY_AFTER).cloned();
        let (code, body) = self.read(response).await?;
        if !code.is_success() {
            return Err(error_of(code, &body, date, retry_after));
        }
        let value = serde_json::from_slice(&body).map_err(Error::unreachable)?;
        Ok(Dated { value, date })
    }

    async fn send(&self, counted: VerbAndResource, request: Request<Body>) -> Result<Response<Body>, Error> {
        let answer = time::timeout(self.timeout, self.client.send(request)).await;
        let code = answer.as_ref().ok().and_then(|answer| Some(answer.as_ref().ok()?.status().as_u16()));
        let (verb, resource) = counted;
        self.metrics.count_upstream(verb, resource, code);
        match answer {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(Error::unreachable(error)),
            Err(_) => Err(Error::Timeout),
        }
    }

    async fn read(&self, response: Response<Body>) -> Result<(StatusCode, Bytes), Error> {
        let code = response.status();
        let body = Limited::new(response.into_body(), self.max_answer_bytes).collect();
        match time::timeout(self.timeout, body).await {
            Ok(Ok(body)) => Ok((code, body.to_bytes())),
            Ok(Err(source)) if source.is::<LengthLimitError>() => {
                Err(Error::TooLong { maximum_bytes: self.max_answer_bytes })
            }
            Ok(Err(source)) => Err(Error::unreachable(source)),
            Err(_) => Err(Error::Timeout),
        }
    }
}

/// The verb and the resource of a request, as the API server's own metrics name them.
type VerbAndResource = (&'static str, &'static str);

/// A page of a list.
#[derive(Deserialize)]
#[serde(remote = "Self")]
pub(crate) struct Page {
    pub(crate) metadata: PageMeta,
    pub(crate) items: Vec<CertificateSigningRequest>,
}

/// The place of a page in its list.
#[derive(Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase")]
pub(crate) struct PageMeta {
    /// The whole list's version.
    pub(crate) resource_version: String,
    /// Leads to the next page; empty on the last one.
    #[serde(default, rename = "continue")]
    pub(crate) next: String,
}

#[derive(Deserialize)]
#[serde(remote = "Self")]
struct ConfigMap {
    #[serde(default)]
    data: ClusterInfoData,
}

#[derive(Default, Deserialize)]
#[serde(remote = "Self")]
struct ClusterInfoData {
    kubeconfig: Option<String>,
}

objects_alone!(read Page, PageMeta, ConfigMap, ClusterInfoData);

fn build_request(method: Method, target: &str, body: Vec<u8>) -> Request<Body> {
    access::build_request(method, target, body).expect("the target is built from typed parts")
}

fn error_without_retry(code: StatusCode, body: &[u8], date: Option<HeaderValue>) -> Error {
    error_of(code, body, date, None)
}

/// Makes the error from what the API server said, which goes to the log without what it repeats of the object, and to
/// the client reduced.
fn error_of(code: StatusCode, body: &[u8], date: Option<HeaderValue>, retry_after: Option<HeaderValue>) -> Error {
    let mut found = redaction::shorten(serde_json::from_slice(body).unwrap_or_default());
    // Debug form: whatever the message holds, it stays on one line and brings no codes to a terminal.
    let (reason, said) = (&found.reason, &found.message);
    if matches!(code.as_u16(), 401 | 403 | 500..) || redaction::is_of_a_webhook(said) {
        tracing::warn!(code = code.as_u16(), ?reason, ?said, "the Kubernetes API refused");
    } else {
        tracing::debug!(code = code.as_u16(), ?reason, ?said, "the Kubernetes API refused");
    }
    let seconds = retry_after.and_then(|value| value.to_str().ok()?.parse().ok());
    if let Some(seconds) = seconds {
        found.details.get_or_insert_default().retry_after_seconds = seconds;
    }
    let date = date.and_then(|date| date.to_str().ok().map(str::to_owned));
    Error::Status { status: Box::new(redaction::redact(code.as_u16(), found)), date }
}

fn absent_as_none<T>(answer: Result<Dated<T>, Error>) -> Result<Dated<Option<T>>, Error> {
    match answer {
        Ok(Dated { value, date }) => Ok(Dated { value: Some(value), date }),
        Err(Error::Status { status, date }) if status.code == 404 => {
            Ok(Dated { value: None, date: date.and_then(|date| HeaderValue::from_str(&date).ok()) })
        }
        Err(error) => Err(error),
    }
}

/// The resource of CSRs.
const CSRS: &str = "certificatesigningrequests";

/// The field selector for the one signer (`kube_enroll_core::csr::SIGNER_NAME`), as it stands in a query.
const OUR_SIGNER: &str = "spec.signerName%3Dkubernetes.io%2Fkube-apiserver-client";

/// The time that the one watch lasts. The API server ends it then, which is normal.
const WATCH_SECONDS: u32 = 540;
