//! The real nginx, as an operator puts it in front of `kube-enroll serve`.

use std::{
    fs,
    net::{SocketAddr, TcpStream},
    path::Path,
};

use tempfile::TempDir;

use crate::{
    child::{Child, free_address},
    deadline::{PATIENCE, eventually_blocking},
};

/// nginx, running with one `server` of an operator's, and one of the tests that signs people in. It ends when it is dropped.
pub struct Nginx {
    address: SocketAddr,
    _process: Child,
    _folder: TempDir,
}

impl Nginx {
    /// Starts it with an operator's `server` block: what it listens on and passes on to are replaced by free ports and by
    /// `serve`. In the place of oauth2-proxy, jane (of developers) and joe sign in by HTTP's basic authentication; their
    /// passwords are their names.
    pub fn start(server: &str, serve: u16) -> Self {
        let [address, sign_in] = [free_address(), free_address()];
        let replace = |text: &str, from: &str, to: &str| {
            assert!(text.contains(from), "{from} is not in the example");
            text.replace(from, to)
        };
        let server = replace(server, "listen 80;", &format!("listen {address};"));
        let server = replace(&server, "http://127.0.0.1:4180;", &format!("http://{sign_in};"));
        let server = replace(&server, "http://127.0.0.1:8080;", &format!("http://127.0.0.1:{serve};"));
        let folder = TempDir::new().expect("a folder");
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a folder to write to");
        write("people", "jane:{PLAIN}jane\njoe:{PLAIN}joe\n");
        write("yes", "yes\n");
        let path = folder.path().display();
        write(
            "nginx.conf",
            &format!(
                "{}{server}\n{}",
                HEAD.replace("FOLDER", &path.to_string()),
                sign_in_server(sign_in, folder.path())
            ),
        );
        let arguments =
            ["-p".into(), path.to_string(), "-c".into(), format!("{path}/nginx.conf"), "-e".into(), "stderr".into()];
        let process = Child::start(Path::new("nginx"), arguments, &[], None);
        for address in [address, sign_in] {
            eventually_blocking(PATIENCE, "nginx listens", || {
                TcpStream::connect(address).map_err(|error| format!("{error}: {}", process.printed()))
            });
        }
        Self { address, _process: process, _folder: folder }
    }

    /// Returns the page's URL.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Returns the page's URL with somebody's name and password: a browser signs in by it.
    pub fn url_of(&self, person: &str) -> String {
        format!("http://{person}:{person}@{}/", self.address)
    }
}

fn sign_in_server(address: SocketAddr, folder: &Path) -> String {
    format!(
        "server {{\n listen {address};\n location / {{\n auth_basic staff;\n auth_basic_user_file {folder}/people;\n \
         root {folder};\n try_files /yes =404;\n add_header X-Auth-Request-Preferred-Username $remote_user;\n \
         add_header X-Auth-Request-Groups $groups_of_user;\n }}\n}}\n}}\n",
        folder = folder.display()
    )
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
map $remote_user $groups_of_user { jane developers,staff; default staff; }
";
