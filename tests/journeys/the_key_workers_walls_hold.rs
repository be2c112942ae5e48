//! The key worker has no network: a program in it tries every way out, with every permission that the page asks for,
//! and arrives nowhere.

use std::{
    collections::BTreeSet,
    fs,
    sync::{Arc, Mutex},
};

use hyper::{
    Method, StatusCode,
    header::{self, HeaderValue},
};
use kube_enroll_e2e::{
    browser::{Browser, Kind},
    control_plane::ControlPlane,
    deadline::{PATIENCE, eventually},
    http::{HttpServer, answer},
    kubectl_proxy::KubectlProxy,
    page::Page,
    programs,
    proxy::{Faults, Proxy},
    serve::Serve,
    site::Site,
};
use serde_json::{Value, json};
use tokio::{net::UdpSocket, task::JoinHandle};

use crate::whole::copy;

#[tokio::test(flavor = "multi_thread")]
async fn behind_the_server_in_chromium() {
    hold_behind_the_server(Kind::Chromium).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_the_server_in_firefox() {
    hold_behind_the_server(Kind::Firefox).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn under_kubectl_proxy_in_chromium() {
    hold_under_kubectl_proxy(Kind::Chromium).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn under_kubectl_proxy_in_firefox() {
    hold_under_kubectl_proxy(Kind::Firefox).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_plain_static_hosting_in_chromium() {
    hold_on_static_hosting(Kind::Chromium).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_plain_static_hosting_in_firefox() {
    hold_on_static_hosting(Kind::Firefox).await;
}

async fn hold_behind_the_server(kind: Kind) {
    let serve = Serve::with(ControlPlane::shared(), &["--allowed-host=127.0.0.1"]).await;
    let proxy = Proxy::start(&serve.url(), Faults::default()).await;
    hold(kind, &proxy.url(), || proxy.requests()).await;
}

async fn hold_under_kubectl_proxy(kind: Kind) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    copy(&programs::page_dir(), folder.path());
    fs::write(folder.path().join("config.json"), r#"{"apiBase": "/"}"#).expect("the folder is ours");
    let kubectl = KubectlProxy::start(folder.path());
    let proxy = Proxy::start(&kubectl.url(), Faults::default()).await;
    hold(kind, &format!("{}ui/", proxy.url()), || proxy.requests()).await;
}

async fn hold_on_static_hosting(kind: Kind) {
    let site = Site::start(&programs::page_dir(), "/", Some("{}")).await;
    hold(kind, &site.url(), || site.requests()).await;
}

async fn hold(kind: Kind, url: &str, requests: impl Fn() -> Vec<String>) {
    let outside = Listener::start(None).await;
    let browser = Browser::start(kind).await;
    Page::open(&browser, url).await;
    browser.grant("notifications").await;
    // The page itself can make no worker: so its own one was made in the frame, and has the frame's policy.
    let refused = "try { new Worker(URL.createObjectURL(new Blob(['']))).onerror = event => event.preventDefault() } \
                   catch (error) { return true } \
                   return window.__violations.some(text => text.startsWith('worker-src'))";
    eventually(PATIENCE, "the page's own policy refuses workers", || async {
        if browser.run(refused, vec![]).await == json!(true) { Ok(()) } else { Err("made one") }
    })
    .await;
    eventually(PATIENCE, "the key worker's frame", || async {
        let begun = "return typeof document.querySelector('iframe')?.contentWindow?.start === 'function'";
        if browser.run(begun, vec![]).await == json!(true) { Ok(()) } else { Err("none that has begun") }
    })
    .await;
    // A report of a violation would have the address in it that the worker wanted.
    assert_eq!(browser.run_async(REPORTING_HEADERS, vec![]).await, json!([]), "no host sends reports anywhere");
    browser.run_async(ADD_SERVICE_WORKER, vec![json!("worker/bootstrap.js"), json!(SCOPE)]).await;

    let outcomes = try_every_way_out(&browser, START_IN_FRAME, &outside, url).await;
    assert_eq!(outside.arrivals(), NOBODY, "{outcomes:#?}");
    assert_eq!(outside.server.connections(), 0, "{outcomes:#?}");
    assert_eq!(arrivals(&requests()), NOBODY, "{outcomes:#?}");
    assert_eq!(ended(&outcomes, "absent"), names(absent(kind)), "the program tries all ways that there are");
    // Without the bootstrap, one worker starts: the one that is made as the frame makes the key worker.
    let workers = ended(&outcomes, "went well").into_iter().filter(|way| way.starts_with("worker"));
    assert_eq!(workers.collect::<BTreeSet<_>>(), names(&["worker-of-a-trusted-address"]), "{outcomes:#?}");

    let bootstrap = fs::read_to_string(programs::page_dir().join("worker/bootstrap.js")).expect("the page is built");
    let within = run_in_worker(&browser, START_IN_FRAME, &[KEEP_WORKER, &bootstrap, TRY_WORKERS], json!("begin")).await;
    assert_eq!(
        within,
        json!({
            "constructors": [],
            "serviceWorker": false,
            "kept constructor": "TypeError",
            "the frame's Trusted Types policy": "TypeError",
            "the default Trusted Types policy": "TypeError",
        })
    );
}

/// The same program where there are no walls: a way that leads nowhere here would say nothing about the key worker.
#[tokio::test(flavor = "multi_thread")]
async fn and_the_same_program_gets_out_where_there_are_none() {
    for kind in [Kind::Chromium, Kind::Firefox] {
        let outside = Listener::start(None).await;
        let report = format!("connect-src 'none'; report-uri {}way-out?violation", outside.server.url());
        let here = Listener::start(Some(report)).await;
        let browser = Browser::start(kind).await;
        browser.open(&here.server.url()).await;
        browser.grant("notifications").await;
        assert_ne!(browser.run_async(REPORTING_HEADERS, vec![]).await, json!([]), "it would be seen");
        browser.run_async(ADD_SERVICE_WORKER, vec![json!("service-worker.js"), json!(SCOPE)]).await;
        let start =
            "new Worker(URL.createObjectURL(new Blob(sources, { type: 'text/javascript' })), { type: 'module' })";
        let outcomes = try_every_way_out(&browser, start, &outside, &here.server.url()).await;
        let ways: BTreeSet<String> = outcomes.as_object().expect("outcomes by name").keys().cloned().collect();
        assert_eq!(ended(&outcomes, "absent"), names(absent(kind)), "the ways that {kind:?} does not have");
        let expected: BTreeSet<_> = ways.difference(&names(absent(kind))).cloned().collect();
        // A worker within the worker may be on its way still when the program has ended.
        eventually(PATIENCE, &format!("the ways out of {kind:?} in {outcomes:#?}"), || async {
            let arrived: BTreeSet<_> = outside.arrivals().union(&here.arrivals()).cloned().collect();
            let missing: Vec<_> = expected.difference(&arrived).collect();
            if missing.is_empty() { Ok(()) } else { Err(format!("nothing by {missing:?}")) }
        })
        .await;
    }
}

/// Returns the ways of `ways_out.js` that a browser does not have in workers.
fn absent(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Chromium => &[
            "background-fetch",
            "beacon",
            "fetch-later",
            "importscripts",
            "notification-of-a-service-worker",
            "service-worker-here",
            "shared-worker-here",
            "webrtc",
        ],
        Kind::Firefox => &[
            "background-fetch",
            "beacon",
            "fetch-later",
            "importscripts",
            "notification-badge",
            "notification-image",
            "shared-worker-here",
            "webrtc",
            "websocketstream",
        ],
    }
}

fn names(ways: &[&str]) -> BTreeSet<String> {
    ways.iter().map(|&way| way.to_owned()).collect()
}

/// Returns the ways that ended like this.
fn ended(outcomes: &Value, outcome: &str) -> BTreeSet<String> {
    let outcomes = outcomes.as_object().expect("outcomes by name");
    outcomes.iter().filter(|(_, ended)| *ended == outcome).map(|(way, _)| way.clone()).collect()
}

/// A server that lets everybody in and writes down who came, over TCP and over UDP.
struct Listener {
    server: HttpServer,
    requests: Arc<Mutex<Vec<String>>>,
    datagrams: JoinHandle<()>,
}

impl Listener {
    /// Starts one that answers an empty page at `/`, and a script everywhere else. The page has this policy, which
    /// refuses nothing and reports everything.
    async fn start(reporting_policy: Option<String>) -> Self {
        let policy = reporting_policy.map(|policy| HeaderValue::from_str(&policy).expect("a policy is a header value"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let record = Arc::clone(&requests);
        let server = HttpServer::start(move |request| {
            record.lock().expect("no holder panics").push(request.uri().to_string());
            let mut reply = match request.uri().path() {
                "/" if request.method() == Method::GET => answer(StatusCode::OK, "text/html", "<!doctype html>"),
                "/service-worker.js" => answer(StatusCode::OK, "text/javascript", ""),
                _ => answer(StatusCode::OK, "text/javascript", "export default 1"),
            };
            reply.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            if let Some(policy) = &policy {
                reply.headers_mut().insert(header::CONTENT_SECURITY_POLICY_REPORT_ONLY, policy.clone());
            }
            async { Ok(reply) }
        })
        .await;
        let socket = UdpSocket::bind(server.address()).await.expect("the port of a new TCP server is free for UDP");
        let record = Arc::clone(&requests);
        let datagrams = tokio::spawn(async move {
            let mut datagram = [0; 2048];
            while let Ok(length) = socket.recv(&mut datagram).await {
                // RFC 9443: STUN begins with two zero bits, and QUIC does not.
                let way = if length > 0 && datagram[0] < 0x40 { "webrtc" } else { "webtransport" };
                record.lock().expect("no holder panics").push(format!("way-out?{way}"));
            }
        });
        Self { server, requests, datagrams }
    }

    fn arrivals(&self) -> BTreeSet<String> {
        arrivals(&self.requests.lock().expect("no holder panics"))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.datagrams.abort();
    }
}

/// Returns the ways on which the program came to a server.
fn arrivals(requests: &[String]) -> BTreeSet<String> {
    requests.iter().filter_map(|request| request.split_once("way-out?")).map(|(_, way)| way.to_owned()).collect()
}

const NOBODY: BTreeSet<String> = BTreeSet::new();

/// Runs the program in the worker that `start` makes, and returns how each way ended.
async fn try_every_way_out(browser: &Browser, start: &str, outside: &Listener, here: &str) -> Value {
    let addresses = json!({ "outside": outside.server.url(), "here": here, "scope": SCOPE });
    let outcomes = run_in_worker(browser, start, &[WAYS], addresses).await;
    assert!(outcomes.is_object(), "the program came to its end: {outcomes}");
    for unprepared in ["not permitted", "no service worker"] {
        assert_eq!(ended(&outcomes, unprepared), NOBODY, "{outcomes:#?}");
    }
    outcomes
}

/// Runs a script of these sources in the worker that `start` makes of them, and returns its answer to a message.
async fn run_in_worker(browser: &Browser, start: &str, sources: &[&str], message: Value) -> Value {
    let script = format!(
        "const [sources, message] = arguments;
        const worker = {start};
        return await new Promise((resolve, reject) => {{
            worker.onmessage = event => {{ worker.terminate(); resolve(event.data); }};
            worker.onerror = event => reject(event.message);
            worker.postMessage(message);
        }});"
    );
    browser.run_async(&script, vec![json!(sources), message]).await
}

/// Makes the worker as the page does.
const START_IN_FRAME: &str = "(() => {
    const frames = document.querySelectorAll('iframe');
    if (frames.length !== 1 || !frames[0].src.endsWith('worker/frame.html')) throw 'there is one frame';
    return frames[0].contentWindow.start(...sources);
})()";

/// Every way out of a worker that browsers have. `BroadcastChannel`, IndexedDB and the like stay within the origin.
const WAYS: &str = include_str!("ways_out.js");

/// The scope of a service worker of another page.
const SCOPE: &str = "worker/another-page/";

/// Registers a script as the service worker of another page of the same origin.
const ADD_SERVICE_WORKER: &str = "
    const [script, scope] = arguments;
    const url = trustedTypes.createPolicy('another page', { createScriptURL: url => url }).createScriptURL(script);
    const { installing, waiting, active } = await navigator.serviceWorker.register(url, { scope });
    const worker = active ?? waiting ?? installing;
    while (worker.state !== 'activated') await new Promise(resolve => worker.onstatechange = resolve);";

/// Finds the headers by which a browser would report something about the page or the frame.
const REPORTING_HEADERS: &str = "
    const found = [];
    for (const path of ['./', 'worker/frame.html', 'worker/bootstrap.js']) {
        for (const [name, value] of (await fetch(path)).headers) {
            if (/^(nel|report)/.test(name) || /report-(uri|to)/.test(value)) found.push(name);
        }
    }
    return found;";

/// For a script that has got hold of a constructor all the same.
const KEEP_WORKER: &str = "const KeptWorker = self.Worker;";

/// Answers with the ways to another worker that the bootstrap leaves.
const TRY_WORKERS: &str = "
self.onmessage = async () => {
    const url = URL.createObjectURL(new Blob(['postMessage(1)'], { type: 'text/javascript' }));
    const starts = async url => {
        const worker = new KeptWorker(url());
        return await new Promise(resolve => {
            worker.onmessage = () => resolve('started');
            worker.onerror = () => resolve('refused by its policy');
        });
    };
    const trusted = name => trustedTypes.createPolicy(name, { createScriptURL: url => url }).createScriptURL(url);
    const outcome = url => starts(url).catch(error => error.name);
    self.postMessage({
        'constructors': ['Worker', 'SharedWorker'].filter(name => name in self),
        'serviceWorker': 'serviceWorker' in navigator,
        'kept constructor': await outcome(() => url),
        \"the frame's Trusted Types policy\": await outcome(() => trusted('key-worker')),
        'the default Trusted Types policy': await outcome(() => trusted('default')),
    });
};";
