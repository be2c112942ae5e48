use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread::JoinHandle,
    time::Duration,
};

use kube_enroll_server::{ClusterFlags, Config, Server, StartError};
use tempfile::TempDir;

use crate::{
    client::{Connection, send},
    provider::{Key, Provider},
    recorder::{Recorder, Scenario},
    running::{CSRS_PATH, NAME, Running, TOKEN, body, golden, write_kubeconfig},
};

#[tokio::test]
async fn is_alive_but_not_ready_until_it_knows_who_it_is() {
    let recorder = Recorder::start(Scenario::Created).await;
    recorder.know(None);
    let server = Running::unready(recorder, |_| {}).await;
    assert_eq!(server.get("/livez").await.status, 200);
    assert_eq!(server.get("/").await.status, 200);
    for target in ["/readyz", "/config.json", &format!("{CSRS_PATH}/{NAME}")] {
        let answer = server.get(target).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("2")), "{target}");
        assert_eq!(answer.json()["kind"], "Status", "{target}");
    }
    assert_eq!(server.recorder.seen().len(), 0);
    server.recorder.know(Some("us"));
    server.wait_until_ready().await;
}

#[tokio::test]
async fn answers_503_while_the_api_server_is_away() {
    let mut server = Running::start(Scenario::Created).await;
    let elsewhere = Recorder::start(Scenario::Created).await;
    drop(std::mem::replace(&mut server.recorder, elsewhere));
    let answer = server.get(&format!("{CSRS_PATH}/{NAME}")).await;
    assert_eq!((answer.status, answer.json()["reason"].as_str()), (503, Some("ServiceUnavailable")));
    assert!(!answer.body.contains("127.0.0.1"), "{}", answer.body);
    assert_eq!(server.get("/readyz").await.status, 200);
}

#[tokio::test]
async fn refuses_to_start_with_flags_that_cannot_work() {
    let folder = TempDir::new().expect("a folder");
    let kubeconfig = folder.path().join("kubeconfig");
    write_kubeconfig(&kubeconfig, "127.0.0.1:1".parse().expect("an address"));
    let good = || Config {
        listen: vec!["127.0.0.1:0".parse().expect("an address")],
        kubeconfig: Some(kubeconfig.clone()),
        cluster: ClusterFlags { server: Some("https://api.example.com".into()), ..ClusterFlags::default() },
        ..Config::default()
    };
    assert!(Server::bind(good()).await.is_ok());

    let missing = folder.path().join("missing");
    let no_kubeconfig = Config { kubeconfig: Some(missing.clone()), ..good() };
    assert!(matches!(Server::bind(no_kubeconfig).await, Err(StartError::Kubeconfig { .. })));
    let no_context = Config { context: Some("other".into()), ..good() };
    assert!(matches!(Server::bind(no_context).await, Err(StartError::Kubeconfig { .. })));
    let no_page = Config { page_dir: Some(missing.clone()), ..good() };
    assert!(matches!(Server::bind(no_page).await, Err(StartError::ReadFile { .. })));
    let no_host = Config { allowed_hosts: vec!["https://a".into()], ..good() };
    assert!(matches!(Server::bind(no_host).await, Err(StartError::AllowedHost { .. })));
    // The kubeconfig's own address is not https.
    let no_server = Config { cluster: ClusterFlags::default(), ..good() };
    assert!(matches!(Server::bind(no_server).await, Err(StartError::Cluster(_))));
    let mut no_policy = good();
    no_policy.policy.expiration_seconds.minimum = 599;
    assert!(matches!(Server::bind(no_policy).await, Err(StartError::Policy(_))));
    let mut unused = good();
    unused.identity.user_header = Some(http::HeaderName::from_static("x-user"));
    assert!(matches!(Server::bind(unused).await, Err(StartError::UnusedFlag { flag: "--user-header", .. })));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let no_address = Config { listen: vec![taken.local_addr().expect("an address").into()], ..good() };
    assert!(matches!(Server::bind(no_address).await, Err(StartError::Listen { .. })));
}

#[tokio::test]
async fn writes_neither_requests_nor_tokens_to_its_log_and_ends_on_sigterm() {
    let recorder = Recorder::start(Scenario::Created).await;
    let process = Process::start(&recorder, "exec \"$@\"").await;
    let object = body(&golden("jane"));
    for body in [object.to_string(), body(&golden("admins")).to_string().replace("client auth", "server auth")] {
        let request = format!(
            "POST {CSRS_PATH} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nCookie: session=COOKIE\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            process.address,
            body.len()
        );
        send(process.address, request.as_bytes()).await;
    }
    let log = process.terminate();

    assert!(log.contains(NAME) && log.contains("\"status\":201"), "{log}");
    assert!(log.contains("\"code\":\"invalid-object\""), "{log}");
    let request = object["spec"]["request"].as_str().expect("text");
    let pem = golden("jane");
    let line = pem.lines().nth(1).expect("a line");
    for hidden in [request, &request[100..140], line, "BEGIN CERTIFICATE", TOKEN, "COOKIE"] {
        assert!(!log.contains(hidden), "{hidden} in {log}");
    }
    // Groups are for auditors alone.
    let naming: Vec<&str> = log.lines().filter(|line| line.contains("developers")).collect();
    assert!(naming.iter().all(|line| line.contains("\"target\":\"audit\"")), "{naming:?}");
}

#[tokio::test]
async fn writes_neither_the_proxys_secret_nor_a_users_token_to_its_log() {
    let folder = TempDir::new().expect("a folder");
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "a-secret-of-the-proxy\n").expect("a folder to write to");
    let key = Key::new("one");
    let provider = Provider::start(&[&key]).await;
    let token = key.sign(&provider.issuer, "jane", 600);
    let authority = format!("{}/tests/golden/provider-authority.pem", env!("CARGO_MANIFEST_DIR"));
    for (flags, good) in [
        (
            format!("--identity=header --user-header=X-User --proxy-secret-file={}", secret.display()),
            "X-User: jane\r\nX-Kube-Enroll-Proxy-Secret: a-secret-of-the-proxy\r\n".to_owned(),
        ),
        (
            format!(
                "--identity=jwt --oidc-issuer-url={} --oidc-client-id=kube --oidc-signing-algs=ES256 --oidc-ca-file={authority}",
                provider.issuer
            ),
            format!("Authorization: Bearer {token}\r\n"),
        ),
    ] {
        let recorder = Recorder::start(Scenario::Created).await;
        let process = Process::start(&recorder, &format!("exec \"$@\" {flags}")).await;
        for (headers, status) in [(good.clone(), 200), (format!("{good}{good}"), 401), (good.replace("a", "b"), 401)] {
            for target in ["/whoami.json", &format!("{CSRS_PATH}/{NAME}")] {
                let request =
                    format!("GET {target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{headers}\r\n", process.address);
                let answer = send(process.address, request.as_bytes()).await;
                assert!(answer.status == status || (status == 200 && target != "/whoami.json"), "{flags}: {answer:?}");
            }
        }
        let log = process.terminate();
        assert!(log.contains("\"code\":\"Unauthorized\""), "{log}");
        let signature = token.rsplit('.').next().expect("three parts");
        for hidden in ["a-secret-of-the-proxy", "b-secret-of-the-proxy", &token[..60], signature] {
            assert!(!log.contains(hidden), "{hidden} in {log}");
        }
    }
}

#[tokio::test]
async fn ends_at_once_by_a_second_signal() {
    let recorder = Recorder::start(Scenario::Created).await;
    let mut process = Process::start(&recorder, "exec \"$@\"").await;
    let kill = |id: u32| Command::new("kill").args(["-TERM", &id.to_string()]).status().expect("kill").success();
    assert!(kill(process.child.id()));
    // It says for a while that it is not ready, so that balancers see it.
    process.wait_for_log("ending, once others have taken over").await;
    assert_eq!(process.child.try_wait().expect("a process"), None);
    assert!(kill(process.child.id()));
    process.wait_for_log("a second signal: ended").await;
    assert!(process.child.wait().expect("an end").success());
}

#[tokio::test]
async fn goes_on_after_it_was_out_of_file_descriptors() {
    let recorder = Recorder::start(Scenario::Created).await;
    let process = Process::start(&recorder, "ulimit -n 40; exec \"$@\"").await;
    let request = format!("GET /livez HTTP/1.1\r\nHost: {}\r\n\r\n", process.address);
    let mut connections = Vec::new();
    for _ in 0..60 {
        connections.push(Connection::open(process.address, &request).await);
    }
    connections[0].read_until("200 OK").await;
    process.wait_for_log("cannot accept a connection").await;
    process.wait_for_log("40 file descriptors (ulimit -n) are not enough for --max-connections=16384").await;
    drop(connections);
    process.wait_until("/livez").await;
    process.terminate();
}

#[tokio::test]
async fn takes_as_many_file_descriptors_as_the_system_gives() {
    let recorder = Recorder::start(Scenario::Created).await;
    let process = Process::start(&recorder, "ulimit -Sn 40; exec \"$@\"").await;
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", process.child.id())).expect("a process that runs");
    let files: Vec<_> =
        limits.lines().find(|line| line.starts_with("Max open files")).expect("a line").split_whitespace().collect();
    let [.., soft, hard, _unit] = files[..] else { panic!("{files:?}") };
    assert_eq!(soft, hard);
    assert_ne!(soft, "40");
    process.terminate();
}

#[tokio::test]
async fn starts_with_the_arguments_of_the_manifest() {
    let manifest = include_str!("../../../../deploy/server.yaml");
    let arguments = manifest.split("        args:\n").nth(1).and_then(|rest| rest.split("        ports:").next());
    let arguments = arguments.expect("arguments").lines().filter_map(|line| line.trim().strip_prefix("- "));
    let (own, flags): (Vec<_>, Vec<_>) = arguments.partition(|flag| {
        ["serve", "--listen=", "--metrics-listen=", "--cluster-server=", "--log-format="]
            .iter()
            .any(|own| flag.starts_with(own))
    });
    assert_eq!(own[..2], ["serve", "--listen=0.0.0.0:8080"], "{own:?}");
    // Judged as it is there, and bound to loopback.
    let flags: String = flags.iter().map(|flag| format!(" '{flag}'")).collect();
    let recorder = Recorder::start(Scenario::Created).await;
    let process = Process::start(&recorder, &format!("exec \"$@\" --exposed{flags}")).await;
    let log = process.terminate();
    assert!(log.contains("whoever reaches this server may ask in any name"), "{log}");
}

#[tokio::test]
async fn says_at_its_start_what_has_changed_for_its_flags() {
    let changes = |log: &str| -> Vec<(String, String)> {
        let lines = log.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
        let changes = lines.filter(|line| line["target"] == "changes");
        let text = |line: &serde_json::Value, key: &str| line[key].as_str().expect("text").to_owned();
        changes.map(|line| (text(&line, "level"), text(&line, "message"))).collect()
    };
    let recorder = Recorder::start(Scenario::Created).await;
    let process = Process::start(&recorder, "exec \"$@\" --allowed-host=enroll.example.com").await;
    let found = changes(&process.interrupt());
    let (level, forwarded) = found.iter().find(|(_, line)| line.starts_with("X-Forwarded-For: ")).expect("a line");
    assert_eq!(level, "WARN");
    assert!(forwarded.contains("before, ") && forwarded.ends_with("(CHANGELOG.md)"), "{forwarded}");
    assert!(!found.iter().any(|(_, line)| line.starts_with("--trusted-proxy")), "{found:?}");

    let silenced = "RUST_LOG=info,changes=off exec \"$@\" --allowed-host=enroll.example.com";
    let process = Process::start(&recorder, silenced).await;
    assert_eq!(changes(&process.interrupt()), []);
}

#[tokio::test]
async fn warns_of_an_address_that_means_the_machine_on_which_it_is_used() {
    let recorder = Recorder::start(Scenario::Created).await;
    for (server, is_warned_of) in [
        ("https://localhost:6443", true),
        ("https://kubernetes.docker.internal:6443", true),
        ("https://[::ffff:127.0.0.1]:6443", true),
        ("https://api.example.com", false),
    ] {
        let shell = format!("exec \"$1\" \"$2\" \"$3\" --cluster-server={server} \"$5\" \"$6\" \"$7\"");
        let log = Process::unready(&recorder, &shell).terminate();
        assert_eq!(log.contains("people on other machines cannot reach this cluster"), is_warned_of, "{server}: {log}");
    }
}

#[test]
fn refuses_the_arguments_of_the_image_and_says_what_to_write() {
    let file = include_str!("../../../../deploy/Containerfile");
    let arguments = file.lines().find_map(|line| line.strip_prefix("CMD ")).expect("arguments");
    let arguments: Vec<String> = serde_json::from_str(arguments).expect("an array of JSON");
    let arguments = arguments.iter().map(|argument| argument.replace("0.0.0.0:8080", "127.0.0.1:0"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_kube-enroll"));
    let output = command.args(arguments).args(["--exposed"]).output().expect("the binary");
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    for way in ["--identity=header", "--identity=jwt", "--identity=none"] {
        assert!(text.contains(way), "{way} in {text}");
    }
}

/// The binary, as a person starts it.
pub(crate) struct Process {
    pub(crate) address: SocketAddr,
    child: Child,
    log: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
    _folder: TempDir,
}

impl Process {
    /// Starts it by a shell, and waits until it is ready.
    pub(crate) async fn start(recorder: &Recorder, shell: &str) -> Self {
        let process = Self::unready(recorder, shell);
        process.wait_until("/readyz").await;
        process
    }

    /// Starts it by a shell, and waits until it listens.
    pub(crate) fn unready(recorder: &Recorder, shell: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        let kubeconfig = folder.path().join("kubeconfig");
        write_kubeconfig(&kubeconfig, recorder.address);
        let mut child = Command::new("sh")
            .args(["-c", shell, "sh", env!("CARGO_BIN_EXE_kube-enroll"), "serve", "--listen=127.0.0.1:0"])
            .args(["--cluster-server=https://api.example.com", "--log-format=json", "--kubeconfig"])
            .arg(&kubeconfig)
            .env("RUST_LOG", "trace")
            .stderr(Stdio::piped())
            .spawn()
            .expect("a shell");
        let mut lines = BufReader::new(child.stderr.take().expect("piped"));
        let mut log = String::new();
        let address = loop {
            let start = log.len();
            assert!(lines.read_line(&mut log).expect("text") > 0, "{log}");
            let line: serde_json::Value =
                serde_json::from_str(&log[start..]).unwrap_or_else(|error| panic!("{error}: {log}"));
            if let Some(address) = line["message"].as_str().and_then(|text| text.strip_prefix("listening on http://")) {
                break address.parse().expect("an address");
            }
        };
        let log = Arc::new(Mutex::new(log));
        let written = log.clone();
        let reader = std::thread::spawn(move || {
            for line in lines.lines() {
                let mut log = written.lock().expect("no panic before");
                log.push_str(&line.expect("text"));
                log.push('\n');
            }
        });
        Self { address, child, log, reader: Some(reader), _folder: folder }
    }

    pub(crate) async fn wait_until(&self, target: &str) {
        let answered = async {
            let request = format!("GET {target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address);
            while send(self.address, request.as_bytes()).await.status != 200 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), answered).await.expect("an answer");
    }

    /// Waits until its watch of all requests is open.
    pub(crate) async fn wait_for_watch(&self, recorder: &Recorder) {
        let open = async {
            while recorder.open_watches() == 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), open).await.expect("a watch");
    }

    pub(crate) async fn wait_for_log(&self, text: &str) {
        let logged = async {
            while !self.log.lock().expect("no panic before").contains(text) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), logged).await.expect("a line in the log");
    }

    /// Sends SIGTERM, waits for a good end, and returns the log.
    pub(crate) fn terminate(self) -> String {
        self.end("-TERM")
    }

    /// Does the same by SIGINT, with which nobody new is waited for.
    pub(crate) fn interrupt(self) -> String {
        self.end("-INT")
    }

    fn end(mut self, signal: &str) -> String {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().expect("kill").success());
        assert!(self.child.wait().expect("an end").success());
        self.reader.take().expect("taken once").join().expect("no panic");
        std::mem::take(&mut *self.log.lock().expect("no panic before"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
