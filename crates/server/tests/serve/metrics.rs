//! What operators see.

use std::{
    collections::BTreeSet,
    io::Write,
    process::{Command, Stdio},
    time::Duration,
};

use clap::CommandFactory;
use kube_enroll_server::{Cli, Config};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use crate::{
    client::{DEADLINE, parse, send},
    reading::stored,
    recorder::{ACCOUNT, Scenario},
    running::{CSRS_PATH, NAME, Running, body, golden},
};

pub(crate) async fn scrape(server: &Running) -> String {
    let address = server.metrics_address.expect("an address of its own");
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    let answer = send(address, request.as_bytes()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    answer.body
}

async fn running() -> Running {
    Running::with(Scenario::Created, |config| {
        config.metrics_listen = Some("127.0.0.1:0".parse().expect("an address"));
    })
    .await
}

#[tokio::test]
async fn answers_operators_though_somebody_holds_connections_idle() {
    let server = running().await;
    let address = server.metrics_address.expect("an address of its own");
    let mut idle = Vec::new();
    for _ in 0..70 {
        idle.push(TcpStream::connect(address).await.expect("a server"));
    }
    // From another address at once, from the same one when what sends nothing is closed.
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.2:0".parse().expect("an address")).expect("all of 127.0.0.0/8 is loopback");
    let mut stream = socket.connect(address).await.expect("a server");
    // Without being asked to close: no connection is held.
    stream.write_all(b"GET /livez HTTP/1.1\r\nHost: 10.0.0.1:9090\r\n\r\n").await.expect("a server that reads");
    let mut bytes = Vec::new();
    timeout(DEADLINE, stream.read_to_end(&mut bytes)).await.expect("an end in time").expect("an answer");
    assert_eq!(parse(&bytes).status, 200);
    for mut stream in idle {
        let _ = timeout(DEADLINE, stream.read_to_end(&mut bytes)).await.expect("an end in time");
    }
    scrape(&server).await;
    // Nothing else is there.
    for target in ["/", "/config.json", "/whoami.json", CSRS_PATH] {
        let request = format!("GET {target} HTTP/1.1\r\nHost: {address}\r\n\r\n");
        assert_eq!(send(address, request.as_bytes()).await.status, 404, "{target}");
    }
}

#[tokio::test]
async fn counts_what_is_asked_and_names_nobody() {
    let server = running().await;
    assert_eq!(server.post(&body(&golden("jane")).to_string()).await.status, 201);
    server.recorder.answer(Scenario::object(stored(ACCOUNT)));
    assert_eq!(server.get(&format!("{CSRS_PATH}/{NAME}")).await.status, 200);
    assert_eq!(server.get(&format!("{CSRS_PATH}?labelSelector=x")).await.status, 403);
    assert_eq!(server.post(&"x".repeat(20_000)).await.status, 413);
    let text = scrape(&server).await;
    for line in [
        "kube_enroll_requests_total{verb=\"create\",code=\"201\"} 1",
        "kube_enroll_requests_total{verb=\"get\",code=\"200\"} 1",
        "kube_enroll_requests_total{verb=\"other\",code=\"403\"} 1",
        "kube_enroll_refused_total{bound=\"body_bytes\"} 1",
        "kube_enroll_refused_total{bound=\"streams\"} 0",
        "kube_enroll_limit{bound=\"streams\"} 16000",
        concat!("kube_enroll_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1"),
        "kube_enroll_create_duration_seconds_count 1",
        "kube_enroll_upstream_lists_total 1",
        "kube_enroll_upstream_requests_total{verb=\"create\",resource=\"certificatesigningrequests\",code=\"201\"} 1",
        "kube_enroll_upstream_requests_total{verb=\"create\",resource=\"selfsubjectreviews\",code=\"201\"} 1",
        "kube_enroll_upstream_requests_total{verb=\"list\",resource=\"certificatesigningrequests\",code=\"200\"} 1",
        "kube_enroll_decisions_total{decision=\"approved\"} 0",
        "kube_enroll_objects 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in {text}");
    }
    for hidden in ["jane", "127.0.0.1", NAME] {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
}

/// Waits for a line, and returns all.
async fn scrape_until(server: &Running, line: &str) -> String {
    let mut text = String::new();
    let found = async {
        loop {
            text = scrape(server).await;
            if text.lines().any(|found| found == line) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let found = tokio::time::timeout(Duration::from_secs(20), found).await;
    assert!(found.is_ok(), "{line} in {text}");
    text
}

/// The object without a decision, at a version.
fn pending(version: u64) -> Value {
    let mut object = stored(ACCOUNT);
    object["metadata"]["resourceVersion"] = version.to_string().into();
    object.as_object_mut().expect("an object").remove("status");
    object
}

fn modified(object: &Value) -> String {
    format!("{}\n", json!({"type": "MODIFIED", "object": object}))
}

#[tokio::test]
async fn counts_a_decision_that_it_sees_and_none_that_it_finds() {
    let listen = |config: &mut Config| config.metrics_listen = Some("127.0.0.1:0".parse().expect("an address"));
    let server = Running::with_listed_and(vec![pending(5)], 5, listen).await;
    server.wait_for_watch(1).await;
    server.recorder.tell(modified(&stored(ACCOUNT)));
    let text = scrape_until(&server, "kube_enroll_decisions_total{decision=\"issued\"} 1").await;
    for line in [
        "kube_enroll_decisions_total{decision=\"approved\"} 1",
        "kube_enroll_decisions_total{decision=\"denied\"} 0",
        // The recorder's clock stands at the time of creation.
        "kube_enroll_decision_duration_seconds_bucket{le=\"10\"} 1",
        "kube_enroll_issue_duration_seconds_count 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in {text}");
    }

    // Another one, as after a restart.
    let server = Running::with_listed_and(vec![stored(ACCOUNT)], 7, listen).await;
    server.wait_for_watch(1).await;
    server.recorder.tell(modified(&stored(ACCOUNT)));
    let mut other = pending(9);
    other["metadata"]["uid"] = "other".into();
    other["metadata"]["name"] = "joe-abcdefghij".into();
    server.recorder.tell(modified(&other));
    let text = scrape_until(&server, "kube_enroll_objects 2").await;
    assert!(text.contains("kube_enroll_decisions_total{decision=\"approved\"} 0\n"), "{text}");
}

#[tokio::test]
async fn counts_questions_that_the_api_server_does_not_answer() {
    let server = Running::with(Scenario::Silence, |config| {
        config.metrics_listen = Some("127.0.0.1:0".parse().expect("an address"));
        config.limits.upstream_timeout = Duration::from_millis(200);
    })
    .await;
    assert_eq!(server.post(&body(&golden("jane")).to_string()).await.status, 504);
    let unanswered =
        "kube_enroll_upstream_requests_total{verb=\"create\",resource=\"certificatesigningrequests\",code=\"none\"} 1";
    scrape_until(&server, unanswered).await;
}

#[tokio::test]
async fn describes_the_process_by_the_names_of_the_convention() {
    let server = running().await;
    let text = scrape(&server).await;
    let value = |name: &str| {
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.and_then(|value| value.parse::<f64>().ok()).unwrap_or_else(|| panic!("{name} in {text}"))
    };
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock that is set");
    // The clock of the machine may have been set since it has started.
    let age = now.as_secs_f64() - value("process_start_time_seconds");
    assert!((-60.0..86_400.0).contains(&age), "{age}");
    assert!(value("process_cpu_seconds_total") > 0.0);
    assert!(value("process_resident_memory_bytes") > f64::from(1 << 20));
    assert!(value("process_virtual_memory_bytes") >= value("process_resident_memory_bytes"));
    assert!(value("process_max_fds") >= value("process_open_fds") && value("process_open_fds") > 3.0);
}

/// By Prometheus' own judge: format, names, units and help.
#[tokio::test]
async fn writes_what_promtool_has_nothing_against() {
    let server = running().await;
    assert_eq!(server.post(&body(&golden("jane")).to_string()).await.status, 201);
    server.wait_for_watch(1).await;
    server.recorder.tell(modified(&stored(ACCOUNT)));
    server.get("/config.json").await;
    server.get(&format!("{CSRS_PATH}?labelSelector=x")).await;
    let text = scrape_until(&server, "kube_enroll_upstream_watching 1").await;
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool (scripts/setup/debian.sh)");
    promtool.stdin.take().expect("piped").write_all(text.as_bytes()).expect("a reader");
    let judged = promtool.wait_with_output().expect("an end");
    let said = String::from_utf8_lossy(&judged.stdout) + String::from_utf8_lossy(&judged.stderr);
    assert!(judged.status.success() && said.is_empty(), "{said}\n{text}");
}

#[tokio::test]
async fn shows_it_only_at_an_address_of_its_own() {
    let server = running().await;
    assert_eq!(server.get("/metrics").await.status, 403);
    let address = server.metrics_address.expect("an address of its own");
    for (target, status) in [("/livez", 200), ("/readyz", 200), ("/", 404), (CSRS_PATH, 404)] {
        let request = format!("GET {target} HTTP/1.1\r\nHost: anything\r\nConnection: close\r\n\r\n");
        assert_eq!(send(address, request.as_bytes()).await.status, status, "{target}");
    }
}

/// `docs/limits.md` against the flags and the counters, both ways.
#[tokio::test]
async fn every_bound_is_documented_with_its_flag_and_its_metric() {
    let page = include_str!("../../../../docs/limits.md");
    let words = |start: &str| -> BTreeSet<String> {
        let quoted = page.split('`').skip(1).step_by(2);
        quoted
            .filter(|word| word.starts_with(start))
            .map(|word| word.split('=').next().unwrap_or(word).to_owned())
            .collect()
    };
    let command = Cli::command();
    let serve = command.find_subcommand("serve").expect("serve");
    let limits = serve.get_arguments().filter(|flag| flag.get_help_heading() == Some("Limits"));
    let flags: BTreeSet<String> = limits.filter_map(|flag| Some(format!("--{}", flag.get_long()?))).collect();
    let documented = words("--");
    assert_eq!(flags.difference(&documented).collect::<Vec<_>>(), Vec::<&String>::new(), "flags without a row");
    for flag in &documented {
        let known = serve.get_arguments().any(|known| known.get_long() == flag.strip_prefix("--"));
        assert!(known, "{flag} is no flag");
    }
    let server = running().await;
    server.get(&format!("{CSRS_PATH}/{NAME}")).await;
    let text = scrape(&server).await;
    let shown: BTreeSet<String> = text
        .lines()
        .filter(|line| line.starts_with("# TYPE "))
        .filter_map(|line| line.split(' ').nth(2).map(str::to_owned))
        .collect();
    let bare = |word: &String| word.split('{').next().unwrap_or(word).to_owned();
    let documented: BTreeSet<String> = words("kube_enroll_").union(&words("process_")).map(bare).collect();
    assert_eq!(documented, shown);
}
