//! All HTTP of the page: its own `config.json`, and the Kubernetes API through whatever serves it.

use std::rc::Rc;

use kube_enroll_core::{Settings, Status};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use yew::Callback;

use crate::{
    effects::listener,
    json::{self, Value},
    state::{Action, Answer, Call, Failure, Problem, cluster_of_kubeconfig},
};

/// The longest wait that a server may ask for.
const MAX_RETRY_AFTER_MS: f64 = 60_000.0;

/// What a create waits for by itself.
const MOST_PATIENCE_SECONDS: u32 = 10;

const REQUESTS: &str = "apis/certificates.k8s.io/v1/certificatesigningrequests";
const CLUSTER_INFO: &str = "api/v1/namespaces/kube-public/configmaps/cluster-info";
/// Bookmarks show that a watch is alive; the server ends it after some minutes, and a proxy on the way may do so sooner.
const WATCH: &str = "&watch=1&allowWatchBookmarks=true&timeoutSeconds=290&resourceVersion=";

#[wasm_bindgen(module = "/js/page.js")]
extern "C" {
    type Calls;
    #[wasm_bindgen(constructor)]
    fn new() -> Calls;
    #[wasm_bindgen(method)]
    fn begin(this: &Calls, url: &str, body: JsValue, is_watch: bool, heard: JsValue);
    #[wasm_bindgen(method)]
    fn stop(this: &Calls);
}

/// The Kubernetes API at one base, and the calls to it that are under way; clones share them.
#[derive(Clone)]
pub(crate) struct Api {
    /// Relative to the page, with a slash at its end.
    base: String,
    send: Callback<Action>,
    calls: Rc<Calls>,
}

impl Api {
    pub(crate) fn new(base: &str, send: Callback<Action>) -> Self {
        let slash = if base.ends_with('/') { "" } else { "/" };
        Self { base: [base, slash].concat(), send, calls: Rc::new(Calls::new()) }
    }

    /// Begins a call; its answer comes as an action, unless it is dropped before.
    pub(crate) fn call(&self, call: Call) {
        let (url, body) = self.target(&call);
        let is_watch = matches!(call, Call::Watch(..));
        let send = self.send.clone();
        self.calls.begin(&url, body, is_watch, listener(move |said| hear(&call, &said, &send)));
    }

    /// Drops all calls that are under way.
    pub(crate) fn stop(&self) {
        self.calls.stop();
    }

    fn target(&self, call: &Call) -> (String, JsValue) {
        let requests = [&self.base, REQUESTS].concat();
        let by_name = |name: &str| [&requests, "?fieldSelector=metadata.name=", name].concat();
        let url = match call {
            Call::Settings => "config.json".into(),
            Call::Whoami => "whoami.json".into(),
            Call::ClusterInfo => [&self.base, CLUSTER_INFO].concat(),
            Call::Create(object) => return (requests, json::write_request(object)),
            Call::Adopt(name) | Call::Read(name) => [&requests, "/", name.as_str()].concat(),
            Call::List(name) => by_name(name.as_str()),
            Call::Watch(name, version) => {
                [by_name(name.as_str()), WATCH.into(), js_sys::encode_uri_component(version).into()].concat()
            }
        };
        (url, JsValue::UNDEFINED)
    }
}

/// Takes what `js/page.js` heard of a call.
fn hear(call: &Call, said: &JsValue, send: &Callback<Action>) {
    let is_watch = matches!(call, Call::Watch(..));
    if let Some(events) = said.field("events").and_then(|events| events.elements()) {
        return send.emit(Action::Answered(Answer::Watched(events.iter().filter_map(json::event).collect())));
    }
    let judged = if said.field("status").is_none() {
        Ok(())
    } else {
        if !matches!(call, Call::Settings | Call::Whoami) {
            read_clock(said, send);
        }
        judge(said, call)
    };
    let answer = judged.and_then(|()| match said.field("lost").and_then(|reason| reason.text()) {
        Some(reason) => Err(Failure::Unreachable { reason, retry_after_ms: 0.0 }),
        None => Ok(said.field("body").unwrap_or_default()),
    });
    // The lines of a watch are still to come.
    if !(is_watch && is_ok(said)) {
        send.emit(Action::Answered(interpret(call, answer)));
    }
}

/// The cluster's clock is the clock. `Date` has whole seconds: half of one is its error on average.
fn read_clock(said: &JsValue, send: &Callback<Action>) {
    let offset_ms = said.number_of("date") + 500.0 - said.number_of("receivedAt");
    if offset_ms.is_finite() && is_json(said) {
        send.emit(Action::ClockRead { offset_ms });
    }
}

/// Tells an answer of the API from all else. A create that is to wait for long is a person's to send again. Before the page knows
/// who is signed in, it shows the server's own words about it.
fn judge(said: &JsValue, call: &Call) -> Result<(), Failure> {
    let code = said.number_of("status") as u16;
    let is_create = matches!(call, Call::Create(_));
    let is_said = matches!(call, Call::Whoami) && is_json(said);
    let is_page = said.text_of("contentType").starts_with("text/html");
    if said.text_of("type") == "opaqueredirect"
        || (code == 401 && !is_said)
        || (is_page && (is_ok(said) || code == 403))
    {
        return Err(Failure::SignIn);
    }
    if is_ok(said) {
        return Ok(());
    }
    let status = said.field("body").filter(|_| is_json(said)).map(|body| json::status(&body)).unwrap_or_default();
    let http = ["HTTP ", &code.to_string()].concat();
    // A server of files knows no POST.
    if !is_json(said) && matches!(code, 404 | 405 | 501) {
        return Err(Failure::NoApi(code));
    }
    let seconds = said.text_of("retryAfter").parse().ok();
    let seconds: u32 = seconds.or(status.details.as_ref().map(|details| details.retry_after_seconds)).unwrap_or(0);
    if (code == 429 && !(is_create && seconds > MOST_PATIENCE_SECONDS)) || code >= 500 {
        return Err(Failure::Unreachable {
            reason: if status.message.is_empty() { http } else { status.message },
            retry_after_ms: (f64::from(seconds) * 1_000.0).min(MAX_RETRY_AFTER_MS),
        });
    }
    let message =
        if status.message.is_empty() { [&http, ", not from a Kubernetes API"].concat() } else { status.message };
    Err(Failure::Refused(Box::new(Status { code, message, ..status })))
}

fn interpret(call: &Call, answer: Result<JsValue, Failure>) -> Answer {
    let found = |answer: Result<JsValue, Failure>| match answer {
        Ok(object) => Ok(Some(Box::new(json::request(&object)))),
        Err(Failure::Refused(status)) if status.code == 404 && status.reason == "NotFound" => Ok(None),
        Err(failure) => Err(failure),
    };
    match call {
        Call::Settings => Answer::Settings(settings(answer).map(Box::new)),
        Call::Whoami => Answer::Whoami(answer.map_err(unread).and_then(|value| json::person(&value))),
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
    match answer {
        Ok(value) => json::settings(&value).map_err(|error| unusable(error.to_string())),
        Err(Failure::NoApi(404)) => Ok(Settings::default()),
        Err(failure) => Err(unread(failure)),
    }
}

/// Says why a file of the page's own server could not be read.
fn unread(failure: Failure) -> Problem {
    match failure {
        Failure::NoApi(code) => unusable(["HTTP ", &code.to_string()].concat()),
        Failure::Refused(status) if status.code == 401 => sign_in().with(status.message),
        Failure::Refused(status) => unusable(status.message),
        Failure::SignIn => sign_in(),
        Failure::Unreachable { reason, .. } => {
            Problem::new(UNREAD, "Please check the connection and try again.").with(reason)
        }
    }
}

fn sign_in() -> Problem {
    Problem::new("Please sign in", "The page’s server wants to know who you are: sign in, then reload the page.")
}

fn unusable(cause: String) -> Problem {
    Problem::new(UNREAD, "Whoever runs the page should look at its config.json.").with(cause)
}

const UNREAD: &str = "The settings of this page did not load";

fn is_ok(said: &JsValue) -> bool {
    said.field("ok").is_some_and(|ok| ok.is_truthy())
}

fn is_json(said: &JsValue) -> bool {
    said.text_of("contentType").starts_with("application/json")
}
