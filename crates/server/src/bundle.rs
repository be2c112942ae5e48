//! The page's files, held in memory with their headers.
//!
//! No crate for static files fits: each file has a policy of its own from the page's manifest, two forms that are
//! packed ahead of time, each with an entity tag, and comes from the binary or from a folder that is read once.
//! tower-http's `ServeDir` asks the file system at each request; rust-embed and include_dir know neither packed forms
//! nor headers.

mod manifest;

use std::{collections::HashMap, path::Path};

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};

use crate::start::StartError;
use manifest::{Entry, MANIFEST, Manifest};

/// The page's files by path, without a leading `/`. A path that is not in the table does not exist: no path of a client
/// ever reaches a file system.
pub(crate) struct Bundle {
    files: HashMap<String, File>,
}

struct File {
    content_type: &'static str,
    cache_control: &'static str,
    security_policy: Option<HeaderValue>,
    framing: Framing,
    /// Of the identity, in hexadecimal: an entity tag begins with it.
    sha256: String,
    identity: Bytes,
    brotli: Option<Bytes>,
    gzip: Option<Bytes>,
}

/// The pages that may frame a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    Deny,
    SameOrigin,
}

/// A file that `build.rs` has built in.
struct Embedded {
    path: &'static str,
    identity: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

static EMBEDDED: &[Embedded] = include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

impl Bundle {
    /// Returns the files that are built in, or a page that says how to build them.
    ///
    /// # Errors
    /// [`StartError::Page`] where they are not those of their manifest.
    pub(crate) fn embedded() -> Result<Self, StartError> {
        if EMBEDDED.is_empty() {
            let missing = Bytes::from_static(include_bytes!("bundle/missing.html"));
            return Ok(Self { files: HashMap::from([(INDEX.to_owned(), File::new(INDEX, missing, None))]) });
        }
        let contents = EMBEDDED.iter().map(|file| (file.path.to_owned(), Bytes::from_static(file.identity))).collect();
        let mut bundle = Self::of(Path::new("the page that is built in"), contents)?;
        for embedded in EMBEDDED {
            let file = bundle.files.get_mut(embedded.path).expect("it is one of the contents");
            file.brotli = embedded.brotli.map(Bytes::from_static);
            file.gzip = embedded.gzip.map(Bytes::from_static);
        }
        Ok(bundle)
    }

    /// Reads all files of a folder. One that the build of the page has not written is data: nothing in it runs.
    ///
    /// # Errors
    /// [`StartError::ReadFile`]; [`StartError::NoPage`] without an `index.html`; [`StartError::Page`] where the files
    /// are not those of the manifest.
    pub(crate) fn read(folder: &Path) -> Result<Self, StartError> {
        let mut contents = HashMap::new();
        read_folder(folder, "", &mut contents)?;
        if contents.contains_key(INDEX) {
            Self::of(folder, contents)
        } else {
            Err(StartError::NoPage { path: folder.to_owned() })
        }
    }

    fn of(place: &Path, contents: HashMap<String, Bytes>) -> Result<Self, StartError> {
        let refused = |problem: String| StartError::Page { path: place.to_owned(), problem };
        let manifest = contents.get(MANIFEST).ok_or_else(|| refused(format!("there is no {MANIFEST}")))?;
        let mut manifest = Manifest::parse(manifest).map_err(refused)?;
        let mut files = HashMap::new();
        for (path, content) in contents {
            let entry = manifest.remove(&path);
            let file = File::new(&path, content, entry.as_ref());
            if entry.is_some_and(|entry| entry.sha256 != file.sha256) {
                return Err(refused(format!("{path} is not the file that {MANIFEST} names")));
            }
            files.insert(path, file);
        }
        match manifest.rest() {
            Some(path) => Err(refused(format!("{MANIFEST} names {path}, which is not there"))),
            None => Ok(Self { files }),
        }
    }

    /// Returns the response with the file under a path, or `None` if there is none. The path is compared as it came:
    /// names here have nothing that would be percent-encoded.
    pub(crate) fn respond(&self, path: &str, headers: &HeaderMap) -> Option<Response> {
        let path = path.strip_prefix('/')?;
        let file = self.files.get(if path.is_empty() { INDEX } else { path })?;
        Some(file.respond(headers))
    }
}

impl File {
    fn new(path: &str, identity: Bytes, entry: Option<&Entry>) -> Self {
        let content_type = content_type(path);
        // The key worker's frame is part of our own page.
        let framing = if path.starts_with("worker/") { Framing::SameOrigin } else { Framing::Deny };
        let security_policy = match entry {
            Some(entry) => entry.policy.clone(),
            None => Some(DATA_POLICY),
        };
        let cache_control = if content_type == HTML {
            "no-store"
        } else if has_hash(path) {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        };
        let sha256 = Sha256::digest(&identity).iter().map(|byte| format!("{byte:02x}")).collect();
        Self { content_type, cache_control, security_policy, framing, sha256, identity, brotli: None, gzip: None }
    }

    fn respond(&self, request_headers: &HeaderMap) -> Response {
        let (content, encoding) = match (&self.brotli, &self.gzip) {
            (Some(content), _) if accepts(request_headers, "br") => (content, Some("br")),
            (_, Some(content)) if accepts(request_headers, "gzip") => (content, Some("gzip")),
            _ => (&self.identity, None),
        };
        // Another encoding is another representation (RFC 9110, section 8.8.3.3).
        let form = encoding.map_or("", |encoding| if encoding == "br" { "-b" } else { "-g" });
        let etag = format!("\"{}{form}\"", &self.sha256[..ETAG_CHARACTERS]);
        let known = request_headers
            .get_all(header::IF_NONE_MATCH)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .any(|value| value.split(',').any(|known| known.trim().trim_start_matches("W/") == etag));
        let mut response =
            if known { StatusCode::NOT_MODIFIED.into_response() } else { Response::new(Body::from(content.clone())) };
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(self.cache_control));
        headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static(self.framing.x_frame_options()));
        headers.insert(header::ETAG, HeaderValue::from_str(&etag).expect("hexadecimal and quotes"));
        if let Some(encoding) = encoding.filter(|_| !known) {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        if let Some(policy) = &self.security_policy {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy.clone());
        }
        response
    }
}

impl Framing {
    fn x_frame_options(self) -> &'static str {
        match self {
            Self::Deny => "DENY",
            Self::SameOrigin => "SAMEORIGIN",
        }
    }
}

fn read_folder(folder: &Path, prefix: &str, contents: &mut HashMap<String, Bytes>) -> Result<(), StartError> {
    let unreadable = |source| StartError::ReadFile { path: folder.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if path.is_dir() {
            read_folder(&path, &format!("{name}/"), contents)?;
        } else {
            let content = std::fs::read(&path).map_err(|source| StartError::ReadFile { path, source })?;
            contents.insert(name, content.into());
        }
    }
    Ok(())
}

/// Returns whether a client accepts an encoding (RFC 9110, section 12.5.3).
fn accepts(request_headers: &HeaderMap, encoding: &str) -> bool {
    request_headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()).any(|value| {
        value.split(',').any(|item| {
            let (name, weight) = item.split_once(';').unwrap_or((item, ""));
            let refused = weight.trim().strip_prefix("q=").is_some_and(|weight| weight.parse() == Ok(0.0));
            name.trim().eq_ignore_ascii_case(encoding) && !refused
        })
    })
}

/// Returns whether a file's name holds a hash of its content, as trunk writes it: `app-0123456789abcdef.js`.
fn has_hash(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let stem = name.split('.').next().unwrap_or_default();
    let stem = stem.strip_suffix("_bg").unwrap_or(stem);
    stem.rsplit_once('-').is_some_and(|(_, hash)| {
        HASH_CHARACTERS.contains(&hash.len()) && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => HTML,
        "js" | "mjs" => JAVASCRIPT,
        "wasm" => "application/wasm",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" | "md" | "ts" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

const INDEX: &str = "index.html";
const HTML: &str = "text/html; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// The policy of what is no page, or not one that was built here: nothing in it runs.
const DATA_POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// 128 bits in hexadecimal.
const ETAG_CHARACTERS: usize = 32;

/// 64 bits in hexadecimal, perhaps without leading zeros.
const HASH_CHARACTERS: std::ops::RangeInclusive<usize> = 12..=16;

#[cfg(test)]
mod tests;
