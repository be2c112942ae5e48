//! What serve adds to a create.

use std::time::Duration;

use anyhow::ensure;
use hyper::StatusCode;
use kube_enroll_core::CSRS_PATH;
use tokio::{task::JoinSet, time::Instant};

use crate::{
    cluster::Cluster,
    http::{Site, body_of, new_source},
    latency::Latencies,
    pace::Pace,
    plan::Plan,
    report::{Row, ms},
    serve::Serve,
};

/// Creates through serve and past it in turns, so that both meet the same machine.
pub(super) async fn run(plan: &Plan) -> anyhow::Result<Vec<Row>> {
    let cluster = Cluster::start().await?;
    let serve = Serve::start(plan, cluster.kubeconfig(), cluster.folder()).await?;
    let (mut through, mut direct) = (Latencies::new(), Latencies::new());
    let creates = plan.share(CREATES_A_TURN);
    for turn in 0..=TURNS {
        let (turn_through, turn_direct) =
            (create_through(&serve.site(), &cluster, creates).await?, create_directly(&cluster, creates).await?);
        // The first turn opens connections to the API server and fills caches.
        if turn > 0 {
            through.extend(turn_through);
            direct.extend(turn_direct);
        }
    }
    // It may be less than nothing, by chance.
    let added_ms = (through.p99().as_secs_f64() - direct.p99().as_secs_f64()) * 1_000.0;
    Ok(vec![
        Row::new(
            format!("added to a create, p99, at {CREATES_PER_SECOND}/s"),
            format!("≤ {MAX_ADDED_MS} ms"),
            format!("{added_ms:+.2} ms ({} through serve, {} past it)", ms(through.p99()), ms(direct.p99())),
            added_ms <= MAX_ADDED_MS,
        ),
        Row::without_goal(
            format!("the same, p50, of {} creates each way", through.count()),
            format!("{} through serve, {} past it", ms(through.percentile(50.0)), ms(direct.percentile(50.0))),
        ),
    ])
}

/// Each create comes from a browser of its own, whose connection is open since it loaded the page.
async fn create_through(site: &Site, cluster: &Cluster, count: usize) -> anyhow::Result<Vec<Duration>> {
    let mut ready = Vec::new();
    for object in cluster.new_objects(count) {
        let mut connection = site.connect(new_source()).await?;
        let (status, _) = connection.get("/config.json").await?;
        ensure!(status == StatusCode::OK, "config.json: {status}");
        ready.push((connection, object));
    }
    let mut pace = Pace::per_second(CREATES_PER_SECOND);
    let mut creations = JoinSet::new();
    for (mut connection, object) in ready {
        let due = pace.tick().await;
        creations.spawn(async move {
            let (status, body) = connection.post(CSRS_PATH, body_of(&object)).await?;
            let latency = due.elapsed();
            ensure!(status == StatusCode::CREATED, "create: {status} {}", String::from_utf8_lossy(&body));
            Ok(latency)
        });
    }
    creations.join_all().await.into_iter().collect()
}

/// With the account of serve, on connections that stay open, as serve does it.
async fn create_directly(cluster: &Cluster, count: usize) -> anyhow::Result<Vec<Duration>> {
    let objects = cluster.new_objects(count);
    let mut pace = Pace::per_second(CREATES_PER_SECOND);
    let mut creations = JoinSet::new();
    for object in objects {
        let due: Instant = pace.tick().await;
        let account = cluster.account.clone();
        creations.spawn(async move { account.create(&object).await.map(|_| due.elapsed()) });
    }
    creations.join_all().await.into_iter().collect()
}

const CREATES_PER_SECOND: u32 = 200;

/// Two seconds.
const CREATES_A_TURN: usize = 400;

/// Turns that count.
const TURNS: u32 = 10;

const MAX_ADDED_MS: f64 = 5.0;
