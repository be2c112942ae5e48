//! From an approval to the browser that waits for it, at two sizes of the crowd.

use std::time::{Duration, Instant};

use crate::{
    cluster::{Cluster, SIGNING_PATIENCE},
    crowd::Crowd,
    latency::Latencies,
    observer::{Observed, Observer},
    plan::Plan,
    report::{Row, count, ms},
    scenario::ARRIVAL,
    serve::Serve,
};

pub(super) async fn run(plan: &Plan) -> anyhow::Result<Vec<Row>> {
    let approvals = plan.share(1_000);
    let mut rows = measure(plan, plan.share(1_000), approvals, Duration::from_millis(250)).await?;
    rows.extend(measure(plan, plan.share(10_000), approvals, Duration::from_secs(1)).await?);
    Ok(rows)
}

/// Measures with at least `waiting` browsers waiting at every moment.
async fn measure(plan: &Plan, waiting: usize, approvals: usize, goal: Duration) -> anyhow::Result<Vec<Row>> {
    let cluster = Cluster::start().await?;
    let serve = Serve::start(plan, cluster.kubeconfig(), cluster.folder()).await?;
    let objects = cluster.create(waiting + approvals).await?;
    let crowd = Crowd::waiting(&serve.site(), &objects).await;
    crowd.all("waiting", ARRIVAL, |seen| seen.live.is_some()).await?;

    let observer = Observer::start(&cluster.admin).await?;
    let due = cluster.approve(&objects[..approvals], APPROVALS_PER_SECOND).await?;
    let decided = &crowd.browsers()[..approvals];
    let deadline = Instant::now() + SIGNING_PATIENCE;
    while decided.iter().any(|browser| browser.seen().issued.is_none()) && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    let (mut approved, mut issued, mut whole) = (Latencies::new(), Latencies::new(), Latencies::new());
    for (browser, due) in decided.iter().zip(due) {
        let seen = browser.seen();
        let observed = observer.observed(browser.name().as_str());
        approved.extend(difference(observed, seen.approved, |observed| observed.approved));
        issued.extend(difference(observed, seen.issued, |observed| observed.issued));
        whole.extend(seen.issued.map(|issued| issued.saturating_duration_since(due.into_std())));
    }
    let lost = approvals as u64 - issued.count();
    let (approved_p99, issued_p99) = (approved.p99(), issued.p99());
    let at = format!("with {} waiting, {APPROVALS_PER_SECOND} approvals/s", count(waiting));
    let goal_text = format!("≤ {}", ms(goal));
    Ok(vec![
        Row::new(
            format!("approved to browser, p99, {at}"),
            &goal_text,
            ms(approved_p99),
            approved_p99 <= goal && lost == 0,
        ),
        Row::new(
            format!("issued to browser, p99, {at}"),
            &goal_text,
            format!("{} (p50 {})", ms(issued_p99), ms(issued.percentile(50.0))),
            issued_p99 <= goal && lost == 0,
        ),
        Row::without_goal(
            "from the approval's click to the certificate in the browser, signer included: p50; p99",
            format!("{}; {}; of {approvals} lost {lost}", ms(whole.percentile(50.0)), ms(whole.p99())),
        ),
    ])
}

/// How much later than the direct watch a browser was. It may be the first of the two: then it was not late.
fn difference(
    observed: Observed,
    seen: Option<Instant>,
    pick: impl Fn(Observed) -> Option<Instant>,
) -> Option<Duration> {
    Some(seen?.saturating_duration_since(pick(observed)?))
}

const APPROVALS_PER_SECOND: u32 = 50;
