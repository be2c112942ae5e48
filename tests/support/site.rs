//! Plain static hosting: files under a path, with no header but their type and no API.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use hyper::{
    Request, Response, StatusCode,
    body::Incoming,
    header::{self, HeaderValue},
};

use crate::http::{Body, Cut, HttpServer, answer};

/// Serves a folder under a path, as any web server does.
pub struct Site {
    server: HttpServer,
    path: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Site {
    /// Serves `folder` under `path`, which begins and ends with a slash.
    ///
    /// A `config` is answered as `config.json`, whatever the folder holds.
    pub async fn start(folder: &Path, path: &str, config: Option<&str>) -> Self {
        Self::altered(folder, path, config, |_, _| {}).await
    }

    /// The same with a host or a proxy that changes answers: it gets the path that was asked for, and the answer.
    pub async fn altered(
        folder: &Path,
        path: &str,
        config: Option<&str>,
        alter: impl Fn(&str, &mut Served) + Send + Sync + 'static,
    ) -> Self {
        let (folder, prefix, config) = (folder.to_owned(), path.to_owned(), config.map(ToOwned::to_owned));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let record = Arc::clone(&requests);
        let server = HttpServer::start(move |request: Request<Incoming>| {
            record.lock().expect("no holder panics").push(request.uri().to_string());
            let mut served = find(&folder, &prefix, config.as_deref(), request.uri().path());
            alter(request.uri().path(), &mut served);
            async move { Ok::<Response<Body>, Cut>(served.into()) }
        })
        .await;
        Self { server, path: path.to_owned(), requests }
    }

    /// Returns the page's URL.
    pub fn url(&self) -> String {
        format!("http://{}{}", self.server.address(), self.path)
    }

    /// Returns the paths that were asked for so far.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("no holder panics").clone()
    }
}

fn find(folder: &Path, prefix: &str, config: Option<&str>, path: &str) -> Served {
    let missing = || Served::new(StatusCode::NOT_FOUND, "text/plain", "not found".into());
    let Some(name) = path.strip_prefix(prefix).filter(|name| !name.contains("..")) else { return missing() };
    if let (Some(config), "config.json") = (config, name) {
        return Served::new(StatusCode::OK, "application/json", config.into());
    }
    let file: PathBuf = folder.join(if name.is_empty() { "index.html" } else { name });
    match std::fs::read(&file) {
        Ok(bytes) => Served::new(StatusCode::OK, content_type(&file), bytes),
        Err(_) => missing(),
    }
}

/// An answer, before it is sent.
pub struct Served {
    /// The status.
    pub status: StatusCode,
    /// `Content-Type`.
    pub content_type: &'static str,
    /// `Content-Security-Policy`, if there is one.
    pub policy: Option<&'static str>,
    /// The body.
    pub body: Vec<u8>,
}

impl Served {
    /// Returns an empty page.
    pub fn page() -> Self {
        Self::new(StatusCode::OK, "text/html; charset=utf-8", vec![])
    }

    fn new(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Self {
        Self { status, content_type, policy: None, body }
    }
}

impl From<Served> for Response<Body> {
    fn from(served: Served) -> Self {
        let mut response = answer(served.status, served.content_type, served.body);
        if let Some(policy) = served.policy {
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
        }
        response
    }
}

/// Returns the type of a file by its name.
pub fn content_type(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("wasm") => "application/wasm",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}
