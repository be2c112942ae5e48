//! The key worker has no network: a program in it tries every way out, and arrives nowhere.

use std::{
    collections::BTreeSet,
    fs,
    sync::{Arc, Mutex},
};

use hyper::{
    StatusCode,
    header::{self, HeaderValue},
};
use kube_enroll_e2e::{
    browser::{Browser, Kind},
    control_plane::ControlPlane,
    deadline::{PATIENCE, eventually},
    http::{HttpServer, answer},
    page::Page,
    programs,
    proxy::{Faults, Proxy},
    serve::Serve,
    site::Site,
};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn behind_the_server_in_chromium() {
    hold_behind_the_server(Kind::Chromium).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_the_server_in_firefox() {
    hold_behind_the_server(Kind::Firefox).await;
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

async fn hold_on_static_hosting(kind: Kind) {
    let site = Site::start(&programs::page_dir(), "/", Some("{}")).await;
    hold(kind, &site.url(), || site.requests()).await;
}

async fn hold(kind: Kind, url: &str, requests: impl Fn() -> Vec<String>) {
    let outside = Outside::start().await;
    let browser = Browser::start(kind).await;
    Page::open(&browser, url).await;
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
    let start = "const frames = document.querySelectorAll('iframe'); \
                 if (frames.length !== 1 || !frames[0].src.endsWith('worker/frame.html')) throw 'there is one frame'; \
                 const worker = frames[0].contentWindow.start(arguments[0]);";
    let outcomes = try_every_way_out(&browser, start, &outside, url).await;
    assert_eq!(outside.arrivals(), NOBODY, "{outcomes:#?}");
    assert_eq!(outside.server.connections(), 0, "{outcomes:#?}");
    assert_eq!(arrivals(&requests()), NOBODY, "{outcomes:#?}");
}

/// The same program where there are no walls: a way that leads nowhere here would say nothing about the key worker.
#[tokio::test(flavor = "multi_thread")]
async fn and_the_same_program_gets_out_where_there_are_none() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    fs::write(folder.path().join("index.html"), "<!doctype html><title>no walls</title>").expect("the folder is new");
    for kind in [Kind::Chromium, Kind::Firefox] {
        let site = Site::start(folder.path(), "/", None).await;
        let outside = Outside::start().await;
        let browser = Browser::start(kind).await;
        browser.open(&site.url()).await;
        let start = "const worker = new Worker(URL.createObjectURL(new Blob([arguments[0]], \
                     { type: 'text/javascript' })), { type: 'module' });";
        let outcomes = try_every_way_out(&browser, start, &outside, &site.url()).await;
        // A worker within the worker may be on its way still when the program has ended.
        for (arrivals, ways) in [
            (&(|| outside.arrivals()) as &dyn Fn() -> BTreeSet<String>, &WAYS_OUTSIDE[..]),
            (&|| arrivals(&site.requests()), &WAYS_HERE[..]),
        ] {
            eventually(PATIENCE, &format!("the ways out of {kind:?} in {outcomes:#?}"), || async {
                let arrived = arrivals();
                let missing: Vec<_> = ways.iter().filter(|way| !arrived.contains(**way)).collect();
                if missing.is_empty() { Ok(()) } else { Err(format!("nothing by {missing:?}")) }
            })
            .await;
        }
    }
}

const WAYS_OUTSIDE: [&str; 10] =
    ["fetch", "no-cors", "keepalive", "xhr", "websocket", "eventsource", "import", "import-data", "blob", "font"];
const WAYS_HERE: [&str; 5] = ["fetch-here", "no-cors-here", "xhr-here", "import-here", "worker-here"];

/// Another origin, which lets everybody in and writes down who came.
struct Outside {
    server: HttpServer,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Outside {
    async fn start() -> Self {
        let requests = Arc::new(Mutex::new(Vec::new()));
        let record = Arc::clone(&requests);
        let server = HttpServer::start(move |request| {
            record.lock().expect("no holder panics").push(request.uri().to_string());
            async {
                let mut script = answer(StatusCode::OK, "text/javascript", "export default 1");
                script.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
                Ok(script)
            }
        });
        Self { server: server.await, requests }
    }

    fn arrivals(&self) -> BTreeSet<String> {
        arrivals(&self.requests.lock().expect("no holder panics"))
    }
}

/// Returns the ways on which the program came to a server.
fn arrivals(requests: &[String]) -> BTreeSet<String> {
    requests.iter().filter_map(|request| request.split_once("way-out?")).map(|(_, way)| way.to_owned()).collect()
}

const NOBODY: BTreeSet<String> = BTreeSet::new();

/// Runs the program in the worker that `start` makes, and returns how each way ended.
async fn try_every_way_out(browser: &Browser, start: &str, outside: &Outside, here: &str) -> Value {
    let script = format!(
        "{start}
        return await new Promise((resolve, reject) => {{
            worker.onmessage = event => resolve(event.data);
            worker.onerror = event => reject(event.message);
            worker.postMessage({{ outside: arguments[1], here: arguments[2] }});
        }});"
    );
    let outcomes = browser.run_async(&script, vec![json!(WAYS), json!(outside.server.url()), json!(here)]).await;
    assert!(outcomes.is_object(), "the program came to its end: {outcomes}");
    outcomes
}

/// Every way out of a worker that browsers have. `BroadcastChannel`, IndexedDB and the like stay within the origin.
const WAYS: &str = include_str!("ways_out.js");
