//! The real server in front of the real API, with the rights of its own ServiceAccount and no other.

use std::{
    ffi::OsString,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard},
};

use tempfile::TempDir;

use crate::{child::Child, control_plane::ControlPlane, programs};

/// `kube-enroll serve`, running. It ends when it is dropped.
pub struct Serve {
    address: SocketAddr,
    arguments: Vec<OsString>,
    processes: Mutex<Vec<Child>>,
    folder: TempDir,
}

impl Serve {
    /// Starts it in front of the control plane that all tests share.
    pub async fn start() -> Self {
        Self::with(ControlPlane::shared(), &[]).await
    }

    /// Starts it with flags of its own.
    pub async fn with(control_plane: &ControlPlane, flags: &[&str]) -> Self {
        Self::with_page(control_plane, flags, &programs::page_dir()).await
    }

    /// Starts it with flags of its own and another build of the page. It listens on loopback in any case; a Unix socket
    /// of the flags is in a folder of its own.
    pub async fn with_page(control_plane: &ControlPlane, flags: &[&str], page: &Path) -> Self {
        let kubeconfig = control_plane.service_account_kubeconfig().await;
        let mut arguments: Vec<OsString> = vec!["serve".into(), "--kubeconfig".into(), kubeconfig.into()];
        arguments.extend(["--page-dir".into(), page.into()]);
        let folder = TempDir::with_prefix("serve-").expect("a temporary folder can be made");
        let socket = format!("--listen=unix:{}", folder.path().join(SOCKET).display());
        let own = |flag: &&str| if flag.starts_with("--listen=unix:") { socket.clone() } else { (*flag).to_owned() };
        arguments.extend(flags.iter().map(own).map(OsString::from));
        let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
        let serve = Self { address: any_port, arguments, processes: Mutex::default(), folder };
        let address = serve.listen(any_port);
        Self { address, ..serve }
    }

    /// Ends it, as an update does.
    pub fn stop(&self) {
        self.processes().last_mut().expect("it was started").stop();
    }

    /// Ends it, as a crash does.
    pub fn kill(&self) {
        self.processes().last_mut().expect("it was started").kill();
    }

    /// Starts it again at the same address.
    pub fn resume(&self) {
        self.listen(self.address);
    }

    /// Returns the page's URL.
    pub fn url(&self) -> String {
        self.url_of("/")
    }

    /// Returns the URL of a path of the API, which begins with a slash.
    pub fn url_of(&self, path: &str) -> String {
        let has_certificate = self.arguments.iter().any(|flag| flag.to_string_lossy().starts_with("--tls-cert="));
        format!("{}://{}{path}", if has_certificate { "https" } else { "http" }, self.address)
    }

    /// Returns the address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the port that it listens on.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Returns the path of its Unix socket.
    ///
    /// # Panics
    /// If it has none.
    pub fn socket(&self) -> PathBuf {
        let path = self.folder.path().join(SOCKET);
        assert!(path.exists(), "{} is not there", path.display());
        path
    }

    /// Returns all that it has logged.
    pub fn log(&self) -> String {
        self.processes().iter().map(Child::printed).collect()
    }

    fn listen(&self, address: SocketAddr) -> SocketAddr {
        let listen = OsString::from(format!("--listen={address}"));
        // The whole log: what is not in it at the finest level is in none.
        let environment = [("RUST_LOG", "trace".as_ref()), ("NO_COLOR", "1".as_ref())];
        let arguments = self.arguments.iter().chain([&listen]);
        let mut process = Child::start(&programs::kube_enroll(), arguments, &environment, None);
        let address = process.wait_for_line("its address", |line| {
            let (_, url) = line.split_once("listening on ")?;
            let (_, address) = url.split_once("://")?;
            address.split_whitespace().next()?.parse().ok()
        });
        self.processes().push(process);
        address
    }

    fn processes(&self) -> MutexGuard<'_, Vec<Child>> {
        self.processes.lock().expect("no test panics while it stops or starts")
    }
}

const SOCKET: &str = "socket";
