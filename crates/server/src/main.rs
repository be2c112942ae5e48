//! The binary `kube-enroll`.

use std::{
    io::{IsTerminal, Write},
    pin::pin,
    process::ExitCode,
};

use anyhow::Context;
use kube_enroll_approve::Review;
use kube_enroll_server::{Cli, ListenAddress, Loaded, LogFormat, Serve, Server, Shutdown, Sources, with_sources};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::oneshot,
};
use tracing_subscriber::{Layer, filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

fn main() -> ExitCode {
    let (flags, sources) = match Cli::load() {
        Ok(Loaded::Serve(flags, sources)) => (*flags, sources),
        Ok(Loaded::Review(flags, program)) => {
            return match review(&flags, program) {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => fail(&with_sources(error.as_ref())),
            };
        }
        Err(error) => return fail(&with_sources(&error)),
    };
    let ended = if flags.check_config { check(flags, &sources) } else { serve(flags) };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&sources.with_places(&with_sources(error.as_ref()))),
    }
}

/// The end of a server that does not start, with the reason: a sentence for an operator; a backtrace would bury it.
fn fail(why: &str) -> ExitCode {
    eprintln!("kube-enroll: {why}");
    ExitCode::FAILURE
}

#[tokio::main(flavor = "current_thread")]
async fn review(flags: &Review, program: &str) -> anyhow::Result<()> {
    log(LogFormat::Text, "warn,kube_client=error")?;
    Ok(kube_enroll_approve::review(flags, program).await?)
}

#[tokio::main]
async fn check(flags: Serve, sources: &Sources) -> anyhow::Result<()> {
    log(flags.log_format, DEFAULT_LOG)?;
    std::io::stdout().write_all(sources.to_string().as_bytes()).context("standard output")?;
    let config = flags.into_config()?;
    config.log_changes();
    Ok(Server::check(&config).await?)
}

#[tokio::main]
async fn serve(flags: Serve) -> anyhow::Result<()> {
    log(flags.log_format, DEFAULT_LOG)?;
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let config = flags.into_config()?;
    config.log_changes();
    raise_descriptors(config.limits.connections);
    let server = Server::bind(config).await?;
    if let Some(address) = server.metrics_addr() {
        tracing::info!("metrics on http://{address}/metrics");
    }
    let scheme = if server.has_tls() { "https" } else { "http" };
    for address in server.local_addresses() {
        match address {
            ListenAddress::Tcp(address) => tracing::info!("listening on {scheme}://{address}"),
            ListenAddress::Unix(path) => tracing::info!("listening on unix:{}", path.display()),
        }
    }
    let (begin, begun) = oneshot::channel();
    let mut serving = pin!(server.serve(async { begun.await.unwrap_or(Shutdown::Immediate) }));
    let shutdown = tokio::select! {
        ended = &mut serving => return Ok(ended?),
        _ = terminate.recv() => {
            tracing::info!("SIGTERM: ending, once others have taken over; a second signal ends at once");
            Shutdown::Graceful
        }
        _ = interrupt.recv() => {
            tracing::info!("SIGINT: ending; a second signal ends at once");
            Shutdown::Immediate
        }
    };
    let _ = begin.send(shutdown);
    tokio::select! {
        ended = &mut serving => return Ok(ended?),
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("a second signal: ended");
    Ok(())
}

/// Raises the number of file descriptors to what the system gives, and warns where `--max-connections` needs more: a
/// shell's soft bound is often 1024, which is for programs that wait by select(2).
fn raise_descriptors(max_connections: usize) {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        tracing::warn!(%error, "cannot raise the bound on file descriptors");
    }
    let needed = (max_connections as u64).saturating_add(OTHER_DESCRIPTORS);
    if let Some(maximum) = maximum.filter(|maximum| *maximum < needed) {
        tracing::warn!(
            "{maximum} file descriptors (ulimit -n) are not enough for --max-connections={max_connections}, which needs {needed}"
        );
    }
}

fn log(format: LogFormat, default: &str) -> anyhow::Result<()> {
    let chosen = std::env::var("RUST_LOG").unwrap_or_default();
    let filter: Targets = if chosen.is_empty() { default } else { &chosen }.parse().context("RUST_LOG")?;
    let lines =
        tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    let lines = match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry().with(lines.with_filter(filter)).init();
    Ok(())
}

/// Those that are no people's connections: questions to an API server that is slow to answer, connections that are
/// turned away, the operators', files.
const OTHER_DESCRIPTORS: u64 = 2048;

/// kube-rs reports each failed request as well; ours say more.
const DEFAULT_LOG: &str = "info,kube_client=error";
