//! Plain static hosting: files under a path, with no header but their type and no API.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use hyper::{Request, Response, StatusCode, body::Incoming};

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
        let (folder, prefix, config) = (folder.to_owned(), path.to_owned(), config.map(ToOwned::to_owned));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let record = Arc::clone(&requests);
        let server = HttpServer::start(move |request: Request<Incoming>| {
            record.lock().expect("no holder panics").push(request.uri().to_string());
            let found = find(&folder, &prefix, config.as_deref(), request.uri().path());
            async move { Ok::<Response<Body>, Cut>(found) }
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

fn find(folder: &Path, prefix: &str, config: Option<&str>, path: &str) -> Response<Body> {
    let missing = || answer(StatusCode::NOT_FOUND, "text/plain", "not found");
    let Some(name) = path.strip_prefix(prefix).filter(|name| !name.contains("..")) else { return missing() };
    if let (Some(config), "config.json") = (config, name) {
        return answer(StatusCode::OK, "application/json", config.to_owned());
    }
    let file: PathBuf = folder.join(if name.is_empty() { "index.html" } else { name });
    match std::fs::read(&file) {
        Ok(bytes) => answer(StatusCode::OK, content_type(&file), bytes),
        Err(_) => missing(),
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
