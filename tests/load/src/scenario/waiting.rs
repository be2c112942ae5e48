//! What a waiting browser costs: in the server's memory, and at the API server.

use kube_enroll_core::CertificateSigningRequest;
use tokio::try_join;

use crate::{
    cluster::Cluster,
    crowd::Crowd,
    plan::Plan,
    report::{Row, bytes_each, count, kib, mib},
    scenario::ARRIVAL,
    serve::{Serve, Setup},
    tls::Certificate,
};

pub(super) async fn run(plan: &Plan) -> anyhow::Result<Vec<Row>> {
    let browsers = plan.share(10_000);
    let cluster = Cluster::start().await?;
    let watches_before = cluster.admin.watches().await?;
    let serve = Serve::start(plan, cluster.kubeconfig(), cluster.folder()).await?;
    let (idle, control_plane_idle) = try_join!(serve.settled_bytes(), cluster.settled_bytes())?;

    let objects = cluster.create(browsers).await?;
    let (with_objects, control_plane_with_objects) = try_join!(serve.settled_bytes(), cluster.settled_bytes())?;

    let gets_before = cluster.admin.gets().await?;
    let crowd = Crowd::waiting(&serve.site(), &objects).await;
    crowd.all("waiting", ARRIVAL, |seen| seen.live.is_some()).await?;
    let (with_browsers, control_plane_with_browsers) = try_join!(serve.settled_bytes(), cluster.settled_bytes())?;
    let gets = cluster.admin.gets().await?.saturating_sub(gets_before) as f64 / browsers as f64;
    let watches = cluster.admin.watches().await?.saturating_sub(watches_before);
    let (broken, foreign) = crowd.broken_and_foreign();

    // The next server measures by itself.
    drop((crowd, serve));
    let tls_row = over_tls(plan, &cluster, &objects[..browsers.div_ceil(4)]).await?;

    let each = bytes_each(with_browsers, idle, browsers);
    let each_object = bytes_each(with_objects, idle, browsers);
    let browsers_text = count(browsers);
    Ok(vec![
        Row::new("memory of an idle server", "≤ 25 MiB", mib(idle), idle <= MAX_IDLE_BYTES),
        Row::new(
            format!("memory of each of {browsers_text} waiting browsers, object included"),
            format!("≤ {}", kib(MAX_BYTES_EACH)),
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
            "reads of single requests at the API server, for each of them",
            format!("≤ {MAX_GETS_EACH}"),
            format!("{gets:.2}"),
            gets <= MAX_GETS_EACH,
        ),
        Row::new(
            "streams that broke; events of others that a browser saw",
            "0; 0",
            format!("{broken}; {foreign}"),
            broken == 0 && foreign == 0,
        ),
        tls_row,
    ])
}

/// Measures the same over TLS, with a browser for each of these objects; the server has the other objects as well.
async fn over_tls(plan: &Plan, cluster: &Cluster, objects: &[CertificateSigningRequest]) -> anyhow::Result<Row> {
    let certificate = Certificate::new(cluster.folder())?;
    let setup = Setup::unbounded(plan)?.with_tls(&certificate);
    let serve = setup.start(cluster.kubeconfig(), cluster.folder()).await?;
    let idle = serve.settled_bytes().await?;
    let crowd = Crowd::waiting(&serve.site(), objects).await;
    crowd.all("waiting over TLS", ARRIVAL, |seen| seen.live.is_some()).await?;
    let with_browsers = serve.settled_bytes().await?;
    Ok(Row::without_goal(
        format!("memory of each of {} browsers that wait over TLS, without the object", count(objects.len())),
        kib(bytes_each(with_browsers, idle, objects.len())),
    ))
}

const MAX_IDLE_BYTES: u64 = 25 << 20;

const MAX_BYTES_EACH: f64 = 18.0 * 1024.0;

/// When a browser lists its object, and when it watches.
const MAX_GETS_EACH: f64 = 2.0;
