//! `manifest.json`, which the build of the page writes (`scripts/write-manifest.mjs`).

use std::collections::HashMap;

use http::HeaderValue;
use serde::Deserialize;

/// The files of a page, by path.
pub(super) struct Manifest {
    entries: HashMap<String, Entry>,
}

/// A file of a page.
pub(super) struct Entry {
    /// The SHA-256 of its content, in hexadecimal.
    pub(super) sha256: String,
    /// Its Content-Security-Policy, as a header; `None` for scripts.
    pub(super) policy: Option<HeaderValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    files: Vec<DocumentFile>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DocumentFile {
    path: String,
    sha256: String,
    content_security_policy: Option<String>,
}

impl Manifest {
    /// Parses a manifest.
    ///
    /// # Errors
    /// A sentence for an operator.
    pub(super) fn parse(json: &[u8]) -> Result<Self, String> {
        let document: Document =
            serde_json::from_slice(json).map_err(|error| format!("{MANIFEST} cannot be read: {error}"))?;
        let entry = |file: DocumentFile| {
            let policy = file.content_security_policy.as_deref().map(HeaderValue::from_str).transpose();
            let policy = policy.map_err(|_| format!("{MANIFEST} has a policy for {} that is no header", file.path))?;
            Ok((file.path, Entry { sha256: file.sha256, policy }))
        };
        let entries = document.files.into_iter().map(entry).collect::<Result<_, String>>()?;
        Ok(Self { entries })
    }

    /// Removes and returns the entry of a file, or `None` if the build has not written it.
    pub(super) fn remove(&mut self, path: &str) -> Option<Entry> {
        self.entries.remove(path)
    }

    /// Returns a file that was not removed.
    pub(super) fn rest(&self) -> Option<&str> {
        self.entries.keys().map(String::as_str).min()
    }
}

/// The manifest's own path.
pub(super) const MANIFEST: &str = "manifest.json";
