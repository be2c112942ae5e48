//! The real nginx, as an operator puts it in front of `kube-enroll serve`.

use std::{fs, net::SocketAddr, path::Path};

use tempfile::TempDir;

use crate::child::Child;

/// nginx, running with one `server` of an operator's. It ends when it is dropped.
pub struct Nginx {
    address: SocketAddr,
    _process: Child,
    _folder: TempDir,
}

impl Nginx {
    /// Starts it with an operator's `server` block in which `places` are replaced: what it listens on, passes on to and
    /// includes.
    ///
    /// # Panics
    /// Where one of them is not in it.
    pub fn start(server: &str, address: SocketAddr, places: &[(&str, &str)]) -> Self {
        let mut server = server.to_owned();
        for (from, to) in places {
            assert!(server.contains(from), "{from} is not in the example");
            server = server.replace(from, to);
        }
        let folder = TempDir::with_prefix("nginx-").expect("a temporary folder can be made");
        let path = folder.path().display().to_string();
        let file = folder.path().join("nginx.conf");
        fs::write(&file, format!("{}{server}\n}}\n", HEAD.replace("FOLDER", &path))).expect("the folder is ours");
        let arguments = ["-p".into(), path, "-c".into(), file.display().to_string(), "-e".into(), "stderr".into()];
        let mut process = Child::start(Path::new("nginx"), arguments, &[], None);
        process.wait_until_listening(address);
        Self { address, _process: process, _folder: folder }
    }

    /// Returns the page's URL.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

/// Everything that it writes stays in its folder.
const HEAD: &str = "daemon off;
master_process off;
pid FOLDER/pid;
events {}
http {
access_log off;
client_body_temp_path FOLDER/body;
proxy_temp_path FOLDER/proxy;
fastcgi_temp_path FOLDER/fastcgi;
uwsgi_temp_path FOLDER/uwsgi;
scgi_temp_path FOLDER/scgi;
";
