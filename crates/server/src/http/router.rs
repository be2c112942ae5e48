//! The handler of each path.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Extension, Request, State},
    handler::Handler,
    middleware::{self, Next},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header, uri::PathAndQuery};

use super::{headers, hosts::Hosts, unknown_host};
use crate::{
    api::{Api, ApiError, log::RequestLog, origin},
    bundle::Bundle,
    identity::Peer,
    limits::LimitExceeded,
    metrics::Metrics,
};

/// The state of all handlers.
pub(crate) struct AppState {
    /// The Hosts that are answered.
    pub(crate) hosts: Hosts,
    /// The page.
    pub(crate) bundle: Bundle,
    /// Browsers are told to come by HTTPS alone.
    pub(crate) has_hsts: bool,
    /// The Kubernetes API.
    pub(crate) api: Arc<Api>,
}

/// Makes the router of the address that browsers reach.
pub(crate) fn router(state: Arc<AppState>) -> Router {
    let guarded = Router::new()
        .route("/config.json", get(config_json.layer(middleware::from_fn_with_state(state.clone(), same_site))))
        .route("/whoami.json", get(whoami_json.layer(middleware::from_fn_with_state(state.clone(), same_site))))
        .fallback(page_or_api)
        .layer(middleware::from_fn_with_state(state.clone(), known_host))
        .layer(middleware::from_fn_with_state(state.clone(), https));
    // Probes name the pod's address as Host, and learn nothing.
    probes()
        .fallback_service(guarded.with_state(state.clone()))
        .layer(middleware::map_response(headers::add_common))
        .layer(middleware::from_fn(headers::close_after_body))
        .with_state(state)
}

/// Makes the router of the address that only operators reach. Each answer ends its connection, so that none is held.
pub(crate) fn operator_router(state: Arc<AppState>) -> Router {
    let routes = probes().route("/metrics", get(metrics));
    routes.layer(middleware::map_response(headers::close)).with_state(state)
}

/// Makes the router of a connection over a limit: it answers probes, and refuses everything else.
pub(crate) fn probe_router(state: Arc<AppState>, exceeded: LimitExceeded) -> Router {
    let routes = probes().fallback(move || async move { ApiError::from(exceeded) });
    routes.layer(middleware::map_response(headers::close)).with_state(state)
}

fn probes() -> Router<Arc<AppState>> {
    Router::new().route("/livez", get(livez)).route("/readyz", get(readyz))
}

async fn livez() -> &'static str {
    "ok\n"
}

async fn readyz(State(state): State<Arc<AppState>>) -> Result<&'static str, ApiError> {
    state.api.check_ready().map(|()| "ok\n")
}

async fn metrics(State(state): State<Arc<AppState>>) -> Response {
    let kind = HeaderValue::from_static(Metrics::CONTENT_TYPE);
    ([(header::CONTENT_TYPE, kind)], state.api.metrics.text()).into_response()
}

async fn config_json(
    State(state): State<Arc<AppState>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
) -> Response {
    state.api.settings(&peer, &headers).await
}

async fn whoami_json(
    State(state): State<Arc<AppState>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
) -> Response {
    state.api.whoami(&peer, &headers).await.unwrap_or_else(not_found)
}

async fn page_or_api(
    State(state): State<Arc<AppState>>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Response {
    let path = request.uri().path();
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    if is_read && !is_api(path) {
        return state.bundle.respond(path, request.headers()).unwrap_or_else(not_found);
    }
    let response = state.api.clone().respond(peer, request);
    if is_read {
        return response.await;
    }
    // To its end, though the caller may have left: what the API server has created is counted, cached and in the log.
    tokio::spawn(response).await.unwrap_or_else(|_| ApiError::NotReady.into_response())
}

async fn known_host(
    State(state): State<Arc<AppState>>,
    Extension(peer): Extension<Peer>,
    request: Request,
    next: Next,
) -> Response {
    let Err(error) = state.hosts.check(request.headers(), request.uri()) else { return next.run(request).await };
    let mut log = RequestLog::new(request.method().as_str(), peer.address());
    let page = match &error {
        ApiError::UnknownHost { found } if unknown_host::wants_html(request.headers()) => {
            Some(unknown_host::page(found, state.api.public_url.as_ref()))
        }
        _ => None,
    };
    let refused = log.reject(error);
    let response = page.unwrap_or(refused);
    log.finish(response.status(), &state.api.limiter);
    response
}

/// Leads who comes by plain HTTP to the public URL, where that is of HTTPS and a proxy that has proved itself says so;
/// never to the Host of the request. To everybody else HSTS is told (RFC 6797).
async fn https(
    State(state): State<Arc<AppState>>,
    Extension(peer): Extension<Peer>,
    request: Request,
    next: Next,
) -> Response {
    let public_url = state.api.public_url.as_ref().filter(|url| url.is_https());
    if let Some(url) = public_url
        && state.api.authenticator.came_by_plain_http(&peer, request.headers())
    {
        let target = request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
        return Redirect::permanent(&url.url_of(target)).into_response();
    }
    // Browsers apply it to the host in all its ports: not to a name of a port-forward.
    let has_hsts = state.has_hsts && public_url.is_some_and(|url| origin::is_public(request.headers(), url));
    let mut response = next.run(request).await;
    if has_hsts {
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, A_YEAR);
    }
    response
}

async fn same_site(State(state): State<Arc<AppState>>, request: Request, next: Next) -> Response {
    match origin::check_origin(request.headers(), state.api.public_url.as_ref()) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "there is nothing here\n").into_response()
}

/// Returns whether a path is one of the API server's rather than the page's.
fn is_api(path: &str) -> bool {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    API_ROOTS.contains(&first)
}

/// Without subdomains: they are not this server's.
const A_YEAR: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// The first segments of the API server's own paths (`kubectl get --raw /`).
const API_ROOTS: [&str; 9] =
    ["api", "apis", "openapi", "version", "logs", "metrics", "healthz", ".well-known", "openid"];
