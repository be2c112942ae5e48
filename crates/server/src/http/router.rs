//! Which handler answers a path, and the headers that every answer carries.

use std::{net::SocketAddr, sync::Arc, time::SystemTime};

use axum::{
    Router,
    body::Body,
    extract::{Extension, Request, State},
    handler::Handler,
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use http_body::Body as _;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

use super::{
    connection::Peer,
    origin::{self, Hosts},
    unknown_host,
};
use crate::{
    Limit, Limits,
    api::{ApiError, admission, log::RequestLog, operation::Operation, response, watch::stream},
    bundle::Bundle,
    cache::{Event, Store, Subscription},
    discovery::Discovered,
    identity::Authenticator,
    kubernetes::{
        client::{Client, Dated},
        csr::VisibleCsr,
    },
    limits::Limiter,
    metrics::Metrics,
    server::ShutdownSignal,
};

/// What all handlers share.
pub(crate) struct AppState {
    pub(crate) hosts: Hosts,
    pub(crate) bundle: Bundle,
    pub(crate) client: Client,
    pub(crate) policy: kube_enroll_core::Policy,
    pub(crate) authenticator: Authenticator,
    pub(crate) limits: Limits,
    pub(crate) limiter: Limiter,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) known: watch::Receiver<Option<Discovered>>,
    pub(crate) store: Arc<Store>,
    pub(crate) stop: ShutdownSignal,
}

/// Makes the router.
pub(crate) fn router(shared: Arc<AppState>) -> Router {
    let guarded = Router::new()
        .route("/config.json", get(config_json.layer(middleware::from_fn(same_site))))
        .route("/whoami.json", get(whoami_json.layer(middleware::from_fn(same_site))))
        .fallback(page_or_api)
        .layer(middleware::from_fn_with_state(shared.clone(), known_host));
    Router::new()
        // Probes name the pod's address as Host, and learn nothing.
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz))
        .fallback_service(guarded.with_state(shared.clone()))
        .layer(middleware::map_response(common_headers))
        .layer(middleware::from_fn(close_after_body))
        .with_state(shared)
}

/// Makes the router of the address that only operators reach.
pub(crate) fn operator_router(shared: Arc<AppState>) -> Router {
    let metrics = |State(shared): State<Arc<AppState>>| async move {
        let kind = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
        ([(header::CONTENT_TYPE, kind)], shared.metrics.text())
    };
    Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(shared)
}

async fn readyz(State(shared): State<Arc<AppState>>) -> Response {
    let is_ready = shared.store.is_filled() && !shared.stop.is_announced();
    if is_ready { "ok\n".into_response() } else { ApiError::NotReady.into_response() }
}

async fn config_json(State(shared): State<Arc<AppState>>) -> Result<Response, ApiError> {
    let settings = shared.known()?.settings;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], settings).into_response())
}

async fn whoami_json(
    State(shared): State<Arc<AppState>>,
    Extension(Peer(peer)): Extension<Peer>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let caller = shared.authenticator.authenticate(peer.ip(), &headers).await?;
    Ok(match shared.authenticator.whoami(caller.person.as_ref(), &shared.policy) {
        Some(whoami) => {
            let body = serde_json::to_vec(&whoami).expect("only strings");
            shared.json(StatusCode::OK, body.into())
        }
        None => not_found(),
    })
}

async fn page_or_api(
    State(shared): State<Arc<AppState>>,
    Extension(Peer(peer)): Extension<Peer>,
    request: Request,
) -> Response {
    let path = request.uri().path();
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    if is_read && !is_api(path) {
        let file = shared.bundle.respond(path, request.headers());
        return file.unwrap_or_else(not_found);
    }
    let answer = logged_api(shared, peer, request);
    if is_read {
        return answer.await;
    }
    // To its end, though whoever asked may have left: what the API server has made is counted, known and in the log.
    tokio::spawn(answer).await.unwrap_or_else(|_| ApiError::NotReady.into_response())
}

async fn logged_api(shared: Arc<AppState>, peer: SocketAddr, request: Request) -> Response {
    let mut logged = RequestLog::new(request.method().as_str());
    let answer = api(&shared, peer, request, &mut logged).await;
    let mut response = answer.unwrap_or_else(|error| logged.reject(error));
    response.headers_mut().insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    // The page judges validity by the cluster's clock, not by this server's.
    if let Some(date) = shared.store.date() {
        response.headers_mut().entry(header::DATE).or_insert(date);
    }
    if shared.stop.is_announced() {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    shared.metrics.count_request(logged.verb(), response.status().as_u16());
    logged.finish(response.status());
    response
}

async fn api(
    shared: &AppState,
    peer: SocketAddr,
    request: Request,
    logged: &mut RequestLog,
) -> Result<Response, ApiError> {
    origin::check_origin(request.headers())?;
    let caller = shared.authenticator.authenticate(peer.ip(), request.headers()).await?;
    let person = caller.person.as_ref();
    let user = person.map(|person| &*person.user);
    let operation = Operation::parse(request.method(), request.uri().path(), request.uri().query())?;
    logged.operation(&operation);
    let account = shared.known()?.account;
    if !shared.store.is_filled() {
        return Err(ApiError::NotReady);
    }
    let check_rate = || shared.limiter.lookup(&caller).map_err(ApiError::from);
    match operation {
        Operation::Create => {
            check_content_type(request.headers())?;
            shared.limiter.body(&caller)?;
            let body = read_body(request, &shared.limits, &shared.metrics).await?;
            let object = admission::admit(&body, &shared.policy, person)?;
            let name = &object.metadata.name;
            logged.name(name);
            let _in_flight = shared.limiter.create(&caller, name, |user| shared.store.pending_of(user))?;
            let began = Instant::now();
            let created = shared.client.create(&object).await;
            shared.metrics.observe_create(began.elapsed());
            let Dated { value, date } = created?;
            shared.store.observe_date(date.as_ref());
            let csr = shared.store.created(&account, value).ok_or(ApiError::NotReady)?;
            Ok(shared.json(StatusCode::CREATED, response::csr(&csr)))
        }
        Operation::Get(name) => {
            match shared.store.find(&account, &name, user, check_rate).await?.and_then(|found| present(&found)) {
                Some(csr) => Ok(shared.json(StatusCode::OK, response::csr(&csr))),
                None => Err(ApiError::NotFound { name: name.to_string() }),
            }
        }
        Operation::GetOther(name) => Err(ApiError::NotFound { name }),
        Operation::List(name) => {
            let csr = shared.store.find(&account, &name, user, check_rate).await?.and_then(|found| present(&found));
            Ok(shared.json(StatusCode::OK, response::list(shared.store.version(), csr.as_deref())))
        }
        Operation::Watch(name, options) => {
            // Before it costs a question.
            let permit = shared.limiter.stream(&caller)?;
            let found = shared.store.find(&account, &name, user, check_rate).await?.ok_or(ApiError::NothingToWatch)?;
            let end = caller.expires.map(instant);
            let stream = stream(
                found,
                shared.store.clone(),
                options,
                shared.limits.bookmark_period,
                end,
                shared.stop.clone(),
                permit,
            );
            Ok(([(header::CONTENT_TYPE, JSON)], Body::from_stream(stream)).into_response())
        }
        Operation::ClusterInfo => {
            let kubeconfig = shared.store.cluster_info(check_rate).await?.ok_or(ApiError::NoClusterInfo)?;
            Ok(shared.json(StatusCode::OK, response::cluster_info(&kubeconfig)))
        }
    }
}

/// Returns the object where it is there.
fn present(found: &Subscription) -> Option<Arc<VisibleCsr>> {
    match &*found.borrow() {
        Event::Applied(csr) => Some(csr.clone()),
        Event::Deleted(_) => None,
    }
}

/// Places a time of the clock among those that can be waited for.
fn instant(until: SystemTime) -> Instant {
    Instant::now() + until.duration_since(SystemTime::now()).unwrap_or_default()
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "there is nothing here\n").into_response()
}

impl AppState {
    fn json(&self, status: StatusCode, body: Bytes) -> Response {
        (status, [(header::CONTENT_TYPE, JSON)], body).into_response()
    }

    fn known(&self) -> Result<Discovered, ApiError> {
        self.known.borrow().clone().ok_or(ApiError::NotReady)
    }
}

/// Reads a body, however it is framed, up to [`Limits::body_bytes`].
async fn read_body(request: Request, limits: &Limits, metrics: &Metrics) -> Result<Bytes, ApiError> {
    let maximum_bytes = limits.body_bytes;
    let too_large = || {
        metrics.count_refusal(Limit::BodyBytes);
        ApiError::BodyTooLarge { maximum_bytes }
    };
    // What announces its length is refused before it comes.
    if request.body().size_hint().lower() > maximum_bytes as u64 {
        return Err(too_large());
    }
    match timeout(limits.body_timeout, Limited::new(request.into_body(), maximum_bytes).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(ApiError::BodyBroken),
        Err(_) => Err(ApiError::BodyTimeout),
    }
}

/// A form of another site can send text, but not JSON, without asking first.
fn check_content_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let mut given = headers.get_all(header::CONTENT_TYPE).iter().map(|value| value.to_str().unwrap_or("?"));
    let (found, more) = (given.next().unwrap_or_default(), given.next());
    let essence = found.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") && more.is_none() {
        return Ok(());
    }
    Err(ApiError::UnsupportedMediaType { found: found.chars().take(100).collect() })
}

async fn known_host(State(shared): State<Arc<AppState>>, request: Request, next: Next) -> Response {
    if let Err(error) = shared.hosts.check(request.headers(), request.uri()) {
        let mut logged = RequestLog::new(request.method().as_str());
        let page = match &error {
            ApiError::UnknownHost { found } if unknown_host::wants_html(request.headers()) => {
                Some(unknown_host::page(found))
            }
            _ => None,
        };
        let refused = logged.reject(error);
        let response = page.unwrap_or(refused);
        logged.finish(response.status());
        return response;
    }
    next.run(request).await
}

async fn same_site(request: Request, next: Next) -> Response {
    match origin::check_origin(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

/// Makes a request with a body the last one of its connection: what stands behind the body was not judged
/// ([`super::strict`]), and must not be read as a request.
async fn close_after_body(request: Request, next: Next) -> Response {
    let has_body = request.body().size_hint().exact() != Some(0);
    let mut response = next.run(request).await;
    if has_body {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Adds the headers that every answer carries, where the answer has none of its own.
async fn common_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in COMMON_HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    let is_script =
        headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/javascript"));
    if !is_script {
        headers
            .entry(header::CONTENT_SECURITY_POLICY)
            .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    }
    response
}

/// Tells whether a path is one of the API server's rather than the page's.
fn is_api(path: &str) -> bool {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    API_ROOTS.contains(&first)
}

/// The first segments of the API server's own paths (`kubectl get --raw /`).
const API_ROOTS: [&str; 9] =
    ["api", "apis", "openapi", "version", "logs", "metrics", "healthz", ".well-known", "openid"];

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// nginx, and proxies that follow it, hold a watch back without it.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

const COMMON_HEADERS: [(HeaderName, &str); 7] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];
