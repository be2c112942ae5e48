//! The search for a private key in what a browser sent, in whatever form it went.
//!
//! A search that finds nothing shows something only if it finds what was planted: the journeys plant leaks beside it.

mod compressed;
mod needles;
pub mod network_log;
mod secret;
mod snappy;

use std::{collections::BTreeSet, fs::File, io, path::Path};

use aho_corasick::AhoCorasick;

pub use secret::Secret;

/// A search for one private key.
pub struct Search {
    needles: AhoCorasick,
    names: Vec<String>,
}

/// The folders of a profile with IndexedDB, localStorage and all that: Firefox's, and Chromium's.
const KEPT: [&str; 4] = ["/storage/", "/IndexedDB/", "/Local Storage/", "/blob_storage/"];

/// Where what was found: for example "`d`, hex, sent by socket 42".
pub type Findings = BTreeSet<String>;

impl Search {
    /// Prepares the search: every number of the key, every body line of its PEM, and the base64 of that PEM, each in all
    /// the encodings that a leak may use.
    pub fn new(secret: &Secret) -> Self {
        Self::with(needles::of(secret))
    }

    /// Prepares the search for a key that is no more than random bytes.
    pub fn for_bytes(name: &str, bytes: &[u8]) -> Self {
        Self::with(needles::of_number(name, bytes))
    }

    fn with(needles: Vec<(String, Vec<u8>)>) -> Self {
        let (names, needles): (Vec<_>, Vec<_>) = needles.into_iter().unzip();
        Self { needles: AhoCorasick::new(needles).expect("some thousand short needles fit"), names }
    }

    /// Searches bytes, and what is compressed in them.
    pub fn bytes(&self, place: &str, bytes: &[u8]) -> Findings {
        let mut findings = self.plain(place, bytes);
        for (format, inflated) in compressed::inflate_all(bytes) {
            findings.extend(self.plain(&format!("{place}, {format}"), &inflated));
        }
        findings
    }

    /// Searches a file of any size.
    pub fn file(&self, place: &str, path: &Path) -> Findings {
        let file = File::open(path).unwrap_or_else(|error| panic!("{} cannot be searched: {error}", path.display()));
        let found = self.needles.stream_find_iter(io::BufReader::new(file));
        found.map(|found| self.finding(place, found.expect("the file can be read").pattern())).collect()
    }

    /// Searches a file in which a browser keeps what pages give it: it compresses that.
    pub fn kept_file(&self, path: &Path) -> Findings {
        let place = path.display().to_string();
        let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{place} cannot be searched: {error}"));
        let mut findings = self.bytes(&place, &bytes);
        for (at, value) in snappy::decompress_all(&bytes) {
            findings.extend(self.plain(&format!("{place}, Snappy at byte {at}"), &value));
        }
        findings
    }

    /// Searches every file below a browser's profile.
    pub fn folder(&self, folder: &Path) -> Findings {
        let mut findings = Findings::new();
        for entry in std::fs::read_dir(folder).expect("the folder can be read").flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => findings.extend(self.folder(&path)),
                Ok(kind) if kind.is_file() && KEPT.iter().any(|part| path.to_string_lossy().contains(part)) => {
                    findings.extend(self.kept_file(&path));
                }
                Ok(kind) if kind.is_file() => findings.extend(self.file(&path.display().to_string(), &path)),
                // Sockets and links of a browser that has ended.
                _ => {}
            }
        }
        findings
    }

    /// Searches Chromium's log of the network: its text, the bytes that each socket sent, and the frames of WebSockets
    /// without their masks.
    pub fn network_log(&self, path: &Path) -> Findings {
        let mut findings = self.file("the log's text", path);
        for (place, bytes) in network_log::sent(path) {
            findings.extend(self.bytes(&place, &bytes));
        }
        findings
    }

    fn plain(&self, place: &str, bytes: &[u8]) -> Findings {
        self.needles.find_iter(bytes).map(|found| self.finding(place, found.pattern())).collect()
    }

    fn finding(&self, place: &str, needle: aho_corasick::PatternID) -> String {
        format!("{}, {place}", self.names[needle.as_usize()])
    }
}
