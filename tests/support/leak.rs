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

/// A browser's profile as it lies on the disk, with what is compressed in it.
pub struct Profile {
    /// Each with its place.
    parts: Vec<(String, Vec<u8>)>,
}

impl Profile {
    /// Reads every file below a folder.
    pub fn read(folder: &Path) -> Self {
        let mut profile = Self { parts: Vec::new() };
        profile.read_folder(folder);
        profile
    }

    fn read_folder(&mut self, folder: &Path) {
        for entry in std::fs::read_dir(folder).expect("the folder can be read").flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => self.read_folder(&path),
                Ok(kind) if kind.is_file() => self.read_file(&path),
                // Sockets and links of a browser that has ended.
                _ => {}
            }
        }
    }

    fn read_file(&mut self, path: &Path) {
        let place = path.display().to_string();
        let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{place} cannot be searched: {error}"));
        if KEPT.iter().any(|part| place.contains(part)) {
            let inflated = compressed::inflate_all(&bytes).into_iter();
            self.parts.extend(inflated.map(|(format, inflated)| (format!("{place}, {format}"), inflated)));
            let values = snappy::decompress_all(&bytes);
            self.parts.extend(values.map(|(at, value)| (format!("{place}, Snappy at byte {at}"), value)));
        }
        self.parts.push((place, bytes));
    }
}

/// The folders of a profile with IndexedDB, localStorage and all that: Firefox's, and Chromium's.
const KEPT: [&str; 4] = ["/storage/", "/IndexedDB/", "/Local Storage/", "/blob_storage/"];

/// Where what was found: for example "`d`, hex, sent by socket 42".
pub type Findings = BTreeSet<String>;

impl Search {
    /// Prepares the search: every number of the key, every body line of its PEM, and the base64 of that PEM, each in
    /// all the encodings that a leak may use.
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

    /// Searches a browser's profile.
    pub fn profile(&self, profile: &Profile) -> Findings {
        profile.parts.iter().flat_map(|(place, bytes)| self.plain(place, bytes)).collect()
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
