//! Browsers come and go for long, and the server's memory stays where it was.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{
    task::JoinSet,
    time::{Instant, interval, sleep, timeout},
};

use crate::{
    browser::Browser,
    cluster::{Cluster, SIGNING_PATIENCE},
    http::Site,
    memory::median,
    plan::Plan,
    report::{Row, count, mib},
    serve::Serve,
};

/// What became of the browsers.
#[derive(Default)]
struct Tally {
    issued: AtomicUsize,
    left: AtomicUsize,
    lost: AtomicUsize,
    foreign: AtomicUsize,
}

/// The rule: the median of the last tenth is no more than 5 % above the median of the second tenth. The first tenth is
/// for the allocator to find its size; as many browsers and objects are there all the time.
pub(super) async fn run(plan: &Plan) -> anyhow::Result<Vec<Row>> {
    let browsers = plan.share(1_000);
    let cluster = Arc::new(Cluster::start().await?);
    let serve = Serve::start(plan, cluster.kubeconfig(), cluster.folder()).await?;
    let tally = Arc::new(Tally::default());
    let end = Instant::now() + plan.soak();
    let mut places = JoinSet::new();
    for _ in 0..browsers {
        let (cluster, site, tally) = (Arc::clone(&cluster), serve.site(), Arc::clone(&tally));
        places.spawn(async move {
            // Not all at once.
            sleep(LONGEST_VISIT.mul_f64(fastrand::f64())).await;
            while Instant::now() < end {
                visit(&cluster, &site, &tally).await?;
            }
            anyhow::Ok(())
        });
    }
    let mut samples = Vec::new();
    let mut seconds = interval(Duration::from_secs(1));
    while Instant::now() < end {
        seconds.tick().await;
        samples.push(serve.resident_bytes()?);
    }
    while let Some(place) = places.join_next().await {
        place??;
    }
    let tenth = samples.len() / 10;
    // What is left over belongs to the warming up.
    let left_over = samples.len() % 10;
    let tenths: Vec<u64> = samples[left_over..].chunks_exact_mut(tenth).map(median).collect();
    let (second, last) = (tenths[1], tenths[9]);
    let growth_percent = (last as f64 / second as f64 - 1.0) * 100.0;
    let (issued, left) = (tally.issued.load(Relaxed), tally.left.load(Relaxed));
    let (lost, foreign) = (tally.lost.load(Relaxed), tally.foreign.load(Relaxed));
    Ok(vec![
        Row::new(
            format!(
                "memory in a soak of {} s, {} browsers at a time: last tenth against second tenth",
                plan.soak_seconds,
                count(browsers)
            ),
            "at most 5 % more",
            format!("{growth_percent:+.1} % ({} to {})", mib(second), mib(last)),
            growth_percent <= 5.0,
        ),
        Row::without_goal("the same, tenth by tenth", tenths.into_iter().map(mib).collect::<Vec<_>>().join(", ")),
        Row::new(
            format!(
                "of {} browsers that came: {issued} got certificates, {left} left; lost; events of others",
                count(issued + left + lost)
            ),
            "0; 0",
            format!("{lost}; {foreign}"),
            lost == 0 && foreign == 0 && issued > 0,
        ),
    ])
}

/// One browser's life: it enrolls, waits a while, and then gets its certificate or walks away. Its object goes with it,
/// so that the store stays as full as it is.
async fn visit(cluster: &Cluster, site: &Site, tally: &Tally) -> anyhow::Result<()> {
    let objects = cluster.new_objects(1);
    let browser = Browser::new(site, objects[0].clone());
    let stays = fastrand::bool();
    let life = LONGEST_VISIT.mul_f64(0.2 + 0.8 * fastrand::f64());
    {
        let mut enrolling = pin!(browser.enroll());
        let waits = timeout(life, &mut enrolling).await.is_err() && browser.seen().live.is_some();
        if stays && waits {
            cluster.admin.approve_stored(browser.name()).await?;
            let _ = timeout(SIGNING_PATIENCE, &mut enrolling).await;
        }
    }
    let seen = browser.seen();
    tally.foreign.fetch_add(seen.foreign as usize, Relaxed);
    let outcome = match seen.issued {
        Some(_) => &tally.issued,
        None if stays || seen.gone => {
            eprintln!("lost: {seen:?}");
            &tally.lost
        }
        None => &tally.left,
    };
    outcome.fetch_add(1, Relaxed);
    cluster.admin.delete(browser.name()).await
}

/// The shortest is a fifth of it.
const LONGEST_VISIT: Duration = Duration::from_secs(25);
