use std::{net::SocketAddr, path::Path, time::Duration};

use http::HeaderName;
pub(crate) use kube_enroll_core::CSRS_PATH;
use kube_enroll_core::{CertificateSigningRequest, Groups, ObjectName, parse_groups};
use kube_enroll_server::{
    ClusterFlags, Config, IdentityFlags, IdentityKind, ListenAddress, ProxyFlags, Server, Shutdown, StartError,
};
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinHandle, time::timeout};

use crate::{
    client::{Answer, send},
    recorder::{Recorder, Scenario},
};

/// The name of the object that the tests are about.
pub(crate) const NAME: &str = "jane-abcdefghij";

/// The token in the server's kubeconfig.
pub(crate) const TOKEN: &str = "the-servers-own-token";

/// A server in front of a recorder, on a free port. Both end when it is dropped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) metrics_address: Option<SocketAddr>,
    pub(crate) recorder: Recorder,
    stop: Option<oneshot::Sender<Shutdown>>,
    task: JoinHandle<Result<(), StartError>>,
    _folder: TempDir,
}

impl Running {
    pub(crate) async fn start(scenario: Scenario) -> Self {
        Self::with(scenario, |_| {}).await
    }

    /// Starts a server that knows who it is.
    pub(crate) async fn with(scenario: Scenario, change: impl FnOnce(&mut Config)) -> Self {
        let running = Self::unready(Recorder::start(scenario).await, change).await;
        running.wait_until_ready().await;
        running
    }

    /// Starts a server whose cluster has these objects.
    pub(crate) async fn with_listed(objects: Vec<serde_json::Value>, version: u64) -> Self {
        Self::with_listed_and(objects, version, |_| {}).await
    }

    /// The same with settings of its own.
    pub(crate) async fn with_listed_and(
        objects: Vec<serde_json::Value>,
        version: u64,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        let recorder = Recorder::start(Scenario::Created).await;
        recorder.list(|listed| (listed.objects, listed.version) = (objects, version));
        let running = Self::unready(recorder, change).await;
        running.wait_until_ready().await;
        running
    }

    /// Waits until the server has opened so many watches since its start, and has one; returns where that one begins.
    pub(crate) async fn wait_for_watch(&self, count: usize) -> String {
        let watches = || self.recorder.followed().into_iter().filter(|target| target.contains("watch=true"));
        let open = async {
            while watches().count() < count || self.recorder.open_watches() != 1 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(Duration::from_secs(20), open).await.expect("a watch");
        let target = watches().next_back().expect("one at least");
        let version = target.split("resourceVersion=").nth(1).and_then(|rest| rest.split('&').next());
        version.expect("a version").to_owned()
    }

    /// Waits until something else than the server's own lists and watches has reached the API server.
    pub(crate) async fn wait_for_request(&self) {
        let arrived = async {
            while self.recorder.seen().is_empty() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(Duration::from_secs(20), arrived).await.expect("a request at the API server");
    }

    /// Starts a server, and does not wait.
    pub(crate) async fn unready(recorder: Recorder, change: impl FnOnce(&mut Config)) -> Self {
        let folder = TempDir::new().expect("a folder");
        let kubeconfig = folder.path().join("kubeconfig");
        write_kubeconfig(&kubeconfig, recorder.address);
        let mut config = Config {
            listen: vec!["127.0.0.1:0".parse().expect("an address")],
            identity: IdentityFlags { proxy: allow_loopback(), ..IdentityFlags::default() },
            kubeconfig: Some(kubeconfig),
            cluster: ClusterFlags { server: Some("https://api.example.com:6443".into()), ..ClusterFlags::default() },
            ..Config::default()
        };
        change(&mut config);
        let server = Server::bind(config).await.expect("a server");
        let tcp = |address| match address {
            ListenAddress::Tcp(address) => Some(address),
            ListenAddress::Unix(_) => None,
        };
        let address = server.local_addresses().into_iter().find_map(tcp).expect("an address of TCP");
        let metrics_address = server.metrics_addr();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(server.serve(async { stopped.await.unwrap_or(Shutdown::Immediate) }));
        Self { address, metrics_address, recorder, stop: Some(stop), task, _folder: folder }
    }

    pub(crate) async fn wait_until_ready(&self) {
        let ready = async {
            while self.get("/readyz").await.status != 200 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(Duration::from_secs(20), ready).await.expect("a server that gets ready");
    }

    pub(crate) async fn get(&self, target: &str) -> Answer {
        self.ask("GET", target, "", "").await
    }

    pub(crate) async fn post(&self, body: &str) -> Answer {
        self.ask("POST", CSRS_PATH, "Content-Type: application/json\r\n", body).await
    }

    /// Sends a request with further header lines.
    pub(crate) async fn ask(&self, method: &str, target: &str, headers: &str, body: &str) -> Answer {
        send(self.address, self.request(method, target, headers, body).as_bytes()).await
    }

    pub(crate) fn request(&self, method: &str, target: &str, headers: &str, body: &str) -> String {
        let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        format!(
            "{method} {target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{length}{headers}\r\n{body}",
            self.address
        )
    }

    /// Tells the server to stop.
    pub(crate) fn begin_shutdown(&mut self, how: Shutdown) {
        let _ = self.stop.take().expect("stopped once").send(how);
    }

    /// Tells the server to stop, unless somebody has, and waits until it has.
    pub(crate) async fn stop(mut self) {
        if self.stop.is_some() {
            self.begin_shutdown(Shutdown::Immediate);
        }
        let ended = timeout(Duration::from_secs(20), &mut self.task).await.expect("an end in time");
        ended.expect("no panic").expect("no error");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Names people by headers of a proxy with this proof.
pub(crate) fn by_header(proxy: ProxyFlags) -> IdentityFlags {
    IdentityFlags {
        kind: Some(IdentityKind::Header),
        user_header: Some(HeaderName::from_static("x-user")),
        groups_header: Some(HeaderName::from_static("x-groups")),
        groups_separator: Some("|".into()),
        proxy,
        ..IdentityFlags::default()
    }
}

/// Takes the tests for the proxy, which all are on loopback.
pub(crate) fn allow_loopback() -> ProxyFlags {
    ProxyFlags { allow_loopback_identity: true, ..ProxyFlags::default() }
}

pub(crate) fn write_kubeconfig(path: &Path, upstream: SocketAddr) {
    let kubeconfig = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: here\n\
         clusters:\n- name: dev\n  cluster:\n    server: http://{upstream}\n\
         contexts:\n- name: here\n  context:\n    cluster: dev\n    user: us\n\
         users:\n- name: us\n  user:\n    token: {TOKEN}\n"
    );
    std::fs::write(path, kubeconfig).expect("a folder to write to");
}

/// Offers these groups, and no other.
pub(crate) fn only(groups: &[&str]) -> Groups {
    parse_groups(groups).expect("good names").into()
}

/// Reads a request that openssl made (`tests/golden/make.sh`).
pub(crate) fn golden(name: &str) -> String {
    let path = format!("{}/tests/golden/{name}.pem", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The body that the page sends for a request.
pub(crate) fn body(pem: &str) -> serde_json::Value {
    let name = ObjectName::parse(NAME).expect("a good name");
    serde_json::to_value(CertificateSigningRequest::new(&name, pem, 3600)).expect("JSON")
}
