//! All HTTP of the page: its own `config.json`, and the Kubernetes API through whatever serves it.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use gloo_net::http::{Request, Response};
use gloo_timers::callback::Timeout;
use js_sys::{Date, JSON, Uint8Array};
use kube_enroll_core::{Settings, Status, WatchLines};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AbortController, ReadableStreamDefaultReader, RequestCache, RequestRedirect, ResponseType};
use yew::Callback;

use crate::{
    json::{self, Value},
    state::{Action, Answer, Call, Failure, Problem, cluster_of_kubeconfig},
};

/// How long an answer may take that is no watch.
const ANSWER_TIMEOUT_MILLISECONDS: u32 = 20_000;
/// The longest wait that a server may ask for.
const MAX_RETRY_AFTER_MS: f64 = 60_000.0;

const REQUESTS: &str = "apis/certificates.k8s.io/v1/certificatesigningrequests";
const CLUSTER_INFO: &str = "api/v1/namespaces/kube-public/configmaps/cluster-info";
/// Bookmarks show that a watch is alive; the server ends it after some minutes, and a proxy on the way may do so sooner.
const WATCH: &str = "&watch=1&allowWatchBookmarks=true&timeoutSeconds=290&resourceVersion=";

/// The Kubernetes API at one base, and the calls to it that are under way; clones share them.
#[derive(Clone)]
pub(crate) struct Api {
    /// Relative to the page, with a slash at its end.
    base: String,
    send: Callback<Action>,
    open: Rc<RefCell<Vec<AbortController>>>,
    watch: Rc<Cell<Option<AbortController>>>,
}

impl Api {
    pub(crate) fn new(base: &str, send: Callback<Action>) -> Self {
        let slash = if base.ends_with('/') { "" } else { "/" };
        Self { base: [base, slash].concat(), send, open: Rc::default(), watch: Rc::default() }
    }

    /// Begins a call; its answer comes as an action, unless it is dropped before.
    pub(crate) fn call(&self, call: Call) {
        let api = self.clone();
        let Ok(controller) = AbortController::new() else { return };
        self.open.borrow_mut().push(controller.clone());
        if let Call::Watch(..) = call
            && let Some(earlier) = self.watch.replace(Some(controller.clone()))
        {
            // Dropped, so it has no answer: its end is not the new one's.
            self.open.borrow_mut().retain(|open| *open != earlier);
            earlier.abort();
        }
        spawn_local(async move {
            let mut answer = api.exchange(&call, &controller).await;
            if let (Call::Watch(..), Ok(stream)) = (&call, &answer) {
                answer = api.stream(stream, &controller).await;
            }
            // What was dropped has no answer.
            if api.open.borrow().contains(&controller) {
                api.send.emit(Action::Answered(interpret(call, answer)));
            }
            controller.abort();
            api.open.borrow_mut().retain(|open| !open.signal().aborted());
        });
    }

    /// Drops all calls that are under way.
    pub(crate) fn stop(&self) {
        for controller in self.open.take() {
            controller.abort();
        }
    }

    /// Sends a request, and reads the answer: as JSON, or as a stream where it is a watch.
    async fn exchange(&self, call: &Call, controller: &AbortController) -> Result<JsValue, Failure> {
        let (url, body) = self.target(call);
        let request = if body.is_some() { Request::post(&url) } else { Request::get(&url) };
        // A redirect leads to a sign-in page: Kubernetes never redirects here.
        let request = request
            .header("Accept", "application/json")
            .cache(RequestCache::NoStore)
            .redirect(RequestRedirect::Manual)
            .abort_signal(Some(&controller.signal()));
        let request = match body {
            Some(body) => request.header("Content-Type", "application/json").body(body),
            None => request.build(),
        };
        let is_watch = matches!(call, Call::Watch(..));
        let aborted = controller.clone();
        let _timeout = (!is_watch).then(|| Timeout::new(ANSWER_TIMEOUT_MILLISECONDS, move || aborted.abort()));
        let lost = |_| lost("no answer");
        let response = request.map_err(lost)?.send().await.map_err(lost)?;
        if !matches!(call, Call::Settings) {
            self.read_clock(&response);
        }
        if is_watch && response.ok() {
            return Ok(response.body().into());
        }
        let text = response.text().await.map_err(lost)?;
        judge(&response, &text)?;
        parse(&text)
    }

    /// Reads the stream of a watch to its end.
    async fn stream(&self, stream: &JsValue, controller: &AbortController) -> Result<JsValue, Failure> {
        let reader = ReadableStreamDefaultReader::new(stream.unchecked_ref()).map_err(|_| lost("no stream"))?;
        let mut lines = WatchLines::new();
        loop {
            let piece = JsFuture::from(reader.read()).await.map_err(|_| lost("the stream broke off"))?;
            let Some(bytes) = piece.field("value") else { return Ok(JsValue::NULL) };
            let mut events = Vec::new();
            for line in
                lines.push(&bytes.unchecked_into::<Uint8Array>().to_vec()).map_err(|_| lost("a line too long"))?
            {
                events.extend(json::event(&parse(&String::from_utf8_lossy(&line))?));
            }
            if controller.signal().aborted() {
                return Ok(JsValue::NULL);
            }
            self.send.emit(Action::Answered(Answer::Watched(events)));
        }
    }

    fn target(&self, call: &Call) -> (String, Option<String>) {
        let requests = [&self.base, REQUESTS].concat();
        let by_name = |name: &str| [&requests, "?fieldSelector=metadata.name=", name].concat();
        let url = match call {
            Call::Settings => "config.json".into(),
            Call::ClusterInfo => [&self.base, CLUSTER_INFO].concat(),
            Call::Create(object) => {
                let body = JSON::stringify(&json::write_request(object)).expect("plain values become JSON");
                return (requests, Some(body.into()));
            }
            Call::Adopt(name) | Call::Read(name) => [&requests, "/", name.as_str()].concat(),
            Call::List(name) => by_name(name.as_str()),
            Call::Watch(name, version) => {
                [by_name(name.as_str()), WATCH.into(), js_sys::encode_uri_component(version).into()].concat()
            }
        };
        (url, None)
    }

    /// The cluster's clock is the clock. `Date` has whole seconds: half of one is its error on average.
    fn read_clock(&self, response: &Response) {
        let offset_ms = Date::parse(&header(response, "date")) + 500.0 - Date::now();
        if offset_ms.is_finite() && is_json(response) {
            self.send.emit(Action::ClockRead { offset_ms });
        }
    }
}

/// Tells an answer of the API from all else.
fn judge(response: &Response, text: &str) -> Result<(), Failure> {
    let code = response.status();
    let is_page = header(response, "content-type").starts_with("text/html");
    if response.type_() == ResponseType::Opaqueredirect || code == 401 || (is_page && (response.ok() || code == 403)) {
        return Err(Failure::SignIn);
    }
    if response.ok() {
        return Ok(());
    }
    let said = if is_json(response) {
        parse(text).map(|said| json::status(&said)).unwrap_or_default()
    } else {
        Status::default()
    };
    let http = ["HTTP ", &code.to_string()].concat();
    // A server of files knows no POST.
    if !is_json(response) && matches!(code, 404 | 405 | 501) {
        return Err(Failure::NoApi(code));
    }
    if code == 429 || code >= 500 {
        let seconds = header(response, "retry-after").parse().ok();
        let seconds: u32 = seconds.or(said.details.map(|details| details.retry_after_seconds)).unwrap_or(0);
        return Err(Failure::Unreachable {
            reason: if said.message.is_empty() { http } else { said.message },
            retry_after_ms: (f64::from(seconds) * 1_000.0).min(MAX_RETRY_AFTER_MS),
        });
    }
    let message = if said.message.is_empty() { [&http, ", not from a Kubernetes API"].concat() } else { said.message };
    Err(Failure::Refused(Box::new(Status { code, message, ..said })))
}

fn interpret(call: Call, answer: Result<JsValue, Failure>) -> Answer {
    let found = |answer: Result<JsValue, Failure>| match answer {
        Ok(object) => Ok(Some(Box::new(json::request(&object)))),
        Err(Failure::Refused(status)) if status.code == 404 && status.reason == "NotFound" => Ok(None),
        Err(failure) => Err(failure),
    };
    match call {
        Call::Settings => Answer::Settings(settings(answer).map(Box::new)),
        Call::ClusterInfo => Answer::ClusterInfo(
            answer.ok().and_then(|map| cluster_of_kubeconfig(&json::kubeconfig_of_config_map(&map)?)).map(Box::new),
        ),
        Call::Create(_) => Answer::Created(answer.map(|object| Box::new(json::request(&object)))),
        Call::Adopt(_) => Answer::Adopted(found(answer)),
        Call::Read(_) => Answer::Read(found(answer)),
        Call::List(_) => Answer::Listed(answer.map(|list| Box::new(json::list(&list)))),
        Call::Watch(..) => Answer::WatchEnded(answer.err()),
    }
}

/// Reads `config.json`. Without one, the defaults hold.
fn settings(answer: Result<JsValue, Failure>) -> Result<Settings, Problem> {
    let (message, cause) = match answer {
        Ok(value) => match json::settings(&value) {
            Ok(settings) => return Ok(settings),
            Err(error) => ("Whoever runs the page should look at its config.json.", error.to_string()),
        },
        Err(Failure::NoApi(404)) => return Ok(Settings::default()),
        Err(Failure::NoApi(code)) => {
            ("Whoever runs the page should look at its config.json.", ["HTTP ", &code.to_string()].concat())
        }
        Err(Failure::Refused(status)) => ("Whoever runs the page should look at its config.json.", status.message),
        Err(Failure::SignIn) => ("The page’s server may want to know who you are: reload the page.", String::new()),
        Err(Failure::Unreachable { reason, .. }) => ("Please check the connection and try again.", reason),
    };
    Err(Problem::new("The settings of this page did not load", message).with(cause))
}

fn header(response: &Response, name: &str) -> String {
    response.headers().get(name).unwrap_or_default()
}

fn is_json(response: &Response) -> bool {
    header(response, "content-type").starts_with("application/json")
}

fn parse(text: &str) -> Result<JsValue, Failure> {
    JSON::parse(text).map_err(|_| lost("an answer that is no JSON"))
}

fn lost(reason: &str) -> Failure {
    Failure::Unreachable { reason: reason.to_owned(), retry_after_ms: 0.0 }
}
