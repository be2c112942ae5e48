//! A start in front of a cluster with more requests than the server's memory takes.

use std::time::{Duration, Instant};

use crate::{
    cluster::{Cluster, SIGNING_PATIENCE},
    crowd::Crowd,
    plan::Plan,
    report::{Row, count, mib},
    requests::Requests,
    scenario::restart_row,
    serve::Setup,
};

pub(super) async fn run(plan: &Plan) -> anyhow::Result<Vec<Row>> {
    let (number, sample) = (plan.share(50_000), plan.share(200));
    let cluster = Cluster::start().await?;
    let (plain, fat) = (Requests::new()?, Requests::fat("mallory")?);
    let of = |number: usize| if number.is_multiple_of(FAT_EVERY) { &fat } else { &plain };
    let objects: Vec<_> = (0..number).map(|number| of(number).object()).collect();
    cluster.account.create_all(&objects).await?;
    let setup = Setup::new(plan)?;
    let has_memory = setup.has_flag(MEMORY);
    let setup = if has_memory { setup.with(&[MEMORY]) } else { setup }.with_max_data(MAX_DATA);
    let memory = if has_memory { format!("{MEMORY} and ") } else { format!("(without {MEMORY}, an unknown flag) ") };
    let what = format!(
        "a start with {} requests, every {FAT_EVERY}th with 60 groups, under {memory}ulimit -d {}",
        count(objects.len()),
        mib(MAX_DATA)
    );

    let begin = Instant::now();
    let serve = match setup.start(cluster.kubeconfig(), cluster.folder()).await {
        Ok(serve) => serve,
        Err(error) => return Ok(vec![Row::new(what, "ready", last_words(&format!("{error:#}")), false)]),
    };
    let ready = begin.elapsed();
    let at_start = serve.settled_bytes().await?;
    // From everywhere, in steps that meet both kinds.
    let step = (objects.len() / sample) | 1;
    let sampled: Vec<_> = objects.iter().step_by(step).take(sample).cloned().collect();
    let crowd = Crowd::waiting(&serve.site(), &sampled).await;
    let waited = crowd.all("waiting", PATIENCE, |seen| seen.live.is_some()).await;
    let live = crowd.seen().filter(|seen| seen.live.is_some()).count();
    cluster.approve(&sampled, APPROVALS_PER_SECOND).await?;
    let issued_in_time = crowd.all("issued", SIGNING_PATIENCE, |seen| seen.issued.is_some()).await;
    for error in [waited, issued_in_time].into_iter().filter_map(Result::err) {
        eprintln!("{error:#}");
    }
    let issued = crowd.seen().filter(|seen| seen.issued.is_some()).count();
    let refused: u32 = crowd.seen().map(|seen| seen.refused).sum();
    let mut rows = vec![
        Row::new(&what, "ready", format!("after {:.1} s", ready.as_secs_f64()), true),
        Row::new(
            format!("of {sample} of them: read and watched; certificates after their approval"),
            format!("{sample}; {sample}"),
            format!("{live}; {issued} ({refused} calls were refused, and made again)"),
            live == sample && issued == sample,
        ),
        restart_row("after that start", &serve),
    ];
    if serve.still_runs() {
        let peak = serve.peak_bytes()?;
        rows.push(Row::new(
            "memory of that server at its peak",
            format!("≤ {}", mib(MAX_MEMORY)),
            format!("{}; {} once it was ready", mib(peak), mib(at_start)),
            peak <= MAX_MEMORY,
        ));
    }
    Ok(rows)
}

/// Returns the end of a log for the table, which says why a server has ended.
fn last_words(text: &str) -> String {
    let line = text.trim_end().lines().last().unwrap_or_default();
    line.replace('|', " ").chars().take(300).collect()
}

/// Few are as large as they come, but whoever floods makes no others.
const FAT_EVERY: usize = 10;

const MEMORY: &str = "--memory=128MiB";

/// The same.
const MAX_MEMORY: u64 = 128 << 20;

/// What the process may allocate: the budget is not the stacks of threads.
const MAX_DATA: u64 = 192 << 20;

const APPROVALS_PER_SECOND: u32 = 50;

/// How long people may wait until they wait on a stream: they are refused where the API server must be asked for all.
const PATIENCE: Duration = Duration::from_secs(120);
