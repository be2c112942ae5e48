//! serve reaches the API server where kubectl does, and through the same proxies: beside the real kubectl, with the
//! same kubeconfig and environment.

use std::{
    ffi::OsStr,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use kube_enroll_e2e::{child::Child, control_plane::ControlPlane, forward_proxy::ForwardProxy, programs};
use tempfile::TempDir;
use tokio::process::Command;

/// This machine by a name, and by an address, that are not the ones which never need a proxy.
const NAMED: &str = "https://LOCALHOST";
const ADDRESS: &str = "https://0.0.0.0";

/// This machine.
const LOOPBACK: &str = "https://127.0.0.1";

/// A name that nobody but the proxy knows.
const UNKNOWN: &str = "https://api.cluster.invalid";

/// The way of a program to the API server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Direct,
    Proxy,
    /// It reached nobody, and did not ask the proxy.
    None,
}

#[tokio::test(flavor = "multi_thread")]
async fn through_the_proxies_of_the_environment_and_of_the_kubeconfig() {
    let place = Place::new().await;
    let proxy = place.proxy.address();
    let (http, bare, socks) = (format!("http://{proxy}"), proxy.to_string(), format!("socks5://{proxy}"));
    let dead = "http://127.0.0.1:1";
    for (server, proxy_url, https_proxy, no_proxy, expected) in [
        (NAMED, "", "", "", Way::Direct),
        (NAMED, "", &*http, "", Way::Proxy),
        (ADDRESS, "", &http, "", Way::Proxy),
        (UNKNOWN, "", &http, "", Way::Proxy),
        // Without a scheme, and by SOCKS.
        (NAMED, "", &bare, "", Way::Proxy),
        (NAMED, "", &format!("{bare}/"), "", Way::Proxy),
        (UNKNOWN, "", &socks, "", Way::Proxy),
        (NAMED, "", "ftp://proxy.invalid:1", "", Way::None),
        // It is the cluster's address that NO_PROXY is about, and not the proxy's.
        (NAMED, "", &http, "127.0.0.1", Way::Proxy),
        (ADDRESS, "", &http, "127.0.0.0/8", Way::Proxy),
        (ADDRESS, "", &http, "0.0.0.0/8", Way::Direct),
        (NAMED, "", &http, "localhost", Way::Direct),
        (NAMED, "", &http, ".localhost", Way::Proxy),
        (NAMED, "", &http, &format!("localhost:{}", place.api_server.port()), Way::Direct),
        (NAMED, "", &http, "localhost:1", Way::Proxy),
        (NAMED, "", &http, "*", Way::Direct),
        // A comma at the end, and entries that are none.
        (NAMED, "", &http, "other.example,", Way::Proxy),
        (NAMED, "", &http, "localhost,", Way::Direct),
        (NAMED, "", &http, "other.example,,http://x y", Way::Proxy),
        (LOOPBACK, "", dead, "", Way::Direct),
        (LOOPBACK, "", dead, "other.example", Way::Direct),
        // The kubeconfig's wins, over exceptions as well.
        (NAMED, &http, dead, "*", Way::Proxy),
        (NAMED, &http, dead, "a,", Way::Proxy),
        (UNKNOWN, &socks, "", "", Way::Proxy),
        (LOOPBACK, &http, "", "", Way::Proxy),
        (LOOPBACK, &socks, "", "127.0.0.1", Way::Proxy),
        (LOOPBACK, dead, "", "*", Way::None),
        (LOOPBACK, &bare, "", "", Way::None),
        (LOOPBACK, "ftp://proxy.example", "", "", Way::None),
    ] {
        let case = format!("{server} proxy-url={proxy_url:?} HTTPS_PROXY={https_proxy:?} NO_PROXY={no_proxy:?}");
        let file = place.kubeconfig(server, proxy_url);
        let environment = [("HTTPS_PROXY", https_proxy), ("NO_PROXY", no_proxy)];
        place.compare(&case, file.as_os_str(), &environment, expected).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn by_a_list_of_kubeconfigs_of_which_some_are_not_there() {
    let place = Place::new().await;
    let file = place.kubeconfig(LOOPBACK, "");
    let missing = place.folder.path().join("missing");
    let admin = ControlPlane::shared().kubeconfig().to_owned();
    // As `kubectl config unset current-context` leaves it.
    let unset = place.folder.path().join("unset");
    fs::write(&unset, "apiVersion: v1\nkind: Config\ncurrent-context: \"\"\n").expect("the folder is ours");
    for (files, expected) in [
        (&[&missing, &file][..], Way::Direct),
        (&[&file, &missing], Way::Direct),
        (&[&PathBuf::new(), &file], Way::Direct),
        (&[&unset, &file], Way::Direct),
        // With a client's certificate in the place of a token.
        (&[&admin], Way::Direct),
        (&[&missing], Way::None),
    ] {
        let list = std::env::join_paths(files).expect("no colon in a path");
        place.compare(&format!("{list:?}"), &list, &[], expected).await;
    }
}

/// A proxy on the way to the control plane, and a folder for kubeconfigs.
struct Place {
    proxy: ForwardProxy,
    api_server: SocketAddr,
    /// With the rights that serve has.
    text: String,
    folder: TempDir,
}

impl Place {
    async fn new() -> Self {
        let file = ControlPlane::shared().service_account_kubeconfig().await;
        let text = fs::read_to_string(file).expect("the control plane has written it");
        let (_, server) = text.split_once("server: https://").expect("a kubeconfig has a server");
        let api_server = server.lines().next().expect("a line").parse().expect("an address on loopback");
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        Self { proxy: ForwardProxy::start(api_server).await, api_server, text, folder }
    }

    /// Writes a kubeconfig that reaches the API server under another name.
    fn kubeconfig(&self, server: &str, proxy_url: &str) -> PathBuf {
        let mut cluster = format!("server: {server}:{}\n    tls-server-name: localhost", self.api_server.port());
        if !proxy_url.is_empty() {
            cluster.push_str(&format!("\n    proxy-url: {proxy_url}"));
        }
        let text = self.text.replace(&format!("server: https://{}", self.api_server), &cluster);
        let file = self.folder.path().join("kubeconfig");
        fs::write(&file, text).expect("the folder is ours");
        file
    }

    /// Has kubectl and serve reach the API server, and compares the ways.
    async fn compare(&self, case: &str, kubeconfig: &OsStr, environment: &[(&str, &str)], expected: Way) {
        let mut all: Vec<(&str, &OsStr)> =
            ["HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"].map(|name| (name, "".as_ref())).into();
        all.extend(environment.iter().map(|(name, value)| (*name, OsStr::new(*value))));
        all.extend([("KUBECONFIG", kubeconfig), ("HOME", self.folder.path().as_os_str()), ("NO_COLOR", "1".as_ref())]);
        let before = self.proxy.connections();
        let (is_reached, printed) = kubectl_reaches(&all).await;
        assert_eq!(self.way(before, is_reached), expected, "kubectl, {case}: {printed}");
        let before = self.proxy.connections();
        let (is_reached, printed) = serve_reaches(&all);
        assert_eq!(self.way(before, is_reached), expected, "serve, {case}: {printed}");
    }

    fn way(&self, before: usize, is_reached: bool) -> Way {
        match (is_reached, self.proxy.connections() > before) {
            (true, true) => Way::Proxy,
            (true, false) => Way::Direct,
            (false, false) => Way::None,
            (false, true) => panic!("the proxy was asked, and leads to the API server"),
        }
    }
}

async fn kubectl_reaches(environment: &[(&str, &OsStr)]) -> (bool, String) {
    let mut kubectl = Command::new(programs::kubectl());
    kubectl.args(["get", "--raw=/version", "--request-timeout=5s"]).envs(environment.iter().copied());
    let output = kubectl.kill_on_drop(true).output().await.expect("kubectl starts");
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn serve_reaches(environment: &[(&str, &OsStr)]) -> (bool, String) {
    let arguments = ["serve", "--listen=127.0.0.1:0", "--cluster-server=https://api.example.com"];
    let mut serve = Child::start(Path::new(&programs::kube_enroll()), arguments, environment, None);
    let found = serve.find_line("whether it has reached the API server", |line| {
        let (known, failed) = ("the account is known", "asking who this server is failed");
        [(known, true), (failed, false)].into_iter().find_map(|(text, is)| line.contains(text).then_some(is))
    });
    let printed = serve.printed();
    // It would end gently, for seconds.
    serve.kill();
    (found.unwrap_or(false), printed)
}
