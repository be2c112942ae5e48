//! One stranger sends all that they can, while honest people come and want their certificates.

use std::net::{IpAddr, Ipv4Addr};

use hyper::header::{HeaderName, HeaderValue};

use crate::{
    cluster::Cluster,
    flood::{Attacker, Flood},
    http::new_source,
    namespace,
    plan::{Plan, Scenario},
    report::{Row, kib},
    requests::Requests,
    scenario::{OPEN, memory_row, restart_row},
    serve::{Serve, Setup},
    visitor::page_files,
    visits::{Honest, Visits, steady},
};

/// From one address, of IPv4.
pub(super) async fn by_address(plan: &Plan) -> anyhow::Result<Vec<Row>> {
    let cluster = Cluster::start().await?;
    let serve = Setup::new(plan)?.with(&OPEN).start(cluster.kubeconfig(), cluster.folder()).await?;
    let attacker = Attacker {
        site: serve.site(),
        sources: vec![Ipv4Addr::new(127, 200, 0, 1).into()],
        requests: Requests::fat("mallory")?,
        files: page_files(&serve.site(), new_source()).await?,
        watches: 600,
        idle: 1_200,
    };
    let honest = |_| (serve.site(), new_source(), Requests::new());
    measure(plan, "a flood by one address", &cluster, &serve, attacker, honest).await
}

/// From 1,000 addresses of one /48, each of another /64. It runs in a network namespace.
pub(super) async fn by_network(plan: &Plan) -> anyhow::Result<Vec<Row>> {
    if plan.rows.is_none() {
        return namespace::run(Scenario::FloodByNetwork, plan).await;
    }
    namespace::set_up()?;
    let cluster = Cluster::start().await?;
    let server = namespace::address(SERVER_SITE, 0);
    let serve = Setup::new(plan)?.on(server).with(&OPEN).start(cluster.kubeconfig(), cluster.folder()).await?;
    let attacker = Attacker {
        site: serve.site(),
        sources: (0..1_000).map(|number| namespace::address(ATTACKER_SITE, number)).collect(),
        requests: Requests::fat("mallory")?,
        files: page_files(&serve.site(), namespace::address(HONEST_SITE, 0)).await?,
        watches: 2_100,
        idle: 16_400,
    };
    let honest = |number| (serve.site(), namespace::address(HONEST_SITE, number), Requests::new());
    measure(plan, "a flood from 1,000 addresses of one /48", &cluster, &serve, attacker, honest).await
}

/// By one person who is signed in at the proxy that all others come through. The generator speaks as the proxy, which
/// opens a connection for a request alone: one that is idle between it and a browser is not the server's.
pub(super) async fn by_person(plan: &Plan) -> anyhow::Result<Vec<Row>> {
    let cluster = Cluster::start().await?;
    let secret_file = cluster.folder().join("proxy-secret");
    let secret: String = std::iter::repeat_with(fastrand::alphanumeric).take(64).collect();
    std::fs::write(&secret_file, &secret)?;
    let flags = ["--identity=header".to_owned(), format!("--user-header={USER_HEADER}")];
    let setup = Setup::new(plan)?.with(&flags).with(&[format!("--proxy-secret-file={}", secret_file.display())]);
    let serve = setup.start(cluster.kubeconfig(), cluster.folder()).await?;
    let proxy = IpAddr::from(Ipv4Addr::LOCALHOST);
    let site = serve.site();
    let of = |user: &str, address: IpAddr| {
        let value = |text: &str| HeaderValue::from_str(text).expect("a text of ASCII");
        site.with_headers(&[
            (HeaderName::from_static(USER_HEADER), value(user)),
            (HeaderName::from_static(SECRET_HEADER), value(&secret)),
            (HeaderName::from_static("x-forwarded-for"), value(&address.to_string())),
        ])
    };
    let mallory = of(ATTACKER, new_source());
    let attacker = Attacker {
        files: page_files(&mallory, proxy).await?,
        site: mallory,
        sources: vec![proxy],
        requests: Requests::of_user(ATTACKER, &[])?,
        watches: 600,
        idle: 0,
    };
    let honest = |number| {
        let user = format!("person-{number}@example.com");
        (of(&user, new_source()), proxy, Requests::of_user(&user, &[]))
    };
    measure(plan, "a flood by one signed-in person", &cluster, &serve, attacker, honest).await
}

/// Runs the flood for as long as honest people come and until the last of them has left. `honest` returns how the
/// person of a number speaks to the site, from where, and what they ask for.
async fn measure(
    plan: &Plan,
    meanwhile: &str,
    cluster: &Cluster,
    serve: &Serve,
    attacker: Attacker,
    honest: impl Fn(u16) -> Honest,
) -> anyhow::Result<Vec<Row>> {
    let (idle, log_before) = (serve.settled_bytes().await?, serve.log_bytes()?);
    let visitors = steady(plan, &attacker.files, honest)?;
    let flood = Flood::start(attacker)?;
    let visits = Visits::of(cluster, visitors).await?;
    let outcomes = flood.stop();
    let log_per_second = (serve.log_bytes()? - log_before) / plan.flood_seconds;
    let mut rows = visits.rows(meanwhile, cluster).await?;
    rows.push(restart_row(meanwhile, serve));
    rows.push(Row::without_goal(format!("{meanwhile}: what came of it, by status"), outcomes));
    rows.push(Row::without_goal(
        format!("{meanwhile}: log of the server, honest people included, in a second"),
        kib(log_per_second as f64),
    ));
    rows.extend(memory_row(meanwhile, serve, idle).await?);
    Ok(rows)
}

const ATTACKER_SITE: u16 = 0;

const HONEST_SITE: u16 = 1;

const SERVER_SITE: u16 = 2;

const USER_HEADER: &str = "x-enroll-user";

const SECRET_HEADER: &str = "x-kube-enroll-proxy-secret";

const ATTACKER: &str = "mallory@example.com";
