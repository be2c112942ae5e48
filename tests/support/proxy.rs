//! A reverse proxy between the browser and `kube-enroll serve` that does what bad networks and bad neighbours do.

use std::sync::{Arc, Mutex};

use base64ct::{Base64, Encoding};
use http_body_util::{BodyExt, Channel, Full};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header,
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tokio::sync::{Notify, oneshot};

use crate::http::{Body, Cut, HttpServer, answer, body};

/// What the proxy does to those who pass. The default passes everything on, as it comes.
#[derive(Default)]
pub struct Faults {
    /// Holds every answer back until it has ended, as some company proxies do with a stream.
    pub buffers: bool,
    /// Puts this certificate, PEM, in the place of every issued one; an empty one hides that it is issued.
    pub certificate_pem: Option<String>,
    /// Answers API calls itself: the session in front of the page has ended.
    pub signed_out: Option<SignedOut>,
    /// Passes the next POST on and cuts the connection before its answer.
    pub loses_next_reply: bool,
    /// Holds the next POST until the test lets it go.
    pub holds_next_post: Option<oneshot::Sender<HeldPost>>,
    /// Passes the next POST on, and holds its answer until the test lets it go.
    pub holds_next_reply: Option<oneshot::Sender<oneshot::Sender<()>>>,
    /// The time that every answer tells, as HTTP writes it.
    pub date: Option<String>,
    /// The ID token of who is signed in: it goes along with every request, as oauth2-proxy's
    /// `--pass-authorization-header` has it.
    pub id_token: Option<String>,
    /// Holds every request with one of these in its path, until the test changes its mind.
    pub holds: &'static [&'static str],
    /// Answers itself, by the first of these that is about a request.
    pub rules: &'static [Rule],
    /// Adds this header, a name and a value, to the answers of every path that ends so.
    pub adds: &'static [(&'static str, &'static str, &'static str)],
}

/// An answer of something between browser and server.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// A part of the path of the requests that it is about.
    pub path: &'static str,
    /// The status.
    pub status: u16,
    /// The content type.
    pub content_type: &'static str,
    /// The body; with none, the page's own HTML, as a host with a fallback answers.
    pub body: Option<&'static [u8]>,
}

/// How a front proxy says that a person has to sign in again.
#[derive(Clone, Copy, Debug)]
pub enum SignedOut {
    /// A 401.
    Unauthorized,
    /// Its own sign-in page, with a 200.
    Page,
}

/// A POST that waits.
pub struct HeldPost {
    /// What the browser sent.
    pub body: Bytes,
    /// Lets it go on to the server.
    pub release: oneshot::Sender<()>,
}

/// The running proxy.
pub struct Proxy {
    server: HttpServer,
    state: Arc<State>,
}

struct State {
    upstream: Mutex<String>,
    /// Where the page is, for the world outside: it begins and ends with a slash.
    path: String,
    client: Client<HttpConnector, Full<Bytes>>,
    faults: Mutex<Faults>,
    requests: Mutex<Vec<String>>,
    /// Everybody who watches holds a copy.
    watches: Arc<()>,
    changed: Notify,
}

impl Proxy {
    /// Starts in front of `upstream`, a URL of scheme, host and port.
    pub async fn start(upstream: &str, faults: Faults) -> Self {
        Self::under("/", upstream, faults).await
    }

    /// Starts with the page under a path that the upstream does not know of.
    pub async fn under(path: &str, upstream: &str, faults: Faults) -> Self {
        let state = Arc::new(State {
            upstream: Mutex::new(upstream.to_owned()),
            path: path.to_owned(),
            client: Client::builder(TokioExecutor::new()).build_http(),
            faults: Mutex::new(faults),
            requests: Mutex::default(),
            watches: Arc::default(),
            changed: Notify::new(),
        });
        let shared = Arc::clone(&state);
        let server = HttpServer::start(move |request| Arc::clone(&shared).pass(request)).await;
        Self { server, state }
    }

    /// Returns the page's URL.
    pub fn url(&self) -> String {
        format!("http://{}{}", self.server.address(), self.state.path)
    }

    /// Changes what it does from the next request on.
    pub fn set(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut self.state.faults.lock().expect("no holder panics"));
        self.state.changed.notify_waiters();
    }

    /// Leads to another upstream from the next request on, as where a page is moved in front of another cluster.
    pub fn lead_to(&self, upstream: &str) {
        upstream.clone_into(&mut self.state.upstream.lock().expect("no holder panics"));
    }

    /// Returns how many POSTs came so far.
    pub fn posts(&self) -> usize {
        self.requests().iter().filter(|request| request.starts_with("POST ")).count()
    }

    /// Returns how many watches are open.
    pub fn watches(&self) -> usize {
        // The state itself holds one.
        Arc::strong_count(&self.state.watches) - 1
    }

    /// Returns method and path of everything that came through so far.
    pub fn requests(&self) -> Vec<String> {
        self.state.requests.lock().expect("no holder panics").clone()
    }
}

impl State {
    fn upstream(&self) -> String {
        self.upstream.lock().expect("no holder panics").clone()
    }

    async fn pass_holds(&self, path: &str) {
        loop {
            // Made before the look, so that no change is missed between the two.
            let changed = self.changed.notified();
            let held = self.faults.lock().expect("no holder panics").holds;
            if !held.iter().any(|part| path.contains(part)) {
                return;
            }
            changed.await;
        }
    }

    async fn pass(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<Body>, Cut> {
        let (parts, incoming) = request.into_parts();
        self.requests.lock().expect("no holder panics").push(format!("{} {}", parts.method, parts.uri));
        self.pass_holds(parts.uri.path()).await;
        let rules = self.faults.lock().expect("no holder panics").rules;
        if let Some(rule) = rules.iter().find(|rule| parts.uri.path().contains(rule.path)) {
            return Ok(match rule.body {
                Some(body) => {
                    let status = StatusCode::from_u16(rule.status).expect("the test writes good rules");
                    answer(status, rule.content_type, body)
                }
                None => self.answer_with_the_page(rule).await,
            });
        }
        let is_post = parts.method == Method::POST;
        let is_watch = parts.uri.query().is_some_and(|query| query.contains("watch="));
        let watch = is_watch.then(|| Arc::clone(&self.watches));
        let (signed_out, id_token, buffers, swaps, date, loses_reply, held, held_reply) = {
            let mut faults = self.faults.lock().expect("no holder panics");
            (
                faults.signed_out,
                faults.id_token.clone(),
                faults.buffers,
                faults.certificate_pem.is_some(),
                faults.date.clone(),
                is_post && std::mem::take(&mut faults.loses_next_reply),
                is_post.then(|| faults.holds_next_post.take()).flatten(),
                is_post.then(|| faults.holds_next_reply.take()).flatten(),
            )
        };
        if let Some(signed_out) = signed_out.filter(|_| parts.uri.path().contains("/apis/")) {
            return Ok(match signed_out {
                SignedOut::Unauthorized => answer(StatusCode::UNAUTHORIZED, "text/plain", "sign in"),
                SignedOut::Page => answer(StatusCode::OK, "text/html", "<!doctype html><title>Sign in</title>"),
            });
        }

        let bytes = incoming.collect().await.map_err(|_| Cut)?.to_bytes();
        if let Some(test) = held {
            let (release, released) = oneshot::channel();
            let _ = test.send(HeldPost { body: bytes.clone(), release });
            let _ = released.await;
        }
        let Some(path) = parts.uri.path_and_query().and_then(|path| path.as_str().strip_prefix(&self.path)) else {
            return Ok(answer(StatusCode::NOT_FOUND, "text/plain", "another path than the page's"));
        };
        let asked_path = parts.uri.path().to_owned();
        let mut upstream = Request::builder().method(parts.method).uri(format!("{}{path}", self.upstream()));
        for (name, value) in &parts.headers {
            // What rewrites a body cannot read a compressed one.
            if name != header::ACCEPT_ENCODING || !swaps {
                upstream = upstream.header(name, value);
            }
        }
        if let Some(id_token) = id_token {
            upstream = upstream.header(header::AUTHORIZATION, format!("Bearer {id_token}"));
        }
        let upstream = upstream.body(Full::new(bytes)).expect("made of the parts of a request");
        let Ok(reply) = self.client.request(upstream).await else {
            return Ok(answer(StatusCode::BAD_GATEWAY, "text/plain", "no upstream"));
        };
        if loses_reply {
            return Err(Cut);
        }
        if let Some(test) = held_reply {
            let (release, released) = oneshot::channel();
            let _ = test.send(release);
            let _ = released.await;
        }
        let adds = self.faults.lock().expect("no holder panics").adds;
        let (mut parts, mut incoming) = reply.into_parts();
        for (_, name, value) in adds.iter().filter(|(end, _, _)| asked_path.ends_with(end)) {
            parts.headers.insert(*name, value.parse().expect("the test writes good headers"));
        }
        if let Some(date) = date {
            parts.headers.insert(header::DATE, date.parse().expect("a date is a header value"));
        }
        if buffers {
            let whole = incoming.collect().await.map_err(|_| Cut)?.to_bytes();
            return Ok(Response::from_parts(parts, body(whole)));
        }
        if !swaps || !is_json(&parts.headers) {
            // Given back where the browser hangs up, as where the stream ends.
            let streamed = incoming.map_err(|_| Cut).map_frame(move |frame| {
                let _ = &watch;
                frame
            });
            return Ok(Response::from_parts(parts, streamed.boxed()));
        }
        // A line at a time: a watch sends one object per line, and everything else ends without a newline.
        parts.headers.remove(header::CONTENT_LENGTH);
        let (mut sender, streamed) = Channel::<Bytes, Cut>::new(16);
        tokio::spawn(async move {
            let _watch = watch;
            let mut line = Vec::new();
            while let Some(Ok(frame)) = incoming.frame().await {
                for byte in frame.into_data().unwrap_or_default() {
                    line.push(byte);
                    if byte == b'\n' && sender.send_data(self.swap(&std::mem::take(&mut line))).await.is_err() {
                        return;
                    }
                }
            }
            let _ = sender.send_data(self.swap(&line)).await;
        });
        Ok(Response::from_parts(parts, streamed.boxed()))
    }

    async fn answer_with_the_page(&self, rule: &Rule) -> Response<Body> {
        let uri = self.upstream().parse().expect("an upstream is a URL");
        let page = self.client.get(uri).await.expect("the upstream has a page").into_body();
        let page = page.collect().await.expect("the upstream has a page").to_bytes();
        answer(StatusCode::from_u16(rule.status).expect("the test writes good rules"), rule.content_type, page)
    }

    fn swap(&self, json: &[u8]) -> Bytes {
        match &self.faults.lock().expect("no holder panics").certificate_pem {
            Some(certificate_pem) => swap_certificate(json, certificate_pem),
            None => Bytes::copy_from_slice(json),
        }
    }
}

fn is_json(headers: &header::HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"application/json"))
}

/// Replaces the value of every `"certificate":"…"`, which is base64 and so has no quote in it.
fn swap_certificate(json: &[u8], certificate_pem: &str) -> Bytes {
    const FIELD: &str = "\"certificate\":";
    let json = String::from_utf8_lossy(json);
    let mut pieces = json.split(FIELD);
    let mut swapped = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let rest = piece.trim_start().strip_prefix('"').and_then(|value| value.split_once('"'));
        let (_, rest) = rest.expect("a certificate is a string");
        swapped.push_str(&format!("{FIELD}\"{}\"{rest}", Base64::encode_string(certificate_pem.as_bytes())));
    }
    swapped.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swaps_the_certificate_and_nothing_else() {
        assert_eq!(
            swap_certificate(br#"{"status":{"certificate": "QUJD","x":1}}"#, "DEF"),
            r#"{"status":{"certificate":"REVG","x":1}}"#.as_bytes()
        );
        assert_eq!(swap_certificate(b"{}\n", "DEF"), "{}\n".as_bytes());
    }
}
