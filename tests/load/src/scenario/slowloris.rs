//! What slow connections do to the others.

use std::time::Duration;

use anyhow::ensure;
use hyper::StatusCode;
use kube_enroll_core::CertificateSigningRequest;
use tokio::{task::JoinSet, time::sleep};

use crate::{
    cluster::Cluster,
    http::{Site, list_target, new_source},
    latency::Latencies,
    pace::Pace,
    plan::Plan,
    report::{Row, count, ms},
    requests::name_of,
    serve::Serve,
    slowloris::Slowloris,
};

/// Measures without and with them in turns, so that both meet the same machine.
pub(super) async fn run(plan: &Plan) -> anyhow::Result<Vec<Row>> {
    let attackers = plan.share(1_000);
    let cluster = Cluster::start().await?;
    let serve = Serve::start(plan, cluster.kubeconfig(), cluster.folder()).await?;
    let site = serve.site();
    let objects = cluster.create(plan.share(1_000)).await?;
    visits(&site, &objects).await?;
    let (mut quiet, mut attacked) = (Latencies::new(), Latencies::new());
    for _ in 0..TURNS {
        quiet.extend(visits(&site, &objects).await?);
        let slowloris = Slowloris::start(&site, attackers, 0).await;
        attacked.extend(visits(&site, &objects).await?);
        drop(slowloris);
        // Their ends are no part of a quiet turn.
        sleep(Duration::from_secs(1)).await;
    }
    Ok(vec![Row::new(
        format!("visits, p99, while {} connections send a byte now and then", count(attackers)),
        "at most twice what it is without",
        format!("{}, without {}", ms(attacked.p99()), ms(quiet.p99())),
        attacked.p99() <= 2 * quiet.p99(),
    )])
}

/// New browsers come, each on a connection of its own, load the settings and list their object.
async fn visits(site: &Site, objects: &[CertificateSigningRequest]) -> anyhow::Result<Vec<Duration>> {
    let mut pace = Pace::per_second(VISITS_PER_SECOND);
    let mut visits = JoinSet::new();
    for object in objects {
        let due = pace.tick().await;
        let (site, target) = (site.clone(), list_target(&name_of(object)));
        visits.spawn(async move {
            let mut connection = site.connect(new_source()).await?;
            for target in ["/config.json", &target] {
                let (status, _) = connection.get(target).await?;
                ensure!(status == StatusCode::OK, "{target}: {status}");
            }
            Ok(due.elapsed())
        });
    }
    visits.join_all().await.into_iter().collect()
}

const VISITS_PER_SECOND: u32 = 200;

const TURNS: u32 = 4;
