//! One of three replicas is killed while browsers wait and others arrive.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use kube_enroll_e2e::haproxy::Haproxy;
use tokio::time::sleep;

use crate::{
    cluster::{Cluster, SIGNING_PATIENCE},
    crowd::Crowd,
    http::Site,
    plan::Plan,
    report::{Row, count},
    scenario::ARRIVAL,
    serve::Serve,
};

pub(super) async fn run(plan: &Plan) -> anyhow::Result<Vec<Row>> {
    let browsers = plan.share(3_000);
    let cluster = Cluster::start().await?;
    let mut replicas = Vec::new();
    for _ in 0..REPLICAS {
        replicas.push(Serve::start(plan, cluster.kubeconfig(), cluster.folder()).await?);
    }
    let addresses: Vec<_> = replicas.iter().map(Serve::address).collect();
    let haproxy = Haproxy::start(&addresses);
    let site = Site::new(haproxy.address());

    let objects = cluster.new_objects(browsers);
    // A tenth of them arrives while it happens.
    let (early, late) = objects.split_at(browsers - browsers / 10);
    let mut crowd = Crowd::default();
    crowd.enroll(&site, early, ARRIVALS_PER_SECOND).await;
    crowd.all("waiting", ARRIVAL, |seen| seen.live.is_some()).await?;

    let (first, rest) = late.split_at(late.len() / 2);
    crowd.enroll(&site, first, ARRIVALS_PER_SECOND).await;
    replicas[0].kill();
    let killed = Instant::now();
    crowd.enroll(&site, rest, ARRIVALS_PER_SECOND).await;
    crowd.all("waiting again", 2 * MAX_RECOVERY, |seen| seen.live.is_some()).await?;
    // One that had not noticed yet has noticed by now.
    sleep(NOTICE).await;
    crowd.all("waiting again", 2 * MAX_RECOVERY, |seen| seen.live.is_some()).await?;
    let last = crowd.seen().filter_map(|seen| seen.live).max().unwrap_or(killed).saturating_duration_since(killed);
    let (broken, foreign) = crowd.broken_and_foreign();

    let names: HashSet<&str> = objects.iter().map(|object| object.metadata.name.as_str()).collect();
    let mut stored = cluster.admin.list().await?.items;
    let in_all = stored.len();
    stored.retain(|object| names.contains(object.metadata.name.as_str()));
    let own = stored.len();
    // As they are stored: the servers have added annotations.
    cluster.approve(&stored, APPROVALS_PER_SECOND).await?;
    let waited = crowd.all("issued", SIGNING_PATIENCE, |seen| seen.issued.is_some()).await;
    let lost = crowd.seen().filter(|seen| seen.issued.is_none()).count();
    let duplicates = in_all - own;
    if let Err(error) = waited {
        eprintln!("{error:#}");
    }
    Ok(vec![
        Row::new(
            format!(
                "one of {REPLICAS} replicas killed under {} browsers: all wait again ({broken} streams broke)",
                count(browsers)
            ),
            format!("≤ {} s", MAX_RECOVERY.as_secs()),
            format!("{:.1} s", last.as_secs_f64()),
            last <= MAX_RECOVERY && broken > 0,
        ),
        Row::new(
            "after that, approved and not delivered; objects too many; events of others",
            "0; 0; 0",
            format!("{lost}; {duplicates}; {foreign}"),
            lost == 0 && duplicates == 0 && own == browsers && foreign == 0,
        ),
    ])
}

const REPLICAS: usize = 3;

const ARRIVALS_PER_SECOND: u32 = 150;

const APPROVALS_PER_SECOND: u32 = 150;

/// haproxy asks each replica once a second.
const NOTICE: Duration = Duration::from_secs(3);

const MAX_RECOVERY: Duration = Duration::from_secs(30);
