use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use futures_util::stream::unfold;
use http::{HeaderMap, Request, Response, header};
use http_body_util::{BodyExt, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    body::{Frame, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::mpsc, task::JoinSet};

/// The account that the recorder says the server has.
pub(crate) const ACCOUNT: &str = "system:serviceaccount:kube-enroll:kube-enroll";

/// The `Date` of all its answers.
pub(crate) const DATE: &str = "Tue, 01 Jan 2030 00:00:00 GMT";

/// Writes down what arrives, and answers what it was told.
pub(crate) struct Recorder {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
    _tasks: JoinSet<()>,
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// What the recorder answers to everything but the question who asks.
#[derive(Clone, Debug)]
pub(crate) enum Scenario {
    /// One body.
    Answer { status: u16, body: String, headers: Vec<(&'static str, &'static str)> },
    /// The same body that was sent, as Kubernetes answers a create: with the account in it.
    Created,
    /// The same with this account in it.
    CreatedBy(&'static str),
    /// No answer at all.
    Silence,
}

struct State {
    seen: Vec<Seen>,
    scenario: Scenario,
    account: Option<&'static str>,
    listed: Listed,
    watches: Vec<mpsc::UnboundedSender<Bytes>>,
}

/// What the lists and watches of the server itself are answered.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    /// All objects, a page each where there are several.
    pub(crate) objects: Vec<Value>,
    /// The version of the list.
    pub(crate) version: u64,
    /// What a watch is refused with; it is opened where this is nothing.
    pub(crate) refuses: Option<Value>,
    /// What every new watch begins with.
    pub(crate) first: &'static str,
    /// A page from which more objects than these are longer than the server reads.
    pub(crate) heavy: Option<(usize, u32)>,
}

impl Recorder {
    pub(crate) async fn start(scenario: Scenario) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let listed = Listed { objects: Vec::new(), version: 1, refuses: None, first: "", heavy: None };
        let state = State { seen: Vec::new(), scenario, account: Some(ACCOUNT), listed, watches: Vec::new() };
        let state = Arc::new(Mutex::new(state));
        let mut tasks = JoinSet::new();
        let shared = state.clone();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let state = shared.clone();
                connections.spawn(async move {
                    let service = service_fn(move |request| respond(request, state.clone()));
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self { address, state, _tasks: tasks }
    }

    /// Returns what arrived on behalf of a client.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.filtered(|seen| !seen.target.ends_with("selfsubjectreviews") && !is_of_the_server(&seen.target))
    }

    /// Returns the targets of the server's own lists and watches.
    pub(crate) fn followed(&self) -> Vec<String> {
        self.filtered(|seen| is_of_the_server(&seen.target)).into_iter().map(|seen| seen.target).collect()
    }

    fn filtered(&self, what: impl Fn(&Seen) -> bool) -> Vec<Seen> {
        let state = self.state.lock().expect("no panic before");
        state.seen.iter().filter(|seen| what(seen)).cloned().collect()
    }

    /// Counts the watches of the server that are open.
    pub(crate) fn open_watches(&self) -> usize {
        let mut state = self.state.lock().expect("no panic before");
        state.watches.retain(|watch| !watch.is_closed());
        state.watches.len()
    }

    /// Changes what lists and new watches are answered.
    pub(crate) fn list(&self, change: impl FnOnce(&mut Listed)) {
        change(&mut self.state.lock().expect("no panic before").listed);
    }

    /// Sends bytes on every open watch, and tells how many those are.
    pub(crate) fn tell(&self, bytes: impl Into<Bytes>) -> usize {
        let (state, bytes) = (self.state.lock().expect("no panic before"), bytes.into());
        state.watches.iter().filter(|watch| watch.send(bytes.clone()).is_ok()).count()
    }

    /// Ends every open watch.
    pub(crate) fn end_watches(&self) {
        self.state.lock().expect("no panic before").watches.clear();
    }

    pub(crate) fn answer(&self, scenario: Scenario) {
        self.state.lock().expect("no panic before").scenario = scenario;
    }

    /// Says who asks from now on; nobody is known by `None`.
    pub(crate) fn know(&self, account: Option<&'static str>) {
        self.state.lock().expect("no panic before").account = account;
    }
}

impl Scenario {
    pub(crate) fn object(body: impl ToString) -> Self {
        Self::status(200, body)
    }

    pub(crate) fn status(status: u16, body: impl ToString) -> Self {
        Self::Answer { status, body: body.to_string(), headers: Vec::new() }
    }
}

async fn respond(
    request: Request<Incoming>,
    state: Arc<Mutex<State>>,
) -> Result<Response<UnsyncBoxBody<Bytes, Infallible>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let seen = Seen {
        method: head.method.to_string(),
        target: head.uri.to_string(),
        headers: head.headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let (scenario, account) = {
        let mut state = state.lock().expect("no panic before");
        state.seen.push(seen.clone());
        if is_of_the_server(&seen.target) {
            return Ok(followed(&seen.target, &mut state));
        }
        (state.scenario.clone(), state.account)
    };
    if seen.target.ends_with("selfsubjectreviews") {
        return Ok(match account {
            Some(account) => whole(201, json!({"status": {"userInfo": {"username": account}}}).to_string()),
            None => whole(503, String::new()),
        });
    }
    Ok(match scenario {
        Scenario::Answer { status, body, headers } => {
            let mut response = whole(status, body);
            for (name, value) in headers {
                response.headers_mut().insert(name, value.parse().expect("a value"));
            }
            response
        }
        Scenario::Created => whole(201, created(&seen.body, ACCOUNT).to_string()),
        Scenario::CreatedBy(account) => whole(201, created(&seen.body, account).to_string()),
        Scenario::Silence => std::future::pending().await,
    })
}

/// Returns the object that Kubernetes makes of a body.
pub(crate) fn created(body: &str, account: &str) -> Value {
    let mut object: Value = serde_json::from_str(body).expect("an object");
    object["spec"]["username"] = account.into();
    object["spec"]["groups"] = json!(["system:authenticated"]);
    object["metadata"]["uid"] = format!("uid of {}", object["metadata"]["name"].as_str().expect("a name")).into();
    // After every list and event of these tests.
    object["metadata"]["resourceVersion"] = "1000000".into();
    object["metadata"]["managedFields"] = json!([{"manager": "kube-enroll"}]);
    object
}

/// Tells whether the server asks for itself: for all objects of the signer.
fn is_of_the_server(target: &str) -> bool {
    target.contains("spec.signerName")
}

fn followed(target: &str, state: &mut State) -> Response<UnsyncBoxBody<Bytes, Infallible>> {
    let listed = &state.listed;
    if !target.contains("watch=true") {
        let page: usize = target.split_once("continue=").map_or(0, |(_, page)| page.parse().expect("ours"));
        let next = if page + 1 < listed.objects.len() { (page + 1).to_string() } else { String::new() };
        let metadata = json!({"resourceVersion": listed.version.to_string(), "continue": next});
        let limit: u32 = target
            .split_once("limit=")
            .and_then(|(_, rest)| rest.split('&').next()?.parse().ok())
            .expect("a list asks for some at a time");
        if listed.heavy.is_some_and(|(heavy, most)| heavy == page && limit > most) {
            return whole(200, " ".repeat(33 << 20));
        }
        let items: Vec<_> = listed.objects.get(page).into_iter().collect();
        return whole(200, json!({"metadata": metadata, "items": items}).to_string());
    }
    if let Some(status) = &listed.refuses {
        return whole(status["code"].as_u64().expect("a code") as u16, status.to_string());
    }
    let (sender, receiver) = mpsc::unbounded_channel();
    let _ = sender.send(Bytes::from_static(listed.first.as_bytes()));
    state.watches.push(sender);
    let frames = unfold(receiver, |mut receiver| async {
        let bytes = receiver.recv().await?;
        Some((Ok(Frame::data(bytes)), receiver))
    });
    dated(200, StreamBody::new(frames).boxed_unsync())
}

fn whole(status: u16, body: String) -> Response<UnsyncBoxBody<Bytes, Infallible>> {
    dated(status, http_body_util::Full::from(body).boxed_unsync())
}

fn dated(status: u16, body: UnsyncBoxBody<Bytes, Infallible>) -> Response<UnsyncBoxBody<Bytes, Infallible>> {
    let response = Response::builder().status(status).header(header::DATE, DATE);
    response.header(header::CONTENT_TYPE, "application/json").body(body).expect("plain headers")
}
