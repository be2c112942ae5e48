//! What a waiting browser costs: in the server's memory, and at the API server.

use tokio::try_join;

use crate::{
    cluster::Cluster,
    crowd::Crowd,
    plan::Plan,
    report::{Row, bytes_each, count, kib, mib},
    scenario::ARRIVAL,
    serve::Serve,
};

pub(super) async fn run(plan: &Plan) -> anyhow::Result<Vec<Row>> {
    let browsers = plan.share(10_000);
    let cluster = Cluster::start().await?;
    let watches_before = cluster.admin.watches().await?;
    let serve = Serve::start(cluster.kubeconfig(), cluster.folder()).await?;
    let (idle, control_plane_idle) = try_join!(serve.settled_bytes(), cluster.settled_bytes())?;

    let objects = cluster.create(browsers).await?;
    let (with_objects, control_plane_with_objects) = try_join!(serve.settled_bytes(), cluster.settled_bytes())?;

    let crowd = Crowd::waiting(&serve.site(), &objects).await;
    crowd.all("waiting", ARRIVAL, |seen| seen.live.is_some()).await?;
    let (with_browsers, control_plane_with_browsers) = try_join!(serve.settled_bytes(), cluster.settled_bytes())?;
    let watches = cluster.admin.watches().await?.saturating_sub(watches_before);
    let (broken, foreign) = crowd.broken_and_foreign();

    let each = bytes_each(with_browsers, idle, browsers);
    let each_object = bytes_each(with_objects, idle, browsers);
    let browsers_text = count(browsers);
    Ok(vec![
        Row::new("memory of an idle server", "≤ 25 MiB", mib(idle), idle <= MAX_IDLE_BYTES),
        Row::new(
            format!("memory of each of {browsers_text} waiting browsers, object included"),
            "≤ 24 KiB",
            format!("{} ({} in all)", kib(each), mib(with_browsers)),
            each <= MAX_BYTES_EACH,
        ),
        Row::without_goal("of that, the object alone, with nobody waiting", kib(each_object)),
        Row::without_goal(
            "memory of the control plane: each object; each browser beside it",
            format!(
                "{}; {} (idle {})",
                kib(bytes_each(control_plane_with_objects, control_plane_idle, browsers)),
                kib(bytes_each(control_plane_with_browsers, control_plane_with_objects, browsers)),
                mib(control_plane_idle)
            ),
        ),
        Row::new(
            format!("watches at the API server with {browsers_text} browsers waiting"),
            "exactly 1",
            watches.to_string(),
            watches == 1,
        ),
        Row::new(
            "streams that broke; events of others that a browser saw",
            "0; 0",
            format!("{broken}; {foreign}"),
            broken == 0 && foreign == 0,
        ),
    ])
}

const MAX_IDLE_BYTES: u64 = 25 << 20;

const MAX_BYTES_EACH: f64 = 24.0 * 1024.0;
