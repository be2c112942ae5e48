//! What operators see.

use std::collections::BTreeSet;

use clap::CommandFactory;
use kube_enroll_server::Cli;

use crate::{
    client::send,
    reading::stored,
    recorder::{ACCOUNT, Scenario},
    running::{CSRS_PATH, NAME, Running, body, golden},
};

async fn scrape(server: &Running) -> String {
    let address = server.metrics_address.expect("an address of its own");
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    let answer = send(address, request.as_bytes()).await;
    assert_eq!(answer.status, 200);
    answer.body
}

async fn running() -> Running {
    Running::with(Scenario::Created, |config| {
        config.metrics_listen = Some("127.0.0.1:0".parse().expect("an address"));
    })
    .await
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
        "kube_enroll_create_seconds_count 1",
        "kube_enroll_upstream_lists_total 1",
        "kube_enroll_objects 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in {text}");
    }
    let memory = text.lines().find_map(|line| line.strip_prefix("process_resident_memory_bytes "));
    assert!(memory.and_then(|bytes| bytes.parse::<u64>().ok()).is_some_and(|bytes| bytes > 1 << 20), "{text}");
    for hidden in ["jane", "127.0.0.1", NAME] {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
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
    let bare = |word: &String| {
        let word = word.split('{').next().unwrap_or(word);
        ["_total", "_info"].iter().find_map(|suffix| word.strip_suffix(suffix)).unwrap_or(word).to_owned()
    };
    let documented: BTreeSet<String> = words("kube_enroll_").union(&words("process_")).map(bare).collect();
    assert_eq!(documented, shown);
}
