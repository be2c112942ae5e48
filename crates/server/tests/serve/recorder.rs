use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{HeaderMap, Request, Response, header};
use http_body_util::{BodyExt, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    body::{Frame, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, task::JoinSet};

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
    /// Pieces of a stream; then its end, or silence.
    Stream { pieces: Vec<String>, then_ends: bool },
    /// No answer at all.
    Silence,
}

struct State {
    seen: Vec<Seen>,
    scenario: Scenario,
    account: Option<&'static str>,
    /// Held once more by each open stream.
    open_stream: Arc<()>,
}

impl Recorder {
    pub(crate) async fn start(scenario: Scenario) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let state = State { seen: Vec::new(), scenario, account: Some(ACCOUNT), open_stream: Arc::default() };
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

    /// Returns what arrived, apart from the question who asks.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        let state = self.state.lock().expect("no panic before");
        state.seen.iter().filter(|seen| !seen.target.ends_with("selfsubjectreviews")).cloned().collect()
    }

    /// Counts the streams that nobody has ended.
    pub(crate) fn open_streams(&self) -> usize {
        Arc::strong_count(&self.state.lock().expect("no panic before").open_stream) - 1
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
    let (scenario, account, open) = {
        let mut state = state.lock().expect("no panic before");
        state.seen.push(seen.clone());
        (state.scenario.clone(), state.account, state.open_stream.clone())
    };
    if seen.target.ends_with("selfsubjectreviews") {
        return Ok(match account {
            Some(account) => whole(201, serde_json::json!({"status": {"userInfo": {"username": account}}}).to_string()),
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
        Scenario::Created => {
            let mut object: serde_json::Value = serde_json::from_str(&seen.body).expect("an object");
            object["spec"]["username"] = ACCOUNT.into();
            object["spec"]["groups"] = serde_json::json!(["system:authenticated"]);
            object["metadata"]["uid"] = "1234".into();
            object["metadata"]["managedFields"] = serde_json::json!([{"manager": "kube-enroll"}]);
            whole(201, object.to_string())
        }
        Scenario::Stream { pieces, then_ends } => {
            let pieces = stream::iter(pieces.into_iter().map(|piece| Ok(Frame::data(Bytes::from(piece)))));
            let body = if then_ends {
                StreamBody::new(pieces).boxed_unsync()
            } else {
                let silence = stream::once(async move {
                    let _open = open;
                    std::future::pending().await
                });
                StreamBody::new(pieces.chain(silence)).boxed_unsync()
            };
            dated(200, body)
        }
        Scenario::Silence => std::future::pending().await,
    })
}

fn whole(status: u16, body: String) -> Response<UnsyncBoxBody<Bytes, Infallible>> {
    dated(status, http_body_util::Full::from(body).boxed_unsync())
}

fn dated(status: u16, body: UnsyncBoxBody<Bytes, Infallible>) -> Response<UnsyncBoxBody<Bytes, Infallible>> {
    let response = Response::builder().status(status).header(header::DATE, DATE);
    response.header(header::CONTENT_TYPE, "application/json").body(body).expect("plain headers")
}
