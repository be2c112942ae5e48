//! The real Caddy, as an operator serves the page's files with it.

use std::{ffi::OsStr, fs, net::SocketAddr, path::Path};

use tempfile::TempDir;

use crate::child::Child;

/// Caddy, running with one site of an operator's. It ends when it is dropped.
pub struct Caddy {
    _process: Child,
    _folder: TempDir,
}

impl Caddy {
    /// Starts it with an operator's site in which `places` are replaced: what it listens on, and its folder.
    ///
    /// # Panics
    /// If a place is not in the site.
    pub fn start(site: &str, address: SocketAddr, places: &[(&str, &str)]) -> Self {
        let mut site = site.to_owned();
        for (from, to) in places {
            assert!(site.contains(from), "{from} is not in the example");
            site = site.replace(from, to);
        }
        let folder = TempDir::with_prefix("caddy-").expect("a temporary folder can be made");
        let file = folder.path().join("Caddyfile");
        fs::write(&file, format!("{HEAD}{site}")).expect("the folder is ours");
        let file = file.display().to_string();
        let arguments = ["run", "--adapter", "caddyfile", "--config", &file];
        // It keeps its own files below these.
        let own = folder.path().as_os_str();
        let environment: [(&str, &OsStr); 3] = [("HOME", own), ("XDG_CONFIG_HOME", own), ("XDG_DATA_HOME", own)];
        let mut process = Child::start(Path::new("caddy"), arguments, &environment, None);
        process.wait_until_listening(address);
        Self { _process: process, _folder: folder }
    }
}

/// Nothing listens but the site.
const HEAD: &str = "{
admin off
auto_https off
}
";
