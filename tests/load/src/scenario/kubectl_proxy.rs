//! The same browsers in front of `kubectl proxy`, which holds a watch at the API server for each.

use std::net::SocketAddr;

use kube_enroll_e2e::{child::Child, programs};
use tokio::try_join;

use crate::{
    cluster::Cluster,
    crowd::Crowd,
    http::Site,
    memory,
    plan::Plan,
    report::{Row, bytes_each, count, kib, mib},
    scenario::ARRIVAL,
};

pub(super) async fn run(plan: &Plan) -> anyhow::Result<Vec<Row>> {
    let browsers = plan.share(4_000);
    let cluster = Cluster::start().await?;
    let kubeconfig = cluster.kubeconfig().as_os_str();
    let arguments = ["--kubeconfig".as_ref(), kubeconfig, "proxy".as_ref(), "--port=0".as_ref()];
    let mut proxy = Child::start(&programs::kubectl(), arguments, &[], None);
    let address: SocketAddr = proxy.wait_for_line("its address", |line| {
        line.strip_prefix("Starting to serve on ").and_then(|address| address.trim().parse().ok())
    });
    let idle = memory::settled_bytes(proxy.id()).await?;
    let objects = cluster.create(browsers).await?;
    let watches_before = cluster.admin.watches().await?;
    let control_plane_before = cluster.settled_bytes().await?;

    let crowd = Crowd::waiting(&Site::new(address), &objects).await;
    crowd.all("waiting", ARRIVAL, |seen| seen.live.is_some()).await?;
    let (with_browsers, control_plane) = try_join!(memory::settled_bytes(proxy.id()), cluster.settled_bytes())?;
    let watches = cluster.admin.watches().await?.saturating_sub(watches_before);
    let browsers_text = count(browsers);
    Ok(vec![
        Row::without_goal(
            format!("kubectl proxy: memory of each of {browsers_text} waiting browsers"),
            format!("{} (idle {})", kib(bytes_each(with_browsers, idle, browsers)), mib(idle)),
        ),
        Row::without_goal(
            format!("kubectl proxy: memory of the control plane for each of {browsers_text}; watches there"),
            format!("{}; {watches}", kib(bytes_each(control_plane, control_plane_before, browsers))),
        ),
    ])
}
