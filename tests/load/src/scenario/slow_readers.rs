//! Clients that hold what they are given: heads that never end, and answers that nobody reads.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use tokio::time::{Instant, sleep};

use crate::{
    cluster::Cluster,
    http::new_source,
    plan::Plan,
    report::{Row, bytes_each, count, kib, mib},
    requests::Requests,
    scenario::{OPEN, memory_row, restart_row},
    send_queues::{tcp_memory_bytes, waiting_bytes},
    serve::{Serve, Setup},
    slowloris::Slowloris,
    stalled::StalledReaders,
    visitor::page_files,
    visits::{Visits, steady},
};

/// What waits in the kernel, at its most and after the write timeout.
struct Queues {
    most: u64,
    most_memory: u64,
    left: u64,
    left_memory: u64,
}

pub(super) async fn run(plan: &Plan) -> anyhow::Result<Vec<Row>> {
    let (readers, heads) = (plan.share(150), plan.share(1_000));
    let cluster = Cluster::start().await?;
    let serve = Setup::new(plan)?.with(&OPEN).start(cluster.kubeconfig(), cluster.folder()).await?;
    let files = page_files(&serve.site(), new_source()).await?;
    let idle = serve.settled_bytes().await?;

    let stalled = StalledReaders::start(&serve.site(), READER, readers).await?;
    let queues = watch_queues(&serve).await?;
    let with_readers = serve.settled_bytes().await?;
    let slow = Slowloris::start(&serve.site(), heads, HEAD_BYTES).await;
    let with_heads = serve.settled_bytes().await?;

    let visitors = steady(plan, &files, |_| (serve.site(), new_source(), Requests::new()))?;
    let meanwhile = format!("{} readers that stop, {} heads that do not end", count(readers), count(heads));
    let visits = Visits::of(&cluster, visitors).await?;
    drop((stalled, slow));

    let each = queues.most as f64 / readers as f64;
    let mut rows = vec![
        Row::new(
            format!("bytes in the kernel for each of {} readers that stop", count(readers)),
            format!("≤ {}", kib(MAX_QUEUE_BYTES)),
            format!("{} ({} of kernel memory for all of TCP, at both ends)", kib(each), mib(queues.most_memory)),
            each <= MAX_QUEUE_BYTES && queues.most > 0,
        ),
        Row::new(
            "the same, once the write timeout has passed and their ends are still open, all together",
            "0",
            format!("{} ({} for all of TCP, at both ends)", mib(queues.left), mib(queues.left_memory)),
            queues.left == 0,
        ),
        Row::without_goal(
            format!(
                "memory of the server for each of {} heads of {} that do not end",
                count(heads),
                kib(HEAD_BYTES as f64)
            ),
            kib(bytes_each(with_heads, with_readers, heads)),
        ),
    ];
    rows.extend(visits.rows(&meanwhile, &cluster).await?);
    rows.push(restart_row(&meanwhile, &serve));
    rows.extend(memory_row(&meanwhile, &serve, idle).await?);
    Ok(rows)
}

/// Looks at the queues while readers have just stopped, and until the server must have given them up.
async fn watch_queues(serve: &Serve) -> anyhow::Result<Queues> {
    let port = serve.address().port();
    let mut queues = Queues { most: 0, most_memory: 0, left: 0, left_memory: 0 };
    let end = Instant::now() + WRITE_TIMEOUT + GRACE;
    while Instant::now() < end {
        queues.left = waiting_bytes(port)?;
        queues.left_memory = tcp_memory_bytes()?;
        queues.most = queues.most.max(queues.left);
        queues.most_memory = queues.most_memory.max(queues.left_memory);
        sleep(SAMPLING).await;
    }
    Ok(queues)
}

/// The address of all readers.
const READER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 200, 0, 1));

/// Of the head of a request, at once; the server takes 32 KiB.
const HEAD_BYTES: usize = 30 << 10;

/// As docs/limits.md has it.
const MAX_QUEUE_BYTES: f64 = 128.0 * 1024.0;

/// The default of `--write-timeout-seconds`.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// A deadline may be noticed a little later.
const GRACE: Duration = Duration::from_secs(5);

const SAMPLING: Duration = Duration::from_millis(250);
