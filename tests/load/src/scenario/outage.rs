//! The API server is away, and what was decided meanwhile arrives when it is back.

use std::time::{Duration, Instant};

use tokio::time::{sleep, sleep_until};

use crate::{
    cluster::{Cluster, SIGNING_PATIENCE},
    crowd::Crowd,
    plan::Plan,
    relay::Relay,
    report::{Row, count},
    scenario::ARRIVAL,
    serve::Serve,
};

pub(super) async fn run(plan: &Plan) -> anyhow::Result<Vec<Row>> {
    let approvals = plan.share(500);
    let cluster = Cluster::start().await?;
    let mut relay = Relay::open(cluster.address()?).await?;
    let serve = Serve::start(plan, &cluster.kubeconfig_through(relay.address())?, cluster.folder()).await?;
    // As many again wait for nothing: their streams have to hold as well.
    let objects = cluster.create(2 * approvals).await?;
    let crowd = Crowd::waiting(&serve.site(), &objects).await;
    crowd.all("waiting", ARRIVAL, |seen| seen.live.is_some()).await?;

    relay.shut().await;
    let return_at = tokio::time::Instant::now() + plan.outage();
    cluster.approve(&objects[..approvals], APPROVALS_PER_SECOND).await?;
    sleep_until(return_at).await;
    let early = crowd.seen().filter(|seen| seen.issued.is_some()).count();
    relay.reopen().await?;
    let returned = Instant::now();

    let decided = &crowd.browsers()[..approvals];
    let issued = || decided.iter().filter_map(|browser| browser.seen().issued);
    while issued().count() < approvals && returned.elapsed() < SIGNING_PATIENCE {
        sleep(Duration::from_millis(50)).await;
    }
    let delivered = issued().count();
    let last = issued().max().map_or(Duration::ZERO, |last| last.saturating_duration_since(returned));
    let (broken, foreign) = crowd.broken_and_foreign();
    Ok(vec![
        Row::new(
            format!(
                "{approvals} approved while the API server was away for {} s: delivered after its return",
                plan.outage_seconds
            ),
            format!("all within {} s", MAX_DELIVERY.as_secs()),
            format!("{delivered}, the last after {:.1} s", last.as_secs_f64()),
            delivered == approvals && early == 0 && last <= MAX_DELIVERY,
        ),
        Row::new(
            format!("of {} streams, broken meanwhile", count(2 * approvals)),
            "0",
            broken.to_string(),
            broken == 0 && foreign == 0,
        ),
    ])
}

const APPROVALS_PER_SECOND: u32 = 50;

const MAX_DELIVERY: Duration = Duration::from_secs(5);
