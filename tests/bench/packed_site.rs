//! Static hosting that packs its files ahead of time, as `kube-enroll serve` does.

use std::{
    collections::HashMap,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

use hyper::{
    Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{self, HeaderValue},
};
use kube_enroll_e2e::{
    http::{Body, Cut, HttpServer, answer},
    site::content_type,
};

/// A built page, with `measure.js` in it, and no API behind it.
pub struct PackedSite(HttpServer);

struct File {
    content_type: &'static str,
    packed: Bytes,
}

impl PackedSite {
    /// Packs the files of a folder and serves them.
    pub async fn start(folder: &Path) -> Self {
        let mut files: HashMap<String, File> = files_below(folder)
            .into_iter()
            .map(|path| {
                let name = path.strip_prefix(folder).expect("found below it").to_string_lossy().into_owned();
                (name, File::new(&path, fs::read(&path).expect("the page is built")))
            })
            .collect();
        let index = fs::read_to_string(folder.join(INDEX)).expect("the page is built");
        let measured = index.replacen("<head>", "<head><script async src=\"measure.js\"></script>", 1);
        assert_ne!(index, measured, "{INDEX} has a head");
        files.insert(INDEX.into(), File::new(Path::new(INDEX), measured.into_bytes()));
        files.insert("measure.js".into(), File::new(Path::new("measure.js"), include_bytes!("measure.js").to_vec()));
        files.insert("first.html".into(), File::new(Path::new("first.html"), FIRST.to_vec()));
        files.insert("config.json".into(), File::new(Path::new("config.json"), CONFIG.to_vec()));
        Self(HttpServer::start(move |request| std::future::ready(Ok::<_, Cut>(find(&files, &request)))).await)
    }

    /// Returns the address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.0.address()
    }
}

impl File {
    fn new(path: &Path, content: Vec<u8>) -> Self {
        Self { content_type: content_type(path), packed: pack(&content) }
    }
}

fn find(files: &HashMap<String, File>, request: &Request<Incoming>) -> Response<Body> {
    let name = request.uri().path().trim_start_matches('/');
    let Some(file) = files.get(if name.is_empty() { INDEX } else { name }) else {
        return answer(StatusCode::NOT_FOUND, "text/plain", "not found");
    };
    let accepted = request.headers().get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    assert!(accepted.is_some_and(|value| value.contains("br")), "a browser that takes brotli, not only {accepted:?}");
    let mut response = answer(StatusCode::OK, file.content_type, file.packed.clone());
    response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    response
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the page is built").map(|entry| entry.expect("it can be read").path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

fn pack(content: &[u8]) -> Bytes {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file can be made");
    std::io::Write::write_all(&mut file, content).expect("a temporary file can be written");
    let output = Command::new("brotli").args(["--best", "--stdout"]).arg(file.path()).output();
    let output = output.expect("brotli is installed: run make setup-test");
    assert!(output.status.success(), "brotli: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout.into()
}

const INDEX: &str = "index.html";

/// No API: the form is all that there is to wait for.
const CONFIG: &[u8] = br#"{"apiBase": null, "cluster": {"name": "prod", "server": "https://api.example.com:6443"}}"#;

/// The page that a browser shows before: a person's browser is not new either, and has its fonts at hand.
const FIRST: &[u8] = b"<!doctype html><title>Another page</title><p style='font-family: system-ui'>Another page";
