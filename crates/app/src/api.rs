//! All HTTP of the page: its own `config.json`, and the Kubernetes API through whatever serves it.

use std::{pin::Pin, time::Duration};

use futures_util::{
    FutureExt,
    future::{Either, select},
    pin_mut,
};
use gloo_net::http::{Request, RequestBuilder, Response};
use gloo_timers::future::TimeoutFuture;
use js_sys::{Date, JSON, Reflect, Uint8Array};
use kube_enroll_core::{
    CertificateSigningRequest, CertificateSigningRequestList, Cluster, Settings, Status, WatchEvent, WatchLines,
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, ReadableStreamDefaultReader, RequestCache, RequestRedirect, ResponseType};
use yew::Callback;

use crate::{
    json,
    state::{Problem, cluster_of_kubeconfig},
};

/// How long an answer may take that is no stream.
const ANSWER_TIMEOUT_MILLISECONDS: u32 = 20_000;

/// How long the API server keeps a watch open; a proxy on the way may end it sooner.
const WATCH_TIMEOUT: Duration = Duration::from_secs(290);

const REQUESTS: &str = "apis/certificates.k8s.io/v1/certificatesigningrequests";
const CLUSTER_INFO: &str = "api/v1/namespaces/kube-public/configmaps/cluster-info";

/// The Kubernetes API at one base.
#[derive(Clone)]
pub(crate) struct Api {
    base: String,
    /// Takes the cluster's clock minus the browser's, in milliseconds, whenever an answer tells it.
    clock: Callback<f64>,
}

/// Why there is no answer of use.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A front proxy's session has ended: it answers 401, a page, or a redirect.
    SignIn,
    /// The API server or the proxy said no.
    Refused(Status),
    /// Nothing came, or nothing that an API server says: another try may help.
    Unreachable { reason: String, retry_after: Duration },
}

impl Api {
    /// Makes the API at `base`, which is relative to the page.
    pub(crate) fn new(base: &str, clock: Callback<f64>) -> Self {
        let slash = if base.ends_with('/') { "" } else { "/" };
        Self { base: [base, slash].concat(), clock }
    }

    /// Creates the object.
    pub(crate) async fn create(
        &self,
        object: &CertificateSigningRequest,
    ) -> Result<CertificateSigningRequest, Failure> {
        let body =
            JSON::stringify(&json::write_request(object)).expect("an object of strings and numbers becomes JSON");
        let request = Request::post(&self.url(REQUESTS)).header("Content-Type", "application/json");
        Ok(json::request(&self.exchange(request, Some(body.into())).await?))
    }

    /// Reads the one object of that name; nothing where the API server says that there is none.
    pub(crate) async fn read(&self, name: &str) -> Result<Option<CertificateSigningRequest>, Failure> {
        let url = [&self.url(REQUESTS), "/", name].concat();
        match self.exchange(Request::get(&url), None).await {
            Ok(object) => Ok(Some(json::request(&object))),
            Err(Failure::Refused(status)) if status.code == 404 && status.reason == "NotFound" => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Lists by that one name.
    pub(crate) async fn list(&self, name: &str) -> Result<CertificateSigningRequestList, Failure> {
        let url = [&self.url(REQUESTS), "?fieldSelector=metadata.name=", name].concat();
        Ok(json::list(&self.exchange(Request::get(&url), None).await?))
    }

    /// Watches that one name from a list's version on, until the stream ends. `progress` hears of every piece that comes,
    /// with the events that it completes.
    pub(crate) async fn watch(
        &self,
        name: &str,
        resource_version: &str,
        mut progress: impl FnMut(Vec<WatchEvent>),
    ) -> Result<(), Failure> {
        let url = [
            &self.url(REQUESTS),
            "?watch=1&fieldSelector=metadata.name=",
            name,
            "&resourceVersion=",
            &String::from(js_sys::encode_uri_component(resource_version)),
            "&allowWatchBookmarks=true&timeoutSeconds=",
            &WATCH_TIMEOUT.as_secs().to_string(),
        ]
        .concat();
        let (response, _open) = self.send(Request::get(&url), None).await?;
        let Some(body) = response.body() else { return Ok(()) };
        let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
        let mut lines = WatchLines::new();
        loop {
            let piece = JsFuture::from(reader.read()).await.map_err(|_| lost("the stream broke off"))?;
            let field = |name: &str| Reflect::get(&piece, &name.into()).unwrap_or_default();
            if field("done").is_truthy() {
                return Ok(());
            }
            let bytes: Uint8Array = field("value").unchecked_into();
            let mut events = Vec::new();
            for line in lines.push(&bytes.to_vec()).map_err(|error| lost(&error.to_string()))? {
                events.extend(json::event(&parse(&String::from_utf8_lossy(&line))?));
            }
            progress(events);
        }
    }

    /// Reads where the cluster is, if it says so in public.
    pub(crate) async fn cluster_info(&self) -> Option<Cluster> {
        let map = self.exchange(Request::get(&self.url(CLUSTER_INFO)), None).await.ok()?;
        cluster_of_kubeconfig(&json::kubeconfig_of_config_map(&map)?)
    }

    fn url(&self, path: &str) -> String {
        [&self.base, path].concat()
    }

    /// Sends a request, and reads the whole answer. Boxed, so that its code is there once.
    fn exchange(
        &self,
        request: RequestBuilder,
        body: Option<String>,
    ) -> Pin<Box<dyn Future<Output = Result<JsValue, Failure>>>> {
        let api = self.clone();
        Box::pin(async move {
            let exchange = async {
                let (response, _open) = api.send(request, body).await?;
                parse(&response.text().await.map_err(|error| unreachable(&error))?)
            };
            let timeout = TimeoutFuture::new(ANSWER_TIMEOUT_MILLISECONDS).fuse();
            pin_mut!(exchange, timeout);
            match select(exchange, timeout).await {
                Either::Left((output, _)) => output,
                Either::Right(_) => Err(lost("no answer in time")),
            }
        })
    }

    /// Sends a request, up to the head of an answer of the API.
    async fn send(&self, request: RequestBuilder, body: Option<String>) -> Result<(Response, Open), Failure> {
        let open = Open::default();
        // A redirect leads to a sign-in page: Kubernetes never redirects here.
        let request = request
            .header("Accept", "application/json")
            .cache(RequestCache::NoStore)
            .redirect(RequestRedirect::Manual)
            .abort_signal(open.0.as_ref().map(AbortController::signal).as_ref());
        let request = match body {
            Some(body) => request.body(body),
            None => request.build(),
        };
        let response =
            request.map_err(|error| unreachable(&error))?.send().await.map_err(|error| unreachable(&error))?;
        Ok((self.judge(response).await?, open))
    }

    /// Tells an answer of the API from all else.
    async fn judge(&self, response: Response) -> Result<Response, Failure> {
        let status = response.status();
        let kind = response.headers().get("content-type").unwrap_or_default();
        let is_page = kind.starts_with("text/html");
        if response.type_() == ResponseType::Opaqueredirect
            || status == 401
            || (is_page && (response.ok() || status == 403))
        {
            return Err(Failure::SignIn);
        }
        if kind.starts_with("application/json") {
            self.read_clock(&response);
        }
        if response.ok() {
            return Ok(response);
        }
        let retry_after = response.headers().get("retry-after").and_then(|seconds| seconds.parse().ok());
        let said = response.text().await.unwrap_or_default();
        let said = parse(&said).map(|said| json::status(&said)).unwrap_or_default();
        if status == 429 || status >= 500 {
            let seconds = retry_after.or(said.details.as_ref().map(|details| u64::from(details.retry_after_seconds)));
            let reason = if said.message.is_empty() { ["HTTP ", &status.to_string()].concat() } else { said.message };
            return Err(Failure::Unreachable {
                reason,
                retry_after: Duration::from_secs(seconds.unwrap_or(0).min(60)),
            });
        }
        if said.message.is_empty() {
            let message =
                ["HTTP ", &status.to_string(), ": there seems to be no Kubernetes API at ", &self.base].concat();
            return Err(Failure::Refused(Status::failure(status, "", message)));
        }
        Err(Failure::Refused(Status { code: status, ..said }))
    }

    /// The cluster's clock is the clock. `Date` has whole seconds: half of one is its error on average.
    fn read_clock(&self, response: &Response) {
        if let Some(date) = response.headers().get("date") {
            let offset_ms = Date::parse(&date) + 500.0 - Date::now();
            if offset_ms.is_finite() {
                self.clock.emit(offset_ms);
            }
        }
    }
}

/// Reads `config.json` beside the page. Without one, the defaults hold.
pub(crate) async fn read_settings() -> Result<Settings, Problem> {
    let answer = Api::new("./", Callback::noop()).exchange(Request::get("config.json"), None).await;
    let (message, cause) = match answer {
        Ok(value) => match json::settings(&value) {
            Ok(settings) => return Ok(settings),
            Err(error) => ("Whoever runs the page should look at its config.json.", error.to_string()),
        },
        Err(Failure::Refused(status)) if status.code == 404 => return Ok(Settings::default()),
        Err(Failure::Refused(status)) => ("Whoever runs the page should look at its config.json.", status.message),
        Err(Failure::SignIn) => {
            ("The page’s server wants to know who you are. Reload the page to sign in.", String::new())
        }
        Err(Failure::Unreachable { reason, .. }) => ("Please check the connection and try again.", reason),
    };
    let problem = Problem::new("The settings of this page did not load", message);
    Err(if cause.is_empty() { problem } else { problem.with_cause(cause) })
}

/// An exchange that goes on; dropped, it is aborted, so that it does not hold one of the browser's few connections.
struct Open(Option<AbortController>);

impl Default for Open {
    fn default() -> Self {
        Self(AbortController::new().ok())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(controller) = &self.0 {
            controller.abort();
        }
    }
}

fn parse(text: &str) -> Result<JsValue, Failure> {
    JSON::parse(text).map_err(|_| lost("an answer that is no JSON"))
}

fn unreachable(error: &gloo_net::Error) -> Failure {
    lost(&error.to_string())
}

fn lost(reason: &str) -> Failure {
    Failure::Unreachable { reason: reason.to_owned(), retry_after: Duration::ZERO }
}
